/** Keys of libmemcached and ours: where both place them, and that each finds what the other has written. */

import { assertEquals } from "@std/assert";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "@memwire/memwire";
import { type HashName, makeRing, type RingName } from "@memwire/memwire/cluster";
import { type Memcached, startMemcached } from "../support/memcached.ts";
import { Random } from "../support/random.ts";
import { installLibmemcached, type Libmemcached, runTool } from "./install_libmemcached.ts";
import { type Distribution, LibmemcachedLibrary, type LibraryHash, type LibraryServer } from "./libmemcached.ts";

/** Checks by name. */
export type RingChecks = Readonly<Record<string, () => void | Promise<void>>>;

/** What each of our rings is called there. */
const RINGS: readonly (readonly [ring: RingName, distribution: Distribution])[] = [
  ["modula", "modula"],
  ["ketama", "ketama"],
  ["ketama-weighted", "weighted"],
  ["ketama-libmemcached-spy", "spy"],
];

const HASHES: readonly (HashName & LibraryHash)[] = [
  ...["one_at_a_time", "md5", "crc", "fnv1_64", "fnv1a_64", "fnv1_32", "fnv1a_32", "murmur", "murmur3"] as const,
  "jenkins",
];

const KEYS = 2000;

/** Fetches libmemcached and returns the checks. */
export async function ringChecks(log: (line: string) => void): Promise<RingChecks> {
  const where = await installLibmemcached(log);
  const placed = RINGS.map(([ring, distribution]) =>
    [`${ring} places keys as libmemcached does`, () => samePlaces(where, ring, distribution)] as const
  );
  const found = RINGS.map(([ring, distribution]) =>
    [
      `${ring}: libmemcached and memwire find what the other wrote`,
      () => sameServers(where, ring, distribution),
    ] as const
  );
  return {
    ...Object.fromEntries(placed),
    ...Object.fromEntries(found),
    "modula: memccp and memccat find what memwire wrote, and the reverse": () => tools(where),
  };
}

function samePlaces(where: Libmemcached, ring: RingName, distribution: Distribution): void {
  using library = new LibmemcachedLibrary(where);
  const random = new Random(1);
  const keys = Array.from({ length: KEYS }, () => random.bytes(1 + random.int(250)));
  const own = ring === "ketama-weighted" || ring === "ketama-libmemcached-spy";
  for (const servers of serverLists(own)) {
    for (const hash of own ? [undefined] : HASHES) {
      using client = library.open(distribution, hash ?? "md5", servers);
      const options = hash === undefined ? {} : { hash };
      const ours = makeRing(ring, servers.map((server) => ({ name: nameOf(server), weight: server.weight })), options);
      const places = keys.map((key) => client.locate(key));
      assertEquals(keys.map((key) => ours.locate(key)), places, `${hash} on ${servers.length} servers`);
    }
  }
}

/** With the default port and others, a socket, weights where there are some, and as many as rounding goes wrong with. */
function serverLists(weights: boolean): LibraryServer[][] {
  const list = (count: number, make: (i: number) => Partial<LibraryServer>) =>
    Array.from({ length: count }, (_, i) => ({ host: `10.0.1.${i + 1}`, port: 11211, weight: 1, ...make(i) }));
  const lists = [
    list(3, () => ({})),
    list(3, (i) => ({ port: 11211 + i })),
    list(
      4,
      (i) => ({
        host: ["cache.example", "localhost", "::1", "/run/memcached.sock"][i]!,
        port: i === 3 ? 0 : 11211 + i,
      }),
    ),
    list(25, () => ({})),
    list(61, (i) => ({ port: 11200 + i })),
  ];
  if (weights) lists.push(list(8, (i) => ({ weight: [600, 300, 200, 350, 1000, 800, 950, 100][i]! })));
  return lists;
}

function nameOf({ host, port }: LibraryServer): string {
  if (host.startsWith("/")) return host;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

async function sameServers(where: Libmemcached, ring: RingName, distribution: Distribution): Promise<void> {
  using library = new LibmemcachedLibrary(where);
  await withServers(async (servers) => {
    const names = servers.map(({ port }) => ({ name: `127.0.0.1:${port}` }));
    const ours = makeRing(ring, names);
    const hash = ring === "modula" || ring === "ketama" ? "one_at_a_time" : "md5";
    using theirs = library.open(
      distribution,
      hash,
      servers.map(({ port }) => ({ host: "127.0.0.1", port, weight: 1 })),
    );
    const random = new Random(2);
    const used = new Set<number>();
    for (let i = 0; i < 60; i++) {
      const key = new TextEncoder().encode(`key:${i}:${random.next()}`);
      const place = ours.locate(key);
      used.add(place);
      await using client = await connect(names[place]!.name);
      theirs.set(key, new TextEncoder().encode(`theirs ${i}`));
      assertEquals((await client.get(key))?.text(), `theirs ${i}`);
      await client.set(key, `ours ${i}`);
      assertEquals(new TextDecoder().decode(theirs.get(key)), `ours ${i}`);
    }
    assertEquals(used.size, servers.length);
  });
}

async function tools(where: Libmemcached): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "memwire-"));
  try {
    await withServers(async (servers) => {
      const names = servers.map(({ port }) => ({ name: `127.0.0.1:${port}` }));
      const list = `--servers=${names.map(({ name }) => name).join(",")}`;
      for (const hash of ["MD5", "CRC", "FNV1A_64", "MURMUR3"] as const) {
        const ours = makeRing("modula", names, { hash: hash.toLowerCase() as HashName });
        for (let i = 0; i < 6; i++) {
          const key = `${hash}:${i}`;
          await using client = await connect(names[ours.locate(key)]!.name);
          // The tool stores a file by its name, and writes one by its key.
          await writeFile(join(folder, key), `theirs ${i}`);
          await runTool(where, "memccp", [list, `--hash=${hash}`, join(folder, key)]);
          assertEquals((await client.get(key))?.text(), `theirs ${i}`, key);
          await client.set(key, `ours ${i}`);
          await runTool(where, "memccat", [list, `--hash=${hash}`, `--file=${join(folder, "out")}`, key]);
          assertEquals((await readFile(join(folder, "out"), "utf8")).trim(), `ours ${i}`, key);
        }
      }
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Starts three servers, and stops them afterwards. */
async function withServers(use: (servers: readonly Memcached[]) => Promise<void>): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const servers: Memcached[] = [];
  for (let i = 0; i < 3; i++) servers.push(stack.use(await startMemcached()));
  await use(servers);
}
