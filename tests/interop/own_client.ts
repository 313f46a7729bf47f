/** What our own client makes of the same node: in the manner of the first example, and with documents that the SDK shares. */

import { couchbaseTranscoder } from "../../src/cache.ts";
import { connectCouchbase, type CouchbaseClient, PathError } from "../../src/couchbase.ts";
import { CasMismatchError, StatusError } from "../../src/errors.ts";
import { assert, assertEquals, assertRejects } from "@std/assert";

/** Checks by their names. */
export type Checks = Readonly<Record<string, (client: CouchbaseClient) => Promise<void>>>;

/** What the official SDKs keep with JSON in the four bytes of flags. */
const JSON_FLAGS = 0x02000000;
/** Long enough to be compressed. */
const SHARED = { from: "memwire", words: Array.from({ length: 50 }, () => "abcdefgh") };

/** Before the SDK has its turn. */
export const BEFORE: Checks = {
  "set durably, get": async (client) => {
    await client.set("own:order", JSON.stringify({ total: 12 }), { durability: "majority" });
    assertEquals((await client.get("own:order"))?.json(), { total: 12 });
    assertEquals(await client.get("own:missing"), undefined);
  },

  "mutateIn and lookupIn in a named collection": async (client) => {
    const orders = client.inCollection("shop.orders");
    await orders.mutateIn("own:ada", [{ upsert: "visits", value: 1 }], { store: "upsert" });
    await orders.mutateIn("own:ada", [
      { upsert: "meta", value: { seen: true }, xattr: true },
      { counter: "visits", by: 2 },
    ]);
    const found = await orders.lookupIn("own:ada", [
      { get: "meta.seen", xattr: true },
      { get: "visits" },
      { exists: "other" },
    ]);
    assertEquals(found?.results.map((result) => result.exists && result.json()), [true, 3, false]);
    assertEquals(await client.get("own:ada"), undefined);
    await assertRejects(() => orders.mutateIn("own:ada", [{ insert: "visits", value: 1 }]), PathError);
  },

  "a lock, its unlock and a stale version": async (client) => {
    const { cas } = await client.set("own:locked", "1");
    const locked = await client.getLocked("own:locked", { lockTime: 30 });
    await assertRejects(() => client.set("own:locked", "2"), StatusError);
    await client.unlock("own:locked", locked!.cas);
    const next = await client.set("own:locked", "3", { cas: locked!.cas }).catch((error) => error);
    // The lock has given the document another version, and the unlock leaves it.
    assert(!(next instanceof Error), `${next}`);
    await assertRejects(() => client.set("own:locked", "4", { cas }), CasMismatchError);
  },

  "a scan of every vbucket finds all documents of a range": async (client) => {
    const extra = client.inCollection("_default.extra");
    const keys = Array.from({ length: 20 }, (_, i) => `own:scan:${String(i).padStart(2, "0")}`);
    for (const key of [...keys, "own:other"]) await extra.set(key, key);
    const range = { from: "own:scan:", to: "own:scan:~" };
    const found: string[] = [];
    for (let vbucket = 0; vbucket < 1024; vbucket++) {
      for await (const { key } of extra.scan({ vbucket, range })) {
        found.push(new TextDecoder().decode(key));
      }
    }
    assertEquals(found.sort(), keys);
  },

  "a document for the SDK": async (client) => {
    const { value, flags } = await couchbaseTranscoder().encode(SHARED);
    await client.set("shared:memwire", value, { flags });
  },
};

/** After the SDK has had its turn. */
export const AFTER: Checks = {
  "documents that the SDK has left, compressed and with attributes": async (client) => {
    const item = await client.get("shared:sdk");
    assertEquals(item?.flags, JSON_FLAGS);
    assertEquals(item && await couchbaseTranscoder().decode(item), { ...SHARED, from: "sdk" });
    const found = await client.lookupIn("shared:sdk", [{ get: "app.author", xattr: true }, { get: "words[0]" }]);
    assertEquals(found?.results.map((result) => result.json()), ["Ada", "abcdefgh"]);
  },
};

/** Connects in the manner of the first example and runs the work. */
export async function withOwnClient(port: number, work: (client: CouchbaseClient) => Promise<void>): Promise<void> {
  await using client = await connectCouchbase(`couchbase://ada:pencil@127.0.0.1:${port}/default`);
  await work(client);
}
