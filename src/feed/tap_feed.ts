import type { TapCheckpoint } from "../ops/tap.ts";
import { Status } from "../wire/status.ts";
import type { TapEvent } from "./tap_event.ts";
import type { TapSource, TapStats } from "./tap_source.ts";

/**
 * The changes of a bucket by TAP: a `ReadableStream` of events, also to be gone through by `for await`. {@linkcode openTap} makes it.
 *
 * - An event is acknowledged when the next one is taken. So what was taken last before a crash comes again where the server keeps
 *   the place: an event is seen at least once.
 * - What is not taken waits: when `maxQueuedBytes` do, the transport is paused, and TCP slows the server down. With acknowledgements
 *   the server itself sends no more than 10,000 messages ahead, and drops who acknowledges nothing for 300 seconds; without, it may
 *   drop who is slow.
 * - The end of a dump, or of a takeover, is the end of the stream. With acknowledgements a dump that was cut is told from a whole
 *   one, since the server waits for the last of them; without it is not, unless a message was cut. Anything else that ends the connection is a
 *   {@linkcode TapError} that says where to go on; a refusal is a {@linkcode StatusError} with the server's words.
 *
 * @example Go on where a feed was
 * ```ts
 * import { CouchbaseNode, Server } from "@memwire/memwire/server";
 * import { openTap } from "@memwire/memwire/tap";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = new Server();
 * const buckets = [{ name: "default", vbucketCount: 1 }];
 * const node = new CouchbaseNode({ buckets, tap: { checkpointItems: 2 } }).register(server);
 * const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
 * for (const key of ["a", "b", "c"]) node.bucket("default").set(key, key);
 *
 * const options = { name: "copy", backfill: "all", vbuckets: [0] } as const;
 * await using feed = await openTap(address, { ...options, checkpoints: [{ vbucket: 0, checkpoint: 0n }] });
 * for await (const event of feed) if (event.type === "mutation" && event.keyText === "c") break;
 * assertEquals(feed.position(), [{ vbucket: 0, checkpoint: 1n }]); // a and b
 *
 * await using next = await openTap(address, { ...options, checkpoints: feed.position() });
 * for await (const event of next) {
 *   if (event.type !== "mutation") continue;
 *   assertEquals(event.keyText, "c"); // once more: its checkpoint was not closed
 *   break;
 * }
 * ```
 */
export class TapFeed extends ReadableStream<TapEvent> implements AsyncDisposable {
  readonly #source: TapSource;
  readonly #signal: AbortSignal | undefined;
  readonly #abort: () => void;

  /** Reads from a connection; {@linkcode openTap} does it. */
  constructor(source: TapSource, signal?: AbortSignal) {
    super(
      { pull: (controller) => deliver(source, controller), cancel: () => stop(source) },
      // Nothing is taken before somebody wants it.
      { highWaterMark: 0 },
    );
    this.#source = source;
    this.#signal = signal;
    this.#abort = () => source.abort(signal?.reason);
    signal?.addEventListener("abort", this.#abort, { once: true });
    void source.closed.then(() => signal?.removeEventListener("abort", this.#abort));
    if (signal?.aborted === true) this.#abort();
  }

  /** The address of the server. */
  get peer(): string {
    return this.#source.peer;
  }

  /** The last closed checkpoint of each vbucket whose mark was taken: to be kept, and given to the next feed as `checkpoints`. */
  position(): TapCheckpoint[] {
    return this.#source.position;
  }

  /** Counts since the feed began. */
  stats(): TapStats {
    return this.#source.stats;
  }

  /**
   * Acknowledges an event now, and with it all before it; with `ack: "manual"` the only way.
   *
   * @throws {TypeError} If the feed was opened with `ack: false`.
   */
  ack(event: TapEvent): void {
    this.#source.ack(event);
  }

  /**
   * Refuses an event for now, before the next is taken: the server waits some seconds and sends it again, under another number,
   * with what came after it. Any status but EBUSY and ETMPFAIL, the default, has it close the connection.
   *
   * @throws {TypeError} If the feed was opened with `ack: false`.
   */
  nack(event: TapEvent, status: number = Status.ETMPFAIL): void {
    this.#source.nack(event, status);
  }

  /** Closes the connection; who reads is told that the stream is over. Resolves when it is closed. */
  close(): Promise<void> {
    return stop(this.#source);
  }

  /** The same as {@linkcode TapFeed.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function stop(source: TapSource): Promise<void> {
  source.close();
  return source.closed;
}

/** Gives the next event, when there is one. What `take` throws ends the stream. */
function deliver(source: TapSource, controller: ReadableStreamDefaultController<TapEvent>): void | Promise<void> {
  const event = source.take();
  if (event === undefined) return deliverLater(source, controller);
  give(event, controller);
}

/** Waits in a loop: a promise that waits for the next, at each piece of a large message, would be a chain without end. */
async function deliverLater(source: TapSource, controller: ReadableStreamDefaultController<TapEvent>): Promise<void> {
  let event: TapEvent | undefined | null;
  do {
    await source.wait();
    event = source.take();
  } while (event === undefined);
  give(event, controller);
}

function give(event: TapEvent | null, controller: ReadableStreamDefaultController<TapEvent>): void {
  if (event !== null) controller.enqueue(event);
  else if (controller.desiredSize !== null) finish(controller);
}

function finish(controller: ReadableStreamDefaultController<TapEvent>): void {
  try {
    controller.close();
  } catch {
    // It was cancelled while we waited, and is closed already.
  }
}
