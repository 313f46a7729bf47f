import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import {
  CheckpointFencedError,
  type GroupHandlers,
  LeaseLostError,
  type RecordStore,
  staticMembership,
} from "../../src/dcp.ts";
import { at, checkpointOf } from "../contract/checkpoint_contract.ts";
import type { BucketFeed } from "../support/model_bucket.ts";
import { settled } from "../support/model_clock.ts";
import { GroupScene, inOrder, VBUCKETS } from "../support/model_group.ts";
import { type Random, withRandom } from "../support/random.ts";
import { test } from "../support/test.ts";

test("consumeInGroup hands vbuckets over without losing or repeating an event", async () => {
  const scene = new GroupScene();
  const one = scene.member("one", { ms: () => 3, concurrency: 4, orderBy: "vbucket" });
  scene.write(60);
  await scene.clock.advance(300);
  scene.write(60);
  const two = scene.member("two", { ms: () => 3, concurrency: 4, orderBy: "vbucket" });
  for (let i = 0; i < 40; i++) {
    scene.write(12);
    await scene.clock.advance(50);
  }
  assertEquals(new Set(scene.seen.map(({ member }) => member)), new Set(["one", "two"]));
  one.stop.abort();
  for (let i = 0; i < 40; i++) {
    scene.write(12);
    await scene.clock.advance(50);
  }
  assertInstanceOf((await one.outcome as { error: unknown }).error, DOMException);
  assertEquals(one.feed.closed, true);
  two.stop.abort();
  await scene.clock.advance(1000);
  await two.outcome;
  assert(scene.times().every((times) => times.every((time) => time === 1)), JSON.stringify(scene.times()));
  assert(inOrder(scene.seen.map(({ event }) => event)));
  assertEquals(await scene.positions(), scene.bucket.logs.map((log) => log.length));
  assertEquals(scene.clock.timers, 0);
});

test("consumeInGroup drains, saves and closes before another member gets a vbucket", async () => {
  const scene = new GroupScene();
  const one = scene.member("one", {
    ms: () => 400,
    concurrency: VBUCKETS,
    orderBy: "vbucket",
    commitEvery: { ms: 1e6 },
  });
  scene.write(3 * VBUCKETS);
  await scene.clock.advance(150);
  assertEquals(one.running.size, VBUCKETS);
  const two = scene.member("two");
  await scene.clock.advance(340);
  // The other is there and has nothing yet: what runs is not over.
  assertEquals([one.running.size, two.feed.asked, await scene.positions()], [VBUCKETS, [], []]);
  await scene.clock.advance(600);
  const moved = two.feed.asked.map((text) => text.replace("add ", ""));
  assertEquals(moved.length, VBUCKETS / 2);
  // The first event of each was done and saved when it moved; the second was not begun.
  for (const text of moved) assert(/^\d from 1$/.test(text), text);
  for (const text of moved) assert(one.feed.asked.includes(`close ${text[0]}`), text);
  one.stop.abort();
  two.stop.abort();
  await scene.clock.advance(2000);
  await Promise.all([one.outcome, two.outcome]);
  assert(scene.times().flat().every((time) => time <= 1));
});

test("consumeInGroup takes the vbuckets of a killed member over, from what it had saved", async () => {
  const scene = new GroupScene();
  let killed = false;
  const dead: RecordStore = {
    read: () => killed ? new Promise(() => {}) : scene.store.read(),
    write: (text, over) => killed ? new Promise(() => {}) : scene.store.write(text, over as number | undefined),
  };
  scene.member("one", { store: dead, ms: () => killed ? 1e9 : 0 });
  scene.write(60);
  await scene.clock.advance(300);
  assertEquals(await scene.positions(), new Array(VBUCKETS).fill(10));
  killed = true;
  scene.write(60);
  const two = scene.member("two");
  await scene.clock.advance(900);
  assertEquals(two.feed.asked, []);
  await scene.clock.advance(900);
  assertEquals(two.feed.asked, Array.from({ length: VBUCKETS }, (_, vbucket) => `add ${vbucket} from 10`));
  assertEquals(scene.times(), new Array(VBUCKETS).fill(new Array(20).fill(1)));
  two.stop.abort();
  await scene.clock.advance(100);
  await two.outcome;
});

test("consumeInGroup stops before its lease runs out when the store is away, and tells what runs", async () => {
  const scene = new GroupScene();
  let away = false;
  const failed = new Error("the store is away");
  const flaky: RecordStore = {
    read: () => away ? Promise.reject(failed) : scene.store.read(),
    write: (text, over) => away ? Promise.reject(failed) : scene.store.write(text, over as number | undefined),
  };
  const one = scene.member("one", { store: flaky, ms: () => 50 });
  scene.write(600);
  await scene.clock.advance(150);
  away = true;
  const began = scene.clock.time;
  const two = scene.member("two");
  while (one.running.size > 0 && scene.clock.time < began + 2000) await scene.clock.advance(10);
  const stopped = scene.clock.time - began;
  assert(stopped < 1000, `${stopped}`);
  assertEquals(two.feed.asked, []);
  const reason = one.signals.at(-1)?.reason;
  assertInstanceOf(reason, LeaseLostError);
  assertEquals([reason.code, reason.cause], ["LEASE_LOST", failed]);

  // It comes back and gets its share again.
  const count = one.feed.asked.length;
  await scene.clock.advance(1000);
  away = false;
  await scene.clock.advance(2000);
  const again = one.feed.asked.slice(count).filter((text) => text.startsWith("add"));
  assertEquals(again.length, VBUCKETS / 2);
  await scene.clock.advance(40_000);
  one.stop.abort();
  two.stop.abort();
  await scene.clock.advance(1000);
  await Promise.all([one.outcome, two.outcome]);
  assert(scene.times().flat().every((time) => time >= 1));
  assert(inOrder(scene.seen.map(({ event }) => event)));
});

test("consumeInGroup shares by fixed lists, and goes on where it was saved", async () => {
  const scene = new GroupScene();
  await scene.checkpoint.save(checkpointOf({ 1: at(4) }));
  scene.write(60);
  const members = [0, 1].map((member) =>
    scene.member(`m${member}`, { group: staticMembership({ member, members: 2, vbucketCount: VBUCKETS }) })
  );
  await scene.clock.advance(200);
  assertEquals(members.map(({ feed }) => feed.asked), [
    ["add 0 from 0", "add 2 from 0", "add 4 from 0"],
    ["add 1 from 4", "add 3 from 0", "add 5 from 0"],
  ]);
  // A second process that takes itself for the same member fences the first one off.
  const twin = scene.member("twin", { group: [0, 2, 4] });
  scene.write(6);
  await scene.clock.advance(200);
  assertInstanceOf((await members[0]!.outcome as { error: unknown }).error, CheckpointFencedError);
  for (const { stop } of [members[1]!, twin]) stop.abort();
  await scene.clock.advance(200);
  await Promise.all([members[1]!.outcome, twin.outcome]);
  assertEquals(await scene.positions(), new Array(VBUCKETS).fill(11));
});

test("consumeInGroup with a membership of one's own waits for what an earlier stream of a vbucket has left", async () => {
  const scene = new GroupScene();
  scene.write(12);
  let handlers: GroupHandlers | undefined;
  const held = new Set<number>();
  let left = 0;
  const one = scene.member("one", {
    group: (given) => {
      handlers = given;
      return Promise.resolve({
        holds: (vbucket: number) => held.has(vbucket),
        leave: () => Promise.resolve(void left++),
        closed: new Promise<void>(() => {}),
      });
    },
  });
  await settled();
  const assign = (epoch: number) => {
    held.add(2);
    return handlers!.assigned(new Map([[2, epoch]])) as Promise<void>;
  };
  const lose = () => {
    held.delete(2);
    handlers!.lost([2], new LeaseLostError("gone"));
  };
  let open = () => {};
  one.feed.delay = () => new Promise((resolve) => open = resolve);
  // Lost before the server has answered, assigned anew and lost again, then assigned for good.
  const first = assign(10);
  await settled();
  lose();
  const second = assign(11);
  lose();
  const third = assign(12);
  one.feed.delay = () => Promise.resolve();
  await settled();
  assertEquals(one.feed.asked, []);
  open();
  await Promise.all([first, second, third]);
  await settled();
  assertEquals(one.feed.asked, ["add 2 from 0", "close 2", "add 2 from 0"]);
  assertEquals(scene.times()[2], [1, 1]);
  await scene.clock.advance(100);
  const { epochs } = JSON.parse((await scene.saved.read())!.text);
  assertEquals([epochs, left], [{ 2: 12 }, 0]);
  one.stop.abort();
  await settled();
  await one.outcome;
  assertEquals([left, one.feed.closed], [1, true]);
});

test("consumeInGroup goes on with the rest when another has claimed what was lost while it still claimed", async () => {
  const scene = new GroupScene();
  scene.write(12);
  let handlers: GroupHandlers | undefined;
  const held = new Set([2, 3]);
  let open = () => {};
  const slow = new Promise<void>((resolve) => open = resolve);
  const one = scene.member("one", {
    checkpoint: {
      load: (options) => scene.checkpoint.load(options),
      save: (checkpoint, options) => scene.checkpoint.save(checkpoint, options),
      claim: async (options) => {
        await slow;
        return await scene.checkpoint.claim(options);
      },
    },
    group: (given) => {
      handlers = given;
      return Promise.resolve({
        holds: (vbucket: number) => held.has(vbucket),
        leave: () => Promise.resolve(),
        closed: new Promise<void>(() => {}),
      });
    },
  });
  await settled();
  const assigned = handlers!.assigned(new Map([[2, 10], [3, 10]])) as Promise<void>;
  await settled();
  held.delete(2);
  handlers!.lost([2], new LeaseLostError("gone"));
  await scene.checkpoint.claim({ vbuckets: new Map([[2, 11]]) });
  open();
  await assigned;
  await settled();
  assertEquals(one.feed.asked, ["add 3 from 0"]);
  await scene.clock.advance(100);
  assertEquals(await scene.positions(), [2]);
  one.stop.abort();
  await settled();
  assertInstanceOf((await one.outcome as { error: unknown }).error, DOMException);
  const { epochs } = JSON.parse((await scene.saved.read())!.text);
  assertEquals(epochs, { 2: 11, 3: 10 });
});

test("consumeInGroup begins no event after the lease, even in a process that was frozen and has not heard of its end", async () => {
  const scene = new GroupScene();
  const one = scene.member("one");
  await scene.clock.advance(300);
  scene.write(6);
  await scene.clock.advance(60);
  assertEquals([scene.seen.length, await scene.positions()], [6, new Array(VBUCKETS).fill(1)]);
  // The time goes on and no timer runs; then an event is there before any timer is.
  scene.clock.time += 1000;
  scene.write(6);
  await settled();
  assertEquals(scene.seen.length, 6);
  await scene.clock.advance(1000);
  assertEquals(scene.times(), new Array(VBUCKETS).fill([1, 1]));
  one.stop.abort();
  await settled();
  await one.outcome;
});

test("consumeInGroup drops what waits of a vbucket that is lost, and saves nothing of it", async () => {
  const scene = new GroupScene();
  let handlers: GroupHandlers | undefined;
  const membership = { holds: () => true, leave: () => Promise.resolve(), closed: new Promise<void>(() => {}) };
  const one = scene.member("one", {
    ms: () => 50,
    group: (given) => {
      handlers = given;
      return Promise.resolve(membership);
    },
  });
  scene.write(18);
  await settled();
  await handlers!.assigned(new Map([[0, 7], [1, 7]]));
  await settled();
  assertEquals([...one.running].map(({ vbucket, seqno }) => [vbucket, Number(seqno)]), [[0, 1]]);
  handlers!.lost([0], new LeaseLostError("gone"));
  await scene.clock.advance(1000);
  // The one that ran could not be stopped; the next owner has it again.
  assertEquals(scene.times().slice(0, 2), [[1, 0, 0], [1, 1, 1]]);
  assertEquals((await scene.checkpoint.load())?.vbuckets, { 1: at(3) });
  one.stop.abort();
  await settled();
  await one.outcome;
});

test("consumeInGroup ends, and leaves the group, when an event fails or a stream cannot be had", async () => {
  for (const what of ["event", "stream"]) {
    const scene = new GroupScene();
    scene.write(12);
    const failed = new Error(`no ${what}`);
    const one = scene.member("one", {
      ms: () => {
        if (what === "event" && scene.seen.length === 5) throw failed;
        return 0;
      },
    });
    if (what === "stream") one.feed.addStream = () => Promise.reject(failed);
    await scene.clock.advance(500);
    assertEquals(await one.outcome, { error: failed });
    assertEquals([one.feed.closed, scene.clock.timers], [true, 0]);
    assertEquals(JSON.parse((await scene.store.read())!.text).members, []);
  }
});

test("consumeInGroup rejects when the group cannot be joined", async () => {
  const scene = new GroupScene();
  const failed = new Error("the store is away");
  const one = scene.member("one", {
    store: { read: () => Promise.reject(failed), write: () => Promise.resolve(false) },
  });
  await settled();
  assertEquals([await one.outcome, one.feed.closed, scene.clock.timers], [{ error: failed }, true, 0]);
});

test("consumeInGroup loses no event and keeps the order while members come, go and lose their store", () =>
  withRandom(async (random: Random) => {
    for (let round = 0; round < 5; round++) {
      const scene = new GroupScene(() => random.next() / 2 ** 32);
      interface Live {
        readonly stop: AbortController;
        readonly feed: BucketFeed;
        readonly outcome: Promise<unknown>;
        away: boolean;
      }
      const all: Live[] = [];
      const join = () => {
        const link = { away: false };
        const away = () => Promise.reject(new Error("the store is away"));
        const store: RecordStore = {
          read: () => link.away ? away() : scene.store.read(),
          write: (text, over) => link.away ? away() : scene.store.write(text, over as number | undefined),
        };
        const options = {
          store,
          ms: () => random.int(30),
          concurrency: 1 + random.int(5),
          orderBy: "vbucket" as const,
        };
        all.push(Object.assign(link, scene.member(`m${all.length}`, options)));
      };
      join();
      const live = () => all.filter(({ stop }) => !stop.signal.aborted);
      for (let turn = 0; turn < 150; turn++) {
        for (let i = random.int(12); i > 0; i--) scene.bucket.write(random.int(VBUCKETS), `k${random.int(9)}`);
        const dice = random.int(12);
        if (dice === 0 && live().length < 4) join();
        if (dice === 1 && live().length > 1) random.pick(live()).stop.abort();
        if (dice === 2 && live().length > 0) random.pick(live()).away = true;
        if (dice > 2 && dice < 6) { for (const member of live()) member.away = false; }
        await scene.clock.advance(random.int(120));
      }
      for (const member of all) member.away = false;
      await scene.clock.advance(30_000);
      for (const { stop } of all) stop.abort();
      await scene.clock.advance(3000);
      await Promise.all(all.map(({ outcome }) => outcome));
      const times = scene.times();
      assert(times.flat().length > 200 && times.flat().every((time) => time >= 1), JSON.stringify(times));
      assertEquals(await scene.positions(), scene.bucket.logs.map((log) => log.length));
      assert(all.every(({ feed }) => feed.closed));
      assert(inOrder(scene.seen.map(({ event }) => event)));
      assertEquals(scene.clock.timers, 0);
    }
  }));
