/** The runtime's own ways to find servers: questions to a name server on this machine, a file on its disk. */

import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dnsServers, fileServers, type Topology } from "../../src/cluster.ts";
import { ConnectionError } from "../../src/errors.ts";
import { srv, startNameServer, type Zone } from "../support/name_server.ts";
import { test } from "../support/test.ts";
import { namesOf } from "./discovery_scene.ts";

async function first(lists: AsyncIterable<Topology>): Promise<string[]> {
  for await (const { servers } of lists) return namesOf(servers);
  throw new Error("there was no list");
}

test("resolve: A, AAAA and SRV records of a real name server", async () => {
  const zone: Zone = new Map([
    ["cache.test A", [Uint8Array.of(10, 0, 0, 2), Uint8Array.of(10, 0, 0, 1)]],
    ["cache.test AAAA", [Uint8Array.from([0x20, 1, 0xd, 0xb8, ...new Array(11).fill(0), 7])]],
    ["_memcached._tcp.cache.test SRV", [srv("two.cache.test", 11212), srv("one.cache.test", 11211)]],
  ]);
  await using nameServer = await startNameServer(zone);
  const options = { nameServer, timeoutMs: 60_000 };
  assertEquals(await first(dnsServers("cache.test", options)), ["10.0.0.1:11211", "10.0.0.2:11211"]);
  assertEquals(await first(dnsServers("cache.test", { ...options, type: "AAAA", port: 1 })), ["[2001:db8::7]:1"]);
  assertEquals(await first(dnsServers("_memcached._tcp.cache.test", { ...options, type: "SRV" })), [
    "one.cache.test:11211",
    "two.cache.test:11212",
  ]);
  assertEquals(nameServer.asked, ["cache.test A", "cache.test AAAA", "_memcached._tcp.cache.test SRV"]);
});

test("resolve: a name that does not exist, and one without such records", async () => {
  await using nameServer = await startNameServer(new Map([["cache.test A", []]]));
  const options = { nameServer, timeoutMs: 60_000 };
  for (const name of ["nobody.test", "cache.test"]) {
    const error = await assertRejects(() => first(dnsServers(name, options)), ConnectionError);
    assertEquals(error.message.startsWith(`Cannot find servers by the A records of ${name}: `), true);
  }
});

test("resolve: a file that is replaced, then gone", async () => {
  const folder = await mkdtemp(join(tmpdir(), "memwire-"));
  const path = join(folder, "servers");
  try {
    await writeFile(path, "a:1\nb:2\n");
    const lists = fileServers(path, { everyMs: 1, timeoutMs: 60_000 })[Symbol.asyncIterator]();
    assertEquals((await lists.next()).value, { servers: ["a:1", "b:2"] });
    await writeFile(`${path}.new`, '["b:2"]');
    await rename(`${path}.new`, path);
    assertEquals((await lists.next()).value, { servers: ["b:2"] });
    await rm(path);
    const { servers, error } = (await lists.next()).value!;
    assertEquals(servers, ["b:2"]);
    assertInstanceOf(error, ConnectionError);
    await lists.return!();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
