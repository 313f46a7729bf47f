/** Keys that went through twemproxy, and where our ring looks for them. */

import { assertEquals } from "@std/assert";
import { connect } from "@memwire/memwire";
import { type HashName, makeRing, type RingName, type RingOptions, type RingServer } from "@memwire/memwire/cluster";
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createConnection, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accepts, Child } from "../support/child.ts";
import { type Memcached, startMemcached } from "../support/memcached.ts";
import { installTwemproxy, type Twemproxy } from "./install_twemproxy.ts";
import type { RingChecks } from "./rings.ts";

/** One way to set it up, and the ring that is the same. */
interface Setup {
  readonly distribution: "ketama" | "modula";
  readonly hash: HashName;
  /** What it calls that hash. */
  readonly called?: string;
  readonly weights: readonly number[];
  /** Whether servers have names of their own. */
  readonly named?: true;
  readonly hashTag?: string;
}

const SETUPS: readonly Setup[] = [
  { distribution: "ketama", hash: "fnv1a_64", weights: [1, 1, 1] },
  { distribution: "ketama", hash: "md5", weights: [1, 3, 2], named: true },
  { distribution: "ketama", hash: "murmur", weights: [1, 1, 1], named: true, hashTag: "{}" },
  { distribution: "modula", hash: "fnv1a_64", weights: [1, 3, 2] },
  { distribution: "modula", hash: "crc", called: "crc32", weights: [1, 3, 2], named: true },
  { distribution: "modula", hash: "crc32", called: "crc32a", weights: [1, 1, 1], hashTag: "$$" },
  { distribution: "modula", hash: "jenkins", weights: [1, 1, 1] },
];

/** Neither sorted nor of one length, and it sorts them. */
const NAMES = ["cache-9", "c", "cache-10"];

const KEYS = Array.from({ length: 40 }, (_, i) => `key:${i}`)
  .concat("{user:1}:a", "{user:1}:b", "{}:c", "$1$:d", "x{y", "café", "k".repeat(250));

/** Fetches twemproxy and returns the checks. */
export async function twemproxyChecks(log: (line: string) => void): Promise<RingChecks> {
  const where = await installTwemproxy(log);
  return Object.fromEntries(SETUPS.map((setup) => {
    const how = [setup.distribution, setup.hash, setup.weights.join(":"), setup.named && "names", setup.hashTag];
    return [`twemproxy places keys as memwire does: ${how.filter(Boolean).join(", ")}`, () => samePlaces(where, setup)];
  }));
}

async function samePlaces(where: Twemproxy, setup: Setup): Promise<void> {
  const { distribution, hash, weights, named, hashTag } = setup;
  await using stack = new AsyncDisposableStack();
  const servers: Memcached[] = [];
  for (const _ of weights) servers.push(stack.use(await startMemcached()));
  const names = servers.map(({ port }, i): RingServer => ({
    name: named ? NAMES[i]! : `127.0.0.1:${port}`,
    weight: weights[i]!,
  }));
  const proxy = stack.use(await startProxy(where, setup, servers));

  const ring: RingName = `${distribution}-twemproxy`;
  const options: RingOptions = { hash, ...(hashTag === undefined ? {} : { hashTag }) };
  const ours = makeRing(ring, names, options);
  for (const key of KEYS) await store(proxy.port, key);
  const clients = [];
  for (const { port } of servers) clients.push(stack.use(await connect(`127.0.0.1:${port}`)));
  for (const key of KEYS) {
    const there = await Promise.all(clients.map(async (client) => await client.get(key) !== undefined));
    assertEquals(there, clients.map((_, i) => i === ours.locate(key)), key);
  }
}

/** Starts it on a free port in front of the servers. */
async function startProxy(
  { command, libraries }: Twemproxy,
  { distribution, hash, called = hash, weights, named, hashTag }: Setup,
  servers: readonly Memcached[],
): Promise<AsyncDisposable & { readonly port: number }> {
  const folder = await mkdtemp(join(tmpdir(), "memwire-"));
  const port = await freePort();
  const lines = [
    "pool:",
    `  listen: 127.0.0.1:${port}`,
    `  hash: ${called}`,
    `  distribution: ${distribution}`,
    ...(hashTag === undefined ? [] : [`  hash_tag: "${hashTag}"`]),
    "  auto_eject_hosts: false",
    "  servers:",
    ...servers.map((server, i) => `   - 127.0.0.1:${server.port}:${weights[i]}${named ? ` ${NAMES[i]}` : ""}`),
  ];
  const file = join(folder, "nutcracker.yml");
  await writeFile(file, `${lines.join("\n")}\n`);
  const args = ["-c", file, "-o", join(folder, "log"), "-s", String(await freePort()), "-a", "127.0.0.1"];
  const child = new Child(
    spawn("env", [`LD_LIBRARY_PATH=${libraries}`, command, ...args], { stdio: "ignore" }),
  );
  const stop = async () => {
    await child.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await child.until(() => accepts({ host: "127.0.0.1", port }));
  } catch (error) {
    await stop();
    throw error;
  }
  return { port, [Symbol.asyncDispose]: stop };
}

/** A port that was free a moment ago: it cannot be told to choose one. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** Stores a key through the proxy, which speaks the classic text protocol only. */
function store(port: number, key: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: "127.0.0.1", port });
    socket.once("error", reject);
    socket.once("data", (data) => {
      socket.destroy();
      if (String(data) === "STORED\r\n") resolve();
      else reject(new Error(`twemproxy says ${data} to ${key}`));
    });
    socket.write(`set ${key} 0 0 1\r\nx\r\n`);
  });
}
