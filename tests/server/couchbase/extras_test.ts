/** Framing extras: what a request may carry, and what each is good for. */

import { assertEquals } from "@std/assert";
import { type CouchbasePeer, CouchbaseScene, numbers } from "../../support/couchbase_scene.ts";
import { hex } from "../../support/hex.ts";
import { test } from "../../support/test.ts";

const GET = 0x00, SET = 0x01, ADD = 0x02, DELETE = 0x04, SETQ = 0x11, TOUCH = 0x1c, GET_META = 0xa0;
const XERROR = 0x07;

function put(peer: CouchbasePeer, framing: string, parts: { opcode?: number; expiry?: number; cas?: bigint } = {}) {
  const { opcode = SET, expiry = 0, cas = 0n } = parts;
  return peer.ask({ opcode, key: "k", extras: numbers(4, 0, expiry), value: "v", framing: hex(framing), cas });
}

// Every level works on one node without replicas, whatever was agreed on by HELLO.
for (const features of [[XERROR], [XERROR, 0x10, 0x11, 0x14]]) {
  test(`framing extras of a request are read with the features ${features}`, async () => {
    await using scene = new CouchbaseScene();
    await using peer = await scene.peer({ features });
    for (
      const framing of ["1101", "1102", "1103", "130109c4", "1303ffff".replace("ffff", "fffe"), "00", "00 1101 50"]
    ) {
      assertEquals([framing, (await put(peer, framing)).status], [framing, 0]);
    }
  });
}

const REFUSED: readonly (readonly [what: string, framing: string, status: number])[] = [
  ["level 0", "1100", 0xa0],
  ["level 4", "1104", 0xa0],
  ["a timeout of 0", "13010000", 4],
  ["a timeout of 65535", "1301ffff", 4],
  ["durability of two bytes", "120101", 4],
  ["an object that ends behind the extras", "1301", 4],
  ["the retired id of tracing", "30", 0x80],
  ["an id that nobody knows", "e101", 0x80],
  ["an escaped id that nobody knows", "f005", 0x80],
  ["a stream id", "220001", 4],
  ["a user that there is not", "43 626f62", 0x24],
  ["a user of elsewhere", "45 5e626f6262", 0x24],
  ["a token that there is not", "72 0001", 0x24],
];

for (const [what, framing, status] of REFUSED) {
  test(`a request with ${what} is refused and not run`, async () => {
    await using scene = new CouchbaseScene();
    await using peer = await scene.peer({ features: [XERROR] });
    assertEquals((await put(peer, framing)).status, status);
    assertEquals((await peer.ask({ opcode: GET, key: "k" })).status, 1);
  });
}

test("durability is for writes that are answered, and keeping the expiry not for all of them", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer({ features: [XERROR] });
  assertEquals((await put(peer, "1101", { opcode: SETQ })).status, 4);
  assertEquals((await peer.ask({ opcode: GET, key: "k", framing: hex("1101") })).status, 4);
  assertEquals((await put(peer, "50", { opcode: ADD })).status, 0x83);
  assertEquals((await peer.ask({ opcode: DELETE, key: "k", framing: hex("50") })).status, 0x83);
  assertEquals((await peer.ask({ opcode: TOUCH, key: "k", extras: numbers(4, 0), framing: hex("1101") })).status, 1);
});

test("a write that keeps the expiry takes its own only when it makes the document", async () => {
  const now = 1_700_000_000;
  await using scene = new CouchbaseScene({ clock: () => now * 1000 });
  await using peer = await scene.peer();
  const expiry = async () => {
    const { extras } = await peer.ask({ opcode: GET_META, key: "k" });
    return new DataView(extras.buffer).getUint32(8) - now;
  };
  await put(peer, "50", { expiry: 100 });
  assertEquals(await expiry(), 100);
  await put(peer, "50", { expiry: 500 });
  assertEquals(await expiry(), 100);
  await peer.ask({ opcode: SET, key: "k", extras: numbers(4, 0, 500), value: "v" });
  assertEquals(await expiry(), 500);
});

test("durable writes are impossible where replicas are missing, and close the connections of old clients", async () => {
  await using scene = new CouchbaseScene({ buckets: [{ name: "default", vbucketCount: 4, replicas: 1 }] });
  await using peer = await scene.peer({ features: [XERROR] });
  for (const level of ["1101", "1102", "1103"]) assertEquals((await put(peer, level)).status, 0xa1);
  await using old = await scene.peer();
  const bytes = { opcode: SET, key: "k", extras: numbers(4, 0, 0), value: "v", framing: hex("1101") };
  await old.send(bytes);
  assertEquals(await old.closes(), true);
});

test("a durable write waits for the disk, and is ambiguous when that takes too long", async () => {
  await using scene = new CouchbaseScene();
  await using peer = await scene.peer({ features: [XERROR] });
  scene.bucket.stopPersistence();
  // One millisecond.
  assertEquals((await put(peer, "13030001")).status, 0xa3);
  // In memory of most nodes it is, when there is one.
  assertEquals((await put(peer, "1101")).status, 0);
  const write = { opcode: SET, key: "k", extras: numbers(4, 0, 0), value: "v", framing: hex("1102"), opaque: 98 };
  const written = new Promise<void>((resolve) => scene.bucket.onMutation(() => resolve()));
  await peer.send(write, { opcode: 0x0a, opaque: 99 });
  await written;
  scene.bucket.startPersistence();
  assertEquals([(await peer.next()).opaque, (await peer.next()).opaque], [98, 99]);
});

test("a request may be made for another user, who must be allowed to use the bucket", async () => {
  const buckets = [{ name: "default", vbucketCount: 4, users: ["ada"] }];
  await using scene = new CouchbaseScene({ users: { ada: "pencil", bob: "pen" }, buckets });
  await using peer = await scene.peer({ bucket: "", features: [XERROR] });
  assertEquals((await peer.ask({ opcode: 0x21, key: "PLAIN", value: "\0ada\0pencil" })).status, 0);
  assertEquals((await peer.ask({ opcode: 0x89, key: "default" })).status, 0);
  assertEquals((await put(peer, "43 616461")).status, 0);
  assertEquals((await put(peer, "43 626f62")).status, 0x24);
  assertEquals((await put(peer, "43 6e6f6f")).status, 0x24);
});
