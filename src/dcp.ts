/**
 * Couchbase's change feed, DCP, as an async-iterable `ReadableStream`: resumable, with flow control.
 *
 * @module
 */

export * from "./feed/checkpoint_error.ts";
export type { Checkpoint, CheckpointVbucket } from "./feed/checkpoint.ts";
export * from "./feed/checkpoint_file.ts";
export * from "./feed/checkpoint_item.ts";
export * from "./feed/checkpoint_kv.ts";
export * from "./feed/checkpoint_memory.ts";
export type { RecordOptions, RecordStore, StoredRecord } from "./feed/checkpoint_record.ts";
export * from "./feed/checkpoint_store.ts";
export type { FeedClock } from "./feed/process_clock.ts";
