/**
 * Many servers behind one client: rings, shards, pools, failover, discovery.
 *
 * @module
 */

export { customRing } from "./cluster/custom_ring.ts";
export type { CustomHash, HashName } from "./cluster/hashes/hash_names.ts";
export { makeRing, ringOf } from "./cluster/make_ring.ts";
export type { RingOptions } from "./cluster/make_ring.ts";
export type { RingName } from "./cluster/ring_names.ts";
export type { Ring, RingFactory, RingServer } from "./cluster/ring.ts";
export type { Bytes } from "./wire/slab.ts";

export { Link, type LinkState } from "./link/link.ts";
export type { LinkOptions, ReconnectOptions } from "./link/link_options.ts";
export type { LinkClock } from "./link/clock.ts";
export type { BackoffOptions } from "./link/backoff.ts";
export type { DialConnection } from "./link/redial.ts";
export type { Retry, RetryOptions } from "./link/retry.ts";
export type * from "./link/link_status.ts";
