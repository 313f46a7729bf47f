/** What a client does over a connection of its own by the text protocol, whatever it speaks itself. */

import { assertEquals, assertRejects } from "@std/assert";
import { Client } from "../../src/client/client.ts";
import { connect, type ProtocolName } from "../../src/client/connect.ts";
import { Connection } from "../../src/connection/connection.ts";
import { MemoryStore } from "../../src/server/memory_store.ts";
import { Server } from "../../src/server/server.ts";
import { memoryListener, memoryPair } from "../../src/transport/memory.ts";
import { test } from "../support/test.ts";

async function withClient(protocol: ProtocolName, run: (client: Client) => Promise<void>): Promise<void> {
  const memory = memoryListener();
  await using server = new Server();
  new MemoryStore().register(server);
  const { address } = await server.listen({ hostname: "memory", port: 0 }, { listen: memory.listen });
  await using client = await connect(address, { dial: memory.connect, protocol });
  await run(client);
}

for (const protocol of ["binary", "meta", "text"] as const) {
  test(`client over ${protocol}: lists keys, by prefix, and stops when it is left`, async () => {
    await withClient(protocol, async (client) => {
      for (const key of ["user:1", "user:2", "job:1"]) await client.set(key, "v");
      const keys: string[] = [];
      for await (const entry of client.keys({ prefix: "user:" })) keys.push(entry.key);
      assertEquals(keys.sort(), ["user:1", "user:2"]);
      for await (const entry of client.keys()) {
        assertEquals(entry.size > 0, true);
        break;
      }
      assertEquals(await client.getText("job:1"), "v");
    });
  });

  test(`client over ${protocol}: sends a command, and knows what the server can do`, async () => {
    await withClient(protocol, async (client) => {
      const lines = await client.command("set greeting 0 0 5", { value: "hello" });
      assertEquals(lines.map((line) => line.text), ["STORED"]);
      assertEquals(await client.getText("greeting"), "hello");
      assertEquals((await client.capabilities()).flags.meta, true);
    });
  });

  test(`client over ${protocol}: follows what the server logs`, async () => {
    await withClient(protocol, async (client) => {
      const events = client.watch({ events: ["mutations"] });
      const first = events.next();
      // The log begins when the server has taken the command: until then nothing is seen of what is written.
      let seen: unknown;
      first.then(({ value }) => seen = value);
      for (let i = 0; seen === undefined; i++) {
        await client.set("k", `${i}`);
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
      assertEquals((await first).value?.type, "item_store");
      await events.return?.();
    });
  });
}

test("client over a connection of one's own has no server to connect to", async () => {
  const [here, there] = memoryPair();
  await using server = new Server();
  new MemoryStore().register(server);
  server.serve(there);
  await using client = new Client(new Connection(here));
  await assertRejects(() => client.command("version"), TypeError);
});
