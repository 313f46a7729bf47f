/**
 * TAP, the change feed of Membase and Couchbase up to 4.x, as an async-iterable `ReadableStream`. Legacy: Couchbase 5 removed it.
 *
 * @module
 */

export {};
