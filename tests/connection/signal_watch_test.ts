import { assertEquals } from "@std/assert";
import { Slot } from "../../src/connection/pipeline.ts";
import { SignalWatch } from "../../src/connection/signal_watch.ts";
import { countedAbort } from "../support/counted_abort.ts";
import { test } from "../support/test.ts";

/** A watch that notes whom it gives up, and releases them as a pipeline does. */
function watching(): { readonly watch: SignalWatch<Slot>; readonly given: [number, unknown][] } {
  const given: [number, unknown][] = [];
  const watch = new SignalWatch<Slot>((slot, reason) => {
    given.push([slot.index, reason]);
    release(slot);
  });
  return { watch, given };
}

function release(slot: Slot): void {
  slot.release?.();
  slot.release = undefined;
}

function slots(count: number): Slot[] {
  return Array.from({ length: count }, (_, index) => new Slot(index));
}

test("SignalWatch listens once for calls that follow each other, and gives up all of them", () => {
  const { watch, given } = watching();
  const { signal, abort, listeners } = countedAbort();
  for (const slot of slots(50)) watch.add(signal, slot);
  assertEquals(listeners(), 1);
  abort("reason");
  assertEquals(given, Array.from({ length: 50 }, (_, index) => [index, "reason"]));
  assertEquals(listeners(), 0);
});

test("SignalWatch gives up only those that have not been released, in whatever order that was", () => {
  for (const released of [[0], [1], [3], [0, 1, 2], [3, 1], [2, 0]]) {
    const { watch, given } = watching();
    const { signal, abort, listeners } = countedAbort();
    const all = slots(4);
    for (const slot of all) watch.add(signal, slot);
    for (const index of released) release(all[index]!);
    assertEquals(listeners(), 1);
    abort();
    assertEquals(given.map(([index]) => index), [0, 1, 2, 3].filter((index) => !released.includes(index)));
  }
});

test("SignalWatch does not listen once the last call is released, and listens again to the same signal", () => {
  const { watch, given } = watching();
  const { signal, abort, listeners } = countedAbort();
  const all = slots(3);
  for (let round = 0; round < 3; round++) {
    for (const slot of all) watch.add(signal, slot);
    assertEquals(listeners(), 1);
    for (const slot of all) release(slot);
    assertEquals(listeners(), 0);
  }
  watch.add(signal, all[2]!);
  abort();
  assertEquals(given.map(([index]) => index), [2]);
});

test("SignalWatch tells signals apart whose calls take turns", () => {
  const { watch, given } = watching();
  const [a, b] = [countedAbort(), countedAbort()];
  const all = slots(10);
  for (const slot of all) watch.add(slot.index % 2 === 0 ? a.signal : b.signal, slot);
  release(all[4]!);
  b.abort("b");
  assertEquals(given, [1, 3, 5, 7, 9].map((index) => [index, "b"]));
  a.abort("a");
  assertEquals(given.slice(5), [0, 2, 6, 8].map((index) => [index, "a"]));
  assertEquals([a.listeners(), b.listeners()], [0, 0]);
});
