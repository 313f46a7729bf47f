import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import {
  type Group,
  GroupError,
  type GroupHandlers,
  type GroupOptions,
  joinGroup,
  LeaseLostError,
  MemoryRecord,
  type RecordStore,
  staticMembership,
} from "../../src/dcp.ts";
import { emptyTable, formatTable, parseTable, sharesOf } from "../../src/feed/group_table.ts";
import { ModelClock, settled } from "../support/model_clock.ts";
import { test } from "../support/test.ts";

const VBUCKETS = 8;

/** Members in one world of time, and what they were told. */
class Scene {
  readonly clock = new ModelClock();
  readonly store = new MemoryRecord();
  readonly told: string[] = [];
  /** Settles the hand-overs that wait. */
  readonly letGo: (() => void)[] = [];

  async join(name: string, options: Partial<GroupOptions> = {}, handlers: Partial<GroupHandlers> = {}): Promise<Group> {
    const joining = joinGroup({
      store: this.store,
      name: "g",
      member: name,
      vbuckets: VBUCKETS,
      leaseMs: 1000,
      rebalanceDelayMs: 100,
      clock: this.clock,
      ...options,
    }, {
      assigned: (vbuckets) => void this.told.push(`${name} +${[...vbuckets.keys()]}`),
      revoked: (vbuckets) => {
        this.told.push(`${name} -${vbuckets}`);
        return new Promise((resolve) => this.letGo.push(resolve));
      },
      lost: (vbuckets) => void this.told.push(`${name} !${vbuckets}`),
      ...handlers,
    });
    joining.catch(() => {});
    await this.clock.advance(0);
    return await joining;
  }

  async table(): Promise<{ members: [string, number][]; owners: number[]; epochs: number[] }> {
    return JSON.parse((await this.store.read())!.text);
  }
}

test("staticMembership gives each vbucket to one member and to each member its share", () => {
  for (const members of [1, 2, 3, 7, 1024, 1500]) {
    const shares = Array.from({ length: members }, (_, member) => staticMembership({ member, members }));
    assertEquals(shares.flat().sort((a, b) => a - b), Array.from({ length: 1024 }, (_, vbucket) => vbucket));
    const sizes = shares.map(({ length }) => length);
    assert(Math.max(...sizes) - Math.min(...sizes) <= 1);
  }
  assertThrows(() => staticMembership({ member: 3, members: 3 }), RangeError, "0 to 2 are possible");
  assertThrows(() => staticMembership({ member: -1, members: 3 }), RangeError, "member -1 of 3");
  assertThrows(() => staticMembership({ member: 0, members: 0 }), RangeError, "members of 0");
  assertThrows(() => staticMembership({ member: 0, members: 1, vbucketCount: 1.5 }), RangeError, "vbucketCount of 1.5");
});

test("sharesOf lets those keep more who have more", () => {
  const shares = (members: string[], owners: (string | null)[]) => Object.fromEntries(sharesOf(members, owners));
  assertEquals(shares(["a", "b"], ["b", "b", "b", null, null]), { b: 3, a: 2 });
  assertEquals(shares(["a", "b", "c"], [null, null, null, null]), { a: 2, b: 1, c: 1 });
  assertEquals(shares(["a", "b", "c"], ["c", "gone"]), { c: 1, a: 1, b: 0 });
});

test("the table of a group is written and read, and says what is wrong with another", () => {
  const empty = emptyTable("g", 3);
  const table = { ...empty, members: { "b 1": 4, "a 2": 7 }, owners: ["a 2", null, "b 1"], epochs: [5, 0, 6] };
  const text = '{"version":1,"name":"g","members":[["b 1",4],["a 2",7]],"owners":[1,-1,0],"epochs":[5,0,6]}';
  assertEquals(formatTable(table), text);
  assertEquals(parseTable(text, empty), table);
  assertEquals(parseTable(undefined, empty), empty);
  for (
    const wrong of [
      "",
      "7",
      "null",
      "[]",
      "{}",
      text.replace("5,0,6", "5,0"),
      text.replace('"version":1', '"version":2'),
    ]
  ) {
    assertThrows(() => parseTable(wrong, empty), GroupError, "give the group one of its own");
  }
  assertThrows(() => parseTable(text, emptyTable("h", 3)), GroupError, 'its record is of the group "g"');
  assertThrows(() => parseTable(text, emptyTable("g", 4)), GroupError, "shares 3 vbuckets and not 4");
  assertThrows(() => emptyTable("g", 0), RangeError, "1 to 65536");
});

test("joinGroup shares after the delay, and moves a vbucket only when its member has let go of it", async () => {
  const scene = new Scene();
  const one = await scene.join("one");
  assertEquals([one.vbuckets, scene.told], [[], []]);
  await scene.clock.advance(110);
  assertEquals(one.vbuckets, [0, 1, 2, 3, 4, 5, 6, 7]);
  const two = await scene.join("two");
  await scene.clock.advance(400);
  assertEquals(scene.told, ["one +0,1,2,3,4,5,6,7", "one -4,5,6,7"]);
  // As long as the hand-over takes, they are the first one's.
  await scene.clock.advance(5000);
  assertEquals([one.vbuckets.length, two.vbuckets], [8, []]);
  const before = one.epoch(5)!;
  scene.letGo.shift()!();
  await scene.clock.advance(300);
  assertEquals(scene.told.at(-1), "two +4,5,6,7");
  assertEquals([one.vbuckets, two.vbuckets], [[0, 1, 2, 3], [4, 5, 6, 7]]);
  assert(two.epoch(5)! > before);
  assertEquals(one.epoch(5), undefined);

  const left = one.leave();
  await scene.clock.advance(100);
  assertEquals([scene.told.at(-1), one.vbuckets], ["one -0,1,2,3", [0, 1, 2, 3]]);
  scene.letGo.shift()!();
  await left;
  await scene.clock.advance(500);
  assertEquals(two.vbuckets.length, 8);
  const gone = two[Symbol.asyncDispose]();
  await settled();
  scene.letGo.shift()!();
  await gone;
  const { members, owners } = await scene.table();
  assertEquals([members, owners, scene.clock.timers], [[], new Array(VBUCKETS).fill(-1), 0]);
});

test("joinGroup gives up everything before the lease ends when it cannot be renewed, even if no timer runs", async () => {
  const scene = new Scene();
  const failed = new Error("the store is away");
  let away = false;
  const errors: unknown[] = [];
  const store: RecordStore = {
    read: () => away ? Promise.reject(failed) : scene.store.read(),
    write: (text, over) => scene.store.write(text, over as number | undefined),
  };
  const reasons: LeaseLostError[] = [];
  const one = await scene.join("one", { store, onError: (error) => errors.push(error) }, {
    lost: (_, reason) => void reasons.push(reason),
  });
  await scene.clock.advance(300);
  away = true;
  // The process is frozen: the time goes on, and nothing of it runs.
  const began = scene.clock.time;
  let until = began;
  while (one.holds(0)) scene.clock.time = until++;
  assert(until - began > 200 && until - began <= 1000 * 2 / 3 + 1, `${until - began}`);
  assertEquals([one.vbuckets, one.epoch(0)], [[], undefined]);
  await scene.clock.advance(50);
  assertEquals(reasons.length, 1);
  assertInstanceOf(reasons[0], LeaseLostError);
  await scene.clock.advance(2000);
  assert(errors.length > 3 && errors.every((error) => error === failed));
  away = false;
  await scene.clock.advance(1000);
  assertEquals(one.vbuckets.length, VBUCKETS);
  assertEquals(reasons.length, 1);
});

test("joinGroup says why a lease was lost", async () => {
  const scene = new Scene();
  const failed = new Error("the store is away");
  let away = false;
  const store: RecordStore = {
    read: () => scene.store.read(),
    write: (text, over) => away ? Promise.reject(failed) : scene.store.write(text, over as number | undefined),
  };
  let reason: LeaseLostError | undefined;
  await scene.join("one", { store }, { lost: (_, why) => void (reason = why) });
  await scene.clock.advance(300);
  away = true;
  await scene.clock.advance(1000);
  assertEquals([reason?.code, reason?.cause], ["LEASE_LOST", failed]);
  assert(reason?.message.includes("Lost 8 vbuckets of the group g"));
});

test("joinGroup does not take a member that comes again under its name for the one that was there", async () => {
  const scene = new Scene();
  let killed = false;
  const store: RecordStore = {
    read: () => killed ? new Promise(() => {}) : scene.store.read(),
    write: (text, over) => scene.store.write(text, over as number | undefined),
  };
  const dead = await scene.join("one", { store });
  await scene.clock.advance(300);
  killed = true;
  const again = await scene.join("one");
  assert(again.id !== dead.id);
  await scene.clock.advance(900);
  assertEquals(again.vbuckets, []);
  await scene.clock.advance(700);
  assertEquals(again.vbuckets.length, VBUCKETS);
  assertEquals((await scene.table()).members.map(([id]) => id), [again.id]);
});

test("joinGroup takes nothing for a lease after the store has forgotten the table: others may hold it still", async () => {
  const scene = new Scene();
  let stored = new MemoryRecord();
  const place = (reaches: () => boolean): RecordStore => ({
    read: () => reaches() ? stored.read() : Promise.reject(new Error("the store is away")),
    write: (text, over) =>
      reaches() ? stored.write(text, over as number | undefined) : Promise.reject(new Error("the store is away")),
  });
  let away = false;
  const options = { rebalanceDelayMs: 0, renewMs: 100, safetyMs: 100 };
  const one = await scene.join("one", { ...options, store: place(() => true) });
  const two = await scene.join("two", { ...options, store: place(() => !away) });
  for (let i = 0; i < 10; i++) {
    await scene.clock.advance(100);
    scene.letGo.splice(0).forEach((done) => done());
  }
  assertEquals([one.vbuckets.length, two.vbuckets.length], [4, 4]);
  // The server of the store begins anew, and one member cannot reach it yet.
  stored = new MemoryRecord();
  away = true;
  await scene.clock.advance(100);
  const three = await scene.join("three", { ...options, store: place(() => true) });
  const members = [one, two, three];
  for (let i = 0; i < 300; i++) {
    await scene.clock.advance(10);
    const held = members.flatMap(({ vbuckets }) => vbuckets);
    assertEquals(
      held.length,
      new Set(held).size,
      `${members.map(({ vbuckets }) => `[${vbuckets}]`)} after ${i * 10} ms`,
    );
    scene.letGo.splice(0).forEach((done) => done());
  }
  assertEquals([one.vbuckets.length, two.vbuckets.length, three.vbuckets.length], [4, 0, 4]);
  away = false;
  for (let i = 0; i < 30; i++) {
    await scene.clock.advance(100);
    scene.letGo.splice(0).forEach((done) => done());
  }
  assertEquals(members.flatMap(({ vbuckets }) => vbuckets).length, VBUCKETS);
  assertEquals(two.vbuckets.length, 2);
  const left = members.map((member) => member.leave());
  for (let i = 0; i < 10; i++) {
    await scene.clock.advance(100);
    scene.letGo.splice(0).forEach((done) => done());
  }
  await Promise.all(left);
  assertEquals(scene.clock.timers, 0);
});

test("joinGroup rejects when the store fails at once or has the table of another group", async () => {
  const scene = new Scene();
  const failed = new Error("no such host");
  await assertRejects(
    () => scene.join("one", { store: { read: () => Promise.reject(failed), write: () => Promise.resolve(true) } }),
    Error,
    "no such host",
  );
  await scene.join("one");
  await assertRejects(() => scene.join("two", { name: "h" }), GroupError, 'of the group "g"');
  const error = await assertRejects(
    () => scene.join("two", { vbuckets: 16 }),
    GroupError,
    "shares 8 vbuckets and not 16",
  );
  assertEquals(error.code, "GROUP");
  for (
    const wrong of [{ leaseMs: 0 }, { safetyMs: 800 }, { renewMs: 700 }, { rebalanceDelayMs: -1 }, { safetyMs: 0 }]
  ) {
    await assertRejects(() => scene.join("two", wrong), RangeError, "a lease must be longer");
  }
});

test("joinGroup ends when a handler throws: the rest is lost, the others are told, closed rejects", async () => {
  for (const handler of ["assigned", "revoked", "lost"] as const) {
    const scene = new Scene();
    const failed = new Error(`${handler} has failed`);
    let away = false;
    const store: RecordStore = {
      read: () => away ? Promise.reject(new Error("away")) : scene.store.read(),
      write: (text, over) => scene.store.write(text, over as number | undefined),
    };
    const fail = () => {
      throw failed;
    };
    const one = await scene.join("one", { store }, { [handler]: fail });
    const closed = one.closed.then(() => undefined, (error) => error);
    await scene.clock.advance(150);
    if (handler === "revoked") await scene.join("two", { rebalanceDelayMs: 1e6 });
    if (handler === "lost") away = true;
    await scene.clock.advance(1000);
    away = false;
    await scene.clock.advance(1000);
    assertEquals(await closed, failed);
    assertEquals(one.vbuckets, []);
    // With the store away the others see it by themselves when the lease is over.
    if (handler === "lost") continue;
    assert(scene.told.includes("one !0,1,2,3,4,5,6,7"), `${scene.told}`);
    const { members } = await scene.table();
    assertEquals(members.some(([id]) => id === one.id), false);
  }
});

test("joinGroup leaves when its signal is aborted, and says when the others cannot be told", async () => {
  const scene = new Scene();
  const stop = new AbortController();
  const one = await scene.join("one", { signal: stop.signal }, { revoked: () => {} });
  await scene.clock.advance(300);
  stop.abort();
  await one.closed;
  assertEquals((await scene.table()).members, []);

  let away = false;
  const failed = new Error("the store is away");
  const store: RecordStore = {
    read: () => away ? Promise.reject(failed) : scene.store.read(),
    write: (text, over) => scene.store.write(text, over as number | undefined),
  };
  const two = await scene.join("two", { store }, { revoked: () => {} });
  await scene.clock.advance(300);
  away = true;
  const left = two.leave().then(() => undefined, (error) => error);
  await scene.clock.advance(2000);
  const error = await left;
  assertInstanceOf(error, GroupError);
  assertEquals([error.cause, two.vbuckets, scene.clock.timers], [failed, [], 0]);
  assert(error.message.includes("the others will see it when its lease of 1000 ms is over"));
});
