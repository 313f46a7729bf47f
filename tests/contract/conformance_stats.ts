/** What each request adds to the statistics. */

import { assertEquals } from "@std/assert";
import type { WireParts } from "../support/wire_frame.ts";
import { type ConformanceSubject, conformanceTest } from "./conformance.ts";
import { count, store, Talk, u32 } from "./conformance_talk.ts";

interface Counted {
  readonly name: string;
  readonly ask: WireParts;
  readonly adds: Readonly<Record<string, number>>;
}

const KEY = "counted";

/** In this order: each finds what those before have left. */
const COUNTED: readonly Counted[] = [
  { name: "a read that misses", ask: { opcode: 0x00, key: KEY }, adds: { cmd_get: 1, get_misses: 1 } },
  { name: "a touch that misses", ask: touch(), adds: { cmd_touch: 1, touch_misses: 1 } },
  { name: "a delete that misses", ask: { opcode: 0x04, key: KEY }, adds: { delete_misses: 1 } },
  { name: "an increment that misses", ask: counter(0x05, 0xffffffff), adds: { incr_misses: 1 } },
  { name: "a decrement that misses", ask: counter(0x06, 0xffffffff), adds: { decr_misses: 1 } },
  { name: "a replace that misses", ask: store(0x03, KEY, "1"), adds: { cmd_set: 1 } },
  { name: "an append that misses", ask: { opcode: 0x0e, key: KEY, value: "1" }, adds: { cmd_set: 1 } },
  {
    name: "a set with a CAS that misses",
    ask: store(0x01, KEY, "1", { cas: 1n }),
    adds: { cmd_set: 1, cas_misses: 1 },
  },
  {
    name: "a counter that is created",
    ask: counter(0x05),
    adds: { curr_items: 1, total_items: 1, bytes: 59 + KEY.length + 1 },
  },
  { name: "a delete", ask: { opcode: 0x04, key: KEY }, adds: { delete_hits: 1, curr_items: -1, bytes: -67 } },
  {
    name: "a set",
    ask: store(0x01, KEY, "1", { flags: 1 }),
    adds: { cmd_set: 1, curr_items: 1, total_items: 1, bytes: 59 + KEY.length + 1 + 4 },
  },
  { name: "an add that finds the key", ask: store(0x02, KEY, "1"), adds: { cmd_set: 1 } },
  { name: "a read", ask: { opcode: 0x0c, key: KEY }, adds: { cmd_get: 1, get_hits: 1 } },
  { name: "a touch", ask: touch(), adds: { cmd_touch: 1, touch_hits: 1 } },
  { name: "a read that touches", ask: { ...touch(), opcode: 0x1d }, adds: { cmd_touch: 1, touch_hits: 1 } },
  { name: "a decrement", ask: counter(0x06), adds: { decr_hits: 1 } },
  {
    name: "a set with a wrong CAS",
    ask: store(0x01, KEY, "1", { cas: 1n << 60n }),
    adds: { cmd_set: 1, cas_badval: 1 },
  },
  {
    name: "an append with a wrong CAS",
    ask: { opcode: 0x0e, key: KEY, value: "1", cas: 1n << 60n },
    adds: { cmd_set: 1 },
  },
  { name: "an append", ask: { opcode: 0x0e, key: KEY, value: "1" }, adds: { cmd_set: 1, total_items: 1, bytes: 1 } },
  { name: "a value that is too large", ask: store(0x02, KEY, "x".repeat(1024 * 1024)), adds: {} },
  { name: "a flush", ask: { opcode: 0x08 }, adds: { cmd_flush: 1 } },
];

/** What the tests look at. */
const WATCHED = [...new Set(COUNTED.flatMap(({ adds }) => Object.keys(adds)))];

/**
 * What memcached does now so and now otherwise: a counter is a new item while another thread looks at the old one, and items that
 * were flushed go when they are met.
 */
function isUnsure(opcode: number, stat: string): boolean {
  return opcode === 0x06 ? stat === "total_items" : opcode === 0x08 && stat !== "cmd_flush";
}

/** Registers the tests about statistics. */
export function statisticsContract(subject: ConformanceSubject): void {
  conformanceTest(subject, "every request adds to the statistics what memcached adds", async () => {
    await using talk = new Talk(await subject.connect());
    await talk.ask({ opcode: 0x04, key: KEY });
    for (const { name, ask, adds } of COUNTED) {
      const before = await talk.stats();
      await talk.ask(ask);
      const after = await talk.stats();
      const watched = WATCHED.filter((stat) => !isUnsure(ask.opcode, stat));
      const added = watched.map((stat) => [stat, Number(after.get(stat)) - Number(before.get(stat))] as const);
      assertEquals(Object.fromEntries(added.filter(([, difference]) => difference !== 0)), adds, name);
    }
  });

  conformanceTest(subject, "the statistics are reset by name, the items stay", async () => {
    await using talk = new Talk(await subject.connect());
    await talk.ask(store(0x01, "counted-reset", "1"));
    assertEquals((await talk.stats("reset")).size, 0);
    const stats = await talk.stats();
    assertEquals(["cmd_set", "total_items", "total_connections"].map((name) => stats.get(name)), ["0", "0", "0"]);
    assertEquals((await talk.ask({ opcode: 0x00, key: "counted-reset" })).status, 0);
    assertEquals((await talk.stats()).get("get_hits"), "1");
  });

  conformanceTest(subject, "the statistics count the bytes that come and go", async () => {
    await using talk = new Talk(await subject.connect());
    const before = await talk.stats();
    await talk.ask(store(0x01, "counted-bytes", "x".repeat(1000)));
    const after = await talk.stats();
    // The request for the statistics before was not counted as read yet, or was; neither was its answer, or was.
    const read = Number(after.get("bytes_read")) - Number(before.get("bytes_read"));
    assertEquals(read >= 24 + 8 + 13 + 1000 && read <= 24 + 8 + 13 + 1000 + 24, true, `${read} bytes read`);
    assertEquals(Number(after.get("bytes_written")) > Number(before.get("bytes_written")), true);
  });
}

function touch(): WireParts {
  return { opcode: 0x1c, key: KEY, extras: u32(0) };
}

function counter(opcode: number, expiry = 0): WireParts {
  return { opcode, key: KEY, extras: count(1n, 5n, expiry) };
}
