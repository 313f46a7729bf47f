import type { FailoverEntry } from "../ops/vbucket.ts";
import type { DcpCore } from "./dcp_core.ts";
import type { DcpEvent } from "./dcp_event.ts";
import type { DcpStreamName, DcpStreamOptions } from "./dcp_options.ts";
import type { DcpFeedStats } from "./dcp_stats.ts";
import { FeedIterator } from "./feed_iterator.ts";
import type { FeedPosition } from "./position.ts";
import { processFeed } from "./process.ts";
import type { ProcessFunction, ProcessOptions, ProcessResult } from "./process_options.ts";

/** How {@linkcode DcpFeed.batches} gathers events. */
export interface BatchOptions {
  /** The most events in one array; 1024 by default. */
  readonly max?: number;
  /** How long to wait for more when there are fewer, in milliseconds; 0 by default: what is there is taken. */
  readonly maxMs?: number;
  /** Whether leaving the loop keeps the feed open; `false` by default. */
  readonly preventCancel?: boolean;
}

const MAX_BATCH = 1024;

/**
 * Changes of a bucket, as a `ReadableStream` that is also read by `for await` (faster) and by {@linkcode DcpFeed.batches} (fastest).
 * Opened by {@linkcode openDcp}.
 *
 * - The server sends no more than the window ahead of what was taken; no-ops are answered while the consumer sleeps.
 * - A connection or a stream that is lost comes again, and goes on behind what was taken. Nothing is skipped and nothing comes twice, unless the
 *   server rolls back, which is an event.
 * - Reading ends when all streams have ended, and rejects when the feed cannot go on.
 * - Leaving a loop, cancelling the stream and disposing of the feed close its connections.
 *
 * @example
 * ```ts
 * import { openDcp } from "@memwire/memwire/dcp";
 * import { CouchbaseNode, Server } from "@memwire/memwire/server";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = new Server();
 * const bucket = new CouchbaseNode().register(server).bucket("default");
 * const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
 * for (let i = 0; i < 100; i++) bucket.set(`key ${i}`, "value");
 *
 * const feed = await openDcp(address, { bucket: "default", from: "beginning", to: "now" });
 * let mutations = 0;
 * for await (const batch of feed.batches()) {
 *   for (const event of batch) if (event.type === "mutation") mutations++;
 * }
 * assertEquals(mutations, 100);
 * assertEquals(feed.stats().lag, 0n);
 * ```
 */
export class DcpFeed extends ReadableStream<DcpEvent> implements AsyncDisposable {
  readonly #core: DcpCore;
  readonly #finish: () => void;

  /** Made by {@linkcode openDcp}. */
  constructor(core: DcpCore) {
    let controller: ReadableStreamDefaultController<DcpEvent>;
    let open = true;
    const settle = (): void => {
      const { failure } = core.queue;
      if (!open) return;
      open = false;
      if (failure === undefined) controller.close();
      else controller.error(failure.error);
    };
    super({
      start: (given) => void (controller = given),
      pull: (given) => pull(core, given, settle),
      cancel: async () => {
        open = false;
        await core.close();
      },
    }, { highWaterMark: 0 });
    this.#core = core;
    this.#finish = settle;
  }

  /** What the server calls the connection; with many nodes, a slash and the node follow behind it. */
  get name(): string {
    return this.#core.name;
  }

  /** UUID of the bucket; "" when the server does not tell it. */
  get bucket(): string {
    return this.#core.bucket;
  }

  /**
   * How far the consumer has got: behind the last event that was taken of each vbucket. As JSON it is what `from` goes on from later.
   * To keep a position that was processed and not only taken, use `event.position`.
   */
  position(): FeedPosition {
    return this.#core.position();
  }

  /** Counts and rates, how far behind it is, and what each node and each stream is doing. */
  stats(): DcpFeedStats {
    return this.#core.stats();
  }

  /** The last write of each active vbucket, of all nodes; the lag in {@linkcode DcpFeed.stats} is counted from the last time. */
  seqnos(): Promise<ReadonlyMap<number, bigint>> {
    return this.#core.seqnos();
  }

  /** The histories of a vbucket, the newest first, from the node that has it. */
  failoverLog(vbucket: number): Promise<readonly FailoverEntry[]> {
    return this.#core.failoverLog(vbucket);
  }

  /**
   * Streams one more vbucket, or one more stream of it; resolves when the server has answered.
   *
   * @throws {TypeError} If there is such a stream already.
   * @throws {StatusError} If the server refuses it for good.
   */
  addStream(stream: DcpStreamOptions): Promise<void> {
    return this.#core.addStream(stream);
  }

  /**
   * Ends a stream. What came of it can still be taken, and an event of type `stream-end` with the reason `closed` follows.
   *
   * @throws {TypeError} If there is no such stream.
   */
  closeStream(stream: number | DcpStreamName): Promise<void> {
    return this.#core.closeStream(typeof stream === "number" ? { vbucket: stream } : stream);
  }

  /** Closes the feed at once; what was not taken is dropped. */
  async close(): Promise<void> {
    await this.#core.close();
    this.#finish();
  }

  /** The same as {@linkcode DcpFeed.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Reads event by event, faster than the reader of a stream. Leaving the loop closes the feed unless told otherwise. */
  override [Symbol.asyncIterator](
    { preventCancel = false }: ReadableStreamIteratorOptions = {},
  ): AsyncIterableIterator<DcpEvent> & AsyncDisposable {
    const { queue } = this.#core;
    return new FeedIterator(queue, this.#lock(), {
      take: () => queue.take(),
      wait: (waiter) => {
        queue.wait(waiter);
        return () => queue.forget(waiter);
      },
      preventCancel,
    });
  }

  /** The same as the iterator of the feed. */
  override values(options?: ReadableStreamIteratorOptions): AsyncIterableIterator<DcpEvent> & AsyncDisposable {
    return this[Symbol.asyncIterator](options);
  }

  /**
   * Reads arrays of events: what has come since the last one. All events of an array count as taken when it is given out.
   *
   * @throws {RangeError} If `max` or `maxMs` is out of range.
   *
   * @example
   * ```ts
   * import type { DcpFeed } from "@memwire/memwire/dcp";
   *
   * async function count(feed: DcpFeed): Promise<number> {
   *   let events = 0;
   *   for await (const batch of feed.batches({ max: 500, maxMs: 20 })) events += batch.length;
   *   return events;
   * }
   * ```
   */
  batches(options: BatchOptions = {}): AsyncIterableIterator<DcpEvent[]> & AsyncDisposable {
    const { max = MAX_BATCH, maxMs = 0, preventCancel = false } = options;
    if (!(max >= 1)) throw new RangeError(`Cannot use max of ${max}: it is a number of events, 1 or more`);
    if (!(maxMs >= 0)) throw new RangeError(`Cannot use maxMs of ${maxMs}: it is milliseconds, 0 or more`);
    const { queue, clock } = this.#core;
    let due = maxMs === 0;
    return new FeedIterator(queue, this.#lock(), {
      take: () => {
        if (!due && queue.length < max && !queue.over) return undefined;
        due = maxMs === 0;
        return takeMany(() => queue.take(), max);
      },
      wait: (waiter) => {
        const wake = (): void => {
          stopTimer();
          waiter();
        };
        let stopTimer = (): void => {};
        const first = (): void => {
          if (maxMs === 0) return waiter();
          stopTimer = clock.after(maxMs, () => {
            due = true;
            queue.forget(wake);
            waiter();
          });
          queue.wait(wake, max);
        };
        queue.wait(first);
        return () => {
          stopTimer();
          queue.forget(first);
          queue.forget(wake);
        };
      },
      preventCancel,
    });
  }

  /**
   * Calls a function for each event, many at a time if so wished, and saves how far everything is processed; see
   * {@linkcode processFeed}.
   *
   * @example
   * ```ts
   * import { MemoryCheckpointStore, openDcp } from "@memwire/memwire/dcp";
   * import { CouchbaseNode, Server } from "@memwire/memwire/server";
   * import { assertEquals } from "@std/assert";
   *
   * await using server = new Server();
   * const bucket = new CouchbaseNode().register(server).bucket("default");
   * const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
   * for (let i = 0; i < 20; i++) bucket.set(`user:${i}`, "1");
   *
   * const checkpoint = new MemoryCheckpointStore();
   * const from = await checkpoint.load() ?? "beginning";
   * const feed = await openDcp(address, { bucket: "default", from, to: "now" });
   * const names = new Set<string>();
   * await feed.process(async (event) => {
   *   if (event.type === "mutation") names.add(await Promise.resolve(event.keyText));
   * }, { concurrency: 4, orderBy: "key", checkpoint });
   * assertEquals(names.size, 20);
   * ```
   */
  process(fn: ProcessFunction<DcpEvent>, options?: ProcessOptions<DcpEvent>): Promise<ProcessResult> {
    return processFeed<DcpEvent>(this, fn, options);
  }

  #lock(): { release(cancel: boolean): Promise<void>; finished(): void } {
    const reader = this.getReader();
    // Those who iterate hear of a failure by their own call.
    reader.closed.catch(() => {});
    return {
      release: async (cancel) => {
        const cancelled = cancel ? reader.cancel() : undefined;
        reader.releaseLock();
        await cancelled;
      },
      finished: this.#finish,
    };
  }
}

function takeMany(take: () => DcpEvent | undefined, max: number): DcpEvent[] | undefined {
  const first = take();
  if (first === undefined) return undefined;
  const batch = [first];
  while (batch.length < max) {
    const event = take();
    if (event === undefined) break;
    batch.push(event);
  }
  return batch;
}

/** Gives the reader of the stream one event, when there is one. */
function pull(
  { queue }: DcpCore,
  controller: ReadableStreamDefaultController<DcpEvent>,
  settle: () => void,
): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      const event = queue.take();
      if (event !== undefined) controller.enqueue(event);
      else if (queue.over) settle();
      else return queue.wait(look);
      resolve();
    };
    look();
  });
}
