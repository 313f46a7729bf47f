/** The engine by itself, on a clock that the tests turn. */

import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { VERBOSITY } from "../../src/ops/admin.ts";
import { MemoryStore, type MemoryStoreOptions, StatusReply } from "../../src/server.ts";
import { Status } from "../../src/wire/status.ts";
import { request, store as storing, u32 } from "../contract/conformance_talk.ts";
import { ServerScene } from "../support/server_scene.ts";
import { test } from "../support/test.ts";

const MONTH = 60 * 60 * 24 * 30;

/** What every item takes beside its key and its value, in memcached on 64 bits. */
const OVERHEAD = 59;

class Clock {
  now = Date.UTC(2026, 0, 1);
  /** Seconds since 1970. */
  get seconds(): number {
    return this.now / 1000;
  }
}

function makeStore(options: MemoryStoreOptions = {}): { store: MemoryStore; clock: Clock } {
  const clock = new Clock();
  return { store: new MemoryStore({ clock: () => clock.now, ...options }), clock };
}

function text(store: MemoryStore, key: string): string | undefined {
  const item = store.get(key);
  return item && new TextDecoder().decode(item.value);
}

function refusal(run: () => unknown): number {
  return assertThrows(run, StatusReply).status;
}

test("MemoryStore keeps an item until the very millisecond of its expiry", () => {
  const { store, clock } = makeStore();
  store.set("relative", "1", { expiry: 60 });
  store.set("month", "1", { expiry: MONTH });
  store.set("absolute", "1", { expiry: clock.seconds + 60 });
  store.set("past", "1", { expiry: clock.seconds - 1 });
  store.set("long ago", "1", { expiry: MONTH + 1 });
  store.set("never", "1");
  const there = () => ["relative", "month", "absolute", "past", "long ago", "never"].filter((key) => store.get(key));
  assertEquals(there(), ["relative", "month", "absolute", "never"]);
  clock.now += 59_999;
  assertEquals(there(), ["relative", "month", "absolute", "never"]);
  clock.now += 1;
  assertEquals(there(), ["month", "never"]);
  clock.now += MONTH * 1000 - 60_001;
  assertEquals(there(), ["month", "never"]);
  clock.now += 1;
  assertEquals(there(), ["never"]);
  assertEquals([store.size, store.counts.getExpired], [1, 5]);
});

test("MemoryStore changes the expiry with touch, and with nothing that only changes the value", () => {
  const { store, clock } = makeStore();
  store.set("k", "1", { expiry: 10, flags: 7 });
  const before = store.get("k");
  clock.now += 5000;
  assertEquals(store.touch("k", 10)?.flags, 7);
  assertEquals(store.get("k")?.cas, before?.cas);
  clock.now += 5000;
  store.append("k", "0");
  store.prepend("k", "3");
  store.increment("k", { delta: 5n, initial: 1n, expiry: 1000 });
  assertEquals([text(store, "k"), store.get("k")?.flags], ["315", 7]);
  clock.now += 4999;
  assertEquals(text(store, "k"), "315");
  clock.now += 1;
  assertEquals(text(store, "k"), undefined);
  assertEquals(store.touch("k", 10), undefined);
  // An expiry of 0 takes it away, and what has expired is not there for an add.
  store.add("k", "2", { expiry: 1 });
  store.touch("k", 0);
  clock.now += 1e12;
  assertEquals(text(store, "k"), "2");
});

test("MemoryStore flushes at once, or when the time has come, only what is older", () => {
  const { store, clock } = makeStore();
  store.set("a", "1");
  store.flush();
  assertEquals([text(store, "a"), store.size, store.bytes], [undefined, 0, 0]);
  store.set("a", "2");
  assertEquals(text(store, "a"), "2");
  store.flush(10);
  clock.now += 9999;
  store.set("b", "1");
  assertEquals([text(store, "a"), text(store, "b")], ["2", "1"]);
  clock.now += 1;
  store.set("c", "1");
  assertEquals([text(store, "a"), text(store, "b"), text(store, "c")], [undefined, undefined, "1"]);
  clock.now += 10_000;
  assertEquals(text(store, "c"), "1");
  // As a date; and a later flush takes the place of one that has not come.
  store.flush(clock.seconds + 5);
  store.flush(20);
  clock.now += 19_999;
  assertEquals(text(store, "c"), "1");
  clock.now += 1;
  assertEquals(text(store, "c"), undefined);
  store.set("d", "1");
  store.flush(100);
  store.flush(clock.seconds - 100);
  assertEquals(text(store, "d"), undefined);
  store.set("e", "1");
  clock.now += 100_000;
  assertEquals(text(store, "e"), "1");
});

test("MemoryStore lets items go that were not used for longest", () => {
  const { store } = makeStore({ memoryLimit: 5 * (OVERHEAD + 1 + 10) });
  const value = "0123456789";
  for (const key of ["a", "b", "c", "d", "e"]) store.set(key, value);
  assertEquals([store.size, store.bytes, store.counts.evictions], [5, 5 * 70, 0]);
  store.get("a");
  store.touch("b", 0);
  store.set("c", value);
  assertThrows(() => store.add("d", value), StatusReply);
  store.set("f", value);
  assertEquals(["a", "b", "c", "d", "e", "f"].filter((key) => store.get(key)), ["a", "b", "c", "d", "f"]);
  assertEquals([store.counts.evictions, store.counts.evictedUnfetched], [1, 1]);
  // A large one makes several go.
  store.set("g", "x".repeat(2 * 70 + 10));
  assertEquals(["a", "b", "c", "d", "f", "g"].filter((key) => store.get(key)), ["d", "f", "g"]);
  assertEquals([store.counts.evictions, store.counts.evictedUnfetched], [4, 1]);
});

test("MemoryStore gives the room of expired items away before that of others", () => {
  const { store, clock } = makeStore({ memoryLimit: 3 * (OVERHEAD + 1 + 10) });
  const value = "0123456789";
  store.set("a", value, { expiry: 1 });
  store.set("b", value);
  store.get("b");
  clock.now += 1000;
  store.set("c", value);
  store.set("d", value);
  assertEquals(["a", "b", "c", "d"].filter((key) => store.get(key)), ["b", "c", "d"]);
  const { evictions, reclaimed, expiredUnfetched } = store.counts;
  assertEquals([evictions, reclaimed, expiredUnfetched], [0, 1, 1]);
});

test("MemoryStore never holds more than its limit, whatever comes", () => {
  const { store } = makeStore({ memoryLimit: 100_000, itemSizeLimit: 20_000 });
  const sizes = new Map<string, number>();
  for (let i = 0; i < 5000; i++) {
    const key = `key-${(i * 7919) % 300}`;
    const length = (i * 104729) % 21_000;
    try {
      if (i % 3 === 0) store.append(key, "x".repeat(length));
      else store.set(key, "x".repeat(length), { flags: i % 2 });
    } catch (error) {
      assertInstanceOf(error, StatusReply);
    }
    assert(store.bytes <= 100_000);
  }
  for (let i = 0; i < 300; i++) {
    const item = store.get(`key-${i}`);
    if (item) sizes.set(`key-${i}`, OVERHEAD + `key-${i}`.length + item.value.length + (item.flags === 0 ? 0 : 4));
  }
  assertEquals([store.size, store.bytes], [sizes.size, [...sizes.values()].reduce((sum, size) => sum + size, 0)]);
});

test("MemoryStore refuses items over the limit as memcached does", () => {
  const { store } = makeStore({ itemSizeLimit: 1000, memoryLimit: 2000 });
  const largest = "x".repeat(1000 - OVERHEAD - 1);
  assertEquals(store.set("k", largest).value.length, largest.length);
  assertEquals(refusal(() => store.set("k", largest, { flags: 1 })), Status.E2BIG);
  assertEquals(text(store, "k"), undefined);
  store.set("k", "old");
  assertEquals(refusal(() => store.add("k", `${largest}x`)), Status.E2BIG);
  assertEquals(refusal(() => store.replace("k", `${largest}x`)), Status.E2BIG);
  assertEquals(refusal(() => store.append("k", `${largest}x`)), Status.E2BIG);
  assertEquals(refusal(() => store.append("k", largest)), Status.NOT_STORED);
  assertEquals(text(store, "k"), "old");

  const small = makeStore({ memoryLimit: 100 }).store;
  small.set("k", "old");
  assertEquals(refusal(() => small.replace("k", "x".repeat(100))), Status.ENOMEM);
  assertEquals(text(small, "k"), "old");
  assertEquals(refusal(() => small.set("k", "x".repeat(100))), Status.ENOMEM);
  assertEquals(text(small, "k"), undefined);
  assertEquals(refusal(() => small.increment("k".repeat(50), { initial: 1n })), Status.ENOMEM);
});

test("MemoryStore compares versions, which grow with every write", () => {
  const { store } = makeStore();
  const first = store.set("k", "1");
  const second = store.set("k", "2", { cas: first.cas });
  assert(second.cas > first.cas);
  assertEquals(refusal(() => store.set("k", "3", { cas: first.cas })), Status.KEY_EEXISTS);
  assertEquals(refusal(() => store.set("other", "3", { cas: first.cas })), Status.KEY_ENOENT);
  assertEquals(refusal(() => store.add("other", "3", { cas: first.cas })), Status.KEY_ENOENT);
  assertEquals(refusal(() => store.append("k", "3", { cas: first.cas })), Status.KEY_EEXISTS);
  assertEquals(refusal(() => store.increment("k", { cas: first.cas })), Status.KEY_EEXISTS);
  assertEquals(refusal(() => store.delete("k", { cas: first.cas })), Status.KEY_EEXISTS);
  assertEquals(store.increment("k", { cas: second.cas })?.value, 3n);
  assertEquals(store.delete("k", { cas: store.get("k")!.cas }), true);
  assertEquals([store.delete("k"), store.increment("k"), store.decrement("k")], [false, undefined, undefined]);
});

test("MemoryStore copies what is written, and gives out what later writes leave alone", () => {
  const { store } = makeStore();
  const value = new TextEncoder().encode("100");
  const key = new TextEncoder().encode("k");
  store.set(key, value);
  value.fill(0x58);
  key.fill(0x58);
  const before = store.get("k");
  store.decrement("k");
  store.append("k", "!");
  assertEquals(new TextDecoder().decode(before?.value), "100");
  assertEquals(text(store, "k"), "99 !");
});

test("MemoryStore takes keys of 1 to 250 bytes, and tells apart all of them", () => {
  const { store } = makeStore();
  for (const key of ["", "k".repeat(251), "é".repeat(126)]) assertThrows(() => store.get(key), RangeError, "250");
  const keys = Array.from({ length: 256 }, (_, i) => Uint8Array.of(i, 255 - i));
  for (const [i, key] of keys.entries()) store.set(key, `${i}`);
  assertEquals(store.size, 256);
  for (const [i, key] of keys.entries()) assertEquals(new TextDecoder().decode(store.get(key)?.value), `${i}`);
  for (const key of keys) assertEquals(store.delete(key), true);
  assertEquals([store.size, store.bytes], [0, 0]);
});

test("MemoryStore agrees with a Map over a hundred thousand writes, reads and deletes", () => {
  const { store } = makeStore();
  const model = new Map<string, string>();
  for (let i = 0; i < 100_000; i++) {
    const random = Math.imul(i + 1, 0x9e3779b1) >>> 0;
    const key = `k${(random >>> 8) % 5000}`;
    if (random % 3 === 0) {
      assertEquals(store.delete(key), model.delete(key));
    } else if (random % 3 === 1) {
      store.set(key, `${i}`);
      model.set(key, `${i}`);
    } else {
      assertEquals(text(store, key), model.get(key));
    }
  }
  assertEquals(store.size, model.size);
});

test("MemoryStore tells its statistics without a server", () => {
  const { store, clock } = makeStore({ memoryLimit: 1234, users: { ada: "pencil" } });
  clock.now += 5000;
  store.set("k", "v");
  clock.now += 2500;
  const value = (group: string, name: string) => store.stats(group)?.find(([key]) => key === name)?.[1];
  assertEquals([value("", "uptime"), value("", "curr_items"), value("", "limit_maxbytes")], ["7", "1", "1234"]);
  assertEquals([value("settings", "auth_enabled_sasl"), value("items", "items:1:age")], ["yes", "2"]);
  assertEquals([store.stats("nonsense"), store.stats("detail")], [undefined, undefined]);
  store.delete("k");
  assertEquals([store.stats("items"), value("slabs", "active_slabs")], [[], "0"]);
});

test("MemoryStore answers VERBOSITY when somebody wants to know the level", async () => {
  const levels: number[] = [];
  await using scene = ServerScene.withStore({ onVerbosity: (level) => levels.push(level) });
  await using talk = scene.connect();
  assertEquals((await talk.ask({ opcode: VERBOSITY.opcode, extras: u32(3) })).status, 0);
  assertEquals(levels, [3]);
  assertEquals((await talk.stats("settings")).get("verbosity"), "3");
});

test("MemoryStore serves one set of items on several servers", async () => {
  const store = new MemoryStore();
  await using one = new ServerScene();
  await using other = new ServerScene();
  store.register(one.server);
  store.register(other.server);
  await using here = one.connect();
  await using there = other.connect();
  await here.ask(storing(0x01, "k", "v"));
  assertEquals(new TextDecoder().decode((await there.ask({ opcode: 0x00, key: "k" })).value), "v");
  await there.send(request({ opcode: 0x08 }));
  await there.next();
  assertEquals((await here.ask({ opcode: 0x00, key: "k" })).status, 1);
});

test("StatusReply is an error that is made without a stack", () => {
  const reply = new StatusReply(Status.KEY_EEXISTS);
  assertInstanceOf(reply, Error);
  assertEquals(`${reply}`, "StatusReply: KEY_EEXISTS: Key exists, or its CAS is another");
  assertEquals([reply.value, reply.close, reply.stack], ["Data exists for key.", false, `${reply}`]);
  assertEquals(new StatusReply(0xff77).message.includes("0xff77"), true);
});
