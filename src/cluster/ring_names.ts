import { Continuum } from "./continuum.ts";
import { chooseHash, type HashName } from "./hashes/hash_names.ts";
import type { KeyHash } from "./hashes/key_hash.ts";
import { dalliPoints, digestPoints, hashPoints, type NameRule, type Share } from "./ketama.ts";
import { shareInDoubles, shareInFloats, shareOfEquals } from "./ketama.ts";
import { modula } from "./modula.ts";
import type { RingServer, Scheme } from "./ring.ts";
import { withoutDefaultPort, withPort } from "./server_names.ts";
import { equalWeights } from "./weights.ts";

/**
 * The rings by name: which client places keys so.
 *
 * - `modula`: the hash modulo the number of servers. libmemcached, pylibmc and php-memcached by default (`one_at_a_time`), and by `hash`
 *   gomemcache (`crc32`), python-memcached (`crc_or_one`), spymemcached (`java`), memjs (`java_abs`) and twemproxy (`fnv1a_64`).
 *   Nearly every key moves when a server comes or goes.
 * - `ketama`: libmemcached's `KETAMA`, without weights; 100 points for each server, and points and keys by the chosen hash (`one_at_a_time`).
 * - `ketama-weighted`: libmemcached's `KETAMA_WEIGHTED`, what pylibmc calls `ketama_weighted` and php-memcached `OPT_LIBKETAMA_COMPATIBLE`;
 *   also spymemcached with its `LIBMEMCACHED` format.
 * - `ketama-libmemcached-spy`: libmemcached's `CONSISTENT_KETAMA_SPY`.
 * - `ketama-libketama`: the first ketama library and hashring for Node; the port is always part of the name.
 * - `ketama-spymemcached`: the same, as spymemcached by default. Of a host that it was given by name Java also hashes what that
 *   resolved to (`host/10.0.0.1:11211`): name the servers so to find what it has written.
 * - `ketama-twemproxy`: twemproxy, keys by `fnv1a_64` unless told otherwise.
 * - `dalli`: Dalli for Ruby.
 * - `crc32-pecl`: PHP's memcache with its standard strategy.
 */
export type RingName =
  | "modula"
  | "ketama"
  | "ketama-weighted"
  | "ketama-libmemcached-spy"
  | "ketama-libketama"
  | "ketama-spymemcached"
  | "ketama-twemproxy"
  | "dalli"
  | "crc32-pecl";

/** What a scheme may be told. */
export interface SchemeOptions {
  /** What keys are hashed with. */
  readonly hash: KeyHash;
  /** Which servers have each vbucket. */
  readonly vbucketMap: readonly (readonly number[])[] | undefined;
}

/** A scheme as it stands in the list. */
export interface SchemeEntry {
  /** What keys are hashed with unless told otherwise; missing where there is no choice. */
  readonly defaultHash?: HashName;
  /** Makes the scheme, also for no server, to find out what is wrong with the options. */
  readonly scheme: (servers: readonly RingServer[], options: SchemeOptions) => Scheme;
}

/** All rings. */
export const SCHEMES: Readonly<Record<RingName, SchemeEntry>> = {
  modula: { defaultHash: "one_at_a_time", scheme: (servers, { hash }) => modula(servers, hash) },
  ketama: {
    defaultHash: "one_at_a_time",
    scheme: (servers, { hash }) => new Continuum(hashPoints(servers, withoutDefaultPort, hash), { hash }),
  },
  "ketama-weighted": { scheme: md5Ring(withoutDefaultPort, shareInFloats) },
  "ketama-libmemcached-spy": { scheme: md5Ring((name) => `/${withPort(name)}`, shareInFloats) },
  "ketama-libketama": { scheme: md5Ring(withPort, shareInDoubles) },
  "ketama-spymemcached": {
    scheme: (servers, options) =>
      md5Ring(withPort, equalWeights(servers) ? shareOfEquals : shareInFloats, true)(servers, options),
  },
  "ketama-twemproxy": {
    defaultHash: "fnv1a_64",
    scheme: (servers, { hash }) => new Continuum(digestPoints(servers, withoutDefaultPort, shareInFloats), { hash }),
  },
  dalli: {
    scheme: (servers) => new Continuum(dalliPoints(servers, withPort), { hash: chooseHash("crc32"), before: true }),
  },
  "crc32-pecl": { scheme: (servers) => modula(servers, chooseHash("crc_or_one")) },
};

function md5Ring(name: NameRule, share: Share, lastWins = false): SchemeEntry["scheme"] {
  return (servers) => new Continuum(digestPoints(servers, name, share), { hash: chooseHash("md5"), lastWins });
}
