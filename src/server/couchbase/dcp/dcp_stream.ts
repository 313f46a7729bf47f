import type { FrameWriter } from "../../../frame/frame_writer.ts";
import { DCP_SET_VBUCKET_STATE } from "../../../ops/dcp.ts";
import { DCP_OSO_SNAPSHOT, DCP_SEQNO_ADVANCED } from "../../../ops/dcp_events.ts";
import { OsoFlag, StreamEndReason } from "../../../ops/dcp_flags.ts";
import { DCP_SNAPSHOT_MARKER } from "../../../ops/dcp_snapshot.ts";
import { DCP_STREAM_END } from "../../../ops/dcp_stream.ts";
import { VbucketState } from "../../../ops/vbucket.ts";
import type { Vbucket, VbucketWatcher } from "../vbucket.ts";
import type { ChangeFilter } from "./change_filter.ts";
import type { DcpSettings } from "./settings.ts";
import { markerOf, type Snapshot, takeSnapshot } from "./snapshot.ts";
import { type StreamHead, writeChange, writeStreamFrame } from "./stream_frames.ts";

/** What a stream is to send. */
export interface StreamPlan {
  /** What every message says. */
  readonly head: StreamHead;
  /** Where the changes come from. */
  readonly vbucket: Vbucket;
  /** Everything behind this seqno, */
  readonly start: bigint;
  /** up to this one. */
  readonly end: bigint;
  /** Where the snapshot begins that the consumer was in the middle of. */
  readonly snapshotStart: bigint;
  /** Whether only what is on disk. */
  readonly diskOnly: boolean;
  /** Whether the consumer takes the vbucket over at the end. */
  readonly takeover: boolean;
  /** Which changes. */
  readonly filter: ChangeFilter;
  /** Whether it goes on although it would miss tombstones that were purged. */
  readonly ignoresPurged: boolean;
}

/** What a stream needs of its connection. */
export interface StreamHost {
  /** How the connection works. */
  readonly settings: DcpSettings;
  /** The stream may have something to send. */
  wake(stream: DcpStream): void;
  /** The stream has sent its end. */
  over(stream: DcpStream): void;
  /** The vbucket belongs to somebody else from now on. */
  surrender(vbucket: number): void;
}

/** How far the handing over of a vbucket is. */
const Takeover = { NONE: 0, SENDING: 1, ANNOUNCED: 2, SURRENDERED: 3, GIVEN: 4, DONE: 5 } as const;
type Takeover = typeof Takeover[keyof typeof Takeover];

/**
 * The changes of one vbucket on their way to one consumer: snapshots one after the other, from memory as long as the log of the
 * vbucket reaches back to where the consumer is, else from the vbucket itself. A consumer that is slow gets only the last change
 * of each key.
 */
export class DcpStream implements VbucketWatcher {
  /** What it is to send. */
  readonly plan: StreamPlan;
  readonly #host: StreamHost;
  readonly #unwatch: () => void;
  /** All up to here was sent, or is not for the consumer. */
  #cursor: bigint;
  /** The last seqno that was sent. */
  #sent: bigint;
  #snapshot: Snapshot | undefined = undefined;
  /** What of the snapshot comes next: -1 is its marker. */
  #next = 0;
  /** Where the first snapshot begins. */
  #markerStart: bigint;
  #midway: boolean;
  /** The last tombstone that was purged when the stream began or took its last snapshot. */
  #purged: bigint;
  #ending: number | undefined = undefined;
  #takeover: Takeover;
  #unanswered = 0;

  /** Begins to follow a vbucket. */
  constructor(plan: StreamPlan, host: StreamHost) {
    this.plan = plan;
    this.#host = host;
    this.#cursor = plan.start;
    this.#sent = plan.start;
    this.#markerStart = plan.snapshotStart;
    this.#midway = plan.start > 0n && plan.start < plan.vbucket.highSeqno;
    this.#purged = this.#lastPurged();
    this.#takeover = plan.takeover ? Takeover.SENDING : Takeover.NONE;
    this.#unwatch = plan.vbucket.watch(this);
  }

  /** The last seqno that was sent, or that need not be. */
  get seqno(): bigint {
    return this.#snapshot === undefined ? this.#cursor : this.#sent;
  }

  /** Whether it is in the middle of a snapshot. */
  get inSnapshot(): boolean {
    return this.#snapshot !== undefined;
  }

  /** {@inheritDoc VbucketWatcher.changed} */
  changed(): void {
    this.#host.wake(this);
  }

  /** {@inheritDoc VbucketWatcher.moved} */
  moved(): void {
    if (this.#takeover < Takeover.SURRENDERED) this.end(StreamEndReason.STATE_CHANGED);
  }

  /** Ends it with a reason, and sends nothing else any more. */
  end(reason: number): void {
    this.#unwatch();
    this.#ending ??= reason;
    this.#snapshot = undefined;
    this.#host.wake(this);
  }

  /** Forgets it without a word. */
  stop(): void {
    this.#unwatch();
  }

  /** The consumer has answered a message of this opcode. */
  acknowledged(opcode: number): void {
    if (opcode === DCP_SNAPSHOT_MARKER.opcode) this.#unanswered = Math.max(0, this.#unanswered - 1);
    else if (opcode === DCP_SET_VBUCKET_STATE.opcode) this.#handOver();
    this.#host.wake(this);
  }

  /** Appends the next message; returns `false` if there is none now. */
  write(out: FrameWriter): boolean {
    while (this.#ending === undefined) {
      if (this.#snapshot !== undefined) {
        if (this.#writeNext(out, this.#snapshot)) return true;
      } else if (!this.#begin()) {
        return this.#writeTakeover(out);
      }
    }
    this.#host.over(this);
    writeStreamFrame(out, DCP_STREAM_END, { reason: this.#toldReason(this.#ending) }, this.plan.head);
    return true;
  }

  /** Goes on to the next snapshot, or to the end; returns `false` if there is nothing to send now. */
  #begin(): boolean {
    const { vbucket, end, diskOnly, filter } = this.plan;
    if (filter.over) {
      this.end(StreamEndReason.FILTER_EMPTY);
      return true;
    }
    if (this.#cursor >= end) {
      this.end(StreamEndReason.OK);
      return true;
    }
    if (this.#cursor >= vbucket.highSeqno) return false;
    if (this.#missesPurged()) {
      this.end(StreamEndReason.ROLLBACK);
      return true;
    }
    const { settings } = this.#host;
    const diskUpTo = diskOnly ? end : undefined;
    const snapshot = takeSnapshot(vbucket, { after: this.#cursor, diskUpTo, filter, settings });
    this.#purged = this.#lastPurged();
    // Who knows no collections is not told that nothing is for it.
    if (snapshot.changes.length === 0 && !settings.collections) {
      this.#cursor = snapshot.end;
    } else {
      this.#snapshot = snapshot;
      this.#next = -1;
    }
    return true;
  }

  /** Whether what comes next must be read from the vbucket, and tombstones behind the consumer have been purged there meanwhile. */
  #missesPurged(): boolean {
    const { vbucket, ignoresPurged } = this.plan;
    if (ignoresPurged || this.#host.settings.history || this.#cursor === 0n || vbucket.log.reaches(this.#cursor)) {
      return false;
    }
    const purged = this.#lastPurged();
    return purged > this.#purged && purged > this.#cursor;
  }

  #lastPurged(): bigint {
    const { vbucket, filter } = this.plan;
    return vbucket.purgedOf((collection) => filter.has(collection));
  }

  #writeNext(out: FrameWriter, snapshot: Snapshot): boolean {
    const { head } = this.plan;
    const at = this.#next++;
    if (at < 0) {
      this.#writeMarker(out, snapshot);
      return true;
    }
    const change = snapshot.changes[at];
    if (change !== undefined) {
      writeChange(out, change, head, this.#host.settings);
      if (change.seqno > this.#sent) this.#sent = change.seqno;
      return true;
    }
    return this.#closeSnapshot(out, snapshot);
  }

  #writeMarker(out: FrameWriter, snapshot: Snapshot): void {
    const { head, vbucket } = this.plan;
    if (snapshot.anyOrder) {
      writeStreamFrame(out, DCP_OSO_SNAPSHOT, { flags: OsoFlag.START }, head);
      return;
    }
    // What comes from disk is not answered.
    const answered = this.#takeover !== Takeover.NONE && !snapshot.disk;
    if (answered) this.#unanswered++;
    const { settings } = this.#host;
    const marker = markerOf(snapshot, vbucket, { start: this.#markerStart, midway: this.#midway, answered, settings });
    writeStreamFrame(out, DCP_SNAPSHOT_MARKER, marker, head);
  }

  /** Writes what closes a snapshot, if anything does; returns whether. */
  #closeSnapshot(out: FrameWriter, snapshot: Snapshot): boolean {
    const { head } = this.plan;
    const { collections, anyOrder } = this.#host.settings;
    const tells = snapshot.anyOrder ? anyOrder === "advanced" : collections;
    if (tells && this.#sent < snapshot.end) {
      this.#sent = snapshot.end;
      writeStreamFrame(out, DCP_SEQNO_ADVANCED, { seqno: snapshot.end }, head);
      return true;
    }
    this.#snapshot = undefined;
    this.#cursor = snapshot.end;
    this.#markerStart = snapshot.end + 1n;
    this.#midway = false;
    if (!snapshot.anyOrder) return false;
    writeStreamFrame(out, DCP_OSO_SNAPSHOT, { flags: OsoFlag.END }, head);
    return true;
  }

  /** Everything was sent: hands the vbucket over, if that is what the stream is for. */
  #writeTakeover(out: FrameWriter): boolean {
    if (this.#takeover === Takeover.SENDING && this.#unanswered === 0) {
      this.#takeover = Takeover.ANNOUNCED;
      writeStreamFrame(out, DCP_SET_VBUCKET_STATE, { state: VbucketState.PENDING }, this.plan.head);
      return true;
    }
    if (this.#takeover === Takeover.SURRENDERED) {
      this.#takeover = Takeover.GIVEN;
      writeStreamFrame(out, DCP_SET_VBUCKET_STATE, { state: VbucketState.ACTIVE }, this.plan.head);
      return true;
    }
    return false;
  }

  #handOver(): void {
    if (this.#takeover === Takeover.ANNOUNCED) {
      this.#takeover = Takeover.SURRENDERED;
      this.#host.surrender(this.plan.vbucket.id);
    } else if (this.#takeover === Takeover.GIVEN) {
      this.#takeover = Takeover.DONE;
      this.end(StreamEndReason.OK);
    }
  }

  /** What the reason is called on the wire. */
  #toldReason(reason: number): number {
    if (reason === StreamEndReason.ROLLBACK) return StreamEndReason.STATE_CHANGED;
    const unknown = reason === StreamEndReason.FILTER_EMPTY || reason === StreamEndReason.LOST_PRIVILEGES;
    return unknown && !this.#host.settings.collections ? StreamEndReason.OK : reason;
  }
}
