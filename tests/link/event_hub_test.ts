/** Events for many readers, each at its own pace. */

import { assertEquals } from "@std/assert";
import { EventHub } from "../../src/link/event_hub.ts";
import { test } from "../support/test.ts";

async function all<E>(events: AsyncIterable<E>): Promise<E[]> {
  const read: E[] = [];
  for await (const event of events) read.push(event);
  return read;
}

test("EventHub gives each reader the latest event and those to come, and ends them all", async () => {
  const hub = new EventHub<number>();
  const early = all(hub.read());
  hub.emit(1);
  hub.emit(2);
  const late = all(hub.read());
  hub.emit(3);
  hub.close();
  assertEquals([await early, await late, await all(hub.read())], [[1, 2, 3], [2, 3], [3]]);
});

test("EventHub answers each of several calls of next, and forgets who left", async () => {
  const hub = new EventHub<number>();
  const reader = hub.read();
  const asked = [reader.next(), reader.next()];
  hub.emit(1);
  hub.emit(2);
  assertEquals(await Promise.all(asked), [{ done: false, value: 1 }, { done: false, value: 2 }]);
  hub.emit(3);
  assertEquals(await reader.return!(), { done: true, value: undefined });
  hub.emit(4);
  assertEquals(await reader.next(), { done: true, value: undefined });
  const waiting = hub.read();
  assertEquals((await waiting.next()).value, 4);
  const next = waiting.next();
  hub.close();
  assertEquals(await next, { done: true, value: undefined });
});

test("EventHub keeps 1,024 events for a reader who is slow, and drops the oldest", async () => {
  const hub = new EventHub<number>();
  const reader = hub.read();
  for (let i = 0; i < 3000; i++) hub.emit(i);
  hub.close();
  const read = await all(reader);
  assertEquals([read.length, read[0], read.at(-1)], [1024, 1976, 2999]);
});
