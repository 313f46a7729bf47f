/** Several real memcached processes behind one client, killed, stopped, restarted and renumbered while calls go on. */
import { deadline } from "@std/async";
import { assert, assertEquals, assertGreater, assertInstanceOf } from "@std/assert";
import process from "node:process";
import { connect, MemcachedError, TimeoutError } from "../../mod.ts";
import type { ClusterClient, ClusterEvent, ClusterOptions, ServerList } from "../../src/cluster.ts";
import { NodeError } from "../../src/cluster/cluster_errors.ts";
import { locateMemcached, type Memcached, startMemcached } from "../support/memcached.ts";
import { test } from "../support/test.ts";

/** A test that hangs says so after this time, in ms; no call may take longer than it says either. */
const HANG = 90_000;
const LANES = 12;
const KEYS = 25;
const QUICK: ClusterOptions = { connectTimeout: 30_000, reconnect: { backoff: { most: 100 } } };

const { path, story } = await locateMemcached();

/** Servers of a test's own, by name. */
class Servers implements AsyncDisposable {
  readonly #running: Map<string, Memcached> = new Map();

  static async start(names: readonly string[]): Promise<Servers> {
    const servers = new Servers();
    for (const name of names) await servers.start(name);
    return servers;
  }

  async start(name: string, port = 0): Promise<void> {
    this.#running.set(name, await startMemcached({ port, args: ["-m", "16"] }));
  }

  get(name: string): Memcached {
    return this.#running.get(name)!;
  }

  get list(): { name: string; address: string }[] {
    return [...this.#running].map(([name, { port }]) => ({ name, address: `127.0.0.1:${port}` }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#running.values()) {
      server.kill("SIGCONT");
      await server.stop();
    }
  }
}

function clusterTest(
  name: string,
  names: readonly string[],
  options: ClusterOptions,
  run: (servers: Servers, client: ClusterClient) => Promise<void>,
): void {
  if (path === undefined && process.env.CI !== "true") {
    test(`${name} (no memcached: ${story})`, () => {}, { ignore: true });
    return;
  }
  test(name, () =>
    deadline(
      (async () => {
        await using servers = await Servers.start(names);
        await using client = await connect(servers.list, { ...QUICK, ...options });
        await run(servers, client);
      })(),
      HANG,
    ));
}

/** Lists of servers that a test hands out, as a discovery does. */
class Lists implements AsyncIterable<ServerList> {
  readonly #lists: ServerList[] = [];
  #wake: () => void = () => {};
  #ended = false;

  give(servers: ServerList["servers"]): void {
    this.#lists.push({ servers });
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ServerList, void, void> {
    while (!this.#ended) {
      const list = this.#lists.shift();
      if (list === undefined) await new Promise<void>((resolve) => this.#wake = resolve);
      else yield list;
    }
  }
}

/** Calls that go on until stopped; every value that is read must be one of its key. */
class Load {
  /** Calls that were answered, by server. */
  readonly answered: Map<string, number> = new Map();
  /** Calls that failed, by server. */
  readonly failed: Map<string, unknown[]> = new Map();
  readonly #client: ClusterClient;
  readonly #lanes: Promise<void>[];
  #running = true;
  #broken: unknown = undefined;
  readonly #rounds: number[] = new Array(LANES).fill(0);

  constructor(client: ClusterClient) {
    this.#client = client;
    this.#lanes = Array.from({ length: LANES }, (_, lane) => this.#run(lane));
    // Whoever waits for the load hears of it.
    for (const lane of this.#lanes) lane.catch((error) => this.#broken ??= error);
  }

  /** Waits until a server has answered so many more calls. */
  async moreFrom(server: string, count: number): Promise<void> {
    const target = (this.answered.get(server) ?? 0) + count;
    while ((this.answered.get(server) ?? 0) < target) await this.#goOn();
  }

  /** Waits until so many more calls of a server have failed. */
  async moreFailuresOf(server: string, count: number): Promise<void> {
    const target = (this.failed.get(server)?.length ?? 0) + count;
    while ((this.failed.get(server)?.length ?? 0) < target) await this.#goOn();
  }

  /** Waits until every lane has ended what it was at. */
  async nextRounds(): Promise<void> {
    const before = [...this.#rounds];
    while (this.#rounds.some((round, lane) => round <= before[lane]!)) await this.#goOn();
  }

  async #goOn(): Promise<void> {
    await pause();
    if (this.#broken !== undefined) throw this.#broken;
  }

  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#lanes);
  }

  async #run(lane: number): Promise<void> {
    for (let i = 0; this.#running; i++) {
      const key = `lane ${lane} key ${i % KEYS}`;
      await this.#note(key, this.#client.set(key, `${key} is ${i}`));
      await this.#note(
        key,
        this.#client.getText(key).then((text) => assert(text === undefined || text.startsWith(`${key} is `), text)),
      );
      const keys = Array.from({ length: KEYS }, (_, at) => `lane ${lane} key ${at}`);
      const { hits, misses, errors } = await this.#client.getMulti(keys);
      assertEquals(hits.size + misses.size + errors.size, KEYS);
      for (const [found, item] of hits) assert(item.text().startsWith(`${found} is `), found);
      for (const [missing, error] of errors) {
        assertInstanceOf(error, NodeError);
        assertEquals(error.node, this.#client.serverOf(missing));
        this.#failure(error.node, error.cause);
      }
      this.#rounds[lane]!++;
      // Lanes of failures at once would leave no time to anybody.
      await pause();
    }
  }

  async #note(key: string, call: Promise<unknown>): Promise<void> {
    const server = this.#client.serverOf(key)!;
    try {
      await call;
      this.answered.set(server, (this.answered.get(server) ?? 0) + 1);
    } catch (error) {
      if (!(error instanceof MemcachedError)) throw error;
      this.#failure(server, error);
    }
  }

  #failure(server: string, error: unknown): void {
    assertInstanceOf(error, MemcachedError);
    const errors = this.failed.get(server) ?? [];
    errors.push(error);
    this.failed.set(server, errors);
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Waits for an event. */
async function heard(
  events: AsyncIterableIterator<ClusterEvent>,
  wanted: (event: ClusterEvent) => boolean,
): Promise<void> {
  for (;;) {
    const { done, value } = await events.next();
    if (done === true) throw new Error("the client was closed before it happened");
    if (wanted(value)) return;
  }
}

const ABCD = ["a", "b", "c", "d"];

clusterTest("a server that is killed fails its own keys only, and serves again once it is back", ABCD, {
  timeout: 10_000,
}, async (servers, client) => {
  const events = client.status();
  const load = new Load(client);
  for (const name of ABCD) await load.moreFrom(name, 20);
  assertEquals([...load.failed.keys()], []);
  const { port } = servers.get("b");
  await servers.get("b").stop();
  await load.moreFailuresOf("b", 20);
  await heard(events, (event) => event.type === "down" && event.server === "b");
  for (const name of ["a", "c", "d"]) await load.moreFrom(name, 20);
  await servers.start("b", port);
  await heard(events, (event) => event.type === "up" && event.server === "b");
  await load.nextRounds();
  const failures = load.failed.get("b")!.length;
  await load.moreFrom("b", 20);
  assertEquals(load.failed.get("b")!.length, failures);
  await load.stop();
  assertEquals([...load.failed.keys()], ["b"]);
});

clusterTest("a server that is stopped holds up its own keys only, each until its deadline", ABCD, {
  timeout: 300,
  reconnect: { backoff: { most: 100 }, probeAfter: 500, probeTimeout: 500 },
}, async (servers, client) => {
  const load = new Load(client);
  for (const name of ABCD) await load.moreFrom(name, 20);
  servers.get("c").kill("SIGSTOP");
  await load.moreFailuresOf("c", 20);
  assert(load.failed.get("c")!.some((error) => error instanceof TimeoutError));
  for (const name of ["a", "b", "d"]) await load.moreFrom(name, 5);
  servers.get("c").kill("SIGCONT");
  await load.moreFrom("c", 50);
  await load.stop();
  await client.set("after", "v", { timeout: 10_000 });
  assertEquals(await client.getText("after", { timeout: 10_000 }), "v");
});

clusterTest("servers that come, go and are renumbered under load lose no call", ["a", "b", "c"], {
  timeout: 30_000,
}, async (servers, client) => {
  const load = new Load(client);
  for (const name of ["a", "b", "c"]) await load.moreFrom(name, 20);
  const before = Array.from({ length: 100 }, (_, i) => client.serverOf(`key ${i}`));

  // The same name at another port: the keys stay where they are.
  await using old = servers.get("b");
  await servers.start("b");
  client.shards.update(servers.list);
  assertEquals(Array.from({ length: 100 }, (_, i) => client.serverOf(`key ${i}`)), before);
  await load.moreFrom("b", 20);
  await old.stop();
  await load.moreFrom("b", 20);

  await servers.start("d");
  client.shards.update(servers.list);
  await load.moreFrom("d", 20);
  const moved = before.filter((server, i) => client.serverOf(`key ${i}`) !== server);
  assertGreater(moved.length, 5);
  assertEquals(before.every((server, i) => ["d", server].includes(client.serverOf(`key ${i}`))), true);

  client.shards.update(servers.list.filter(({ name }) => name !== "a"));
  for (const name of ["b", "c", "d"]) await load.moreFrom(name, 20);
  await load.stop();
  assertEquals(load.failed, new Map());
});

clusterTest("with next-node a killed server is stood in for, and takes over again once it is back", ABCD, {
  timeout: 20_000,
  failover: "next-node",
}, async (servers, client) => {
  const events = client.status();
  const key = Array.from({ length: 100 }, (_, i) => `key ${i}`).find((key) => client.serverOf(key) === "d")!;
  await client.set(key, "first");
  const { port } = servers.get("d");
  await servers.get("d").stop();
  // A write that was under way is not made twice, so it may fail once.
  while (await client.set(key, "second").then(() => false, () => true));
  assertEquals(await client.getText(key), "second");
  const { hits, errors } = await client.getMulti([key, "other"]);
  assertEquals([hits.get(key)?.text(), errors.size], ["second", 0]);
  await heard(events, (event) => event.type === "failover" && event.server === "d" && event.action === "use");
  await servers.start("d", port);
  await heard(events, (event) => event.type === "up" && event.server === "d");
  // It comes back empty.
  assertEquals(await client.get(key), undefined);
  await client.set(key, "third");
  assertEquals(await client.getText(key), "third");
});

clusterTest("a resize through a discovery under load loses no call, and ends with it", ["a", "b"], {
  timeout: 30_000,
}, async (servers) => {
  const lists = new Lists();
  lists.give(servers.list);
  await using client = await connect(lists, { ...QUICK, timeout: 30_000 });
  const events = client.status();
  const load = new Load(client);
  await servers.start("c");
  lists.give(servers.list);
  await heard(events, (event) => event.type === "topology" && event.added.includes("c"));
  await load.moreFrom("c", 20);
  lists.give(servers.list.filter(({ name }) => name !== "a"));
  await heard(events, (event) => event.type === "topology" && event.removed.includes("a"));
  for (const name of ["b", "c"]) await load.moreFrom(name, 20);
  lists.end();
  await heard(events, (event) => event.type === "discovery" && event.error === undefined);
  for (const name of ["b", "c"]) await load.moreFrom(name, 20);
  await load.stop();
  assertEquals(load.failed, new Map());
});
