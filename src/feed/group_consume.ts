/** Processes a feed together with the other members of a group. */
import { CheckpointError, CheckpointFencedError } from "./checkpoint_error.ts";
import type { CheckpointClaim, CheckpointStore } from "./checkpoint_store.ts";
import { joinGroup } from "./group.ts";
import type { LeaseLostError } from "./group_error.ts";
import type { GroupHandlers, GroupOptions, Membership } from "./group_options.ts";
import type { FeedPosition } from "./position.ts";
import { type FeedClock, pause, SYSTEM_CLOCK } from "./process_clock.ts";
import { type Deferred, deferred } from "./process_deferred.ts";
import type { EventSource, ProcessEvent } from "./process_event.ts";
import type { ProcessFunction, ProcessOptions, ProcessResult } from "./process_options.ts";
import { identityOf, ProcessRun } from "./process_run.ts";
import { backoffOf } from "./process_worker.ts";

/** What is needed of a feed whose vbuckets come and go: a feed of `openDcp` with `vbuckets: []`. */
export interface StreamSource<E> extends EventSource<E> {
  /** Streams one more vbucket. */
  addStream(stream: { readonly vbucket: number; readonly from: "beginning" | "now" | FeedPosition }): Promise<void>;
  /** Ends the stream of a vbucket; a "stream-end" event follows what has come of it. */
  closeStream(vbucket: number): Promise<void>;
}

/** How a feed is processed by a group. */
export interface GroupProcessOptions<E> extends ProcessOptions<E> {
  /**
   * Which vbuckets are this member's: how to join a group that shares them by leases, the list of {@linkcode staticMembership}, or
   * a membership of one's own.
   */
  readonly group:
    | Omit<GroupOptions, "signal" | "clock">
    | readonly number[]
    | ((handlers: GroupHandlers) => Promise<Membership>);
  /** Where positions are kept: one place for all members, by which they hand vbuckets over. */
  readonly checkpoint: CheckpointStore;
  /** Where to begin with a vbucket that has no position yet; `"beginning"` by default. */
  readonly from?: "beginning" | "now";
}

/** So often a claim of the checkpoint is tried. */
const CLAIMS = 10;

/**
 * Processes the vbuckets of a feed that are this member's, as {@linkcode processFeed} does, while they come and go.
 *
 * - A vbucket that comes is claimed in the checkpoint, which fences its last owner off, and streamed from the position saved there.
 * - A vbucket that goes is handed over: no further event of it begins, what runs ends, its position is saved, its stream is closed,
 *   and only then another member may have it.
 * - A vbucket whose lease is lost is dropped at once: no event of it begins from then on, and the `signal` of those that run is
 *   aborted. What they still do may be done by the next owner too.
 *
 * @param feed A feed that streams nothing yet: `openDcp(url, { vbuckets: [] })`. It is closed at the end.
 * @param fn Is given each event.
 * @param options The group, the checkpoint, and how to process.
 * @returns Counts of what this member did, once the feed has ended and the group is left.
 * @throws What {@linkcode processFeed} throws, and what joining the group fails with.
 *
 * @example
 * ```ts ignore
 * import { connect } from "@memwire/memwire";
 * import { consumeInGroup, ItemCheckpointStore, ItemRecord, openDcp } from "@memwire/memwire/dcp";
 *
 * await using client = await connect("cache.local:11211");
 * await using feed = await openDcp("couchbase://cb.local/orders", { vbuckets: [] });
 * await consumeInGroup(feed, (event) => index(event), {
 *   group: { store: new ItemRecord(client, "indexers"), name: "indexers" },
 *   checkpoint: new ItemCheckpointStore(client, "indexers-checkpoint"),
 *   concurrency: 16,
 *   signal: stopping.signal, // hands everything over, then rejects with its reason
 * });
 * ```
 */
export async function consumeInGroup<E extends ProcessEvent>(
  feed: StreamSource<E>,
  fn: ProcessFunction<E>,
  options: GroupProcessOptions<E>,
): Promise<ProcessResult> {
  return await new GroupConsumer(feed, fn, options).run();
}

/** A vbucket that is this member's. */
interface Owned {
  readonly epoch: number;
  readonly lease: AbortController;
}

/** A stream of which an event may still come. */
interface Streaming {
  /** Settles when the feed has answered. */
  readonly added: Promise<void>;
  /** Settles when no event of it can come any more. */
  readonly ended: Deferred<void>;
  closed?: Promise<void>;
}

/** One member at work. */
class GroupConsumer<E extends ProcessEvent> {
  readonly #feed: StreamSource<E>;
  readonly #options: GroupProcessOptions<E>;
  readonly #clock: FeedClock;
  readonly #run: ProcessRun<E>;
  readonly #owned = new Map<number, Owned>();
  /** The assignment of each vbucket that holds: what an earlier one is still about is given up. */
  readonly #assignments = new Map<number, object>();
  readonly #streams = new Map<number, Streaming>();
  #membership: Membership | undefined;
  #over = false;

  constructor(feed: StreamSource<E>, fn: ProcessFunction<E>, options: GroupProcessOptions<E>) {
    this.#feed = feed;
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    this.#run = new ProcessRun(feed, fn, options, {
      known: true,
      epoch: () => new Map([...this.#owned].map(([vbucket, { epoch }]) => [vbucket, epoch])),
      holds: (vbucket) => this.#membership?.holds(vbucket) ?? true,
      onStreamEnd: (vbucket) => this.#ended(vbucket),
      onFenced: (error) => this.#isPast(error),
    });
  }

  /** Joins, processes, leaves. */
  async run(): Promise<ProcessResult> {
    const running = this.#run.run();
    const outcome = running.then((result) => ({ result }), (error) => ({ error }));
    try {
      await this.#join();
    } catch (error) {
      this.#run.fail(error);
    }
    await outcome;
    this.#over = true;
    for (const { ended } of this.#streams.values()) ended.resolve();
    const left = await this.#membership?.leave().then(() => undefined, (error) => ({ error }));
    const result = await running;
    // What has ended the processing came out of `running`; here only the farewell has failed.
    if (left !== undefined) throw left.error;
    return result;
  }

  async #join(): Promise<void> {
    const { group, clock } = this.#options;
    const handlers: GroupHandlers = {
      assigned: (vbuckets) => this.#take(vbuckets),
      revoked: (vbuckets) => this.#handOver(vbuckets),
      lost: (vbuckets, reason) => this.#drop(vbuckets, reason),
    };
    if (typeof group === "function") this.#membership = await group(handlers);
    else if ("store" in group) {
      this.#membership = await joinGroup({ ...group, ...(clock === undefined ? {} : { clock }) }, handlers);
    } else {
      const closed = Promise.resolve();
      this.#membership = { holds: () => true, leave: () => this.#handOver(group), closed };
      return await this.#take(group);
    }
    this.#membership.closed.catch((error) => this.#run.fail(error));
  }

  /** Vbuckets have come. */
  async #take(vbuckets: readonly number[] | ReadonlyMap<number, number>): Promise<void> {
    const numbers = "get" in vbuckets ? [...vbuckets.keys()] : vbuckets;
    const assignment = {};
    for (const vbucket of numbers) this.#assignments.set(vbucket, assignment);
    const claim = await this.#claim(vbuckets, (vbucket) => this.#assignments.get(vbucket) === assignment);
    if (claim === undefined) return;
    await Promise.all(numbers.map(async (vbucket) => {
      // What is left of an earlier stream of the vbucket would be taken for events of this one.
      await this.#streams.get(vbucket)?.ended.promise;
      if (!this.#goesOn || this.#assignments.get(vbucket) !== assignment) return;
      const epoch = "get" in vbuckets ? vbuckets.get(vbucket)! : claim.epoch;
      await this.#begin(vbucket, epoch, claim);
    }));
  }

  async #begin(vbucket: number, epoch: number, { checkpoint }: CheckpointClaim): Promise<void> {
    const lease = new AbortController();
    this.#owned.set(vbucket, { epoch, lease });
    this.#run.worker.open(vbucket, lease.signal);
    const position = checkpoint?.vbuckets[vbucket];
    const from = position === undefined || checkpoint === undefined
      ? this.#options.from ?? "beginning"
      : { ...checkpoint, vbuckets: { [vbucket]: position } };
    const added = this.#feed.addStream({ vbucket, from });
    this.#streams.set(vbucket, { added, ended: deferred<void>() });
    try {
      await added;
    } catch (error) {
      this.#ended(vbucket);
      if (this.#goesOn && this.#owned.get(vbucket)?.lease === lease) throw error;
    }
  }

  /** Vbuckets are to go: drain, save, close, and the group lets go of them. */
  async #handOver(vbuckets: readonly number[]): Promise<void> {
    const { worker, committer } = this.#run;
    await Promise.all(vbuckets.map((vbucket) => worker.drain(vbucket)));
    const closing = vbuckets.map((vbucket) => this.#close(vbucket));
    await committer?.flush();
    for (const vbucket of vbuckets) {
      worker.drop(vbucket);
      this.#owned.delete(vbucket);
      this.#assignments.delete(vbucket);
    }
    await Promise.all(closing);
  }

  /** Vbuckets are gone. */
  #drop(vbuckets: readonly number[], reason: LeaseLostError): void {
    for (const vbucket of vbuckets) {
      this.#run.worker.drop(vbucket);
      this.#owned.get(vbucket)?.lease.abort(reason);
      this.#owned.delete(vbucket);
      this.#assignments.delete(vbucket);
      this.#close(vbucket).catch((error) => this.#run.fail(error));
    }
  }

  /** Closes the stream of a vbucket; a feed that is at its end has none. */
  async #close(vbucket: number): Promise<void> {
    const stream = this.#streams.get(vbucket);
    if (stream === undefined || !this.#goesOn) return;
    stream.closed ??= stream.added.then(() => this.#feed.closeStream(vbucket), () => {});
    try {
      await stream.closed;
    } catch (error) {
      if (this.#goesOn) throw error;
    }
  }

  /** Claims the checkpoint; a store that is away for a moment is asked again, for what is still ours then. */
  async #claim(
    vbuckets: readonly number[] | ReadonlyMap<number, number>,
    isOurs: (vbucket: number) => boolean,
  ): Promise<CheckpointClaim | undefined> {
    const { checkpoint, bucket, retry = {} } = this.#options;
    const named = identityOf(this.#feed, bucket).bucket;
    for (let attempt = 1; this.#goesOn; attempt++) {
      const ours = "get" in vbuckets ? new Map([...vbuckets].filter(([one]) => isOurs(one))) : vbuckets.filter(isOurs);
      try {
        return await checkpoint.claim({ bucket: named, vbuckets: ours });
      } catch (error) {
        // What was lost in the meantime may have been claimed by another: that is no reason to end.
        const past = error instanceof CheckpointFencedError && !error.vbuckets.some(isOurs);
        if (past && attempt < CLAIMS) continue;
        if (attempt === CLAIMS || (error instanceof CheckpointError && error.code !== "CHECKPOINT")) throw error;
        await pause(this.#clock, this.#clock.random() * backoffOf(retry)(attempt));
      }
    }
    return undefined;
  }

  #ended(vbucket: number): void {
    this.#streams.get(vbucket)?.ended.resolve();
    this.#streams.delete(vbucket);
  }

  get #goesOn(): boolean {
    return !this.#over && !this.#run.worker.stopped;
  }

  /** Whether a save was refused for what is not ours any more, as when a lease was lost while it was under way. */
  #isPast({ vbuckets }: CheckpointFencedError): boolean {
    return vbuckets.every((vbucket) => !this.#owned.has(vbucket));
  }
}
