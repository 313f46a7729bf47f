import { assertEquals } from "@std/assert";
import { FeedQueue, type QueueOwner } from "../../src/feed/feed_queue.ts";
import { FlowWindow } from "../../src/feed/flow_window.ts";
import { withRandom } from "../support/random.ts";
import { test } from "../support/test.ts";

class Owner implements QueueOwner<number> {
  readonly log: [number, number][] = [];

  taken(event: number, size: number): void {
    this.log.push([event, size]);
  }
}

test("FeedQueue gives events in their order and tells their owners", () => {
  const queue = new FeedQueue<number>();
  const owner = new Owner();
  for (let i = 0; i < 1000; i++) queue.push(i, owner, 10);
  assertEquals([queue.length, queue.bytes], [1000, 10_000]);
  for (let i = 0; i < 1000; i++) assertEquals(queue.take(), i);
  assertEquals([queue.take(), queue.length, queue.bytes, owner.log.length], [undefined, 0, 0, 1000]);
});

test("FeedQueue is as an array, whatever is done to it", () =>
  withRandom((random) => {
    const owners = [new Owner(), new Owner()] as const;
    let model: [number, 0 | 1, number][] = [];
    let drained = 0;
    const queue = new FeedQueue<number>(() => drained++);
    let next = 0;
    for (let step = 0; step < 20_000; step++) {
      const what = random.int(100);
      if (what < 52) {
        const owner = random.int(2) as 0 | 1;
        const size = random.int(100);
        queue.push(next, owners[owner], size);
        model.push([next++, owner, size]);
      } else if (what < 99) {
        const first = model.shift();
        assertEquals(queue.take(), first?.[0]);
        if (first !== undefined) assertEquals(owners[first[1]].log.at(-1), [first[0], first[2]]);
      } else {
        const dropped = random.int(2);
        queue.discard((owner) => owner === owners[dropped]);
        model = model.filter(([, owner]) => owner !== dropped);
      }
      assertEquals(queue.length, model.length);
      assertEquals(queue.bytes, model.reduce((sum, [, , size]) => sum + size, 0));
    }
  }));

test("FeedQueue wakes who waits for so many, in their order, and all at the end", () => {
  const queue = new FeedQueue<number>();
  const owner = new Owner();
  const woken: string[] = [];
  queue.wait(() => woken.push("two"), 2);
  queue.wait(() => woken.push("one"));
  queue.push(1, owner, 0);
  assertEquals(woken, []);
  queue.push(2, owner, 0);
  assertEquals(woken, ["two"]);
  queue.push(3, owner, 0);
  assertEquals(woken, ["two", "one"]);
  queue.wait(() => woken.push("now"), 3);
  const forgotten = (): void => void woken.push("never");
  queue.wait(forgotten, 9);
  queue.wait(() => woken.push("end"), 9);
  queue.forget(forgotten);
  queue.end();
  queue.push(4, owner, 0);
  assertEquals([woken, queue.length, queue.over], [["two", "one", "now", "end"], 3, true]);
});

test("FlowWindow gives back a fifth at once, and the rest when asked", () => {
  const given: number[] = [];
  const window = new FlowWindow(1000, (bytes) => given.push(bytes));
  window.add(700);
  window.free(199);
  assertEquals([given, window.used], [[], 700]);
  window.free(1);
  assertEquals([given, window.used], [[200], 500]);
  window.free(500);
  window.flush();
  window.flush();
  assertEquals([given, window.used, window.received, window.given], [[200, 500], 0, 700, 700]);
  window.add(50);
  window.free(50);
  window.close();
  window.flush();
  assertEquals([given, window.used], [[200, 500], 50]);
});
