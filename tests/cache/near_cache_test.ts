/** The limits of the cache in the process, by a model under random use. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { NearCache } from "../../src/cache/near_cache.ts";
import { test } from "../support/test.ts";

const key = fc.constantFrom("a", "bb", "ccc", "dddd", "eeeee", "ffffff", "ggggggg");

const step = fc.oneof(
  fc.record({ do: fc.constant("get" as const), key }),
  fc.record({ do: fc.constant("set" as const), key, bytes: fc.nat(400), ttl: fc.constantFrom(0, 5, 50, Infinity) }),
  fc.record({ do: fc.constant("delete" as const), key }),
  fc.record({ do: fc.constant("pass" as const), ms: fc.nat(30) }),
);

test("near cache: never holds more than it may, nothing past its time, and gives what was put in last", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      let now = 0;
      let serial = 0;
      const near = new NearCache<number>({ maxEntries: 4, maxBytes: 1000, ttl: 40, clock: () => now });
      /** What may be there at the most, and the order of use. */
      const model = new Map<string, { value: number; until: number }>();
      for (const one of steps) {
        if (one.do === "pass") now += one.ms;
        if (one.do === "delete") {
          near.delete(one.key);
          model.delete(one.key);
        }
        if (one.do === "set") {
          near.set(one.key, ++serial, one.bytes, one.ttl);
          model.delete(one.key);
          model.set(one.key, { value: serial, until: now + Math.min(40, one.ttl) });
        }
        if (one.do === "get") {
          const found = near.get(one.key);
          const meant = model.get(one.key);
          if (found !== undefined) assert(meant?.value === found && now < meant.until);
        }
        const { entries, bytes } = near.stats();
        assert(entries <= 4 && bytes <= 1000 && bytes >= 0);
        assertEquals(entries === 0, bytes === 0);
      }
    }),
    { numRuns: 500 },
  );
});

test("near cache: what was used last stays, what was not used goes", () => {
  const near = new NearCache<string>({ maxEntries: 2, clock: () => 0 });
  near.set("a", "A", 1);
  near.set("b", "B", 1);
  near.get("a");
  near.set("c", "C", 1);
  assertEquals(["a", "b", "c"].map((name) => near.get(name)), ["A", undefined, "C"]);
  assertEquals(near.stats(), { entries: 2, bytes: 2 * (64 + 2 + 1), hits: 3, misses: 1, evictions: 1 });
  near.clear();
  assertEquals(near.get("a"), undefined);
});

test("near cache: one that is too large for all is not kept, and drives nothing out", () => {
  const near = new NearCache<string>({ maxBytes: 200, clock: () => 0 });
  near.set("a", "A", 1);
  near.set("b", "B", 200);
  assertEquals([near.get("a"), near.get("b")], ["A", undefined]);
});

test("near cache: limits that are none are refused", () => {
  assertThrows(() => new NearCache({ maxEntries: -1 }), RangeError, "Cannot use maxEntries of -1");
  assertThrows(() => new NearCache({ ttl: NaN }), RangeError, "Cannot use ttl of NaN");
});
