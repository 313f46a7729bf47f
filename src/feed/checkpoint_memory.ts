/** Checkpoints in memory. */
import type { RecordStore, StoredRecord } from "./checkpoint_record.ts";
import { RecordCheckpointStore } from "./checkpoint_store.ts";

/** A record in memory: for tests, and for the members of a group that live in one process. */
export class MemoryRecord implements RecordStore<number> {
  #stored: StoredRecord<number> | undefined;

  /** Reads the text. */
  read(): Promise<StoredRecord<number> | undefined> {
    return Promise.resolve(this.#stored);
  }

  /** Writes over a version; `false` when another was quicker. */
  write(text: string, over: number | undefined): Promise<boolean> {
    if (this.#stored?.version !== over) return Promise.resolve(false);
    this.#stored = { text, version: (over ?? 0) + 1 };
    return Promise.resolve(true);
  }
}

/**
 * Checkpoints that live as long as the process.
 *
 * @example
 * ```ts
 * import { CheckpointFencedError, MemoryCheckpointStore } from "@memwire/memwire/dcp";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const store = new MemoryCheckpointStore();
 * const at = (seqno: string) => ({
 *   version: 1 as const,
 *   bucket: "b1",
 *   vbuckets: { 3: { vbuuid: "7", seqno, snapshotStart: seqno, snapshotEnd: seqno } },
 * });
 *
 * const one = await store.claim();
 * await store.save(at("10"), { epoch: one.epoch });
 *
 * // Another consumer takes over: what the first still saves is refused.
 * const two = await store.claim();
 * assertEquals(two.checkpoint?.vbuckets[3]?.seqno, "10");
 * await assertRejects(() => store.save(at("11"), { epoch: one.epoch }), CheckpointFencedError);
 *
 * // Nothing moves back, unless the history itself was rolled back.
 * assertEquals(await store.save(at("9"), { epoch: two.epoch }), { kept: [3] });
 * assertEquals(await store.save(at("9"), { epoch: two.epoch, rolledBack: [3] }), { kept: [] });
 * ```
 */
export class MemoryCheckpointStore extends RecordCheckpointStore {
  /** Makes an empty store, or one over a record that is shared. */
  constructor(record: RecordStore = new MemoryRecord()) {
    super(record, { place: "the checkpoint in memory" });
  }
}
