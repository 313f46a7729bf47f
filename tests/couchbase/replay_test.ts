/** Our client with the bytes of real servers: it asks as was asked when they were recorded, and makes of the answers what they say. */

import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { Connection } from "../../src/connection/connection.ts";
import { CouchbaseClient } from "../../src/couchbase/couchbase_client.ts";
import { DocumentCaller } from "../../src/couchbase/document_caller.ts";
import { startSession } from "../../src/couchbase/session.ts";
import {
  KeyNotFoundError,
  NotMyVbucketError,
  NotStoredError,
  ProtocolError,
  StatusError,
  UnsupportedError,
} from "../../src/errors.ts";
import { SASL_AUTH } from "../../src/ops/auth.ts";
import { SET_CLUSTER_CONFIG } from "../../src/ops/cluster_config.ts";
import { HELLO } from "../../src/ops/session.ts";
import { Feature, Features } from "../../src/wire/features.ts";
import { Status } from "../../src/wire/status.ts";
import { framesOf, readCapture } from "../support/capture.ts";
import { replayServer } from "../support/replay.ts";
import { test } from "../support/test.ts";
import { bytesOf } from "../support/wire_frame.ts";

const MAP = '{"rev":1,"nodes":[]}';
const BINARY_KEY = new Uint8Array([0x6b, 0x00, 0xff, 0xe2, 0x82, 0xac]);
const BINARY_VALUE = new Uint8Array([0x00, 0x01, 0x02, 0x80, 0xff, 0x0d, 0x0a]);

interface Replay {
  readonly client: CouchbaseClient;
  /** The lines of requests that were made otherwise than recorded. */
  readonly deviations: () => readonly number[];
  /** The lines of requests that were not made. */
  readonly missing: () => readonly number[];
}

/** Talks as a client would on one of the connections of a capture, without a session. */
async function replay(name: string, connection: string, talk: (replay: Replay) => Promise<void>): Promise<void> {
  const server = replayServer(readCapture(name), connection);
  const calls = new Connection(server.transport, { timeout: 5000 });
  const documents = new DocumentCaller(calls, { vbucketCount: 0 });
  try {
    await talk({
      client: new CouchbaseClient(documents, { features: Features.NONE }),
      deviations: () => server.deviations.map(({ line }) => line),
      missing: () => server.missing,
    });
    assertEquals(server.strangers, []);
  } finally {
    calls.destroy();
    await calls.closed;
  }
}

/** What every connection to 6.0.5 begins with. */
async function logIn(client: CouchbaseClient): Promise<void> {
  const { data } = await client.caller.call(SASL_AUTH, { mechanism: "PLAIN", data: "\0@admin\0password" });
  assertEquals(data.length, 0);
  await client.selectBucket("default");
}

/** The writes that every scenario begins with; gives their versions. */
async function load(client: CouchbaseClient, vbucket: number): Promise<bigint[]> {
  const call = { vbucket };
  const written = [
    await client.set("plain", "value one", call),
    await client.set("flags", "value two", { ...call, flags: 0x11223344 }),
    await client.set("exp", "value three", { ...call, flags: 1, ttl: 3600 }),
    await client.set("empty", "", call),
    await client.set(BINARY_KEY, BINARY_VALUE, call),
    await client.set("json", '{"a":1}', call),
    await client.set("gone", "deleted before the feed", call),
  ];
  assertEquals(await client.delete("gone", call), true);
  written.push(await client.set("plain", "value one, second", call));
  return written.map(({ cas }) => cas);
}

function rising(versions: readonly bigint[]): boolean {
  return versions.every((cas, i) => cas > (versions[i - 1] ?? 0n));
}

async function notMine(promise: Promise<unknown>, config: string | undefined): Promise<void> {
  const error = await assertRejects(() => promise, NotMyVbucketError);
  assertEquals([error.config, error.retryable, error.statusName], [config, true, "NOT_MY_VBUCKET"]);
}

const elsewhere = { vbucket: 9 };

test("client replays key-value with kv_engine 6.0.5", async () => {
  await replay("cb605-ep-kv-misc", "ctl", async ({ client, deviations, missing }) => {
    await logIn(client);
    await client.setVbucket(0, "active", { legacy: "extras" });
    assert(rising(await load(client, 0)));

    await notMine(client.get("x", elsewhere), undefined);
    await notMine(client.set("x", "y", elsewhere), undefined);
    await notMine(client.delete("x", elsewhere), undefined);
    await notMine(client.getVbucket(9), undefined);
    await client.caller.call(SET_CLUSTER_CONFIG, { bucket: "", json: MAP });
    assertEquals(await client.clusterConfig(), MAP);
    await notMine(client.get("x", elsewhere), MAP);
    await notMine(client.get("x", { vbucket: 10 }), MAP);

    assertEquals(await client.getMeta("flags"), {
      deleted: false,
      flags: 0x11223344,
      expiry: 0,
      revision: 1n,
      cas: 0x18e9d5536b7a0000n,
    });
    const gone = await client.getMeta("gone");
    assertEquals([gone?.deleted, gone?.revision, gone?.cas], [true, 2n, 0x18e9d5536b9b0000n]);
    const write = { flags: 5, revision: 7n, newCas: 0x1234567812345678n };
    assertEquals(await client.setWithMeta("wm", "v", write), { cas: 0x1234567812345678n });
    const removal = { flags: 5, revision: 9n, newCas: 0x1234567812345699n };
    assertEquals(await client.deleteWithMeta("wm", removal), { cas: 0x1234567812345699n });

    await notMine(client.getReplica("plain"), MAP);
    await client.setVbucket(0, "replica", { legacy: "extras" });
    const replica = await client.getReplica("plain");
    assertEquals([replica?.text(), replica?.cas], ["value one, second", 0x18e9d5536b9f0000n]);
    await notMine(client.get("plain"), MAP);
    await client.setVbucket(0, "pending", { legacy: "extras" });
    await client.setVbucket(0, "active", { legacy: "extras" });
    const failed = await assertRejects(() => client.set("tmp", "fail"), StatusError);
    assertEquals([failed.statusName, failed.retryable], ["ETMPFAIL", true]);

    // We ask for the datatype too, which this server sends to nobody; traffic is for administrators to stop.
    assertEquals(deviations(), [86, 88]);
    assertEquals(missing(), [112, 114, 118]);
  });
});

test("client replays an ejection, a list of keys and a random key with kv_engine 6.0.5", async () => {
  await replay("cb605-ep-kv-misc", "evict", async ({ client, missing }) => {
    await logIn(client);
    await client.evict("plain");
    assertEquals(missing(), []);
  });
  await replay("cb605-ep-kv-misc", "get-keys", async ({ client, deviations }) => {
    await logIn(client);
    const keys = await client.getKeys("a", { count: 10 });
    assertEquals(keys, [...["empty", "exp", "flags", "json"].map(bytesOf), BINARY_KEY, bytesOf("plain")]);
    assertEquals(deviations(), []);
  });
  await replay("cb605-ep-kv-misc", "random", async ({ client, deviations }) => {
    await logIn(client);
    const found = await client.getRandom();
    assertEquals(found, {
      key: bytesOf("json"),
      value: bytesOf('{"a":1}'),
      flags: 0,
      cas: 0x18e9d5536b8c0000n,
      datatype: 0,
    });
    assertEquals(deviations(), []);
  });
  await replay("cb605-ep-kv-misc", "flush-extras", async ({ client, deviations }) => {
    await logIn(client);
    const refused = await assertRejects(() => client.flush(), StatusError);
    assertEquals(refused.statusName, "NOT_SUPPORTED");
    assertEquals(deviations(), [68]);
  });
  // Its answer came when the vbucket became active.
  await replay("cb605-ep-kv-misc", "pending-get", async ({ client, deviations }) => {
    await logIn(client);
    assertEquals((await client.get("plain"))?.text(), "value one, second");
    assertEquals(deviations(), []);
  });
});

test("client replays observe with kv_engine 6.0.5", async () => {
  await replay("cb605-ep-kv-observe", "ctl", async ({ client, deviations, missing }) => {
    await logIn(client);
    await client.setVbucket(0, "active", { legacy: "extras" });
    await client.setVbucket(1, "active", { legacy: "extras" });
    const versions = await load(client, 0);
    await load(client, 1);

    // That of four keys in two vbuckets is no call of the client: it asks about the vbuckets of the keys.
    const fresh = await client.set("fresh", "x");
    assertEquals(await client.observe(["fresh"]), [{ key: bytesOf("fresh"), state: "notPersisted", cas: fresh.cas }]);
    assertEquals(await client.delete("plain"), true);
    const [deleted] = await client.observe(["plain"]);
    assertEquals([deleted?.state, deleted!.cas > versions.at(-1)!], ["logicallyDeleted", true]);

    const vbuuid = 0x00007466a5a46950n;
    assertEquals(await client.observeSeqno(0, vbuuid), { vbucket: 0, vbuuid, persistedSeqno: 11n, currentSeqno: 11n });
    await assertRejects(() => client.observeSeqno(0, 0xbadn), KeyNotFoundError);
    await notMine(client.observeSeqno(17, vbuuid), undefined);

    const both = new Map([[0, 11n], [1, 9n]]);
    assertEquals(await client.vbucketSeqnos(), both);
    assertEquals(await client.vbucketSeqnos({ state: "active" }), both);
    assertEquals(await client.vbucketSeqnos({ state: "replica" }), new Map());
    assertEquals(await client.vbucketSeqnos({ state: "pending" }), new Map());
    assertEquals(await client.vbucketSeqnos({ state: "dead" }), new Map());
    await client.setVbucket(1, "replica", { legacy: "extras" });
    assertEquals(await client.vbucketSeqnos(), both);
    assertEquals(await client.vbucketSeqnos({ state: "replica" }), new Map([[1, 9n]]));
    await client.seqnoPersisted(0, 1n);

    assertEquals(deviations(), []);
    assertEquals(missing(), [46, 56, 117, 119, 121]);
  });
});

test("client replays refusals of kv_engine 6.0.5, and the words of one with a context", async () => {
  await replay("cb605-ep-kv-observe", "observe-short", async ({ client, missing }) => {
    await logIn(client);
    // No call of ours is so short: the answer is to another.
    const refused = await assertRejects(() => client.observe([]), StatusError);
    assertEquals([refused.statusName, refused.context], ["EINVAL", "Requires vbid and keylen."]);
    assert(refused.message.includes("Requires vbid and keylen."));
    assertEquals(missing(), []);
  });
  await replay("cb605-ep-kv-observe", "seqnos-bad-extras", async ({ client, deviations }) => {
    await logIn(client);
    const refused = await assertRejects(() => client.vbucketSeqnos({ collection: 1 }), StatusError);
    assertEquals(refused.statusName, "EINVAL");
    assertEquals(deviations(), []);
  });
});

test("client replays key-value with Couchbase 3.1.6", async () => {
  await replay("cb316-ep-kv-misc", "ctl", async ({ client, deviations, missing }) => {
    await client.setVbucket(0, "active", { legacy: "extras" });
    assert(rising(await load(client, 0)));
    await notMine(client.get("x", elsewhere), undefined);
    await notMine(client.set("x", "y", elsewhere), undefined);
    await notMine(client.delete("x", elsewhere), undefined);
    await notMine(client.getVbucket(9), undefined);
    await client.caller.call(SET_CLUSTER_CONFIG, { bucket: "", json: MAP });
    assertEquals(await client.clusterConfig(), MAP);
    await notMine(client.get("x", elsewhere), MAP);
    await notMine(client.get("x", { vbucket: 10 }), MAP);

    // It was flushed in between.
    assertEquals(await client.getMeta("flags"), undefined);
    assertEquals(await client.exists("gone"), false);
    const write = { flags: 5, revision: 7n, newCas: 0x1234567812345678n };
    assertEquals(await client.setWithMeta("wm", "v", write), { cas: 0x1234567812345678n });
    const removal = { flags: 5, revision: 9n, newCas: 0x1234567812345699n };
    assertEquals(await client.deleteWithMeta("wm", removal), { cas: 0n });
    await notMine(client.getReplica("plain"), MAP);
    await client.setVbucket(0, "replica", { legacy: "extras" });
    assertEquals(await client.getReplica("plain"), undefined);
    await notMine(client.get("plain"), MAP);
    await client.setVbucket(0, "pending", { legacy: "extras" });
    await client.setVbucket(0, "active", { legacy: "extras" });
    const failed = await assertRejects(() => client.set("tmp", "fail"), StatusError);
    assertEquals([failed.statusName, failed.retryable], ["ETMPFAIL", true]);
    assertEquals(deviations(), [54, 56]);
    assertEquals(missing(), [76, 78, 82]);
  });
  await replay("cb316-ep-kv-misc", "evict", async ({ client }) => await client.evict("plain"));
  await replay("cb316-ep-kv-misc", "get-keys", async ({ client }) => {
    assertEquals((await client.getKeys("a", { count: 10 })).length, 7);
  });
  await replay("cb316-ep-kv-misc", "random", async ({ client }) => {
    const found = await client.getRandom();
    assertEquals([found?.key, found?.value], [BINARY_KEY, BINARY_VALUE]);
  });
  await replay("cb316-ep-kv-misc", "flush-extras", async ({ client }) => await client.flush());
  await replay("cb316-ep-kv-misc", "pending-get", async ({ client }) => {
    assertEquals(await client.get("plain"), undefined);
  });
});

test("client replays observe with Couchbase 3.1.6, which knows no seqnos", async () => {
  await replay("cb316-ep-kv-observe", "ctl", async ({ client, deviations, missing }) => {
    await client.setVbucket(0, "active", { legacy: "extras" });
    await client.setVbucket(1, "active", { legacy: "extras" });
    await load(client, 0);
    await load(client, 1);
    const { cas } = await client.set("fresh", "x");
    // What it says of times is nonsense and disturbs nobody.
    assertEquals(await client.observe(["fresh"]), [{ key: bytesOf("fresh"), state: "notPersisted", cas }]);
    assertEquals(await client.delete("plain"), true);
    assertEquals((await client.observe(["plain"])).map(({ state }) => state), ["logicallyDeleted"]);

    const unknown = await assertRejects(() => client.observeSeqno(0, 0x0000ceb10c55b29an), StatusError);
    assertEquals(unknown.statusName, "UNKNOWN_COMMAND");
    // All of them, whatever was asked for.
    const both = new Map([[0, 11n], [1, 9n]]);
    for (const state of ["active", "replica", "pending", "dead"] as const) {
      assertEquals(await client.vbucketSeqnos({ state }), both);
    }
    await client.seqnoPersisted(0, 1n);
    assertEquals(deviations(), []);
    assertEquals(missing(), [42, 52, 62, 64, 68, 78, 82, 84, 86, 90, 92, 94]);
  });
});

test("client replays buckets with Couchbase 3.1.6", async () => {
  const name = "cb316-bucket-kv-hello-sasl-select";
  await replay(name, "hello", async ({ client, deviations }) => {
    const features = [...Array(18).keys()].map((code) => code + 1).concat(0x99);
    assertEquals(await client.caller.call(HELLO, { agent: "peers-lab/1.0", features }), { features: [] });
    await client.setVbucket(0, "active", { legacy: "extras" });
    const { cas, token } = await client.set("mt", "with mutation token");
    assertEquals([cas, token], [0x18e9d4311cafc9afn, undefined]);
    assertEquals(await client.delete("mt"), true);
    await client.set("j", '{"a":1}');
    assertEquals((await client.get("j"))?.json(), { a: 1 });
    const wrong = { mechanism: "PLAIN", data: "\0secret\0wrong" };
    const refused = await assertRejects(() => client.caller.call(SASL_AUTH, wrong), StatusError, "Auth failure");
    assertEquals(refused.status, Status.AUTH_ERROR);
    await client.caller.call(SASL_AUTH, { mechanism: "PLAIN", data: "\0secret\0s3cr3t" });
    await assertRejects(() => client.listBuckets(), StatusError, "NOT_SUPPORTED");
    await assertRejects(() => client.selectBucket("default"), StatusError, "NOT_SUPPORTED");
    assertEquals(deviations(), []);
  });
  await replay(name, "admin", async ({ client, deviations, missing }) => {
    const answer = await client.caller.call(SASL_AUTH, { mechanism: "PLAIN", data: "\0_admin\0password" });
    assertEquals(answer.data, bytesOf("Authenticated"));
    assertEquals(await client.listBuckets(), ["default", "secret"]);
    await client.selectBucket("secret");
    assertEquals((await client.get("s"))?.text(), "v");
    await client.selectBucket("default");
    assertEquals(await client.get("s"), undefined);
    await assertRejects(() => client.selectBucket("nosuch"), KeyNotFoundError);
    assertEquals([deviations(), missing()], [[], []]);
  });
});

const SDK = "cb605-ep-sdk-node-4.7-bootstrap";

test("client replays the session of the SDK, byte by byte, and its documents", async () => {
  const capture = readCapture(SDK);
  const server = replayServer(capture, "conn2");
  const connection = new Connection(server.transport, { timeout: 5000 });
  const hello = framesOf(capture, "conn2")[0]!.frame;
  const features = Array.from({ length: hello.value.length / 2 }, (_, i) => hello.value[2 * i + 1]!);
  const session = await startSession(connection, { agent: hello.key, features, bucket: "default" });
  assertEquals(session.features.codes, [0x03, 0x04, 0x06, 0x07, 0x08, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f]);
  assertEquals(session.features.collections, false);
  const { errorMap } = session;
  assertEquals([errorMap?.version, errorMap?.revision, errorMap?.get(0x86)?.name], [1, 1, "ETMPFAIL"]);

  const { vBucketServerMap } = JSON.parse(session.clusterConfig!);
  const vbucketCount = vBucketServerMap.vBucketMap.length;
  const client = new CouchbaseClient(new DocumentCaller(connection, { vbucketCount }), session);
  const flags = 0x02000000;
  const vbuuid = 0x0000623b22b80280n;
  const write = { flags };

  // The SDK marks JSON, which servers find out by themselves.
  const set = await client.set("sdk-1", '{"a":1}', write);
  assertEquals(set, { cas: 0x18e9d61decc30000n, token: { vbuuid, seqno: 1n } });
  const read = await client.get("sdk-1");
  assertEquals([read?.json(), read?.flags, read?.cas, read?.datatype], [{ a: 1 }, flags, set.cas, 1]);
  await assertRejects(() => client.add("sdk-1", '{"a":2}', write), NotStoredError);
  const replaced = await client.replace("sdk-1", '{"a":3}', { ...write, cas: set.cas });
  assertEquals(replaced.token, { vbuuid, seqno: 2n });

  const changed = await client.mutateIn("sdk-1", [{ upsert: "b", value: [1, 2] }]);
  assertEquals(changed, {
    values: [undefined],
    cas: 0x18e9d61dedf40000n,
    deleted: false,
    token: { vbuuid, seqno: 3n },
  });
  const found = await client.lookupIn("sdk-1", [{ get: "b" }, { exists: "zz" }]);
  assertEquals([found?.cas, found?.results.map(({ exists }) => exists)], [changed.cas, [true, false]]);
  assertEquals(found?.results[0]?.json(), [1, 2]);

  assertEquals(await client.touch("sdk-1", { ttl: 60 }), { cas: 0x18e9d61dee530000n });
  const touched = await client.getAndTouch("sdk-1", { ttl: 90 });
  assertEquals([touched?.json(), touched?.cas], [{ a: 3, b: [1, 2] }, 0x18e9d61dee700000n]);
  const locked = await client.getLocked("sdk-1", { lockTime: 5 });
  assertEquals([locked?.json(), locked?.cas], [{ a: 3, b: [1, 2] }, 0x18e9d61dee8c0000n]);
  assertEquals(await client.increment("cnt", { initial: 10n }), 10n);
  const meta = await client.getMeta("sdk-1");
  // To all but the owner of the lock.
  assertEquals([meta?.cas, meta?.revision, meta?.datatype, meta?.deleted], [0xffffffffffffffffn, 5n, 1, false]);
  assertEquals(await client.exists("nope"), false);
  assertEquals(await client.get("nope"), undefined);

  // What needs more than was granted is not sent.
  for (
    const options of [{ durability: "majority" }, { preserveExpiry: true }, { user: "ada" }, { collection: 8 }] as const
  ) {
    const error = await assertRejects(() => client.set("sdk-1", "{}", options), UnsupportedError);
    assertEquals(error.sent, false);
  }
  assert(!session.features.has(Feature.ALT_REQUEST_SUPPORT));

  assertEquals(server.deviations.map(({ line }) => line), [28, 32, 34]);
  for (const { sent, recorded } of server.deviations) assertEquals(withDatatype(sent, 1), recorded);
  // The mechanisms, and the steps of SCRAM, whose nonces are never the same again.
  assertEquals([server.strangers, server.missing], [[], [15, 16, 20]]);
  connection.destroy();
  await connection.closed;
});

function withDatatype(digits: string, datatype: number): string {
  const bytes = digits.split(" ");
  bytes[5] = datatype.toString(16).padStart(2, "0");
  return bytes.join(" ");
}

test("a client that finds no bucket starts its session without a map, as recorded", async () => {
  const server = replayServer(readCapture(SDK), "conn1");
  const connection = new Connection(server.transport, { timeout: 5000 });
  const agent = framesOf(readCapture(SDK), "conn1")[0]!.frame.key;
  const session = await startSession(connection, { agent, features: [Feature.XERROR] });
  assertEquals([session.clusterConfig, session.errorMap?.get(1)?.attributes], [undefined, ["item-only"]]);
  connection.destroy();
  await connection.closed;
});

test("replayServer closes on what was never asked", async () => {
  const server = replayServer(readCapture(SDK), "conn2");
  const connection = new Connection(server.transport);
  const client = new CouchbaseClient(new DocumentCaller(connection, { vbucketCount: 0 }), { features: Features.NONE });
  const error = await client.get("other").catch((error) => error);
  assert(!(error instanceof ProtocolError));
  assertInstanceOf(error, Error);
  assertEquals(server.strangers, ['opcode 0 with key "other"']);
  await connection.closed;
});
