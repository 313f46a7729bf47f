/** Writes with metadata, and who wins, in frames. */

import { assertEquals, assertNotEquals } from "@std/assert";
import { type CouchbasePeer, CouchbaseScene, numbers, text } from "../../support/couchbase_scene.ts";
import { test } from "../../support/test.ts";

const GET = 0x00, SET = 0x01, GET_META = 0xa0, SET_META = 0xa2, SETQ_META = 0xa3, ADD_META = 0xa4, DEL_META = 0xa8;
const RETURN_META = 0xb2, NOOP = 0x0a;

interface Meta {
  readonly flags?: number;
  readonly expiry?: number;
  readonly revision?: number;
  readonly cas?: bigint;
  readonly options?: number;
}

function extras({ flags = 0, expiry = 0, revision = 5, cas = 100n, options }: Meta): Uint8Array<ArrayBuffer> {
  const fixed = [...numbers(4, flags, expiry), ...numbers(8, revision, cas)];
  return new Uint8Array([...fixed, ...(options === undefined ? [] : numbers(4, options))]);
}

async function write(peer: CouchbasePeer, opcode: number, meta: Meta = {}): Promise<number> {
  const value = opcode === DEL_META ? {} : { value: "v" };
  return (await peer.ask({ opcode, key: "k", extras: extras(meta), ...value })).status;
}

test("a write with metadata leaves the document as it is elsewhere", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer();
  const meta = { flags: 7, expiry: 2_000_000_000, revision: 9, cas: 0x1234567812345678n };
  const set = await peer.ask({ opcode: SET_META, key: "k", extras: extras(meta), value: "v" });
  assertEquals([set.status, set.cas], [0, meta.cas]);
  const read = await peer.ask({ opcode: GET_META, key: "k" });
  assertEquals([[...read.extras], read.cas], [[...numbers(4, 0, 7, meta.expiry), ...numbers(8, 9)], meta.cas]);
  const gone = await peer.ask({
    opcode: DEL_META,
    key: "k",
    extras: extras({ ...meta, revision: 10, cas: meta.cas + 1n }),
  });
  assertEquals([gone.status, gone.cas], [0, meta.cas + 1n]);
  assertEquals((await peer.ask({ opcode: GET, key: "k" })).status, 1);
  assertEquals((await peer.ask({ opcode: GET_META, key: "k" })).extras[3], 1);
});

test("conflicts are won by the higher revision, then CAS, then expiry, then flags", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer();
  const held = { revision: 5, cas: 100n, expiry: 2_000_000_000, flags: 5 };
  const cases: [Meta, number][] = [
    [held, 2],
    [{ ...held, revision: 4, cas: 200n }, 2],
    [{ ...held, revision: 6, cas: 50n }, 0],
    [{ ...held, cas: 101n, expiry: 0 }, 0],
    [{ ...held, cas: 99n }, 2],
    [{ ...held, expiry: 2_000_000_001, flags: 0 }, 0],
    [{ ...held, flags: 6 }, 0],
    [{ ...held, flags: 4 }, 2],
    [{ ...held, revision: 1, options: 8 }, 0],
  ];
  for (const opcode of [SET_META, DEL_META]) {
    for (const [meta, status] of cases) {
      assertEquals(await write(peer, SET_META, { ...held, options: 8 }), 0);
      assertEquals([opcode, meta, await write(peer, opcode, meta)], [opcode, meta, status]);
    }
  }
});

test("where the last write wins the CAS decides, and writes must say that they know", async () => {
  const buckets = [{ name: "default", vbucketCount: 4, conflictResolution: "lww" as const }];
  await using scene = new CouchbaseScene({ buckets });
  await using peer = await scene.peer();
  assertEquals(await write(peer, SET_META, { revision: 5, cas: 100n }), 4);
  assertEquals(await write(peer, SET_META, { revision: 5, cas: 100n, options: 2 }), 0);
  assertEquals(await write(peer, SET_META, { revision: 9, cas: 99n, options: 2 }), 2);
  assertEquals(await write(peer, SET_META, { revision: 1, cas: 101n, options: 2 }), 0);
});

test("options that make no sense, and versions that none can have, are refused", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer();
  for (const options of [4, 0x10, 0x20]) assertEquals(await write(peer, SET_META, { options }), 4);
  assertEquals(await write(peer, SET_META, { cas: 0n }), 4);
  assertEquals(await write(peer, SET_META, { cas: 0xffff_ffff_ffff_ffffn }), 4);
  assertEquals(await write(peer, SET_META, { cas: 0n, options: 4 | 8 }), 0);
  const { cas } = await peer.ask({ opcode: GET_META, key: "k" });
  assertNotEquals(cas, 0n);
  assertEquals(await write(peer, ADD_META, { revision: 99 }), 2);
  assertEquals(await write(peer, DEL_META, { revision: 99, cas: 7n, options: 0x10 }), 0);
  assertEquals(scene.bucket.findVbucket(0)!.find(0, new TextEncoder().encode("k"))!.deleted, "expiration");
  assertEquals(await write(peer, ADD_META, { revision: 100 }), 0);
});

test("a precondition must hold, a deletion has no value, and metadata behind the value is none of it", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer();
  const put = { opcode: SET_META, key: "k", extras: extras({}), value: "v" };
  assertEquals((await peer.ask({ ...put, cas: 5n })).status, 1);
  assertEquals((await peer.ask(put)).status, 0);
  const newer = extras({ revision: 6 });
  assertEquals((await peer.ask({ ...put, extras: newer, cas: 5n })).status, 2);
  assertEquals((await peer.ask({ ...put, extras: newer, cas: 100n })).status, 0);
  assertEquals((await peer.ask({ ...put, opcode: DEL_META, extras: extras({ revision: 7 }) })).status, 4);
  const withMore = new Uint8Array([...extras({ revision: 8 }), 0, 3]);
  assertEquals((await peer.ask({ ...put, extras: withMore, value: "vxyz" })).status, 0);
  assertEquals(text((await peer.ask({ opcode: GET, key: "k" })).value), "v");
  await peer.send({ ...put, opcode: SETQ_META, extras: extras({ revision: 9 }) }, { opcode: NOOP, opaque: 3 });
  assertEquals((await peer.next()).opaque, 3);
});

test("RETURN_META writes and gives the metadata", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer();
  const ask = (type: number, value = "v") =>
    peer.ask({ opcode: RETURN_META, key: "k", extras: numbers(4, type, 3, 0), ...(type === 3 ? {} : { value }) });
  const set = await ask(1);
  assertEquals([[...set.extras]], [[...numbers(4, 3, 0), ...numbers(8, 1)]]);
  assertEquals((await peer.ask({ opcode: GET, key: "k" })).cas, set.cas);
  assertEquals((await ask(2)).status, 2);
  assertEquals([...(await ask(3)).extras.subarray(8)], [...numbers(8, 2)]);
  assertEquals((await ask(3)).status, 1);
  assertEquals([...(await ask(2)).extras.subarray(8)], [...numbers(8, 3)]);
  assertEquals((await ask(4)).status, 4);
  assertEquals((await peer.ask({ opcode: GET_META, key: "k", extras: new Uint8Array([3]) })).status, 4);
  assertEquals((await peer.ask({ opcode: SET, key: "k", extras: numbers(4, 0, 0) })).status, 0);
});
