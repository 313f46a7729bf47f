/**
 * Nothing that a key, a value, a user or a password may hold begins another command or reply, by any of the three wires, on a
 * real memcached and on the embedded server; and what one wire stores the others read.
 */
import { assertEquals, assertRejects } from "@std/assert";
import { type Address, AuthError, type Client, connect, type ConnectOptions } from "../../mod.ts";
import { MemoryStore, type MemoryStoreOptions, Server } from "../../src/server.ts";
import { MetaClient } from "../../src/text.ts";
import { test } from "../support/test.ts";
import { latin1 } from "../support/text_wire.ts";
import { withMemcached } from "../support/with_memcached.ts";

const WIRES = ["binary", "meta", "text"] as const;

/** Commands and replies, whole and begun, of all protocols. */
const HOSTILE: readonly Uint8Array[] = [
  "\r\nflush_all\r\n",
  "x\r\nflush_all\r\n",
  "flush_all",
  "\r\ndelete guard\r\n",
  "\r\nmd guard\r\n",
  "\r\nset guard 0 0 1\r\n9\r\n",
  "\r\nms guard 1\r\n9\r\n",
  "END\r\n",
  "\r\nEND\r\nVALUE guard 0 1\r\n9\r\nEND\r\n",
  "VALUE guard 0 1 7\r\n9\r\n",
  "VA 1 f0 c1\r\n9\r\n",
  "EN\r\nHD\r\nMN\r\n",
  "STORED\r\nERROR\r\n",
  "CLIENT_ERROR bad data chunk\r\n",
  "\r",
  "\n",
  "\r\n",
  " ",
  "\0",
  "a b  c",
  " noreply",
  "k 0 0 1 noreply",
  "%0D%0A",
  "\x80\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
  "\x81\0\0\0\0\0\0\0",
].map(latin1);

type Connect = (options: ConnectOptions) => Promise<Client>;

const PATIENT: ConnectOptions = { timeout: 30_000, connectTimeout: 30_000 };

test("the embedded server: no key and no value begins another command, and all wires read the same", async () => {
  await withEmbedded({}, (address) => keepsApart((options) => connect(address, options)));
});

const memcachedTest = await withMemcached();
memcachedTest(
  "memcached: no key and no value begins another command, and all wires read the same",
  ({ port }) => keepsApart((options) => connect({ hostname: "127.0.0.1", port }, options)),
);

async function keepsApart(connectBy: Connect): Promise<void> {
  const clients = await Promise.all(WIRES.map((protocol) => connectBy({ ...PATIENT, protocol })));
  try {
    const [binary, meta] = clients as [Client, Client, Client];
    await binary.set("guard", "whole", { flags: 7 });
    for (const [at, writer] of clients.entries()) {
      await Promise.all(HOSTILE.map((bytes, i) => writer.set(`value-${at}-${i}`, bytes, { flags: i })));
      for (const reader of clients) {
        const items = await Promise.all(HOSTILE.map((_, i) => reader.get(`value-${at}-${i}`)));
        assertEquals(items.map((item) => item?.value), [...HOSTILE], `${WIRES[at]} wrote`);
        assertEquals(items.map((item) => item?.flags), HOSTILE.map((_, i) => i));
      }
    }
    // The classic protocol has no way to say such a key, and says so.
    for (const key of HOSTILE) {
      await binary.set(key, "by binary");
      assertEquals((await meta.get(key))?.text(), "by binary");
      await meta.set(key, "by meta");
      assertEquals((await binary.get(key))?.text(), "by meta");
      const classic = clients[2]!.set(key, "by text").then(() => "stored", () => "refused");
      assertEquals(await classic, /[\0-\x20\x7f]/.test(String.fromCharCode(...key)) ? "refused" : "stored");
    }
    const { hits } = await meta.getMulti(HOSTILE);
    assertEquals(hits.size, HOSTILE.length);
    for (const client of clients) {
      await client.noop();
      assertEquals([(await client.get("guard"))?.text(), (await client.get("guard"))?.flags], ["whole", 7]);
      assertEquals(await client.get("9"), undefined);
    }
    const items = Number((await binary.stats()).get("curr_items"));
    assertEquals(items, 1 + HOSTILE.length * (WIRES.length + 1));
    for (const key of HOSTILE) assertEquals(await meta.delete(key), true);
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
}

test("the embedded server: no key that meta sends in base64 begins another command", async () => {
  await withEmbedded({}, async (address) => {
    await using client = await connect(address, { ...PATIENT, protocol: "meta" });
    await client.set("guard", "whole");
    const meta = new MetaClient(client);
    for (const bytes of HOSTILE) {
      await meta.set(bytes, bytes, { ttl: 100 });
      assertEquals((await meta.get(bytes))?.value, bytes);
    }
    assertEquals(await client.getText("guard"), "whole");
  });
});

test("the embedded server: no password begins another command, and no user either", async () => {
  const words = HOSTILE.map((bytes) => String.fromCharCode(...bytes)).filter((word) => !/^ |\0/.test(word));
  const users = Object.fromEntries(words.map((word, i) => [`user${i}`, word]));
  await withEmbedded({ users: { ...users, ada: "secret" } }, async (address) => {
    await using admin = await connect(address, { ...PATIENT, credentials: { username: "ada", password: "secret" } });
    await admin.set("guard", "whole");
    for (const protocol of ["meta", "text"] as const) {
      for (const [i, password] of words.entries()) {
        const login = (username: string) =>
          connect(address, { ...PATIENT, protocol, credentials: { username, password } });
        await using client = await login(`user${i}`);
        assertEquals(await client.getText("guard"), "whole", JSON.stringify(password));
        await assertRejects(() => login("ada"), AuthError);
        // As a name none of them is any good, and most cannot even be said.
        await assertRejects(() => login(password));
      }
    }
    assertEquals(await admin.getText("guard"), "whole");
    const { curr_items: items } = Object.fromEntries(await admin.stats()) as Record<string, string>;
    assertEquals(items, "1");
  });
});

async function withEmbedded(options: MemoryStoreOptions, run: (address: Address) => Promise<void>): Promise<void> {
  await using server = new Server();
  new MemoryStore(options).register(server);
  const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
  await run(address);
}
