/** Rings by name, against where the clients place keys. */

import { assertEquals, assertThrows } from "@std/assert";
import { createHash } from "node:crypto";
import { jumpTo } from "../../src/cluster/jump.ts";
import { Word64 } from "../../src/cluster/hashes/word64.ts";
import { customRing, makeRing, type RingName, ringOf, type RingOptions } from "../../src/cluster.ts";
import { chooseHash } from "../../src/cluster/hashes/hash_names.ts";
import { SCHEMES } from "../../src/cluster/ring_names.ts";
import { Continuum } from "../../src/cluster/continuum.ts";
import { dalliPoints } from "../../src/cluster/ketama.ts";
import type { RingServer } from "../../src/cluster/ring.ts";
import { allocations } from "../support/allocations.ts";
import { test } from "../support/test.ts";
import { CLIENT_PLACES, DALLI_FAILOVER, PYMEMCACHE_UTF8 } from "../vectors/ring_clients.ts";
import {
  JUMPS,
  MCROUTER,
  PLACED_KEYS,
  PLACES,
  POINTS,
  VBUCKETS,
  WEIGHTED_PLACES,
  XXH3_JUMPS,
} from "../vectors/rings.ts";

const THREE = [1, 2, 3].map((i) => ({ name: `10.0.1.${i}:${11210 + i}` }));
const EIGHT = [600, 300, 200, 350, 1000, 800, 950, 100].map((weight, i) => ({ name: `10.0.1.${i + 1}:11211`, weight }));
const TEXT = new TextEncoder();

function servers(count: number, weights: readonly number[] = [1]): RingServer[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `10.0.${i}.1:${11211 + i}`,
    weight: weights[i % weights.length]!,
  }));
}

/** The first half of a digest over all points of a ring. */
function sumOf(ring: RingName, list: readonly RingServer[], { hash }: RingOptions = {}): readonly [number, string] {
  const { scheme, defaultHash = "md5" } = SCHEMES[ring];
  const made = scheme(list, {
    hash: chooseHash(hash ?? defaultHash),
    chosen: hash !== undefined,
    vbucketMap: undefined,
  });
  const { points, places } = ring === "dalli" ? dalliContinuum(list) : made as Continuum;
  const lines = [...points].map((point, i) => `${point.toString(16).padStart(8, "0")}:${places[i]}\n`);
  return [points.length, createHash("sha256").update(lines.join("")).digest("hex").slice(0, 16)];
}

/** Dalli's scheme has its points inside. */
function dalliContinuum(list: readonly RingServer[]): Continuum {
  return new Continuum(dalliPoints(list, (name) => name), { hash: chooseHash("crc32") });
}

test("rings: keys are where the clients place them, given as text and as bytes", () => {
  for (const { ring, hash, places } of PLACES) {
    const made = makeRing(ring, THREE, hash === undefined ? {} : { hash });
    assertEquals(PLACED_KEYS.map((key) => made.locate(key)), places, `${ring} ${hash}`);
    assertEquals(PLACED_KEYS.map((key) => made.locate(TEXT.encode(key))), places, `${ring} ${hash}`);
  }
});

test("rings: the points of a ring are those of the clients", () => {
  for (const { ring, hash, count, sum } of POINTS) {
    assertEquals(sumOf(ring, THREE, hash === undefined ? {} : { hash }), [count, sum], `${ring} ${hash}`);
  }
});

test("rings: weights give as many points as in the clients, and the last arc goes to the first point", () => {
  for (const { ring, sum, places } of WEIGHTED_PLACES) {
    assertEquals(sumOf(ring, EIGHT), [1264, sum]);
    const made = makeRing(ring, EIGHT);
    assertEquals([...PLACED_KEYS, "VDEAAAAA"].map((key) => made.locate(key)), places);
  }
});

test("rings: sixty keys are where the scripts beside the clients found them", () => {
  for (const { ring, servers: count, weights, places } of CLIENT_PLACES) {
    const made = makeRing(ring, servers(count, weights));
    assertEquals(Array.from({ length: 60 }, (_, i) => made.locate(`key:${i}`)).join(""), places, `${ring} ${weights}`);
  }
  const made = makeRing("rendezvous", servers(10));
  for (const [key, place] of Object.entries(PYMEMCACHE_UTF8)) assertEquals(made.locate(key), place, key);
});

test("rings: Dalli's keys turn to where Dalli turns to", () => {
  const ring = makeRing("dalli", servers(5));
  const places = DALLI_FAILOVER.split(" ").map((_, i) => [ring.locate(`key:${i}`), ...ring.next(`key:${i}`)].join(""));
  // After twenty tries Dalli gives up, and we go on.
  assertEquals(DALLI_FAILOVER.split(" ").every((theirs, i) => places[i]!.startsWith(theirs)), true);
  assertEquals(places.every((all) => all.length === 5), true);
});

test("rings: 25 servers of one weight get 39 digests each from libmemcached, by its rounding", () => {
  assertEquals(sumOf("ketama-weighted", servers(25))[0], 25 * 39 * 4);
  assertEquals(sumOf("ketama-spymemcached", servers(25))[0], 25 * 160);
});

test("rings: jumps", () => {
  const state = new Word64();
  for (const { key, places } of JUMPS) {
    for (const [count, place] of Object.entries(places)) {
      state.set(Number(key >> 32n), Number(key & 0xffffffffn));
      assertEquals(jumpTo(state, Number(count)), place, `${key} among ${count}`);
    }
  }
  for (const [key, [, three, ten]] of Object.entries(XXH3_JUMPS)) {
    assertEquals(makeRing("jump", servers(3)).locate(key), three);
    assertEquals(makeRing("jump", servers(10)).locate(key), ten);
  }
});

test("rings: vbuckets", () => {
  for (const [key, vbuckets] of Object.entries(VBUCKETS)) {
    for (const [i, count] of [1024, 128, 64].entries()) {
      // One server for each vbucket tells them apart.
      const vbucketMap = Array.from({ length: count }, (_, vbucket) => [vbucket, -1, (vbucket + 1) % count]);
      const ring = makeRing("couchbase-vbucket", servers(count), { vbucketMap });
      const vbucket = vbuckets[i]!;
      assertEquals(ring.locate(key), vbucket);
      assertEquals(ring.next(key), [(vbucket + 1) % count]);
    }
  }
  const nowhere = makeRing("couchbase-vbucket", servers(1), { vbucketMap: [[-1, 0], [5]] });
  assertEquals([nowhere.locate("foo"), nowhere.locate("a")], [-1, -1]);
});

test("rings: mcrouter's", () => {
  const three = [0, 1, 2].map((i) => ({ name: `xxx.${i}.yy` }));
  for (const [key, [, ch3, crc32, rendezvous]] of Object.entries(MCROUTER)) {
    const places = [3, 10, 100, 1000].map((count) => makeRing("mcrouter-ch3", servers(count)).locate(key));
    assertEquals(places, ch3, key);
    assertEquals(makeRing("mcrouter-crc32", servers(100)).locate(key), crc32, key);
    assertEquals(makeRing("mcrouter-rendezvous", three).locate(key), rendezvous, key);
  }
  const many = makeRing("mcrouter-rendezvous", Array.from({ length: 343 }, (_, i) => ({ name: `xxx.${i}.yy` })));
  assertEquals(["sample", "", "mykey"].map((key) => many.locate(key)), [45, 291, 132]);
  // Counts of the keys "0" to "999" and "0" to "9999", from mcrouter's tests.
  assertEquals(countsOf("mcrouter-ch3", 3, 1000), [307, 342, 351]);
  assertEquals(countsOf("mcrouter-ch3", 10, 10000), [995, 955, 1046, 968, 1032, 972, 1016, 1038, 1010, 968]);
  const ring = makeRing("mcrouter-ch3", servers(100));
  for (const key of ["/region/cluster/sample", "sample|#|whatever", "/a/b/sample|#||#|"]) {
    assertEquals(ring.locate(key), 97);
  }
  assertEquals(ring.locate("/sample/only") === 97, false);
});

function countsOf(ring: RingName, count: number, keys: number): number[] {
  const counts = new Array<number>(count).fill(0);
  const made = makeRing(ring, servers(count));
  for (let i = 0; i < keys; i++) counts[made.locate(`${i}`)]!++;
  return counts;
}

test("rings: names are hashed as each client writes them", () => {
  const same = (ring: RingName, one: string, other: string) => {
    const [a, b] = [one, other].map((name) => makeRing(ring, [{ name }, { name: "other:11212" }]));
    return PLACED_KEYS.concat(["x", "y", "z", "1", "2"]).every((key) => a!.locate(key) === b!.locate(key));
  };
  for (const ring of ["ketama", "ketama-weighted", "ketama-twemproxy"] as const) {
    assertEquals(same(ring, "host:11211", "host"), true);
    assertEquals(same(ring, "[::1]:11211", "::1"), true);
    assertEquals(same(ring, "host:11211", "host:11219"), false);
  }
  assertEquals(same("ketama-weighted", "unix:/run/m.sock", "/run/m.sock"), true);
  for (const ring of ["ketama-spymemcached", "ketama-libketama", "dalli", "rendezvous", "memcached-proxy"] as const) {
    assertEquals(same(ring, "host:11211", "host"), true);
    assertEquals(same(ring, "host:11211", "host:11219"), false);
  }
});

test("rings: twemproxy sorts its servers by length and letters before it counts them", () => {
  const sorted = makeRing("modula", ["c", "host", "cache-9", "cache-10"].map((name) => ({ name })), {
    hash: "fnv1a_64",
  });
  const given = makeRing("modula-twemproxy", ["cache-9", "c", "cache-10", "host:11211"].map((name) => ({ name })));
  for (const key of PLACED_KEYS) {
    assertEquals(
      given.servers[given.locate(key)]!.name.replace(":11211", ""),
      sorted.servers[sorted.locate(key)]!.name,
    );
  }
});

test("rings: of a key with a tag only the tag is hashed", () => {
  const plain = makeRing("ketama-weighted", servers(50));
  const tagged = makeRing("ketama-weighted", servers(50), { hashTag: "{}" });
  for (
    const [key, hashed] of [
      ["{user:1}:name", "user:1"],
      ["a{user:1}b{c}", "user:1"],
      ["a{{user}", "{user"],
      ["}a{user:1}", "user:1"],
      ["{}key", "{}key"],
      ["{key", "{key"],
      ["key}", "key}"],
      ["", ""],
      ["{é}ü", "é"],
    ] as const
  ) {
    assertEquals(tagged.locate(key), plain.locate(hashed), key);
    assertEquals(tagged.locate(TEXT.encode(key)), plain.locate(hashed), key);
    assertEquals(tagged.next(key), plain.next(hashed), key);
  }
  assertThrows(() => makeRing("modula", THREE, { hashTag: "{" }), TypeError, "two ASCII characters");
  assertThrows(() => makeRing("modula", THREE, { hashTag: "éü" }), TypeError, "two ASCII characters");
});

test("rings: no server has no place, one has all keys and none to turn to", () => {
  for (const name of Object.keys(SCHEMES) as RingName[]) {
    const options = name === "couchbase-vbucket" ? { vbucketMap: [[0]] } : {};
    const none = ringOf(name, options)([]);
    assertEquals([none.locate("key"), none.next("key")], [-1, []], name);
    const one = ringOf(name, options)([{ name: "only" }]);
    assertEquals([one.name, one.locate("key"), one.next("key"), one.servers], [name, 0, [], [{ name: "only" }]]);
  }
});

test("rings: to locate a key makes no array, whether the key is text or bytes", () => {
  const keys = ["a", "user:{1}:é", "k".repeat(250)].flatMap((key) => [key, TEXT.encode(key)]);
  for (const name of Object.keys(SCHEMES) as RingName[]) {
    const map = name === "couchbase-vbucket" ? { vbucketMap: [[0], [1], [2]] } : {};
    const ring = makeRing(name, THREE, { ...map, hashTag: "{}" });
    const made = allocations(() => {
      for (const key of keys) ring.locate(key);
    });
    assertEquals(made, [], name);
  }
});

test("rings: a function of one's own is the ring", () => {
  const ring = makeRing(customRing((key, count) => (key[0] === 0x2d ? -1 : key.length % count)), servers(3));
  assertEquals([ring.locate("ab"), ring.next("ab")], [2, [0, 1]]);
  assertEquals([ring.locate("-"), ring.next("-")], [-1, []]);
  const wrong = makeRing(customRing((_, count) => count), servers(3));
  assertEquals(wrong.locate("any"), -1);
  assertEquals(makeRing(customRing(() => 0), []).locate("any"), -1);
});

test("rings: what cannot be a ring is refused in words", () => {
  const wrong: readonly [() => unknown, typeof TypeError | typeof RangeError, string][] = [
    [
      () => makeRing("ketma" as RingName, THREE),
      TypeError,
      'Cannot make a ring "ketma": it is modula, modula-twemproxy, ketama, ',
    ],
    [() => makeRing("toString" as RingName, THREE), TypeError, "Cannot make a ring"],
    [() => makeRing("ketama-weighted", THREE, { hash: "crc" }), TypeError, "it has its own"],
    [() => makeRing("modula", [...THREE, THREE[0]!]), TypeError, "10.0.1.1:11211 is listed twice"],
    [() => makeRing("modula", [{ name: "" }]), TypeError, "empty name"],
    [() => makeRing("ketama-weighted", servers(2, [0])), RangeError, "weight of 0"],
    [() => makeRing("ketama-weighted", servers(2, [NaN])), RangeError, "weight of NaN"],
    [() => makeRing("modula", servers(2, [1, 1.5])), RangeError, "integers from 1"],
    [() => makeRing("jump", servers(2, [1, 2])), TypeError, "Cannot use weights in the ring jump"],
    [() => makeRing("couchbase-vbucket", THREE), TypeError, "vbucketMap"],
    [() => ringOf("ketama-weighted", { hash: "crc" }), TypeError, "it has its own"],
  ];
  for (const [make, type, message] of wrong) assertThrows(make, type, message);
});
