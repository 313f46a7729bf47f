/** Places that are remembered are those of the ring, whatever comes how often. */
import { assertEquals, assertLess } from "@std/assert";
import { KnownPlaces } from "../../src/cluster/known_places.ts";
import { makeRing } from "../../src/cluster/make_ring.ts";
import type { Ring } from "../../src/cluster/ring.ts";
import { withRandom } from "../support/random.ts";
import { test } from "../support/test.ts";

const ring = makeRing("ketama-weighted", ["a", "b", "c", "d", "e"].map((name) => ({ name })));

/** A ring that counts how often it is asked. */
function counted(): { readonly ring: Ring; readonly asked: () => number } {
  let asked = 0;
  const locate = (key: string | Uint8Array): number => {
    asked++;
    return ring.locate(key);
  };
  return {
    ring: { ...ring, name: ring.name, servers: ring.servers, next: (key) => ring.next(key), locate },
    asked: () => asked,
  };
}

test("KnownPlaces says what the ring says, for texts and bytes, new and old", () =>
  withRandom((random) => {
    const places = new KnownPlaces(ring);
    for (let i = 0; i < 150_000; i++) {
      // Some keys come all the time, some now and then, most once.
      const key = `key ${random.int(4) === 0 ? random.int(50) : random.int(3) === 0 ? random.int(6000) : i}`;
      assertEquals(places.locate(key), ring.locate(key));
    }
    const bytes = new TextEncoder().encode("key 1");
    assertEquals(places.locate(bytes), ring.locate("key 1"));
  }));

test("KnownPlaces asks the ring once for keys that come again and again", () => {
  const { ring, asked } = counted();
  const places = new KnownPlaces(ring);
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < 3000; i++) places.locate(`key ${i}`);
  }
  assertEquals(asked(), 3000);
});

test("KnownPlaces keeps what comes often while other keys pass by", () => {
  const { ring, asked } = counted();
  const places = new KnownPlaces(ring);
  let often = 0;
  for (let i = 0; i < 40_000; i++) {
    places.locate(`passing ${i}`);
    const before = asked();
    for (let j = 0; j < 3; j++) places.locate(`often ${(i + j) % 100}`);
    often += asked() - before;
  }
  assertLess(often, 1000);
});

test("KnownPlaces asks the ring each time, once, where keys seldom come twice", () => {
  const { ring, asked } = counted();
  const places = new KnownPlaces(ring);
  for (let i = 0; i < 50_000; i++) places.locate(`key ${i}`);
  assertEquals(asked(), 50_000);
});
