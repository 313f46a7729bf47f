/** What every checkpoint store must do. */
import { assertEquals, assertRejects } from "@std/assert";
import {
  type Checkpoint,
  CheckpointFencedError,
  CheckpointForeignError,
  joinGroup,
  RecordCheckpointStore,
  type RecordStore,
} from "../../src/dcp.ts";
import type { StoredVbucketPosition } from "../../src/feed/position.ts";
import { Random, withRandom } from "../support/random.ts";
import { test } from "../support/test.ts";

/** A kind of record, to be tested as a store and as a record. */
export interface RecordSubject {
  /** What its tests are called after. */
  readonly name: string;
  /** Runs a test with an empty place; each call of `open` is another process that uses it. */
  run(body: (open: () => RecordStore) => Promise<void>): Promise<void>;
}

/** A position at the end of its snapshot. */
export function at(seqno: number | string, vbuuid = "77"): StoredVbucketPosition {
  return { vbuuid, seqno: `${seqno}`, snapshotStart: `${seqno}`, snapshotEnd: `${seqno}` };
}

/** A checkpoint of the bucket "b1". */
export function checkpointOf(vbuckets: Checkpoint["vbuckets"], more: Partial<Checkpoint> = {}): Checkpoint {
  return { version: 1, bucket: "b1", vbuckets, ...more };
}

/** Registers the tests of the contract. */
export function checkpointContract(subject: RecordSubject): void {
  recordContract(subject);
  groupContract(subject);
  const storeTest = (name: string, body: (open: () => RecordCheckpointStore) => Promise<void>) =>
    test(
      `${subject.name} checkpoints ${name}`,
      () => subject.run((open) => body(() => new RecordCheckpointStore(open()))),
    );

  storeTest("are nothing before the first save", async (open) => {
    assertEquals(await open().load(), undefined);
    assertEquals((await open().claim()).checkpoint, undefined);
    assertEquals(await open().load({ bucket: "b1" }), undefined);
  });

  storeTest("give back what was saved, the largest numbers too", async (open) => {
    const store = open();
    const big = {
      vbuuid: "18446744073709551615",
      seqno: "9223372036854775809",
      snapshotStart: "1",
      snapshotEnd: "18446744073709551615",
    };
    const saved = checkpointOf({ 0: big, 1023: at(0) }, { manifest: "1f" });
    const { epoch } = await store.claim({ bucket: "b1" });
    assertEquals(await store.save(saved, { epoch }), { kept: [] });
    assertEquals(await store.load(), saved);
    assertEquals(await open().load({ bucket: "b1" }), saved);
    assertEquals((await open().claim()).checkpoint, saved);
  });

  storeTest("merge the vbuckets of many saves, and the newest manifest", async (open) => {
    const [one, two] = [open(), open()];
    await one.save(checkpointOf({ 1: at(10), 2: at(20) }, { manifest: "a" }));
    await two.save(checkpointOf({ 2: at(21), 3: at(30) }, { manifest: "9" }));
    assertEquals(await one.load(), checkpointOf({ 1: at(10), 2: at(21), 3: at(30) }, { manifest: "a" }));
    await one.save(checkpointOf({}, { manifest: "10" }));
    assertEquals((await two.load())?.manifest, "10");
  });

  storeTest("take the snapshot along with the seqno", async (open) => {
    const store = open();
    await store.save(checkpointOf({ 1: { vbuuid: "5", seqno: "10", snapshotStart: "8", snapshotEnd: "14" } }));
    const later = { vbuuid: "6", seqno: "15", snapshotStart: "15", snapshotEnd: "19" };
    await store.save(checkpointOf({ 1: later }));
    assertEquals((await store.load())?.vbuckets, { 1: later });
  });

  storeTest("move no vbucket back but one that was rolled back", async (open) => {
    const store = open();
    await store.save(checkpointOf({ 1: at(100), 2: at(100) }));
    assertEquals(await store.save(checkpointOf({ 1: at(99), 2: at(101) })), { kept: [1] });
    assertEquals((await open().load())?.vbuckets, { 1: at(100), 2: at(101) });
    assertEquals(await store.save(checkpointOf({ 1: at(50, "78"), 2: at(50) }), { rolledBack: [1] }), { kept: [2] });
    assertEquals((await open().load())?.vbuckets, { 1: at(50, "78"), 2: at(101) });
    // Another branch at the same seqno is no step back.
    assertEquals(await store.save(checkpointOf({ 1: at(50, "79") })), { kept: [] });
    assertEquals((await store.load())?.vbuckets[1], at(50, "79"));
  });

  storeTest("refuse the saves of an owner that another has followed", async (open) => {
    const [old, young] = [open(), open()];
    const first = await old.claim();
    await old.save(checkpointOf({ 1: at(10) }), { epoch: first.epoch });
    const second = await young.claim();
    assertEquals(second.checkpoint, checkpointOf({ 1: at(10) }));
    for (const vbuckets of [{ 1: at(11) }, { 2: at(1) }]) {
      const error = await assertRejects(
        () => old.save(checkpointOf(vbuckets), { epoch: first.epoch }),
        CheckpointFencedError,
        "another consumer has claimed",
      );
      assertEquals([error.code, error.vbuckets], ["CHECKPOINT_FENCED", Object.keys(vbuckets).map(Number)]);
    }
    await assertRejects(() => old.save(checkpointOf({ 1: at(12) })), CheckpointFencedError);
    assertEquals(await young.load(), checkpointOf({ 1: at(10) }));
    await young.save(checkpointOf({ 1: at(13) }), { epoch: second.epoch });
    assertEquals((await old.load())?.vbuckets, { 1: at(13) });
  });

  storeTest("fence vbucket by vbucket, and save those that are still one's own", async (open) => {
    const [a, b] = [open(), open()];
    const mine = new Map([[1, 100], [2, 100]]);
    await a.claim({ vbuckets: mine });
    await a.save(checkpointOf({ 1: at(10), 2: at(20) }), { epoch: mine });
    const theirs = await b.claim({ vbuckets: new Map([[2, 101], [3, 101]]) });
    assertEquals(theirs.checkpoint?.vbuckets[2], at(20));
    const error = await assertRejects(
      () => a.save(checkpointOf({ 1: at(11), 2: at(21) }), { epoch: mine }),
      CheckpointFencedError,
    );
    assertEquals(error.vbuckets, [2]);
    assertEquals((await b.load())?.vbuckets, { 1: at(11), 2: at(20) });
    await assertRejects(() => a.claim({ vbuckets: new Map([[2, 100]]) }), CheckpointFencedError);
    // A claim of everything is above every claim of single ones.
    const all = await open().claim();
    await assertRejects(() => b.save(checkpointOf({ 3: at(5) }), { epoch: 101 }), CheckpointFencedError);
    await a.save(checkpointOf({ 3: at(6) }), { epoch: all.epoch });
    assertEquals((await b.load())?.vbuckets[3], at(6));
  });

  storeTest("refuse the positions of another bucket, and begin again after a reset", async (open) => {
    const store = open();
    const { epoch } = await store.claim({ bucket: "b1" });
    await store.save(checkpointOf({ 1: at(10) }), { epoch });
    const foreign = () => store.save(checkpointOf({ 1: at(11) }, { bucket: "b2" }), { epoch });
    const error = await assertRejects(foreign, CheckpointForeignError, "reset()");
    assertEquals([error.code, error.stored, error.given], ["CHECKPOINT_FOREIGN", "b1", "b2"]);
    await assertRejects(() => open().load({ bucket: "b2" }), CheckpointForeignError);
    await assertRejects(() => open().claim({ bucket: "b2" }), CheckpointForeignError);
    // What was refused has changed nothing, not even who may save.
    await store.save(checkpointOf({ 1: at(12) }), { epoch });
    await open().reset();
    assertEquals(await store.load({ bucket: "b2" }), undefined);
    await assertRejects(() => store.save(checkpointOf({ 1: at(13) }), { epoch }), CheckpointFencedError);
    const fresh = await store.claim({ bucket: "b2" });
    await store.save(checkpointOf({ 1: at(1) }, { bucket: "b2" }), { epoch: fresh.epoch });
    assertEquals((await open().load({ bucket: "b2" }))?.vbuckets, { 1: at(1) });
  });

  storeTest("refuse what is no position", async (open) => {
    const store = open();
    const wrong: [number, Partial<StoredVbucketPosition>, string][] = [
      [1, { seqno: "11" }, "outside of its snapshot"],
      [1, { snapshotStart: "11" }, "outside of its snapshot"],
      [1, { seqno: "-1" }, "expected an unsigned 64-bit number"],
      [1, { vbuuid: "18446744073709551616" }, "expected an unsigned 64-bit number"],
      [65536, {}, "vbucket 65536 is not 0 to 65535"],
    ];
    for (const [vbucket, change, message] of wrong) {
      await assertRejects(() => store.save(checkpointOf({ [vbucket]: { ...at(10), ...change } })), TypeError, message);
    }
    await assertRejects(() => store.save(checkpointOf({}, { manifest: "xyz" })), TypeError, "hexadecimal digits");
    assertEquals(await store.load(), undefined);
  });

  storeTest("lose nothing of the saves that many make at once", async (open) => {
    const stores = Array.from({ length: 6 }, open);
    const rounds = 5;
    await Promise.all(stores.map(async (store, i) => {
      for (let n = 1; n <= rounds; n++) await store.save(checkpointOf({ [i]: at(n), 100: at(n * 10 + i) }));
    }));
    const vbuckets = Object.fromEntries(stores.map((_, i) => [i, at(rounds)]));
    assertEquals((await open().load())?.vbuckets, { ...vbuckets, 100: at(rounds * 10 + stores.length - 1) });
  });

  storeTest("hold a whole bucket of 1024 vbuckets", async (open) => {
    const store = open();
    const random = new Random(7);
    const big = () => `${(BigInt(random.next()) << 32n) | BigInt(random.next())}`;
    const vbuckets: Record<number, StoredVbucketPosition> = {};
    for (let vb = 0; vb < 1024; vb++) vbuckets[vb] = at(big(), big());
    const epochs = new Map(Array.from({ length: 1024 }, (_, vb) => [vb, 1_763_700_000_000 + vb]));
    await store.claim({ vbuckets: epochs });
    await store.save(checkpointOf(vbuckets), { epoch: epochs });
    assertEquals((await open().load())?.vbuckets, vbuckets);
    await store.save(checkpointOf({ 5: at("18446744073709551615") }), { epoch: epochs });
    assertEquals((await open().load())?.vbuckets[5]?.seqno, "18446744073709551615");
  });

  storeTest("give up when told to", async (open) => {
    const store = open();
    const reason = new Error("enough");
    const signal = AbortSignal.abort(reason);
    for (
      const call of [
        store.load({ signal }),
        store.claim({ signal }),
        store.save(checkpointOf({ 1: at(1) }), { signal }),
      ]
    ) {
      assertEquals(await call.then(() => undefined, (error) => error), reason);
    }
    await store.save(checkpointOf({ 1: at(2) }));
    assertEquals((await store.load())?.vbuckets, { 1: at(2) });
  });

  storeTest("never move back under random saves of random owners", (open) =>
    withRandom(async (random) => {
      const owners = Array.from({ length: 3 }, () => ({ store: open(), epoch: 0 }));
      const expected: Record<number, StoredVbucketPosition> = {};
      let newest = 0;
      for (let step = 0; step < 120; step++) {
        const owner = random.pick(owners);
        if (random.int(4) === 0) {
          newest = owner.epoch = (await owner.store.claim()).epoch;
          continue;
        }
        const [vb, seqno] = [random.int(3), random.int(1000)];
        const rolledBack = random.int(6) === 0 ? [vb] : [];
        const save = owner.store.save(checkpointOf({ [vb]: at(seqno) }), { epoch: owner.epoch, rolledBack });
        if (owner.epoch < newest) await assertRejects(() => save, CheckpointFencedError);
        else {
          const before = expected[vb];
          const stays = before !== undefined && seqno < Number(before.seqno) && rolledBack.length === 0;
          assertEquals(await save, { kept: stays ? [vb] : [] });
          if (!stays) expected[vb] = at(seqno);
        }
        assertEquals((await random.pick(owners).store.load())?.vbuckets ?? {}, expected);
      }
    }));
}

/** Groups meet in the same records: two members share, and the one that stays gets what the other had. */
function groupContract(subject: RecordSubject): void {
  test(`${subject.name} record lets the members of a group meet`, () =>
    subject.run(async (open) => {
      // The members look often; the lease is so long that no busy machine makes them lose it.
      const options = { name: "g", vbuckets: 10, leaseMs: 600_000, renewMs: 10, rebalanceDelayMs: 0 };
      const member = async () => {
        const held = new Map<number, number>();
        let changed = () => {};
        const handlers = {
          assigned: (vbuckets: ReadonlyMap<number, number>) => {
            for (const [vbucket, epoch] of vbuckets) held.set(vbucket, epoch);
            changed();
          },
          revoked: (vbuckets: readonly number[]) => {
            for (const vbucket of vbuckets) held.delete(vbucket);
            changed();
          },
          lost: () => {},
        };
        const until = async (size: number) => {
          while (held.size !== size) await new Promise<void>((resolve) => changed = resolve);
        };
        return { held, until, group: await joinGroup({ ...options, store: open() }, handlers) };
      };
      const one = await member();
      await one.until(10);
      const before = new Map(one.held);
      const two = await member();
      await Promise.all([one.until(5), two.until(5)]);
      assertEquals([...one.held.keys(), ...two.held.keys()].sort(), [...before.keys()].sort());
      await one.group.leave();
      await two.until(10);
      for (const [vbucket, epoch] of two.held) assertEquals(epoch > before.get(vbucket)!, true);
      await two.group.leave();
    }));
}

/** What lies below: one text with compare and set. */
function recordContract(subject: RecordSubject): void {
  const recordTest = (name: string, body: (open: () => RecordStore) => Promise<void>) =>
    test(`${subject.name} record ${name}`, () => subject.run(body));

  recordTest("changes only in the hands of who knows what it is", async (open) => {
    const [a, b] = [open(), open()];
    assertEquals(await a.read(), undefined);
    assertEquals(await a.write("one", undefined), true);
    assertEquals(await b.write("two", undefined), false);
    const seen = await b.read();
    assertEquals(seen?.text, "one");
    assertEquals(await a.write("three", (await a.read())?.version), true);
    assertEquals(await b.write("two", seen?.version), false);
    assertEquals(await b.write("two", undefined), false);
    assertEquals((await b.read())?.text, "three");
    assertEquals(await b.write("four", (await b.read())?.version), true);
    assertEquals((await a.read())?.text, "four");
  });

  recordTest("keeps any text, long ones and those outside of ASCII too", async (open) => {
    const record = open();
    for (const text of ["x", "€".repeat(70_000), "😀 \u0000 \ufeff", "y".repeat(200_000), "z"]) {
      assertEquals(await record.write(text, (await record.read())?.version), true);
      assertEquals((await open().read())?.text, text);
    }
  });

  recordTest("lets one of many writers through at a time", async (open) => {
    const records = Array.from({ length: 5 }, open);
    await Promise.all(records.map(async (record) => {
      for (let n = 0; n < 8;) {
        const stored = await record.read();
        if (await record.write(`${Number(stored?.text ?? 0) + 1}`, stored?.version)) n++;
      }
    }));
    assertEquals((await open().read())?.text, "40");
  });
}
