/** Clients that come back to a real memcached which was killed, halted and restarted under load. */
import { assert, assertEquals, assertGreater } from "@std/assert";
import { type Client, connect, type ConnectOptions, type LinkStatus } from "../../mod.ts";
import { halt } from "../support/halt.ts";
import { LinkLoad } from "../support/link_load.ts";
import { startMemcached } from "../support/memcached.ts";
import { withMemcached } from "../support/with_memcached.ts";

const memcachedTest = await withMemcached();

const WAYS: readonly (readonly [string, ConnectOptions])[] = [
  ["binary", {}],
  ["meta", { protocol: "meta" }],
  ["pool", { pool: { connections: 3, openAt: 4 } }],
];

/** Keeps what a client tells until it is closed. */
function follow(client: Client): { readonly events: LinkStatus[]; readonly over: Promise<void> } {
  const events: LinkStatus[] = [];
  const over = (async () => {
    for await (const event of client.status()) events.push(event as LinkStatus);
  })();
  return { events, over };
}

for (const [name, options] of WAYS) {
  memcachedTest(`client over ${name} comes back to a memcached that is killed and restarted under load`, async () => {
    let server = await startMemcached();
    const { port } = server;
    try {
      const client = await connect(`127.0.0.1:${port}`, { timeout: 1000, ...options });
      const { events, over } = follow(client);
      const load = new LinkLoad(client, { workers: 20, timeout: 1000 });
      await load.answers(500);
      for (let round = 0; round < 3; round++) {
        server = await load.forgetting(async () => {
          server.kill("SIGKILL");
          await server.exited;
          // The second time it is gone for long enough to count as down.
          if (round === 1) await new Promise((resolve) => setTimeout(resolve, 700));
          return await startMemcached({ port });
        });
        const mark = events.length;
        await load.answers(500);
        // The first attempt that begins once it listens leads to a connection.
        const place = events.slice(mark).find(({ type }) => type === "connected")?.connection;
        const since = events.slice(mark).filter(({ connection }) => connection === place);
        const tries = since.slice(0, since.findIndex(({ type }) => type === "connected"));
        assert(tries.filter(({ type }) => type === "connecting").length <= 2, JSON.stringify(tries));
      }
      await load.stop();
      await client.close();
      await over;
      assertGreater(load.failed.size, 0);
      const types = new Set(events.map(({ type }) => type));
      for (const type of ["connected", "disconnected", "waiting", "closed"] as const) assert(types.has(type), type);
      assertEquals(events.at(-1)?.type, "closed");
    } finally {
      await server.stop();
    }
  });

  memcachedTest(
    `client over ${name} gives up a memcached that is halted under load, and comes back to it`,
    async () => {
      await using server = await startMemcached();
      const probes = { probeAfter: 200, probeTimeout: 200, probeIdle: 1000 };
      const client = await connect(`127.0.0.1:${server.port}`, { timeout: 300, reconnect: probes, ...options });
      const { events, over } = follow(client);
      const load = new LinkLoad(client, { workers: 20, timeout: 300 });
      await load.answers(500);
      await halt(server);
      // Until it was found out, and does not count as connected although its system accepts connections.
      while (!events.some(({ type }) => type === "down")) await new Promise((resolve) => setTimeout(resolve, 20));
      assertEquals(events.some(({ type }) => type === "disconnected"), true);
      server.kill("SIGCONT");
      await load.answers(500);
      await load.stop();
      await client.close();
      await over;
      assertEquals(events.some(({ type }) => type === "up"), true);
      assertGreater(load.failed.get("TIMEOUT") ?? 0, 0);
    },
  );
}

memcachedTest("client that was idle while its memcached was replaced notices nothing", async () => {
  const server = await startMemcached();
  const { port } = server;
  await using client = await connect(`127.0.0.1:${port}`, { timeout: 30_000 });
  await client.set("k", "old");
  await server.stop();
  await using _ = await startMemcached({ port });
  await client.set("k", "new");
  assertEquals(await client.getText("k"), "new");
});
