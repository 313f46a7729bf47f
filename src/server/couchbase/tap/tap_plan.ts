import { TapConnectFlag, type TapConnectRequest, TapOpaqueCode } from "../../../ops/tap.ts";
import { VbucketState } from "../../../ops/vbucket.ts";
import type { CouchbaseBucket } from "../bucket.ts";
import type { Vbucket } from "../vbucket.ts";
import { lastOfCheckpoint, TapCursor } from "./tap_cursor.ts";
import type { TapOutgoing } from "./tap_message.ts";
import type { TapSettings } from "./tap_settings.ts";

/** What a feed sends, in its order. */
export class TapPlan {
  /** What the feed is called. */
  readonly name: string;
  /** Whether the client acknowledges. */
  readonly acks: boolean;
  /** Whether flags go in network byte order. */
  readonly rightFlags: boolean;
  /** Whether the place is kept. */
  readonly registered: boolean;
  readonly #bucket: CouchbaseBucket;
  readonly #dump: boolean;
  readonly #takeover: boolean;
  readonly #marks: boolean;
  /** The vbuckets, and how far the feed is in them. */
  readonly #cursors: readonly TapCursor[];
  /** Those that have something to send, the next one first. */
  readonly #ready = new Set<TapCursor>();
  /** Those whose checkpoint the client asked to go on behind. */
  readonly #resumed: ReadonlySet<number>;

  /** Reads what a client asks for; `places` is where a registered feed was. */
  constructor(
    request: TapConnectRequest,
    { bucket, settings, places, now }: {
      readonly bucket: CouchbaseBucket;
      readonly settings: TapSettings;
      readonly places: ReadonlyMap<number, bigint> | undefined;
      /** Unix seconds. */
      readonly now: number;
    },
  ) {
    const { flags = 0, vbuckets = [], checkpoints = [] } = request;
    const has = (flag: number): boolean => (flags & flag) !== 0;
    this.name = new TextDecoder().decode(request.name);
    this.acks = has(TapConnectFlag.SUPPORT_ACK);
    this.rightFlags = has(TapConnectFlag.FIX_FLAG_BYTEORDER);
    this.registered = has(TapConnectFlag.REGISTERED_CLIENT);
    this.#bucket = bucket;
    this.#dump = has(TapConnectFlag.DUMP);
    this.#takeover = has(TapConnectFlag.TAKEOVER_VBUCKETS) && vbuckets.length > 0;
    this.#marks = has(TapConnectFlag.CHECKPOINT) && !this.#dump;
    const asked = new Map(checkpoints.map(({ vbucket, checkpoint }) => [vbucket, checkpoint]));
    const resumed = new Set<number>();
    // A date in the future is none; without one all is sent.
    const all = request.backfill === undefined || request.backfill < BigInt(now);
    const items = settings.checkpointItems;
    const cursorOf = (vbucket: Vbucket): TapCursor => {
      const checkpoint = asked.get(vbucket.id);
      const place = checkpoint === undefined ? places?.get(vbucket.id) : lastOfCheckpoint(checkpoint, items);
      const wanted = this.#dump ? undefined : place;
      const here = wanted !== undefined && wanted >= vbucket.purgeSeqno && wanted <= vbucket.highSeqno;
      if (here && checkpoint !== undefined) resumed.add(vbucket.id);
      if (here) return new TapCursor(vbucket, { seqno: wanted, backfill: false, items });
      const backfill = !this.#takeover && (all || wanted !== undefined);
      const seqno = backfill || this.#takeover ? 0n : vbucket.highSeqno;
      return new TapCursor(vbucket, { seqno, backfill, items });
    };
    const wanted = new Set(vbuckets);
    this.#cursors = bucket.vbuckets
      .filter(({ id, state }) => state === VbucketState.ACTIVE && (wanted.size === 0 || wanted.has(id)))
      // What is empty needs no dump.
      .filter(({ highSeqno }) => !this.#dump || highSeqno > 0n)
      .map(cursorOf);
    this.#resumed = resumed;
  }

  /** Where the feed begins in the vbuckets that it does not send from the beginning. */
  starts(): Map<number, bigint> {
    const cursors = this.#cursors.filter(({ backfill }) => !backfill);
    return new Map(cursors.map(({ vbucket, seqno }) => [vbucket.id, seqno]));
  }

  /** Calls back when there is something new to send; returns what ends it. */
  follow(changed: () => void): () => void {
    const ends = this.#cursors.map((cursor) => {
      const ready = (): void => {
        this.#ready.add(cursor);
        changed();
      };
      const moved = (): void => {
        cursor.moved();
        ready();
      };
      return cursor.vbucket.watch({ changed: ready, moved });
    });
    return () => ends.forEach((end) => end());
  }

  /** All messages, one by one; nothing where there is none for now. Ends when the feed does. */
  *messages(): Generator<TapOutgoing | undefined, void> {
    const cursors = this.#cursors;
    const backfills = cursors.filter(({ backfill }) => backfill);
    // Who dumps nothing is told nothing.
    if (this.#dump && backfills.length === 0) return;
    if (this.acks) yield opaque(0, TapOpaqueCode.ENABLE_AUTO_NACK);
    if (this.#marks) yield opaque(0, TapOpaqueCode.ENABLE_CHECKPOINT_SYNC);
    for (const { vbucket } of backfills) yield opaque(vbucket.id, TapOpaqueCode.INITIAL_VBUCKET_STREAM);
    if (this.#takeover) yield* this.#states(VbucketState.PENDING);
    if (this.#marks) { for (const cursor of cursors) if (this.#resumed.has(cursor.vbucket.id)) yield cursor.opening(); }
    for (const cursor of backfills) yield* this.#backfill(cursor);
    for (const { vbucket } of backfills) yield opaque(vbucket.id, TapOpaqueCode.CLOSE_BACKFILL);
    if (this.#dump) return;
    if (this.#marks) yield* this.#openCheckpoints();
    if (this.#takeover) yield* this.#handOver();
    else yield* this.#live();
  }

  /** All that a vbucket holds; once more from the beginning if it loses meanwhile what was sent. */
  *#backfill(cursor: TapCursor): Generator<TapOutgoing> {
    while (!(yield* cursor.advance({ marks: false, backfill: true }))) {
      if (!cursor.broken) continue;
      cursor.restart();
      yield opaque(cursor.vbucket.id, TapOpaqueCode.INITIAL_VBUCKET_STREAM);
    }
  }

  *#openCheckpoints(): Generator<TapOutgoing> {
    for (const cursor of this.#cursors) {
      if (this.#resumed.has(cursor.vbucket.id)) continue;
      if (cursor.backfill) yield opaque(cursor.vbucket.id, TapOpaqueCode.OPEN_CHECKPOINT);
      yield cursor.opening();
    }
  }

  *#live(): Generator<TapOutgoing | undefined> {
    for (const cursor of this.#cursors) this.#ready.add(cursor);
    for (;;) {
      const [cursor] = this.#ready;
      if (cursor === undefined) {
        yield undefined;
        continue;
      }
      this.#ready.delete(cursor);
      if (cursor.isActive && cursor.broken) yield* this.#again(cursor);
      if (cursor.isActive && cursor.ready) yield* cursor.advance({ marks: this.#marks });
    }
  }

  /** All of a vbucket from the beginning: the client empties what it has of it. */
  *#again(cursor: TapCursor): Generator<TapOutgoing> {
    const { id } = cursor.vbucket;
    cursor.restart();
    yield opaque(id, TapOpaqueCode.INITIAL_VBUCKET_STREAM);
    yield* this.#backfill(cursor);
    yield opaque(id, TapOpaqueCode.CLOSE_BACKFILL);
    if (!this.#marks) return;
    yield opaque(id, TapOpaqueCode.OPEN_CHECKPOINT);
    yield cursor.opening();
  }

  *#handOver(): Generator<TapOutgoing> {
    for (const cursor of this.#cursors) {
      while (cursor.ready) yield* cursor.advance({ marks: this.#marks });
    }
    for (const { vbucket } of this.#cursors) {
      // Nothing can be written from here on, so that what was sent is all.
      this.#bucket.setVbucketState(vbucket.id, VbucketState.DEAD);
    }
    for (const cursor of this.#cursors) yield* cursor.advance({ marks: this.#marks });
    yield* this.#states(VbucketState.ACTIVE);
  }

  *#states(state: number): Generator<TapOutgoing> {
    for (const { vbucket } of this.#cursors) yield { kind: "state", vbucket: vbucket.id, state };
  }
}

function opaque(vbucket: number, code: number): TapOutgoing {
  return { kind: "opaque", vbucket, code };
}
