/** HELLO, login, buckets, error map and cluster map, in frames. */

import { assert, assertEquals } from "@std/assert";
import { CouchbaseNode, type CouchbaseNodeOptions, Server } from "../../../src/server.ts";
import { knownStatuses } from "../../../src/wire/status.ts";
import { CouchbaseScene, EVERY_FEATURE, featureList, numbers, text } from "../../support/couchbase_scene.ts";
import { test } from "../../support/test.ts";

const GET = 0x00, SET = 0x01, NOOP = 0x0a, VERSION = 0x0b, HELLO = 0x1f, LIST = 0x20, AUTH = 0x21, STEP = 0x22;
const LIST_BUCKETS = 0x87, SELECT = 0x89, SET_CONFIG = 0xb4, GET_CONFIG = 0xb5, ERROR_MAP = 0xfe;
const XERROR = 0x07, JSON_FEATURE = 0x0b, DUPLEX = 0x0c, NOTIFY = 0x0d, TRACING = 0x0f;

const TWO_USERS: CouchbaseNodeOptions = {
  users: { ada: "pencil", bob: "pen" },
  buckets: [{ name: "default", vbucketCount: 4 }, { name: "private", vbucketCount: 2, users: ["ada"] }],
};

function codes(value: Uint8Array): number[] {
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  return Array.from({ length: value.length / 2 }, (_, i) => view.getUint16(i * 2));
}

test("HELLO grants what it knows, in ascending order and once, and leaves out the rest", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer({ bucket: "" });
  const asked = [0x1e, 0x12, 0x12, 0x04, 0x01, 0x02, 0x05, 0x09, 0x99, 0x1a, 0x07];
  const granted = await peer.ask({ opcode: HELLO, key: "x", value: featureList(asked) });
  assertEquals([granted.magic, codes(granted.value)], [0x81, [0x04, 0x07, 0x12, 0x1e]]);
  const all = await peer.ask({ opcode: HELLO, value: featureList(EVERY_FEATURE) });
  assert(codes(all.value).length > 20);
  // What is allowed everywhere is allowed in documents.
  assertEquals(codes((await peer.ask({ opcode: HELLO, value: featureList([0x13]) })).value), [0x0a, 0x13]);
});

test("HELLO grants what needs something else only with it, and refuses notifications without Duplex", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer({ bucket: "", features: [XERROR, JSON_FEATURE] });
  const list = async (...wanted: number[]) => {
    const { status, value } = await peer.ask({ opcode: HELLO, value: featureList(wanted) });
    return status === 0 ? codes(value) : status;
  };
  for (const alone of [0x15, 0x18, 0x22, 0x24]) assertEquals(await list(alone), []);
  assertEquals(await list(0x15, 0x18, 0x22, 0x06), [0x06, 0x15, 0x18, 0x22]);
  assertEquals(await list(NOTIFY), 4);
  assertEquals(await list(0x1f), 4);
  assertEquals(await list(NOTIFY, DUPLEX), [DUPLEX, NOTIFY]);
});

test("HELLO forgets what was agreed on before, even when it is refused", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer({ features: [0x04] });
  const set = () => peer.ask({ opcode: SET, key: "k", extras: numbers(4, 0, 0), value: "v" });
  assertEquals((await set()).extras.length, 16);
  assertEquals((await peer.ask({ opcode: HELLO, value: featureList([0x04, NOTIFY]) })).status, 4);
  assertEquals((await set()).extras.length, 0);
});

test("a connection with Tracing is told how long each answer took, from the request behind HELLO on", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer({ features: [TRACING, XERROR] });
  for (const [opcode, status] of [[NOOP, 0], [GET, 1], [0xef, 0x81], [SELECT, 1]] as const) {
    const key = opcode === GET || opcode === SELECT ? { key: "none" } : {};
    const answer = await peer.ask({ opcode, ...key });
    assertEquals([answer.magic, answer.status, answer.framing.length, answer.framing[0]], [0x18, status, 3, 0x02]);
  }
  // The answer that ends it has still the form that the request found.
  assertEquals((await peer.ask({ opcode: HELLO })).magic, 0x18);
  assertEquals((await peer.ask({ opcode: NOOP })).magic, 0x81);
});

test("nothing but HELLO, SASL and the error map is answered before the login", async () => {
  await using scene = new CouchbaseScene(TWO_USERS);
  await using peer = await scene.peer({ bucket: "", features: [XERROR] });
  for (const opcode of [NOOP, VERSION, LIST_BUCKETS, GET_CONFIG]) {
    assertEquals((await peer.ask({ opcode })).status, 0x24);
  }
  assertEquals((await peer.ask({ opcode: SELECT, key: "default" })).status, 0x24);
  assertEquals(text((await peer.ask({ opcode: LIST })).value), "SCRAM-SHA512 SCRAM-SHA256 SCRAM-SHA1 PLAIN");
  assertEquals((await peer.ask({ opcode: ERROR_MAP, value: numbers(2, 1) })).status, 0);
  await using old = await scene.peer({ bucket: "" });
  await old.send({ opcode: NOOP });
  assertEquals(await old.closes(), true);
});

test("PLAIN lets in who shows the right password, and bad exchanges have their statuses", async () => {
  await using scene = new CouchbaseScene(TWO_USERS);
  await using peer = await scene.peer({ bucket: "", features: [XERROR] });
  const auth = async (key: string, value: string) => (await peer.ask({ opcode: AUTH, key, value })).status;
  assertEquals(await auth("PLAIN", "\0ada\0wrong"), 0x20);
  assertEquals(await auth("BOGUS", "x"), 0x20);
  assertEquals(await auth("PLAIN", "malformed"), 4);
  assertEquals((await peer.ask({ opcode: STEP, key: "PLAIN", value: "x" })).status, 4);
  assertEquals(await auth("SCRAM-SHA512", "n,,n=ada,r=abc"), 0x21);
  // While a step is awaited nothing else may begin.
  assertEquals(await auth("PLAIN", "\0ada\0pencil"), 4);
  assertEquals(await auth("plain", "\0ada\0pencil"), 0);
  assertEquals((await peer.ask({ opcode: NOOP })).status, 0);
  // Who begins anew is nobody until it is done.
  assertEquals(await auth("PLAIN", "\0ada\0wrong"), 0x20);
  assertEquals((await peer.ask({ opcode: NOOP })).status, 0x24);
});

test("buckets are listed and selected by those who may use them", async () => {
  await using scene = new CouchbaseScene(TWO_USERS);
  await using peer = await scene.peer({ bucket: "", features: [XERROR] });
  const select = async (key: string) => (await peer.ask({ opcode: SELECT, key })).status;
  const login = async (name: string, password: string) => {
    assertEquals((await peer.ask({ opcode: AUTH, key: "PLAIN", value: `\0${name}\0${password}` })).status, 0);
  };
  await login("ada", "pencil");
  assertEquals(text((await peer.ask({ opcode: LIST_BUCKETS })).value), "default private");
  assertEquals([await select("private"), await select("none")], [0, 1]);
  assertEquals((await peer.ask({ opcode: GET, key: "k" })).status, 1);
  // The next user may not see the bucket of the one before.
  await login("bob", "pen");
  assertEquals((await peer.ask({ opcode: GET, key: "k" })).status, 8);
  assertEquals(text((await peer.ask({ opcode: LIST_BUCKETS })).value), "default");
  assertEquals([await select("private"), await select("default"), await select("@no bucket@")], [0x24, 0, 0]);
  assertEquals((await peer.ask({ opcode: GET, key: "k" })).status, 8);
});

test("buckets keep their documents apart", async () => {
  const buckets = [{ name: "default", vbucketCount: 4 }, { name: "other", vbucketCount: 4 }];
  await using scene = new CouchbaseScene({ buckets });
  await using peer = await scene.peer();
  await peer.ask({ opcode: SET, key: "k", extras: numbers(4, 0, 0), value: "v" });
  assertEquals((await peer.ask({ opcode: SELECT, key: "other" })).status, 0);
  assertEquals((await peer.ask({ opcode: GET, key: "k" })).status, 1);
});

test("without a bucket the cluster map is refused in the words of kv_engine", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer({ bucket: "", features: [XERROR, JSON_FEATURE] });
  const answer = await peer.ask({ opcode: GET_CONFIG });
  assertEquals([answer.status, answer.datatype], [8, 1]);
  assertEquals(JSON.parse(text(answer.value)).error.context, "No bucket selected");
  await using old = await scene.peer({ bucket: "" });
  await old.send({ opcode: GET_CONFIG });
  assertEquals(await old.closes(), true);
});

test("the error map has every status of the table in both versions", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer({ bucket: "", features: [JSON_FEATURE] });
  const map = async (version: number) => {
    const answer = await peer.ask({ opcode: ERROR_MAP, value: numbers(2, version) });
    assertEquals([answer.status, answer.datatype], [0, 1]);
    return JSON.parse(text(answer.value));
  };
  const [first, second, third] = [await map(1), await map(2), await map(3)];
  assertEquals([first.version, second.version, third.version], [1, 2, 2]);
  assertEquals(second.errors["7"].attrs, ["fetch-config", "invalid-input"]);
  assertEquals(second.errors["86"].attrs, ["temp", "retry-now"]);
  assertEquals(second.errors["30"].attrs.includes("rate-limit"), true);
  assertEquals(first.errors["30"].attrs.includes("rate-limit"), false);
  for (const { code, name } of knownStatuses()) assertEquals(second.errors[code.toString(16)].name, name);
  assertEquals((await peer.ask({ opcode: ERROR_MAP, value: numbers(2, 2), vbucket: 1 })).status, 4);
});

test("the cluster map names the port that the server listens on, and all vbuckets that are here", async () => {
  await using server = new Server();
  const node = new CouchbaseNode({ buckets: [{ name: "default", vbucketCount: 4, replicas: 1 }] }).register(server);
  const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
  node.bucket("default").setVbucketState(2, 2);
  const map = JSON.parse(node.clusterMap("default").json);
  const { port } = address as { port: number };
  assertEquals(map.nodesExt, [{ services: { kv: port }, thisNode: true }]);
  assertEquals(map.vBucketServerMap.serverList, [`$HOST:${port}`]);
  assertEquals(map.vBucketServerMap.vBucketMap, [[0, -1], [0, -1], [-1, -1], [0, -1]]);
  assertEquals([map.rev, map.revEpoch, map.name], [2, 1, "default"]);
});

test("the cluster map is given only if it is newer than what the client knows", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer({ features: [XERROR, 0x1d] });
  const ask = async (epoch: bigint, revision: bigint) => {
    const extras = numbers(8, BigInt.asUintN(64, epoch), revision);
    const { status, value } = await peer.ask({ opcode: GET_CONFIG, extras });
    return [status, status === 0 && value.length > 0];
  };
  assertEquals(await ask(1n, 1n), [0, false]);
  assertEquals(await ask(-1n, 7n), [0, true]);
  assertEquals(await ask(2n, 1n), [0, false]);
  assertEquals(await ask(0n, 1n), [4, false]);
  assertEquals(await ask(1n, 0n), [4, false]);
  scene.bucket.setVbucketState(3, 4);
  assertEquals(await ask(1n, 1n), [0, true]);
});

test("a map that was set is given as it is, and told to those who wanted to know, with or without its text", async () => {
  await using scene = new CouchbaseScene();
  await using told = await scene.peer({ features: [DUPLEX, NOTIFY, JSON_FEATURE] });
  await using brief = await scene.peer({ features: [DUPLEX, NOTIFY, 0x1f] });
  await using peer = await scene.peer();
  const json = '{"rev":5,"revEpoch":2,"nodes":[]}';
  const set = await peer.ask({ opcode: SET_CONFIG, extras: numbers(8, 2, 5), key: "default", value: json });
  assertEquals(set.status, 0);
  const push = await told.next();
  assertEquals([push.magic, push.opcode, push.opaque, push.key, push.datatype], [0x82, 1, 0, "default", 1]);
  assertEquals([[...push.extras], text(push.value)], [[...numbers(8, 2, 5)], json]);
  const short = await brief.next();
  assertEquals([short.magic, [...short.extras], short.value.length], [0x82, [...numbers(8, 2, 5)], 0]);
  assertEquals(text((await peer.ask({ opcode: GET_CONFIG })).value), json);
  // Older ones change nothing; and in the form of old the version stands in the text.
  await peer.ask({ opcode: SET_CONFIG, extras: numbers(8, 2, 4), key: "default", value: '{"rev":4}' });
  assertEquals(text((await peer.ask({ opcode: GET_CONFIG })).value), json);
  const newer = '{"rev":6,"revEpoch":2}';
  assertEquals((await peer.ask({ opcode: SET_CONFIG, value: newer })).status, 0);
  assertEquals(text((await peer.ask({ opcode: GET_CONFIG })).value), newer);
  // The answer to a push is not looked at.
  await told.write(new Uint8Array([0x83, 1, ...new Uint8Array(22)]));
  assertEquals((await told.next()).magic, 0x82);
  assertEquals((await told.ask({ opcode: NOOP })).status, 0);
});
