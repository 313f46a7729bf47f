/** Lists of servers: static, by DNS, from a file, and how they differ. */

import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import {
  diffTopology,
  dnsServers,
  fileServers,
  type Resolve,
  type ResolvedRecord,
  staticServers,
  type Topology,
} from "../../src/cluster.ts";
import { ConnectionError, TimeoutError } from "../../src/errors.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { countedAbort } from "../support/counted_abort.ts";
import { test } from "../support/test.ts";
import { answers, Listening, namesOf } from "./discovery_scene.ts";

const records = (...hostnames: string[]): ResolvedRecord[] => hostnames.map((hostname) => ({ hostname }));
const NXDOMAIN = new Error("no such name");

function errorOf(list: Topology | undefined | "end"): ConnectionError {
  if (list === undefined || list === "end") throw new Error(`no list came, but ${list}`);
  assertInstanceOf(list.error, ConnectionError);
  return list.error;
}

test("discovery: static servers are one list, checked at once", async () => {
  const lists: Topology[] = [];
  for await (const list of staticServers(new Set(["a:1", "b:2"]))) lists.push(list);
  assertEquals(lists, [{ servers: ["a:1", "b:2"] }]);
  assertThrows(() => staticServers([{ address: "a:1", weight: -1 }]), RangeError, "weight of -1");
});

test("discovery: DNS tells of addresses in an order of its own, and only when they change", async () => {
  const dns = answers(
    records("10.0.0.2", "10.0.0.1"),
    records("10.0.0.1", "10.0.0.2"),
    records("10.0.0.3", "10.0.0.1", "10.0.0.2"),
    records("10.0.0.3"),
  );
  await using lists = new Listening((clock) =>
    dnsServers("cache.local", { resolve: () => dns.next(), clock, port: 11212 })
  );
  assertEquals(await lists.next(), {
    servers: [1, 2].map((i) => ({ name: `10.0.0.${i}:11212`, address: { hostname: `10.0.0.${i}`, port: 11212 } })),
  });
  // Chance is 1: the wait is a tenth longer.
  assertEquals([await lists.next(32_999), dns.asked], [undefined, 1]);
  assertEquals([await lists.next(1), dns.asked], [undefined, 2]);
  assertEquals(await lists.names(33_000), ["10.0.0.1:11212", "10.0.0.2:11212", "10.0.0.3:11212"]);
  assertEquals(await lists.names(33_000), ["10.0.0.3:11212"]);
  assertEquals(await lists.next(330_000), undefined);
});

test("discovery: each kind of record is asked for and named as it is", async () => {
  const asked: unknown[] = [];
  const resolve: Resolve = (name, { type }) => {
    asked.push([name, type]);
    if (type === "SRV") return Promise.resolve([{ hostname: "b.local", port: 2 }, { hostname: "a.local", port: 1 }]);
    return Promise.resolve(records("::2", "::1", "::1"));
  };
  await using srv = new Listening((clock) => dnsServers("_memcached._tcp.local", { type: "SRV", resolve, clock }));
  assertEquals(await srv.names(), ["a.local:1", "b.local:2"]);
  await using six = new Listening((clock) => dnsServers("local", { type: "AAAA", resolve, clock }));
  assertEquals(await six.next(), {
    servers: ["::1", "::2"].map((hostname) => ({ name: `[${hostname}]:11211`, address: { hostname, port: 11211 } })),
  });
  assertEquals(asked, [["_memcached._tcp.local", "SRV"], ["local", "AAAA"]]);
});

test("discovery: a name that is gone, and an empty answer, leave the servers and are told", async () => {
  const dns = answers<ResolvedRecord[]>(records("10.0.0.1"), NXDOMAIN, [], records("10.0.0.1"), records("10.0.0.1"));
  await using lists = new Listening((clock) => dnsServers("cache.local", { resolve: () => dns.next(), clock }));
  const first = await lists.next() as Topology;
  const gone = await lists.next(33_000) as Topology;
  const error = errorOf(gone);
  assertEquals([error.message, error.cause], [
    "Cannot find servers by the A records of cache.local: no such name",
    NXDOMAIN,
  ]);
  assertEquals(gone.servers, first.servers);
  const empty = await lists.next(33_000) as Topology;
  assertEquals(errorOf(empty).message, "Cannot find servers by the A records of cache.local: it knows of no server");
  assertEquals(empty.servers, first.servers);
  // That it works again is news, that it goes on working is none.
  assertEquals(await lists.next(33_000), { servers: first.servers });
  assertEquals(await lists.next(33_000), undefined);
});

test("discovery: an empty answer is believed when asked to", async () => {
  const dns = answers(records("10.0.0.1"), []);
  await using lists = new Listening((clock) =>
    dnsServers("cache.local", { resolve: () => dns.next(), clock, acceptEmpty: true })
  );
  assertEquals(await lists.names(), ["10.0.0.1:11211"]);
  assertEquals(await lists.names(33_000), []);
});

test("discovery: flapping answers are told one by one, and no error drops a server", async () => {
  const dns = answers<ResolvedRecord[]>(
    ...Array.from({ length: 20 }, (_, i) => i % 2 === 0 ? records("10.0.0.1", `10.0.1.${i % 4}`) : NXDOMAIN),
  );
  await using lists = new Listening((clock) => dnsServers("cache.local", { resolve: () => dns.next(), clock }));
  let names: string[] = [];
  for (let i = 0; i < 20; i++) {
    const list = await lists.next(i === 0 ? 0 : 33_000) as Topology;
    if (i % 2 === 1) errorOf(list);
    else names = ["10.0.0.1:11211", `10.0.1.${i % 4}:11211`];
    assertEquals(namesOf(list.servers), names);
  }
});

test("discovery: what fails before there is any list is thrown, and ends it", async () => {
  for (const [answer, message] of [[NXDOMAIN, "no such name"], [[], "it knows of no server"]] as const) {
    const clock = new FakeClock();
    const resolve = () => answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    const lists = dnsServers("cache.local", { resolve, clock })[Symbol.asyncIterator]();
    const error = await assertRejects(() => lists.next(), ConnectionError, message);
    assertEquals([error.code, error.sent], ["CONNECTION", false]);
    assertEquals([await lists.next(), clock.timers], [{ done: true, value: undefined }, 0]);
  }
});

test("discovery: a source that does not answer is given up", async () => {
  let given: AbortSignal | undefined;
  const resolve: Resolve = (_, { signal }) => {
    given = signal;
    return new Promise(() => {});
  };
  await using lists = new Listening((clock) => dnsServers("cache.local", { resolve, clock, timeoutMs: 700 }));
  assertEquals(await lists.next(699), undefined);
  const error = await assertRejects(() => lists.next(1), ConnectionError, "no answer after 700 ms");
  assertInstanceOf(error.cause, TimeoutError);
  assertEquals(given?.aborted, true);
});

test("discovery: an abort and a return end it at once, while it waits and while it asks, and leave nothing", async () => {
  for (const how of ["abort", "return"] as const) {
    for (const when of ["waiting", "asking"] as const) {
      const clock = new FakeClock();
      const abort = countedAbort();
      let signals: AbortSignal[] = [];
      const resolve: Resolve = (_, { signal }) => {
        signals.push(signal);
        return when === "asking" && signals.length > 1 ? new Promise(() => {}) : Promise.resolve(records("10.0.0.1"));
      };
      const lists = dnsServers("cache.local", { resolve, clock, signal: abort.signal })[Symbol.asyncIterator]();
      await lists.next();
      const next = lists.next();
      await clock.pass(when === "asking" ? 33_000 : 10);
      assertEquals(signals.length, when === "asking" ? 2 : 1);
      if (how === "abort") abort.abort();
      else await lists.return!();
      assertEquals(await next, { done: true, value: undefined });
      assertEquals([clock.timers, abort.listeners()], [0, 0]);
      if (when === "asking") assertEquals(signals.at(-1)!.aborted, true);
      assertEquals(await lists.next(), { done: true, value: undefined });
      signals = [];
    }
  }
});

test("discovery: with a signal that was aborted before, there is nothing", async () => {
  const lists = dnsServers("cache.local", { signal: AbortSignal.abort(), resolve: () => Promise.reject(NXDOMAIN) });
  assertEquals(await lists[Symbol.asyncIterator]().next(), { done: true, value: undefined });
});

test("discovery: impossible options are refused at once", () => {
  assertThrows(() => dnsServers("a", { everyMs: 0 }), RangeError, "everyMs 0");
  assertThrows(() => fileServers("a", { timeoutMs: NaN }), RangeError, "timeoutMs NaN");
  assertThrows(() => dnsServers("a", { port: 70_000 }), RangeError, "port 70000");
});

test("discovery: a file is lines or JSON", async () => {
  const files: Record<string, readonly unknown[]> = {
    "# ours\na:11211 # the first\n\n  b:11212\t3\r\n[::1]:11213": [
      "a:11211",
      { address: "b:11212", weight: 3 },
      "[::1]:11213",
    ],
    '["a:1", {"address": "b:2", "name": "bee", "weight": 2}]': ["a:1", { address: "b:2", name: "bee", weight: 2 }],
    ' {"servers": ["a:1"]}': ["a:1"],
    "[::1]:11213\n": ["[::1]:11213"],
  };
  for (const [text, servers] of Object.entries(files)) {
    await using lists = new Listening((clock) => fileServers("list", { read: () => Promise.resolve(text), clock }));
    assertEquals(await lists.next(), { servers } as Topology, text);
  }
  await using versions = new Listening((clock) => {
    const file = answers(
      '{"servers":["a:1"],"version":5}',
      '{"servers":["b:1"],"version":4}',
      '{"servers":["c:1"],"version":6}',
    );
    return fileServers("list", { read: () => file.next(), clock });
  });
  assertEquals(await versions.next(), { servers: ["a:1"], version: 5n });
  assertEquals(await versions.next(11_000), { servers: ["c:1"], version: 6n });
});

test("discovery: a broken file leaves the servers and says what is wrong with it", async () => {
  const broken: Readonly<Record<string, string>> = {
    "": "it knows of no server",
    "# nothing\n": "it knows of no server",
    '["a:1"': "JSON",
    '{"server": []}': "it has no list of servers",
    "[1]": "1 is no server",
    '[{"address": "a:1", "weight": 0}]': "weight of 0",
    '[{"address": "a:1", "state": "asleep"}]': "asleep",
    "a:1 two": "weight of NaN",
    "a:1 2 3": 'the line "a:1 2 3" has more than a server and its weight',
  };
  const file = answers("a:1", ...Object.keys(broken));
  await using lists = new Listening((clock) => fileServers("list", { read: () => file.next(), clock, everyMs: 1000 }));
  assertEquals(await lists.names(), ["a:1"]);
  for (const message of Object.values(broken)) {
    const list = await lists.next(1100) as Topology;
    assertEquals(errorOf(list).message.includes(message), true, `${errorOf(list).message} has no ${message}`);
    assertEquals(list.servers, ["a:1"]);
  }
});

test("discovery: lists differ by name and address", () => {
  const names = (from: Topology, to: Topology) => {
    const { keep, add, remove } = diffTopology(from, to);
    return [keep, add, remove].map((list) => list.map(({ name, weight }) => `${name}*${weight}`));
  };
  const one = {
    servers: ["a:1", { name: "b", address: "10.0.0.1:1" }, { name: "c", address: { hostname: "x", port: 1 } }],
  };
  assertEquals(names(one, one), [["a:1*1", "b*1", "c*1"], [], []]);
  assertEquals(names({ servers: [] }, one), [[], ["a:1*1", "b*1", "c*1"], []]);
  assertEquals(names(one, { servers: [] }), [[], [], ["a:1*1", "b*1", "c*1"]]);
  const two = {
    servers: [
      { name: "c", address: { hostname: "x", port: 1 }, weight: 7 },
      { name: "b", address: "10.0.0.2:1" },
      "d:1",
    ],
  };
  assertEquals(names(one, two), [["c*7"], ["b*1", "d:1*1"], ["a:1*1", "b*1"]]);
});
