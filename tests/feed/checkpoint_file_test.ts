import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fs, { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CheckpointCorruptError,
  CheckpointError,
  CheckpointFencedError,
  FileCheckpointStore,
  FileRecord,
} from "../../src/dcp.ts";
import { UnsupportedError } from "../../src/errors.ts";
import { filesOver } from "../../src/transport/files.ts";
import { at, checkpointContract, checkpointOf } from "../contract/checkpoint_contract.ts";
import { type Death, Killed, ModelDisk } from "../support/model_files.ts";
import { Random, withRandom } from "../support/random.ts";
import { test } from "../support/test.ts";

const PATH = "data/orders.checkpoint";

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "memwire-"));
  try {
    await body(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

checkpointContract({
  name: "file",
  run: (body) => inFolder((folder) => body(() => new FileRecord(join(folder, "new", "orders.checkpoint")))),
});

checkpointContract({
  name: "model file",
  run: (body) => {
    const disk = new ModelDisk();
    return body(() => new FileRecord(PATH, { files: disk.process() }));
  },
});

test("FileCheckpointStore leaves four files, whatever was saved, and reads plain JSON", () =>
  inFolder(async (folder) => {
    const store = new FileCheckpointStore(join(folder, "orders"));
    for (let seqno = 1; seqno <= 20; seqno++) await store.save(checkpointOf({ 1: at(seqno) }));
    assertEquals((await readdir(folder)).sort(), ["orders.17", "orders.18", "orders.19", "orders.20"]);
    assertEquals((await new FileCheckpointStore(join(folder, "orders")).load())?.vbuckets, { 1: at(20) });
    // Files of others in the folder are none of its business.
    assertEquals(await new FileCheckpointStore(join(folder, "order")).load(), undefined);
  }));

test("FileCheckpointStore takes a path without a folder, and none that is a folder", () => {
  new FileCheckpointStore("orders");
  assertThrows(() => new FileCheckpointStore("data/"), TypeError, "names no file");
  assertThrows(() => new FileCheckpointStore(""), TypeError, "names no file");
});

test("FileCheckpointStore says what is wrong with a file that is no checkpoint", async () => {
  const wrong = ["", "{", "[]", "null", "7", '{"version":2,"bucket":"b","vbuckets":{}}', '{"version":1,"bucket":"b"}'];
  const position = '"vbuuid":"1","snapshotStart":"0","snapshotEnd":"9"';
  wrong.push(`{"version":1,"bucket":"b","vbuckets":{"1":{${position},"seqno":"10"}}}`);
  wrong.push(`{"version":1,"bucket":"b","vbuckets":{"1":{${position},"seqno":7}}}`);
  wrong.push('{"version":1,"bucket":"b","vbuckets":{},"epoch":-1}');
  for (const text of wrong) {
    const disk = new ModelDisk();
    disk.put(`${PATH}.3`, text);
    const store = new FileCheckpointStore(PATH, { files: disk.process() });
    const error = await assertRejects(() => store.load(), CheckpointCorruptError, "mend it, or delete it");
    assertEquals([error.code, error.message.includes(PATH)], ["CHECKPOINT_CORRUPT", true]);
    await assertRejects(() => store.save(checkpointOf({ 1: at(1) })), CheckpointCorruptError);
    assertEquals(disk.names, [`${PATH}.3`]);
  }
});

const DEATHS: readonly Death[] = ["before", "during", "after"];

for (const death of DEATHS) {
  test(`FileCheckpointStore survives a kill ${death} each of its operations: the old or the new, never less`, async () => {
    let kills = 0;
    for (let life = 0;; life++) {
      const disk = new ModelDisk();
      const open = (operations?: number) => new FileCheckpointStore(PATH, { files: disk.process(operations, death) });
      const before = checkpointOf({ 1: at(10), 2: at(10) });
      const after = checkpointOf({ 1: at(10), 2: at(20) });
      await open().save(before);
      const saved = await open(life).save(after).then(() => true, (error) => {
        if (error.cause instanceof Killed) return false;
        throw error;
      });
      assertEquals(await open().load(), await open().load());
      const found = await open().load();
      assert([before, after].some((each) => JSON.stringify(each) === JSON.stringify(found)), JSON.stringify(found));
      if (saved) assertEquals(found, after);
      // The one that comes after the kill can go on.
      const { epoch } = await open().claim();
      await open().save(checkpointOf({ 2: at(30) }), { epoch });
      assertEquals((await open().load())?.vbuckets[2], at(30));
      assertEquals(disk.names.filter((name) => !/\.\d+$/.test(name)), []);
      if (saved) break;
      kills++;
    }
    // To list, to read, then to make the folder, the file, its content, its number and the folder durable, and to clear up.
    assert(kills >= 8, `${kills}`);
  });
}

test("FileCheckpointStore survives a loss of power at every point", () =>
  withRandom(async (random) => {
    for (let round = 0; round < 300; round++) {
      const disk = new ModelDisk();
      const open = (operations?: number) =>
        new FileCheckpointStore(PATH, { files: disk.process(operations, random.pick(DEATHS)) });
      let acknowledged = 0;
      const last = 1 + random.int(4);
      for (let seqno = 1; seqno <= last; seqno++) {
        await open().save(checkpointOf({ 1: at(seqno) }));
        acknowledged = seqno;
      }
      await open(random.int(12)).save(checkpointOf({ 1: at(last + 1) })).then(
        () => acknowledged = last + 1,
        (error) => assert(error.cause instanceof Killed, String(error)),
      );
      disk.powerLoss(random);
      const found = Number((await open().load())?.vbuckets[1]?.seqno);
      assert(found === acknowledged || found === last + 1, `${found} after ${acknowledged} of ${last}`);
    }
  }));

test("FileCheckpointStore on a full disk says what it could not do, leaves nothing half written, and goes on when there is room", async () => {
  for (const what of ["create", "sync", "link"] as const) {
    const disk = new ModelDisk();
    const files = disk.process();
    const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    let isFull = false;
    const failing = (path: string, run: () => Promise<unknown>) => {
      if (!isFull) return run();
      if (what !== "create") return Promise.reject(full);
      return files.create(path, "{").then(() => Promise.reject(full));
    };
    const store = new FileCheckpointStore(PATH, {
      files: { ...files, [what]: (path: string, text: string) => failing(path, () => files[what](path, text)) },
    });
    await store.save(checkpointOf({ 1: at(1) }));
    isFull = true;
    const error = await assertRejects(() => store.save(checkpointOf({ 1: at(2) })), CheckpointError);
    assertEquals(error.message, `Cannot save the checkpoint ${PATH}: ENOSPC: no space left on device, write`);
    assertEquals([error.code, error.cause], ["CHECKPOINT", full]);
    assertEquals(disk.names, [`${PATH}.1`]);
    isFull = false;
    await store.save(checkpointOf({ 1: at(3) }));
    assertEquals((await store.load())?.vbuckets, { 1: at(3) });
  }
});

test("FileCheckpointStore says so where files have one name only, and leaves nothing there", () =>
  inFolder(async (folder) => {
    for (const code of ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]) {
      const cause = Object.assign(new Error(`${code}: link`), { code });
      const files = filesOver({ ...fs, link: () => Promise.reject(cause) });
      const store = new FileCheckpointStore(join(folder, "orders"), { files });
      const error = await assertRejects(() => store.claim(), UnsupportedError, "this file system has no hard links");
      assertEquals(error.cause, cause);
      assertEquals(await readdir(folder), []);
      assertEquals(await store.load(), undefined);
    }
  }));

test("FileCheckpointStore gives the reason of a signal as it is", async () => {
  const store = new FileCheckpointStore(PATH, { files: new ModelDisk().process() });
  const reason = new Error("enough");
  const signal = AbortSignal.abort(reason);
  for (const call of [() => store.load({ signal }), () => store.claim({ signal }), () => store.reset({ signal })]) {
    assertEquals(await call().catch((error) => error), reason);
  }
});

test("FileRecord lets a writer that was asleep overwrite nothing, even when its number is free again", async () => {
  const disk = new ModelDisk();
  const record = new FileRecord(PATH, { files: disk.process() });
  await record.write("1", undefined);
  const asleep = await record.read();
  for (const text of ["2", "3", "4", "5", "6"]) await record.write(text, (await record.read())?.version);
  assertEquals(disk.names, [3, 4, 5, 6].map((number) => `${PATH}.${number}`));
  assertEquals(await record.write("late", asleep?.version), false);
  assertEquals((await record.read())?.text, "6");
  assertEquals(await record.write("7", (await record.read())?.version), true);
  assertEquals((await record.read())?.text, "7");
});

test("FileCheckpointStore fences two writers whose operations are mixed in any way", async () => {
  const random = new Random(5);
  for (let round = 0; round < 100; round++) {
    const disk = new ModelDisk();
    const mixed = () => {
      const files = disk.process();
      const late = <A extends unknown[], T>(run: (...args: A) => Promise<T>) => async (...args: A) => {
        for (let turns = random.int(12); turns > 0; turns--) await Promise.resolve();
        return run(...args);
      };
      const { list, read, create, sync, syncFolder, link, remove, makeFolder } = files;
      return new FileCheckpointStore(PATH, {
        files: {
          list: late(list),
          read: late(read),
          create: late(create),
          sync: late(sync),
          syncFolder: late(syncFolder),
          link: late(link),
          remove: late(remove),
          makeFolder: late(makeFolder),
        },
      });
    };
    let newest = 0;
    const run = async (base: number) => {
      const store = mixed();
      const { epoch } = await store.claim();
      newest = Math.max(newest, epoch);
      for (let n = 0; n < 5; n++) {
        try {
          await store.save(checkpointOf({ 1: at(base + n) }), { epoch });
        } catch (error) {
          assert(error instanceof CheckpointFencedError, String(error));
          return { epoch, fenced: true };
        }
      }
      return { epoch, fenced: false };
    };
    const outcomes = await Promise.all([run(100), run(200)]);
    assert(outcomes[0]!.epoch !== outcomes[1]!.epoch);
    // Who claimed last is never fenced off, and what it saved last is what is there, unless the other had got further before.
    const last = outcomes.find(({ epoch }) => epoch === newest);
    assertEquals(last?.fenced, false);
    const seqno = Number((await mixed().load())?.vbuckets[1]?.seqno);
    assert(last === outcomes[1] ? seqno === 204 : seqno === 104 || seqno >= 200, `${seqno}`);
  }
});
