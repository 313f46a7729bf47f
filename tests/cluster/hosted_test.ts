/** Hosted caches: what their endpoints are asked, and what is made of the answers. */

import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { connect, elastiCacheServers, memorystoreServers, type Topology } from "../../src/cluster.ts";
import { ConnectionError, ProtocolError } from "../../src/errors.ts";
import { MemoryStore, Server } from "../../src/server.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { test } from "../support/test.ts";
import { config, Endpoint, Listening, namesOf } from "./discovery_scene.ts";

const NODES = "one.cache.local|10.0.0.1|11211 two.cache.local|10.0.0.2|11212";
const node = (hostname: string, port: number) => ({ name: `${hostname}:${port}`, address: { hostname, port } });

test("hosted: the nodes of the configuration, named by host and port", async () => {
  const endpoint = new Endpoint(() => config(12, NODES));
  for (const discover of [elastiCacheServers, memorystoreServers]) {
    await using lists = new Listening((clock) => discover("cfg.local:11213", { dial: endpoint.dial, clock }));
    assertEquals(await lists.next(), {
      version: 12n,
      servers: [node("one.cache.local", 11211), node("two.cache.local", 11212)],
    });
  }
  assertEquals(endpoint.asked, ["config get cluster", "config get cluster"]);
  assertEquals(endpoint.dialled, [{ hostname: "cfg.local", port: 11213 }, { hostname: "cfg.local", port: 11213 }]);
  assertEquals(endpoint.open, 0);
});

test("hosted: nodes may have no address or no name, and lines of their own", async () => {
  const endpoint = new Endpoint(() => config(2n ** 40n, "one.local||1\n|10.0.0.2|2\r\nthree|10.0.0.3|65535 "));
  await using lists = new Listening((clock) => memorystoreServers("cfg", { dial: endpoint.dial, clock }));
  assertEquals(await lists.next(), {
    version: 2n ** 40n,
    servers: [node("one.local", 1), node("10.0.0.2", 2), node("three", 65535)],
  });
  assertEquals(endpoint.dialled, [{ hostname: "cfg", port: 11211 }]);
});

test("hosted: an old engine is asked for its key, on the same connection", async () => {
  const endpoint = new Endpoint((command) =>
    command === "get AmazonElastiCache:cluster" ? config(3, NODES, "VALUE AmazonElastiCache:cluster") : "ERROR\r\n"
  );
  await using lists = new Listening((clock) => elastiCacheServers("cfg", { dial: endpoint.dial, clock }));
  assertEquals(await lists.names(), ["one.cache.local:11211", "two.cache.local:11212"]);
  assertEquals(endpoint.asked, ["config get cluster", "get AmazonElastiCache:cluster"]);
  assertEquals(endpoint.dialled.length, 1);
});

test("hosted: the highest version wins, a lower one is passed over, servers that stay are the same", async () => {
  const versions = [
    config(5, "a|1.1.1.1|1 b|1.1.1.2|1"),
    config(4, "z|9.9.9.9|9"),
    config(5, "a|1.1.1.1|1 b|1.1.1.2|1"),
    config(6, "b|1.1.1.2|1 c|1.1.1.3|1"),
    config(5, "a|1.1.1.1|1"),
    config(7, "b|1.1.1.2|1 c|1.1.1.3|1"),
  ];
  const endpoint: Endpoint = new Endpoint(() => versions[Math.min(endpoint.asked.length, versions.length) - 1]);
  await using lists = new Listening((clock) => elastiCacheServers("cfg", { dial: endpoint.dial, clock }));
  assertEquals(await lists.names(), ["a:1", "b:1"]);
  assertEquals([await lists.next(66_000), endpoint.asked.length], [undefined, 2]);
  assertEquals([await lists.next(66_000), endpoint.asked.length], [undefined, 3]);
  assertEquals(await lists.names(66_000), ["b:1", "c:1"]);
  assertEquals(await lists.next(66_000), undefined);
  assertEquals(((await lists.next(66_000)) as Topology).version, 7n);
});

test("hosted: what is no answer leaves the nodes as they are and is told", async () => {
  const wrong: readonly (readonly [answer: string, message: string])[] = [
    ["ERROR\r\n", "it answers ERROR"],
    ["SERVER_ERROR out of memory\r\n", "it answers SERVER_ERROR out of memory"],
    ["END\r\n", "it has no configuration"],
    [config(9, ""), "it knows of no server"],
    [config(9, "one|10.0.0.1"), '"one|10.0.0.1" is no host|address|port'],
    [config(9, "one|10.0.0.1|0"), "is no host|address|port"],
    [config(9, "||1"), "is no host|address|port"],
    [config(9, "a|b|1x"), "is no host|address|port"],
    ["CONFIG cluster 0 4\r\nnone\r\nEND\r\n", '"none" is no version'],
    ["CONFIG cluster 0 0\r\n\r\nEND\r\n", '"" is no version'],
    ["CONFIG cluster 0 4\r\n1\r\nEND of it all\r\n", "Cannot"],
    ["HTTP/1.1 400 Bad Request\r\n", "Cannot"],
  ];
  let at = -1;
  const endpoint = new Endpoint(() => at < 0 ? config(8, NODES) : wrong[at]![0]);
  await using lists = new Listening((clock) => memorystoreServers("cfg", { dial: endpoint.dial, clock }));
  const first = await lists.next() as Topology;
  for (at = 0; at < wrong.length; at++) {
    const list = await lists.next(66_000) as Topology;
    assertEquals([list.servers, list.version], [first.servers, 8n]);
    const error = list.error as ConnectionError;
    assertInstanceOf(error, ConnectionError);
    assertEquals(error.message.startsWith("Cannot find servers by the endpoint cfg:11211: "), true);
    assertEquals(error.message.includes(wrong[at]![1]), true, error.message);
    assertEquals(endpoint.open, 0);
  }
});

test("hosted: an endpoint that is silent, or closes, does not hang", async () => {
  const clock = new FakeClock();
  const silent = new Endpoint(() => undefined);
  const lists = elastiCacheServers("cfg", { dial: silent.dial, clock, timeoutMs: 900 })[Symbol.asyncIterator]();
  const late = assertRejects(() => lists.next(), ConnectionError, "no answer after 900 ms");
  await clock.pass(900);
  await late;
  assertEquals([silent.open, clock.timers], [0, 0]);

  const refused = elastiCacheServers("cfg", {
    dial: () => Promise.reject(new ConnectionError("Cannot connect to cfg:11211: refused", { sent: false })),
    clock,
  });
  await assertRejects(() => refused[Symbol.asyncIterator]().next(), ConnectionError, "refused");
});

test("hosted: TLS goes to the endpoint and to its nodes", async () => {
  const endpoint = new Endpoint(() => config(1, "one|10.0.0.1|11211"));
  const tls = { serverName: "cache.local" };
  await using lists = new Listening((clock) => elastiCacheServers("[::1]:1", { dial: endpoint.dial, clock, tls }));
  const { servers } = await lists.next() as Topology;
  assertEquals(endpoint.dialled, [{ hostname: "::1", port: 1, tls }]);
  assertEquals(servers, [{ name: "one:11211", address: { hostname: "one", port: 11211, tls } }]);
});

test("hosted: an endpoint that is none is refused at once", () => {
  for (const wrong of ["", "a b", "host:", "http://host", "host:x"]) {
    assertThrows(() => elastiCacheServers(wrong), TypeError, "it is host:port");
  }
});

test("hosted: a garbled answer is a protocol error inside", async () => {
  const endpoint = new Endpoint(() => config(1, "|"));
  const lists = memorystoreServers({ hostname: "cfg", port: 2 }, { dial: endpoint.dial })[Symbol.asyncIterator]();
  const error = await assertRejects(() => lists.next(), ConnectionError);
  assertInstanceOf(error.cause, ProtocolError);
});

test("hosted: a client follows the nodes as they come and go", async () => {
  await using stack = new AsyncDisposableStack();
  const ports: number[] = [];
  for (let i = 0; i < 2; i++) {
    const server = stack.use(new Server());
    new MemoryStore().register(server);
    const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
    ports.push((address as { port: number }).port);
  }
  const at = (i: number) => `127.0.0.1||${ports[i]}`;
  let answer = config(1, at(0));
  const endpoint = new Endpoint(() => answer);
  const clock = new FakeClock();
  const client = stack.use(await connect(elastiCacheServers("cfg", { dial: endpoint.dial, clock })));
  const told = client.status();
  const names = () => client.shards.shards.map(({ name }) => name);
  assertEquals(names(), [`127.0.0.1:${ports[0]}`]);
  await client.set("k", "v");

  answer = config(2, `${at(0)} ${at(1)}`);
  await clock.pass(66_000);
  assertEquals(names(), namesOf([0, 1].map((i) => `127.0.0.1:${ports[i]}`)));
  answer = "ERROR\r\n";
  await clock.pass(66_000);
  assertEquals(names().length, 2);
  const kinds: string[] = [];
  for await (const event of told) {
    kinds.push(event.type);
    if (event.type === "discovery") break;
  }
  assertEquals(kinds.includes("topology"), true);
});
