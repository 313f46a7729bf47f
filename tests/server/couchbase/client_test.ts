/** Every method of the Couchbase client against the node, and the calls whose form depends on what was agreed on. */

import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import {
  AuthError,
  CasMismatchError,
  checkPersistence,
  type CouchbaseClient,
  decodeValue,
  DEFAULT_FEATURES,
  Feature,
  joinXattrs,
  KeyNotFoundError,
  NotMyVbucketError,
  NotStoredError,
  PathError,
  StatusError,
  UnsupportedError,
} from "../../../src/couchbase.ts";
import { Status } from "../../../src/wire/status.ts";
import { CouchbaseScene } from "../../support/couchbase_scene.ts";
import { test } from "../../support/test.ts";

const LOGIN = { credentials: { username: "ada", password: "pencil" } };

async function refusal(promise: Promise<unknown>): Promise<number> {
  const error = await assertRejects(() => promise);
  assertInstanceOf(error, StatusError);
  return error.status;
}

for (const mechanism of ["SCRAM-SHA512", "SCRAM-SHA256", "SCRAM-SHA1", "PLAIN"]) {
  test(`CouchbaseClient logs in to the node by ${mechanism}`, async () => {
    await using scene = new CouchbaseScene({ users: { ada: "pencil" }, mechanisms: [mechanism] });
    await using client = await scene.client({ ...LOGIN, allowPlaintextAuth: true });
    assertEquals([client.session.mechanism, client.session.bucket], [mechanism, "default"]);
    await client.set("k", "v");
    const wrong = { ...LOGIN, credentials: { username: "ada", password: "wrong" }, allowPlaintextAuth: true };
    await assertRejects(() => scene.client(wrong), AuthError);
  });
}

test("CouchbaseClient is refused a bucket that is not for its user", async () => {
  const buckets = [{ name: "default", vbucketCount: 4, users: ["bob"] }];
  await using scene = new CouchbaseScene({ users: { ada: "pencil" }, buckets });
  await assertRejects(() => scene.client(LOGIN), AuthError);
});

// Without any, one at a time, all but one, and as clients begin.
const SETS: readonly (readonly [name: string, features: readonly number[]])[] = [
  ["no features", []],
  ...DEFAULT_FEATURES.filter((code) => code !== Feature.CLUSTERMAP_CHANGE_NOTIFICATION).map((code) =>
    [`feature ${code} alone`, [code]] as const
  ),
  ...DEFAULT_FEATURES.filter((code) => code !== Feature.DUPLEX).map((code) =>
    [`all but feature ${code}`, DEFAULT_FEATURES.filter((other) => other !== code)] as const
  ),
  ["all features", DEFAULT_FEATURES],
];

for (const [name, features] of SETS) {
  test(`CouchbaseClient reads and writes documents with ${name}`, async () => {
    await using scene = new CouchbaseScene();
    await using client = await scene.client({ features });
    await useDocuments(client, features.includes(Feature.MUTATION_SEQNO));
  });
}

async function useDocuments(client: CouchbaseClient, tokens: boolean): Promise<void> {
  const written = await client.set("k", '{"a":1}', { flags: 7 });
  assertEquals("token" in written, tokens);
  const item = await client.get("k");
  assertEquals([item?.json(), item?.flags, item?.cas], [{ a: 1 }, 7, written.cas]);
  await assertRejects(() => client.add("k", "x"), NotStoredError);
  await assertRejects(() => client.replace("none", "x"), KeyNotFoundError);
  await assertRejects(() => client.set("k", "x", { cas: 1n }), CasMismatchError);
  await client.append("k", " ");
  await client.prepend("k", " ");
  assertEquals((await client.get("k"))?.text(), ' {"a":1} ');
  assertEquals([await client.increment("n", { initial: 10n }), await client.increment("n", { by: 5n })], [10n, 15n]);
  assertEquals(await client.decrement("n", { by: 20n }), 0n);
  const { hits, misses } = await client.getMulti(["k", "n", "none"]);
  assertEquals([[...hits.keys()].sort(), [...misses]], [["k", "n"], ["none"]]);
  assertEquals((await client.getAndTouch("k", { ttl: 60 }))?.text(), ' {"a":1} ');
  const locked = await client.getLocked("k", { lockTime: 5 });
  await assertRejects(() => client.set("k", "x"), StatusError);
  await client.unlock("k", locked!.cas);
  assertEquals([await client.exists("k"), await client.exists("none")], [true, false]);
  assertEquals([await client.delete("k"), await client.delete("k")], [true, false]);
  assertEquals((await client.getMeta("k"))?.deleted, true);
  assertEquals(await client.lookupIn("k", [{ get: "a" }]), undefined);
  await client.mutateIn("d", [{ upsert: "a", value: 1 }, { counter: "n", by: 2 }], { store: "upsert" });
  const found = await client.lookupIn("d", [{ get: "a" }, { exists: "zz" }, { document: true }]);
  assertEquals(found?.results.map((result) => result.exists), [true, false, true]);
  assertEquals((await client.getRandom())?.value.length !== 0, true);
}

test("CouchbaseClient asks for durability, expiry and collections only where they were agreed on", async () => {
  await using scene = new CouchbaseScene();
  await using client = await scene.client({ features: [Feature.XERROR] });
  for (
    const options of [{ durability: "majority" }, { preserveExpiry: true }, { user: "ada" }, { collection: 8 }] as const
  ) {
    const error = await assertRejects(() => client.set("k", "v", options), UnsupportedError);
    assertEquals(error.sent, false);
  }
});

test("CouchbaseClient asks for durability and keeps expiries", async () => {
  const now = 1_700_000_000;
  await using scene = new CouchbaseScene({ clock: () => now * 1000 });
  await using client = await scene.client();
  for (const level of ["majority", "majorityAndPersistActive", "persistToMajority"] as const) {
    await client.set("k", level, { durability: { level, timeout: 1000 }, ttl: 60 });
  }
  await client.set("k", "kept", { preserveExpiry: true });
  assertEquals((await client.getMeta("k"))?.expiry, now + 60);
});

test("CouchbaseClient sees a locked document by its errors and the all-ones version", async () => {
  await using scene = new CouchbaseScene();
  await using client = await scene.client();
  await client.set("k", "v");
  const lock = await client.getLocked("k");
  assertEquals(await refusal(client.set("k", "x")), Status.LOCKED);
  assertEquals(await refusal(client.getLocked("k")), Status.LOCKED);
  assertEquals((await client.get("k"))?.cas, 0xffff_ffff_ffff_ffffn);
  await client.set("k", "mine", { cas: lock!.cas });
  assertEquals(await refusal(client.unlock("k", lock!.cas)), Status.NOT_LOCKED);
});

test("CouchbaseClient reaches collections by their names, and finds them again when they have a new number", async () => {
  const buckets = [{ name: "default", vbucketCount: 4, collections: { shop: ["users", "orders"] } }];
  await using scene = new CouchbaseScene({ buckets });
  await using client = await scene.client();
  const users = client.inCollection("shop.users");
  await users.set("k", "user");
  await client.set("k", "order", { collection: "shop.orders" });
  assertEquals(await client.get("k"), undefined);
  assertEquals((await client.get("k", { collection: "shop.users" }))?.text(), "user");
  assertEquals((await users.getMulti(["k", "none"])).hits.get("k")?.text(), "user");
  assertEquals((await users.getKeys("a", { vbucket: scene.bucket.vbucketOf("k") })).length, 1);
  assertEquals((await users.observe(["k"]))[0]?.state, "persisted");
  const random = await users.getRandom();
  assertEquals(new TextDecoder().decode(random?.value), "user");
  assertEquals((await client.manifest()).scopes.map(({ name }) => name), ["_default", "shop"]);
  const before = await client.collectionId("shop.users");
  scene.bucket.dropCollection("shop.users");
  scene.bucket.createCollection("shop.users");
  assertEquals(await users.get("k"), undefined);
  assertEquals(await client.collectionId("shop.users") > before, true);
  assertEquals(await refusal(client.get("k", { collection: "shop.none" })), Status.UNKNOWN_COLLECTION);
  assertEquals(await refusal(client.get("k", { collection: "none.none" })), Status.UNKNOWN_SCOPE);
});

test("CouchbaseClient writes documents with their metadata and attributes, and reads them whole", async () => {
  await using scene = new CouchbaseScene();
  await using client = await scene.client({ features: DEFAULT_FEATURES });
  const value = joinXattrs([["_sync", '{"rev":1}']], '{"x":1}');
  const written = await client.setWithMeta("k", value, { revision: 5n, newCas: 77n, flags: 3, datatype: 5 });
  assertEquals(written.cas, 77n);
  const whole = decodeValue((await client.getEx("k"))!);
  assertEquals([whole.xattrs?.json("_sync"), whole.json()], [{ rev: 1 }, { x: 1 }]);
  assertEquals((await client.get("k"))?.json(), { x: 1 });
  await assertRejects(() => client.setWithMeta("k", "old", { revision: 4n, newCas: 99n }), CasMismatchError);
  await client.deleteWithMeta("k", { revision: 6n, newCas: 78n });
  assertEquals((await client.getMeta("k"))?.revision, 6n);
  await client.addWithMeta("k", "again", { revision: 7n, newCas: 79n });
});

test("CouchbaseClient changes paths, attributes and tombstones, and is told which path failed", async () => {
  await using scene = new CouchbaseScene();
  await using client = await scene.client();
  const made = await client.mutateIn("k", [
    { upsert: "audit.cas", value: "${Mutation.CAS}", xattr: true, createPath: true, expandMacros: true },
    { upsert: "list", value: [1] },
    { counter: "n", by: 5 },
  ], { store: "insert", flags: 9 });
  assertEquals(made.values, [undefined, undefined, 5]);
  const audit = await client.lookupIn("k", [
    { get: "audit.cas", xattr: true },
    { get: "$document.flags", xattr: true },
    { count: "list" },
  ]);
  const [stamp, flags, count] = audit!.results.map((result) => result.json());
  // With the bytes of the version the other way round.
  const bytes = made.cas.toString(16).padStart(16, "0").match(/../g)!;
  assertEquals([stamp, flags, count], [`0x${bytes.toReversed().join("")}`, 9, 1]);
  const failed = await assertRejects(
    () => client.mutateIn("k", [{ upsert: "a", value: 1 }, { replace: "zz", value: 1 }]),
    PathError,
  );
  assertEquals([failed.index, failed.status], [1, Status.SUBDOC_PATH_ENOENT]);
  await client.mutateIn("k", [{ upsert: "_keep", value: 1, xattr: true }, { removeDocument: true }]);
  const dead = await client.lookupIn("k", [{ get: "_keep", xattr: true }], { accessDeleted: true });
  assertEquals([dead?.deleted, dead?.results[0]?.json()], [true, 1]);
});

test("CouchbaseClient reads and changes single paths by the opcodes for them", async () => {
  await using scene = new CouchbaseScene();
  await using client = await scene.client();
  const opcodes: number[] = [];
  client.watchFrames({ sent: (frame) => void opcodes.push(frame.opcode) });
  await client.mutatePath("k", { upsert: "list", value: [1] }, { store: "upsert", flags: 9 });
  await client.mutatePath("k", { arrayAppend: "list", values: [2, 3] });
  assertEquals((await client.mutatePath("k", { counter: "n", by: 5 })).value, 5);
  const { cas } = await client.mutatePath("k", { upsert: "_x", value: "a", xattr: true }, { ttl: 60 });
  assertEquals((await client.lookupPath("k", { get: "list" }))?.result.json(), [1, 2, 3]);
  assertEquals((await client.lookupPath("k", { count: "list" }))?.result.json(), 3);
  assertEquals((await client.lookupPath("k", { exists: "none" }))?.result.exists, false);
  const found = await client.lookupPath("k", { get: "_x", xattr: true });
  assertEquals([found?.result.json(), found?.cas, found?.deleted], ["a", cas, false]);
  assertEquals(opcodes, [0xc8, 0xcb, 0xcf, 0xc8, 0xc5, 0xd2, 0xc6, 0xc5]);
  assertEquals([(await client.get("k"))?.json(), (await client.get("k"))?.flags], [{ list: [1, 2, 3], n: 5 }, 9]);

  assertEquals(await client.lookupPath("none", { get: "a" }), undefined);
  assertEquals(await refusal(client.lookupPath("k", { get: "list.a" })), Status.SUBDOC_PATH_MISMATCH);
  assertEquals(await refusal(client.mutatePath("k", { insert: "n", value: 1 })), Status.SUBDOC_PATH_EEXISTS);
  assertEquals(await refusal(client.mutatePath("k", { remove: "n" }, { cas: 1n })), Status.KEY_EEXISTS);
});

test("CouchbaseClient scans ranges and samples, and leaves nothing behind when it stops early", async () => {
  await using scene = new CouchbaseScene({ buckets: [{ name: "default", vbucketCount: 1 }] });
  await using client = await scene.client();
  for (let i = 0; i < 20; i++) await client.set(`k${String(i).padStart(2, "0")}`, `${i}`);
  const keys: string[] = [];
  const range = { from: "k03", to: "k09", excludeTo: true };
  for await (const { key, document } of client.scan({ vbucket: 0, range, itemLimit: 2 })) {
    keys.push(new TextDecoder().decode(key));
    assertEquals(document?.datatype, 1);
  }
  assertEquals(keys, ["k03", "k04", "k05", "k06", "k07", "k08"]);
  let samples = 0;
  for await (const { document } of client.scan({ vbucket: 0, sampling: { samples: 5, seed: 1 }, keysOnly: true })) {
    samples++;
    assertEquals(document, undefined);
  }
  assertEquals(samples, 5);
  for await (const _ of client.scan({ vbucket: 0, itemLimit: 1 })) {
    assertEquals(scene.bucket.scans.size, 1);
    break;
  }
  assertEquals(scene.bucket.scans.size, 0);
  for await (const _ of client.scan({ vbucket: 0, range: { from: "x" } })) throw new Error("There is nothing");
});

test("CouchbaseClient asks how far writes have come, and about vbuckets and their histories", async () => {
  await using scene = new CouchbaseScene();
  await using client = await scene.client();
  const { cas, token } = await client.set("k", "v");
  const vbucket = scene.bucket.vbucketOf("k");
  const [seen] = await client.observe(["k", "none"]);
  assertEquals(checkPersistence(seen!, { cas }), "persisted");
  const seqnos = await client.observeSeqno(vbucket, token!.vbuuid);
  assertEquals([seqnos.currentSeqno, seqnos.failover], [1n, undefined]);
  await client.seqnoPersisted(vbucket, 1n);
  assertEquals((await client.vbucketSeqnos({ state: "active" })).get(vbucket), 1n);
  scene.bucket.failover(vbucket);
  assertEquals((await client.observeSeqno(vbucket, token!.vbuuid)).failover, {
    oldVbuuid: token!.vbuuid,
    lastSeqno: 1n,
  });
  assertEquals((await client.failoverLogs([0, vbucket])).get(vbucket)?.length, 2);
  await client.setVbucket(vbucket, "replica");
  assertEquals(await client.getVbucket(vbucket), "replica");
  assertEquals((await client.getReplica("k"))?.text(), "v");
  const error = await assertRejects(() => client.get("k"), NotMyVbucketError);
  assertEquals(JSON.parse(error.config!).name, "default");
  await client.deleteVbucket(vbucket);
  assertEquals(await refusal(client.getVbucket(vbucket)), Status.NOT_MY_VBUCKET);
});

test("CouchbaseClient asks about buckets, cluster maps and statistics", async () => {
  const buckets = [{ name: "default", vbucketCount: 4 }, { name: "other", vbucketCount: 4 }];
  await using scene = new CouchbaseScene({ buckets });
  await using client = await scene.client();
  assertEquals(await client.listBuckets(), ["default", "other"]);
  const map = JSON.parse((await client.clusterConfig())!);
  assertEquals(map.name, "default");
  const known = { epoch: BigInt(map.revEpoch), revision: BigInt(map.rev) };
  assertEquals(await client.clusterConfig({ known }), undefined);
  await client.selectBucket("other");
  assertEquals(JSON.parse((await client.clusterConfig())!).name, "other");
  assertEquals(await refusal(client.selectBucket("none")), Status.KEY_ENOENT);
  assertEquals((await client.stats("vbucket")).get("vb_0"), "active");
  assertEquals(await client.version(), "7.6.0");
  await client.set("k", "v");
  await client.evict("k");
  assertEquals((await client.get("k"))?.text(), "v");
});

test("errors carry the words of the node and their reference", async () => {
  await using scene = new CouchbaseScene();
  await using client = await scene.client();
  const error = await assertRejects(() => client.collectionId("no path at all"), StatusError);
  assertEquals([error.context, typeof error.reference], ["The path is not scope.collection", "string"]);
});

test("CouchbaseClient goes on when the node tells of another cluster map in the middle of its calls", async () => {
  await using scene = new CouchbaseScene();
  await using client = await scene.client();
  const pushed: number[] = [];
  const stop = client.watchFrames({
    received(frame) {
      if (frame.magic === 0x82) pushed.push(frame.opcode);
    },
  });
  const calls = Array.from({ length: 50 }, (_, i) => client.set(`k${i}`, "v"));
  scene.bucket.setVbucketState(9, 2);
  await Promise.all(calls);
  scene.bucket.setVbucketState(9, 4);
  assertEquals((await client.get("k49"))?.text(), "v");
  assertEquals(pushed, [1, 1]);
  stop();
});
