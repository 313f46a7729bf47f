/** How even rings are, and what moves when a server comes: counted over keys that are always the same. */

import { assert, assertEquals } from "@std/assert";
import { makeRing, type RingName } from "../../src/cluster.ts";
import type { RingServer } from "../../src/cluster/ring.ts";
import { test } from "../support/test.ts";

const KEYS = Array.from({ length: 20_000 }, (_, i) => new TextEncoder().encode(`user:${i}:session`));

/** How much more or less than its share a server may have: ketama's with few points are known to be rough. */
const EVEN: Readonly<Partial<Record<RingName, number>>> = {
  modula: 0.06,
  "modula-twemproxy": 0.06,
  "crc32-pecl": 0.06,
  ketama: 0.35,
  "ketama-weighted": 0.3,
  "ketama-libmemcached-spy": 0.3,
  "ketama-libketama": 0.3,
  "ketama-spymemcached": 0.3,
  "ketama-evcache": 0.3,
  "ketama-twemproxy": 0.35,
  "memcached-proxy": 0.3,
  dalli: 0.35,
  rendezvous: 0.1,
  jump: 0.1,
  "mcrouter-ch3": 0.1,
  "mcrouter-crc32": 0.1,
  "mcrouter-rendezvous": 0.1,
};

/** Those that move nearly everything. */
const MODULO: readonly RingName[] = ["modula", "modula-twemproxy", "crc32-pecl", "mcrouter-crc32"];

function servers(count: number): RingServer[] {
  return Array.from({ length: count }, (_, i) => ({ name: `cache-${i}.example:11211` }));
}

for (const [name, tolerance] of Object.entries(EVEN) as [RingName, number][]) {
  test(`movement: ${name} is even, and an eleventh server takes what it should`, () => {
    const ten = makeRing(name, servers(10));
    const eleven = makeRing(name, servers(11));
    const counts = new Array<number>(10).fill(0);
    let moved = 0;
    let astray = 0;
    for (const key of KEYS) {
      const before = ten.locate(key);
      const after = eleven.locate(key);
      counts[before]!++;
      if (before !== after) moved++;
      if (before !== after && after !== 10) astray++;
    }
    const share = KEYS.length / 10;
    for (const count of counts) assert(Math.abs(count - share) <= tolerance * share, `${count} of ${share}`);
    if (MODULO.includes(name)) {
      assert(moved > 0.85 * KEYS.length, `${moved} moved`);
    } else {
      // libmemcached and those that count likewise make as many points for each of ten as of eleven: nothing moves among the old.
      assertEquals(astray, 0);
      assert(moved > 0.06 * KEYS.length && moved < 0.13 * KEYS.length, `${moved} moved`);
    }
  });

  test(`movement: ${name} spreads the keys of a server that is down over all the others`, () => {
    const ring = makeRing(name, servers(5));
    const first = new Array<number>(5).fill(0);
    let own = 0;
    for (const key of KEYS.slice(0, 4000)) {
      const place = ring.locate(key);
      const next = ring.next(key);
      assertEquals([place, ...next].sort(), [0, 1, 2, 3, 4]);
      if (place !== 2) continue;
      own++;
      first[next[0]!]!++;
    }
    for (const place of [0, 1, 3, 4]) assert(first[place]! > 0.08 * own, `${first} of ${own}`);
  });
}

test("movement: weights give shares", () => {
  for (const name of ["modula", "ketama-weighted", "ketama-libketama", "ketama-spymemcached", "dalli"] as const) {
    const ring = makeRing(name, [1, 2, 5].map((weight, i) => ({ name: `cache-${i}.example:11211`, weight })));
    const counts = [0, 0, 0];
    for (const key of KEYS) counts[ring.locate(key)]!++;
    for (const [i, weight] of [1, 2, 5].entries()) {
      const share = (KEYS.length * weight) / 8;
      assert(Math.abs(counts[i]! - share) < 0.25 * share, `${name}: ${counts}`);
    }
  }
});

test("movement: the order of the list does not matter where it should not", () => {
  const list = servers(6);
  for (const name of ["ketama", "ketama-weighted", "ketama-twemproxy", "dalli", "rendezvous"] as const) {
    const ring = makeRing(name, list);
    const reversed = makeRing(name, [...list].reverse());
    for (const key of KEYS.slice(0, 500)) assertEquals(reversed.locate(key), 5 - ring.locate(key), name);
  }
});
