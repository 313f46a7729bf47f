/** A group of members that consume one bucket, in a world of its own time. */
import {
  consumeInGroup,
  type GroupProcessOptions,
  MemoryCheckpointStore,
  MemoryRecord,
  type ProcessResult,
  type RecordStore,
} from "../../src/dcp.ts";
import { type BucketFeed, ModelBucket } from "./model_bucket.ts";
import { ModelClock } from "./model_clock.ts";
import type { ModelEvent } from "./model_feed.ts";

/** How many vbuckets the bucket has. */
export const VBUCKETS = 6;

/** How a {@linkcode ModelMember} consumes. */
export interface ModelMemberOptions extends Partial<GroupProcessOptions<ModelEvent>> {
  /** Its way to the store of the group. */
  readonly store?: RecordStore;
  /** How long an event takes, in ms. */
  readonly ms?: () => number;
}

/** A member at work. */
export interface ModelMember {
  readonly feed: BucketFeed;
  readonly stop: AbortController;
  /** What it is about. */
  readonly running: Set<ModelEvent>;
  /** The signals that its function was given. */
  readonly signals: AbortSignal[];
  /** What it came to. */
  readonly outcome: Promise<{ readonly result: ProcessResult } | { readonly error: unknown }>;
}

/** Members that consume one bucket, in one world of time. */
export class GroupScene {
  readonly clock: ModelClock;
  readonly bucket: ModelBucket = new ModelBucket(VBUCKETS);
  readonly store: MemoryRecord = new MemoryRecord();
  readonly saved: MemoryRecord = new MemoryRecord();
  readonly checkpoint: MemoryCheckpointStore = new MemoryCheckpointStore(this.saved);
  /** What was processed, by whom, in order. */
  readonly seen: { readonly member: string; readonly event: ModelEvent }[] = [];

  constructor(random: () => number = () => 0.5) {
    this.clock = new ModelClock(random);
  }

  /** A member that takes no time for an event unless told how much. */
  member(name: string, options: ModelMemberOptions = {}): ModelMember {
    const { store = this.store, ms = () => 0, ...process } = options;
    const feed = this.bucket.feed();
    const stop = new AbortController();
    const member = { feed, stop, running: new Set<ModelEvent>(), signals: [] as AbortSignal[] };
    const done: Promise<ProcessResult> = consumeInGroup(feed, async (event, { signal }) => {
      member.running.add(event);
      member.signals.push(signal);
      const time = ms();
      if (time > 0) await new Promise<void>((resolve) => this.clock.after(time, resolve));
      member.running.delete(event);
      this.seen.push({ member: name, event });
    }, {
      group: { store, name: "g", member: name, vbuckets: VBUCKETS, leaseMs: 1000, rebalanceDelayMs: 100 },
      checkpoint: this.checkpoint,
      commitEvery: { ms: 50 },
      clock: this.clock,
      signal: stop.signal,
      ...process,
    });
    const outcome = done.then((result) => ({ result }), (error) => ({ error }));
    return { ...member, outcome };
  }

  write(count: number): void {
    for (let i = 0; i < count; i++) this.bucket.write(i % VBUCKETS, `k${i}`);
  }

  /** How often each event was processed, by vbucket and seqno. */
  times(): number[][] {
    const times = this.bucket.logs.map((log) => log.map(() => 0));
    for (const { event } of this.seen) times[event.vbucket]![Number(event.seqno) - 1]!++;
    return times;
  }

  async positions(): Promise<number[]> {
    const vbuckets = (await this.checkpoint.load())?.vbuckets ?? {};
    return Object.values(vbuckets).map(({ seqno }) => Number(seqno));
  }
}

/** Whether the events of each vbucket were seen in order, those that came again not counted. */
export function inOrder(events: readonly ModelEvent[]): boolean {
  const furthest = new Map<number, bigint>();
  return events.every(({ vbucket, seqno }) => {
    const before = furthest.get(vbucket) ?? 0n;
    if (seqno > before) furthest.set(vbucket, seqno);
    return seqno <= before + 1n;
  });
}
