import { DCP_SET_VBUCKET_STATE } from "../ops/dcp.ts";
import {
  DCP_ABORT,
  DCP_COMMIT,
  DCP_DELETION,
  DCP_EXPIRATION,
  DCP_MUTATION,
  DCP_OSO_SNAPSHOT,
  DCP_PREPARE,
  DCP_SEQNO_ADVANCED,
} from "../ops/dcp_events.ts";
import { OsoFlag, SnapshotFlag } from "../ops/dcp_flags.ts";
import { DCP_SNAPSHOT_MARKER, type DcpSnapshotMarker } from "../ops/dcp_snapshot.ts";
import { DCP_STREAM_END, MAX_SEQNO } from "../ops/dcp_stream.ts";
import { DCP_SYSTEM_EVENT } from "../ops/dcp_system.ts";
import type { FailoverEntry } from "../ops/vbucket.ts";
import type { Frame } from "../frame/frame.ts";
import { expectKey, failParts } from "../ops/op.ts";
import { type DcpContext, wholePosition } from "./dcp_context.ts";
import {
  AbortMessage,
  CommitMessage,
  DeletionMessage,
  ExpirationMessage,
  MutationMessage,
  PrepareMessage,
} from "./dcp_document.ts";
import { DcpError } from "./dcp_error.ts";
import type { DcpEvent } from "./dcp_event.ts";
import {
  advancedEvent,
  endEvent,
  osoEvent,
  readEndReason,
  rollbackEvent,
  snapshotEvent,
  systemEvent,
  unknownEvent,
} from "./dcp_notices.ts";
import type { FeedQueue, QueueOwner } from "./feed_queue.ts";
import type { FlowWindow } from "./flow_window.ts";
import type { VbucketPosition } from "./position.ts";

/** What the stream of a vbucket is doing. */
export type DcpStreamState = "idle" | "opening" | "streaming" | "ended" | "reopening" | "rolled-back" | "done";

/** What a {@linkcode DcpStream} is made of. */
export interface DcpStreamSettings {
  /** The vbucket. */
  readonly vbucket: number;
  /** Which stream of the vbucket it is, where there may be several. */
  readonly streamId: number | undefined;
  /** Where it begins. */
  readonly from: VbucketPosition;
  /** The last seqno that is wanted. */
  readonly end: bigint;
  /** What it is about, as the text that the server takes. */
  readonly filter: string | undefined;
  /** Where its events go. */
  readonly queue: FeedQueue<DcpEvent>;
  /** Whether events of type `seqno-advanced` are shown. */
  readonly showAdvanced: boolean;
  /** Whether order is checked. */
  readonly verifyOrder: boolean;
}

/** Who keeps the streams of one node. */
export interface DcpStreamHost {
  /** Of this stream nothing more comes on this connection. */
  ended(stream: DcpStream): void;
  /** Of this stream nothing more comes at all; its end waits to be taken. */
  finished(stream: DcpStream): void;
  /** The consumer has taken the end of a stream that is to be asked for again. */
  reopen(stream: DcpStream): void;
  /** A snapshot that is to be answered for was taken whole. */
  processed(stream: DcpStream): void;
  /** The producer hands the vbucket over. */
  handedOver(frame: Frame): void;
  /** A newer manifest of collections was seen. */
  sawManifest(manifest: bigint): void;
}

const MUTATION_EXTRAS = [31, 32];
const DELETION_EXTRAS = [18, 21];
const EXPIRATION_EXTRAS = [18, 20];
const PREPARE_EXTRAS = [31];
const OUTCOME_EXTRAS = [16];
const UNTIMED_EXTRAS = 18;
/** Where the extras have the length of further metadata, which lies behind the value. */
const MUTATION_META_AT = 28;
const DELETION_META_AT = 16;

/**
 * The stream of one vbucket, over all connections that it has in its life. What the consumer has taken is all that it goes on from: what came
 * and was not taken when a connection is lost comes again.
 */
export class DcpStream implements QueueOwner<DcpEvent> {
  readonly settings: DcpStreamSettings;
  readonly vbucket: number;
  readonly streamId: number | undefined;
  state: DcpStreamState = "idle";
  /** How often in a row it was asked for without anything coming of it. */
  attempts = 0;
  /** The opaque that its messages have on the connection of now; -1 while there is none. */
  opaque = -1;
  /** The next stream of the same vbucket. */
  next: DcpStream | undefined = undefined;
  /** Who keeps it now. */
  host: DcpStreamHost | undefined = undefined;
  /** Whether the end has come behind which nothing is asked for. */
  finished = false;
  /** How many events came. */
  events = 0;

  readonly #queue: FeedQueue<DcpEvent>;
  #window: FlowWindow | undefined = undefined;
  #context: DcpContext;
  /** Where it goes on if nothing has been taken since. */
  #base: VbucketPosition;
  #taken: DcpEvent | undefined = undefined;
  #newest: DcpEvent | undefined = undefined;
  /** What is not shown and moves the position, as soon as the event before it is taken. */
  #hidden: { readonly behind: DcpEvent | undefined; readonly event: DcpEvent } | undefined = undefined;
  /** The highest seqno that came while changes come in any order. */
  #osoHigh = -1n;
  /** With the flag for it: the end of the snapshot whose last change is to be answered for. */
  #answerAt: bigint | undefined = undefined;
  #lastSeqno = -1n;

  /** Makes a stream that was not asked for yet. */
  constructor(settings: DcpStreamSettings) {
    this.settings = settings;
    this.vbucket = settings.vbucket;
    this.streamId = settings.streamId;
    this.#queue = settings.queue;
    this.#base = settings.from;
    this.#context = this.#makeContext([], false, settings.from);
  }

  /** Where the consumer is. */
  get position(): VbucketPosition {
    return this.#taken === undefined ? this.#base : this.#taken.position;
  }

  /** Where the last event that came is, taken or not. */
  get received(): VbucketPosition {
    if (this.#hidden !== undefined && this.#hidden.behind === this.#newest) return this.#hidden.event.position;
    return this.#newest === undefined ? this.position : this.#newest.position;
  }

  /** Whether all that came was taken. */
  get caughtUp(): boolean {
    return this.#newest === undefined || this.#newest === this.#taken;
  }

  /** Whether it is neither had nor asked for at the moment. */
  get isWaiting(): boolean {
    return this.state === "idle" || this.state === "reopening";
  }

  /** Whether it goes on for ever. */
  get endless(): boolean {
    return this.settings.end === MAX_SEQNO;
  }

  /** The consumer has taken an event. */
  taken(event: DcpEvent, size: number): void {
    this.#taken = event;
    if (this.#hidden !== undefined && this.#hidden.behind === event) this.#showHidden();
    if (size > 0) this.#window!.free(size);
    if (this.#answerAt !== undefined && this.position.seqno >= this.#answerAt) {
      this.#answerAt = undefined;
      this.host?.processed(this);
    }
    if (this.state === "ended" && event.type === "stream-end" && event === this.#newest) this.host?.reopen(this);
  }

  /** The server streams from a position on. */
  opened(start: VbucketPosition, how: {
    readonly opaque: number;
    readonly log: readonly FailoverEntry[];
    readonly window: FlowWindow;
    readonly collections: boolean;
    /** Whether the consumer is to be shown that it was rolled back to there; if not, it is put there in silence. */
    readonly rollback?: "show" | "hide" | undefined;
  }): void {
    const from = this.position.seqno;
    this.state = "streaming";
    this.opaque = how.opaque;
    this.#window = how.window;
    this.#newest = undefined;
    this.#hidden = undefined;
    this.#osoHigh = -1n;
    this.#answerAt = undefined;
    this.#lastSeqno = start.seqno;
    this.#context = this.#makeContext(how.log, how.collections, start);
    if (how.rollback === "hide") {
      this.#base = start;
      this.#taken = undefined;
    } else if (how.rollback === "show") {
      this.#push(rollbackEvent(from, this.#context, start), 0);
    }
  }

  /** The connection has gone, and with it what was not taken. */
  lost(): void {
    this.opaque = -1;
    this.#newest = undefined;
    this.#hidden = undefined;
    if (!this.finished) this.state = "reopening";
  }

  /** Takes a message of the stream. The frame's views must be safe to keep. */
  receive(frame: Frame, size: number): void {
    const context = this.#context;
    switch (frame.opcode) {
      case DCP_MUTATION.opcode:
        this.#check(frame, MUTATION_EXTRAS);
        this.#checkMeta(frame, MUTATION_META_AT);
        return this.#document(new MutationMessage(frame.view, frame.start, context), size);
      case DCP_DELETION.opcode:
        this.#check(frame, DELETION_EXTRAS);
        if (frame.extrasLength === UNTIMED_EXTRAS) this.#checkMeta(frame, DELETION_META_AT);
        return this.#document(new DeletionMessage(frame.view, frame.start, context), size);
      case DCP_EXPIRATION.opcode:
        this.#check(frame, EXPIRATION_EXTRAS);
        if (frame.extrasLength === UNTIMED_EXTRAS) this.#checkMeta(frame, DELETION_META_AT);
        return this.#document(new ExpirationMessage(frame.view, frame.start, context), size);
      case DCP_PREPARE.opcode:
        this.#check(frame, PREPARE_EXTRAS);
        return this.#document(new PrepareMessage(frame.view, frame.start, context), size);
      case DCP_COMMIT.opcode:
        this.#check(frame, OUTCOME_EXTRAS);
        return this.#document(new CommitMessage(frame.view, frame.start, context), size);
      case DCP_ABORT.opcode:
        this.#check(frame, OUTCOME_EXTRAS);
        return this.#document(new AbortMessage(frame.view, frame.start, context), size);
      default:
        this.#notice(frame, size);
    }
  }

  #notice(frame: Frame, size: number): void {
    const context = this.#context;
    switch (frame.opcode) {
      case DCP_SNAPSHOT_MARKER.opcode:
        return this.#marker(frame, size);
      case DCP_SYSTEM_EVENT.opcode: {
        const event = systemEvent(frame, context);
        if (event.event.kind !== "unknown") this.host?.sawManifest(event.event.manifest);
        return this.#document(event, size);
      }
      case DCP_SEQNO_ADVANCED.opcode:
        return this.#advance(DCP_SEQNO_ADVANCED.request.read(frame).seqno, size);
      case DCP_OSO_SNAPSHOT.opcode:
        return this.#oso(DCP_OSO_SNAPSHOT.request.read(frame).flags, size);
      case DCP_STREAM_END.opcode:
        return this.#end(readEndReason(frame), size);
      case DCP_SET_VBUCKET_STATE.opcode:
        this.#window!.free(size);
        return this.host?.handedOver(frame);
      default:
        this.#push(unknownEvent(frame, context, this.received), size);
    }
  }

  /** What has a seqno. */
  #document(event: DcpEvent & { readonly seqno: bigint }, size: number): void {
    if (this.#context.standing !== undefined && event.seqno > this.#osoHigh) this.#osoHigh = event.seqno;
    if (this.settings.verifyOrder) this.#verify(event.seqno);
    this.#push(event, size);
  }

  #push(event: DcpEvent, size: number): void {
    this.events++;
    this.attempts = 0;
    this.#newest = event;
    this.#queue.push(event, this, size);
  }

  #marker(frame: Frame, size: number): void {
    const event = snapshotEvent(frame, this.#context, this.received);
    const { log, collections } = this.#context;
    this.#context = this.#makeContext(log, collections, {
      snapshotStart: event.startSeqno,
      snapshotEnd: event.endSeqno,
    });
    this.#answerAt = (event.flags & SnapshotFlag.ACK) === 0 ? undefined : event.endSeqno;
    if (this.settings.verifyOrder) this.#verifyMarker(event);
    this.#push(event, size);
  }

  #advance(seqno: bigint, size: number): void {
    const event = advancedEvent(seqno, this.#context);
    if (this.settings.verifyOrder) this.#verify(seqno);
    if (this.#context.standing !== undefined && seqno > this.#osoHigh) this.#osoHigh = seqno;
    if (this.settings.showAdvanced) return this.#push(event, size);
    this.attempts = 0;
    this.#hidden = { behind: this.#newest, event };
    if (this.caughtUp) this.#showHidden();
    this.#window!.free(size);
  }

  /** Moves the position to what is not shown. */
  #showHidden(): void {
    if (this.#newest === this.#hidden!.behind) this.#newest = this.#hidden!.event;
    this.#taken = this.#hidden!.event;
    this.#hidden = undefined;
  }

  /** Changes in any order: the consumer stands still until all have come, and then has the highest seqno of them. */
  #oso(flags: number, size: number): void {
    const before = this.received;
    const { log, collections } = this.#context;
    if ((flags & OsoFlag.START) !== 0) {
      this.#osoHigh = before.seqno;
      this.#context = { ...this.#context, standing: before };
      return this.#push(osoEvent("start", this.#context, before), size);
    }
    const high = this.#osoHigh > before.seqno ? this.#osoHigh : before.seqno;
    const after = wholePosition(log, high);
    this.#lastSeqno = high;
    this.#context = this.#makeContext(log, collections, after);
    this.#push(osoEvent("end", this.#context, after), size);
  }

  #end(code: number, size: number): void {
    const event = endEvent(code, this.#context, this.received);
    this.finished = event.final;
    this.state = event.final ? "done" : "ended";
    this.host?.ended(this);
    this.events++;
    this.#newest = event;
    // Not as other events: the end alone is no progress.
    this.#queue.push(event, this, size);
    if (event.final) this.host?.finished(this);
  }

  #makeContext(
    log: readonly FailoverEntry[],
    collections: boolean,
    { snapshotStart, snapshotEnd }: Pick<VbucketPosition, "snapshotStart" | "snapshotEnd">,
  ): DcpContext {
    const { vbucket, streamId } = this;
    return { vbucket, streamId, collections, log, start: snapshotStart, end: snapshotEnd, standing: undefined };
  }

  /** Checks the lengths of a message before anything is made of it. */
  #check(frame: Frame, extras: readonly number[]): void {
    if (!extras.includes(frame.extrasLength)) {
      failParts(frame, `${frame.extrasLength} bytes of extras, expected ${extras.join(" or ")}`);
    }
    expectKey(frame);
  }

  #checkMeta(frame: Frame, at: number): void {
    const length = frame.view.getUint16(frame.extrasAt + at);
    if (length > frame.valueLength) {
      failParts(frame, `${frame.valueLength} bytes of value, and ${length} of metadata in it`);
    }
  }

  #verify(seqno: bigint): void {
    const { start, end, standing } = this.#context;
    if (standing !== undefined) return;
    if (seqno <= this.#lastSeqno) {
      this.#violated(`seqno ${seqno} follows seqno ${this.#lastSeqno}`);
    }
    this.#lastSeqno = seqno;
    if (seqno < start || seqno > end) {
      this.#violated(`seqno ${seqno} lies outside of its snapshot, ${start} to ${end}`);
    }
  }

  #verifyMarker({ startSeqno, endSeqno }: Pick<DcpSnapshotMarker, "startSeqno" | "endSeqno">): void {
    if (startSeqno > endSeqno) this.#violated(`a snapshot goes from ${startSeqno} to ${endSeqno}`);
    if (endSeqno <= this.#lastSeqno && endSeqno !== 0n) {
      this.#violated(`a snapshot that ends at ${endSeqno} follows seqno ${this.#lastSeqno}`);
    }
  }

  #violated(what: string): never {
    throw new DcpError(`Cannot read stream of vbucket ${this.vbucket}: ${what}`, { vbucket: this.vbucket });
  }
}
