/**
 * TAP, the change feed of Membase and Couchbase up to 4.x, as an async-iterable `ReadableStream`.
 *
 * **Legacy.** Couchbase 5.0 removed TAP and memcached never had it: new servers answer "unknown command" or close. From Couchbase 3.0
 * on DCP (`@memwire/memwire/dcp`) does the same and more, with places to go on from and deletions told from expiries. This is for
 * old clusters that are still there, and for moving away from them.
 *
 * @module
 */

export * from "./feed/open_tap.ts";
export * from "./feed/tap_error.ts";
export type * from "./feed/tap_event.ts";
export { TapFeed } from "./feed/tap_feed.ts";
export type { TapOptions } from "./feed/tap_options.ts";
export type { TapStats } from "./feed/tap_source.ts";
export { type TapCheckpoint, TapConnectFlag, TapMessageFlag, TapOpaqueCode } from "./ops/tap.ts";
