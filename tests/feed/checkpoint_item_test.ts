import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Client, Connection } from "../../mod.ts";
import { CheckpointCorruptError, CheckpointFencedError, ItemCheckpointStore, ItemRecord } from "../../src/dcp.ts";
import { MemoryStore, Server } from "../../src/server.ts";
import { memoryPair } from "../../src/transport/memory.ts";
import { at, checkpointContract, checkpointOf } from "../contract/checkpoint_contract.ts";
import { CouchbaseScene } from "../support/couchbase_scene.ts";
import { test } from "../support/test.ts";

/** No call may fail because a machine is busy. */
const TIMEOUT = 60_000;

async function withMemcached(body: (connect: () => Client, store: MemoryStore) => Promise<void>): Promise<void> {
  const errors: unknown[] = [];
  await using server = new Server({ onError: (error) => errors.push(error) });
  const store = new MemoryStore();
  store.register(server);
  const clients: Client[] = [];
  await body(() => {
    const [here, there] = memoryPair();
    server.serve(there);
    const client = new Client(new Connection(here, { timeout: TIMEOUT }));
    clients.push(client);
    return client;
  }, store);
  await Promise.all(clients.map((client) => client.close()));
  assertEquals(errors, []);
}

checkpointContract({
  name: "memcached item",
  run: (body) => withMemcached((connect) => body(() => new ItemRecord(connect(), "orders"))),
});

checkpointContract({
  name: "memcached item in small parts",
  run: (body) => withMemcached((connect) => body(() => new ItemRecord(connect(), "orders", { partSize: 4096 }))),
});

checkpointContract({
  name: "Couchbase document",
  run: async (body) => {
    await using scene = new CouchbaseScene();
    await using client = await scene.client({ timeout: TIMEOUT, connectTimeout: TIMEOUT });
    await body(() => new ItemRecord(client, "orders"));
  },
});

test("ItemCheckpointStore keeps its items below its prefix, never to expire", () =>
  withMemcached(async (connect, store) => {
    const client = connect();
    await new ItemCheckpointStore(client, "orders").save(checkpointOf({ 1: at(1) }));
    await new ItemCheckpointStore(client, "orders", { prefix: "p/" }).save(checkpointOf({ 1: at(2) }));
    assertEquals(store.get("memwire:orders")?.expiresAt, Infinity);
    assertEquals(JSON.parse((await client.getText("p/orders"))!).vbuckets, { 1: at(2) });
  }));

test("ItemRecord deletes the parts of the text before, and those of a write that was overtaken", () =>
  withMemcached(async (connect) => {
    const client = connect();
    const count = async () => Number((await client.stats()).get("curr_items"));
    const record = new ItemRecord(client, "orders", { partSize: 10 });
    for (const size of [95, 5, 31]) {
      await record.write("x".repeat(size), (await record.read())?.version);
      assertEquals(await count(), 1 + (size <= 10 ? 0 : Math.ceil(size / 10)));
    }
    const stale = (await record.read())?.version;
    await record.write("y".repeat(20), stale);
    assertEquals(await record.write("z".repeat(50), stale), false);
    assertEquals(await record.write("z".repeat(50), undefined), false);
    assertEquals([await count(), (await record.read())?.text], [3, "y".repeat(20)]);
    // A server that was flushed meanwhile has nothing to write over.
    const last = (await record.read())?.version;
    await client.flush();
    assertEquals(await record.write("z", last), false);
    assertEquals(await record.read(), undefined);
  }));

test("ItemCheckpointStore says so when the server has lost a part", () =>
  withMemcached(async (connect) => {
    const client = connect();
    const store = new ItemCheckpointStore(client, "orders", { partSize: 60 });
    await store.save(checkpointOf({ 1: at(1) }));
    const head = await client.getText("memwire:orders");
    const [, write] = head!.split(" ");
    await client.delete(`memwire:orders:${write}:1`);
    await assertRejects(() => store.load(), CheckpointCorruptError, "parts are gone, evicted or lost");
  }));

test("ItemCheckpointStore takes a claimed checkpoint that the server has forgotten for lost, not for a fresh start", () =>
  withMemcached(async (connect) => {
    const client = connect();
    const store = new ItemCheckpointStore(client, "orders");
    const { epoch } = await store.claim();
    await store.save(checkpointOf({ 1: at(10), 2: at(20) }), { epoch });
    await client.flush();
    const save = () => store.save(checkpointOf({ 1: at(11) }), { epoch });
    const error = await assertRejects(save, CheckpointCorruptError, "gone since it was claimed");
    assertEquals(error.code, "CHECKPOINT_CORRUPT");
    assertEquals(await store.load(), undefined);
    const group = new Map([[1, epoch], [2, epoch]]);
    await assertRejects(() => store.save(checkpointOf({ 2: at(21) }), { epoch: group }), CheckpointCorruptError);
  }));

test("ItemCheckpointStore fences an earlier owner off although the server has forgotten its claim", () =>
  withMemcached(async (connect) => {
    const [old, young] = [connect(), connect()].map((client) => new ItemCheckpointStore(client, "orders"));
    const first = await old!.claim();
    await old!.save(checkpointOf({ 1: at(10) }), { epoch: first.epoch });
    await connect().flush();
    // Epochs that were forgotten rise with the time, in ms.
    while (Date.now() <= first.epoch) await new Promise((resolve) => setTimeout(resolve, 1));
    const second = await young!.claim();
    assertEquals(second.checkpoint, undefined);
    await assertRejects(() => old!.save(checkpointOf({ 1: at(11) }), { epoch: first.epoch }), CheckpointFencedError);
    await young!.save(checkpointOf({ 1: at(1) }), { epoch: second.epoch });
    assertEquals((await old!.load())?.vbuckets, { 1: at(1) });
  }));

test("ItemRecord takes no parts that are shorter than a character", () =>
  withMemcached((connect) => {
    const client = connect();
    assertThrows(() => new ItemRecord(client, "orders", { partSize: 3 }), RangeError, "4 is the least");
    return Promise.resolve();
  }));
