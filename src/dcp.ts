/**
 * Couchbase's change feed, DCP, as an async-iterable `ReadableStream`: resumable, with flow control.
 *
 * @module
 */

export {};
