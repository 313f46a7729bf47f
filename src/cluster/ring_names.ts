import { Continuum } from "./continuum.ts";
import { dalli } from "./dalli.ts";
import { chooseHash, type HashName } from "./hashes/hash_names.ts";
import type { KeyHash } from "./hashes/key_hash.ts";
import { digestPoints, hashPoints, type NameRule, type Share } from "./ketama.ts";
import { shareInDoubles, shareInFloats, shareOfEquals } from "./ketama.ts";
import { jump } from "./jump.ts";
import { ch3, mcrouterCrc32, mcrouterRendezvous } from "./mcrouter.ts";
import { modula, modulaTwemproxy } from "./modula.ts";
import { pymemcacheRendezvous } from "./pymemcache_rendezvous.ts";
import type { RingServer, Scheme } from "./ring.ts";
import { evcacheName, libmemcachedName, libmemcachedSpyName, withoutDefaultPort, withPort } from "./server_names.ts";
import { vbucketRing } from "./vbucket_ring.ts";
import { equalWeights } from "./weights.ts";

/**
 * The rings by name: which client places keys so.
 *
 * - `modula`: the hash modulo the number of servers. libmemcached, pylibmc and php-memcached by default (`one_at_a_time`), and by `hash`
 *   gomemcache (`crc32`), python-memcached (`crc_or_one`), spymemcached (`java`), memjs (`java_abs`).
 *   Nearly every key moves when a server comes or goes.
 * - `modula-twemproxy`: the same, in the order that twemproxy puts its servers in, by `fnv1a_64` unless told otherwise.
 * - `ketama`: libmemcached's `KETAMA`, without weights; 100 points for each server, and points and keys by the chosen hash (`one_at_a_time`).
 * - `ketama-weighted`: libmemcached's `KETAMA_WEIGHTED`, what pylibmc calls `ketama_weighted` and php-memcached `OPT_LIBKETAMA_COMPATIBLE`;
 *   also spymemcached with its `LIBMEMCACHED` format.
 * - `ketama-libmemcached-spy`: libmemcached's `CONSISTENT_KETAMA_SPY`.
 * - `ketama-libketama`: the first ketama library and hashring for Node; the port is always part of the name.
 * - `ketama-spymemcached`: the same, as spymemcached by default. Of a host that it was given by name Java also hashes what that
 *   resolved to (`host/10.0.0.1:11211`): name the servers so to find what it has written.
 * - `ketama-evcache`: EVCache, and memcached's proxy in its mode of that name.
 * - `ketama-twemproxy`: twemproxy, keys by `fnv1a_64` unless told otherwise.
 * - `dalli`: Dalli for Ruby, with its order of servers to turn to.
 * - `crc32-pecl`: PHP's memcache with its standard strategy.
 * - `rendezvous`: pymemcache's `HashClient`.
 * - `jump`: jump consistent hash over XXH3, the default of memcached's proxy. Add and remove servers only at the end of the list.
 * - `memcached-proxy`: the proxy's `dist_ring_hash`.
 * - `mcrouter-ch3`, `mcrouter-crc32`, `mcrouter-rendezvous`: mcrouter's `Ch3` (its default), `Crc32` and `Rendezvous`; only what is behind
 *   a routing prefix and before `|#|` is hashed. With `Ch3` add and remove servers only at the end of the list.
 * - `couchbase-vbucket`: by a map of vbuckets, which must be given.
 */
export type RingName =
  | "modula"
  | "modula-twemproxy"
  | "ketama"
  | "ketama-weighted"
  | "ketama-libmemcached-spy"
  | "ketama-libketama"
  | "ketama-spymemcached"
  | "ketama-evcache"
  | "ketama-twemproxy"
  | "dalli"
  | "crc32-pecl"
  | "rendezvous"
  | "jump"
  | "memcached-proxy"
  | "mcrouter-ch3"
  | "mcrouter-crc32"
  | "mcrouter-rendezvous"
  | "couchbase-vbucket";

/** What a scheme may be told. */
export interface SchemeOptions {
  /** What keys are hashed with. */
  readonly hash: KeyHash;
  /** Whether somebody asked for that hash. */
  readonly chosen: boolean;
  /** Which servers have each vbucket. */
  readonly vbucketMap: readonly (readonly number[])[] | undefined;
}

/** A scheme as it stands in the list. */
export interface SchemeEntry {
  /** What keys are hashed with unless told otherwise; missing where there is no choice. */
  readonly defaultHash?: HashName;
  /** Whether it knows no weights. */
  readonly weightless?: true;
  /** Makes the scheme, also for no server, to find out what is wrong with the options. */
  readonly scheme: (servers: readonly RingServer[], options: SchemeOptions) => Scheme;
}

/** All rings. */
export const SCHEMES: Readonly<Record<RingName, SchemeEntry>> = {
  modula: { defaultHash: "one_at_a_time", scheme: (servers, { hash }) => modula(servers, hash) },
  "modula-twemproxy": { defaultHash: "fnv1a_64", scheme: (servers, { hash }) => modulaTwemproxy(servers, hash) },
  ketama: {
    defaultHash: "one_at_a_time",
    weightless: true,
    scheme: (servers, { hash }) =>
      new Continuum(hashPoints(servers, libmemcachedName, { hash, points: 100 }), { hash }),
  },
  "ketama-weighted": { scheme: md5Ring(libmemcachedName, shareInFloats) },
  "ketama-libmemcached-spy": { scheme: md5Ring(libmemcachedSpyName, shareInFloats) },
  "ketama-libketama": { scheme: md5Ring(withPort, shareInDoubles) },
  "ketama-spymemcached": {
    scheme: (servers, options) =>
      md5Ring(withPort, equalWeights(servers) ? shareOfEquals : shareInFloats, true)(servers, options),
  },
  "ketama-evcache": { scheme: md5Ring(evcacheName, shareInFloats) },
  "ketama-twemproxy": {
    defaultHash: "fnv1a_64",
    scheme: (servers, { hash }) => new Continuum(digestPoints(servers, withoutDefaultPort, shareInFloats), { hash }),
  },
  dalli: { scheme: dalli },
  "crc32-pecl": { scheme: (servers) => modula(servers, chooseHash("crc_or_one")) },
  rendezvous: {
    defaultHash: "murmur3_plain",
    weightless: true,
    scheme: (servers, { hash }) => pymemcacheRendezvous(servers, hash),
  },
  jump: {
    defaultHash: "xxh3",
    weightless: true,
    // The hash by that name has 32 bits, and all 64 are used unless another one is asked for.
    scheme: (servers, { hash, chosen }) => jump(servers, chosen ? hash : undefined),
  },
  "memcached-proxy": {
    defaultHash: "xxh3",
    weightless: true,
    scheme: (servers, { hash }) =>
      new Continuum(hashPoints(servers, withPort, { hash: chooseHash("xxh3"), points: 160 }), { hash }),
  },
  "mcrouter-ch3": { weightless: true, scheme: ch3 },
  "mcrouter-crc32": { weightless: true, scheme: mcrouterCrc32 },
  "mcrouter-rendezvous": { weightless: true, scheme: mcrouterRendezvous },
  "couchbase-vbucket": { weightless: true, scheme: (servers, { vbucketMap }) => vbucketRing(servers, vbucketMap) },
};

function md5Ring(name: NameRule, share: Share, lastWins = false): SchemeEntry["scheme"] {
  return (servers) => new Continuum(digestPoints(servers, name, share), { hash: chooseHash("md5"), lastWins });
}
