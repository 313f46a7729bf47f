/** Processes the events of a feed, and saves how far it has got. */
import type { EventSource, ProcessEvent } from "./process_event.ts";
import type { ProcessFunction, ProcessOptions, ProcessResult } from "./process_options.ts";
import { identityOf, ProcessRun } from "./process_run.ts";

/**
 * Calls a function for each event of a feed, many at a time if so wished, until the feed ends; and saves the position up to which
 * everything has been processed.
 *
 * - Events may be done in any order that `orderBy` allows. A saved position never passes an event that is not done: after a crash
 *   it comes again, so that each event is processed at least once.
 * - A rollback waits until everything before it is done, is given to the function like any event, and alone moves a position back.
 * - No more than `concurrency` functions run and `queue` events wait; the feed is not read further meanwhile.
 * - TAP has no positions to save, and an event of it counts as received when the next is read, which is before it is processed: open
 *   such a feed with `ack: "manual"`, and acknowledge each event at the end of the function, one at a time (`concurrency: 1`).
 * - At the end of the feed, on an abort, and when an event fails, what runs is waited for and the position is saved. An end before
 *   the feed's own closes the feed: what was taken of it and not done is lost to a reader, but not to the next run.
 *
 * @param feed A feed of DCP or TAP, or any async iterable of events.
 * @param fn Is given each event, those that are not about data too: look at its `type`.
 * @param options How many at once, in which order, what to do about errors, where the position is kept.
 * @returns Counts of what was done, once the feed has ended and all of it is processed and saved.
 * @throws What the function threw, with `onError: "fail"`; what the feed failed with; the reason of `signal`.
 * @throws {CheckpointFencedError} If another has claimed the checkpoint since.
 * @throws {CheckpointForeignError} If the checkpoint is of another bucket.
 * @throws {RangeError} If an option is out of range.
 *
 * @example
 * ```ts
 * import { MemoryCheckpointStore, processFeed } from "@memwire/memwire/dcp";
 * import { assertEquals } from "@std/assert";
 *
 * // Stands for a feed of openDcp.
 * async function* feed() {
 *   for (let seqno = 1n; seqno <= 100n; seqno++) {
 *     const position = { vbuuid: 7n, seqno, snapshotStart: 1n, snapshotEnd: 100n };
 *     yield await Promise.resolve({ type: "mutation", vbucket: 0, key: new Uint8Array([Number(seqno) % 10]), position });
 *   }
 * }
 *
 * const checkpoint = new MemoryCheckpointStore();
 * const result = await processFeed(feed(), async () => await Promise.resolve(), {
 *   concurrency: 8, // eight at a time, those of one key one after another
 *   orderBy: "key",
 *   onError: "retry",
 *   checkpoint,
 * });
 * assertEquals(result.processed, 100);
 * assertEquals((await checkpoint.load())?.vbuckets[0]?.seqno, "100"); // what `from` of the next feed takes
 * ```
 */
export async function processFeed<E extends ProcessEvent>(
  feed: EventSource<E>,
  fn: ProcessFunction<E>,
  options: ProcessOptions<E> = {},
): Promise<ProcessResult> {
  let epoch = 0;
  const run = new ProcessRun(feed, fn, options, { epoch: () => epoch });
  const { checkpoint, signal } = options;
  if (checkpoint !== undefined && !signal?.aborted) {
    const { bucket } = identityOf(feed, options.bucket);
    try {
      ({ epoch } = await checkpoint.claim({ bucket, ...(signal === undefined ? {} : { signal }) }));
    } catch (error) {
      run.fail(error);
    }
  }
  return await run.run();
}
