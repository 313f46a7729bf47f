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
