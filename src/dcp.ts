/**
 * Couchbase's change feed, DCP, as an async-iterable `ReadableStream`: resumable, with flow control.
 *
 * @module
 */

export * from "./feed/checkpoint_error.ts";
export type { Checkpoint } from "./feed/checkpoint.ts";
export * from "./feed/checkpoint_file.ts";
export * from "./feed/checkpoint_item.ts";
export * from "./feed/checkpoint_kv.ts";
export * from "./feed/checkpoint_memory.ts";
export type { RecordOptions, RecordStore, StoredRecord } from "./feed/checkpoint_record.ts";
export * from "./feed/checkpoint_store.ts";
export { processFeed } from "./feed/process.ts";
export type { FeedClock } from "./feed/process_clock.ts";
export type { EventSource, ProcessEvent } from "./feed/process_event.ts";
export type {
  CommitOptions,
  ErrorPolicy,
  FailedEvent,
  ProcessContext,
  ProcessFunction,
  ProcessOptions,
  ProcessResult,
  RetryOptions,
} from "./feed/process_options.ts";
