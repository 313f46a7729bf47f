/** The classic text protocol below a connection, with a peer that says what the test tells it to. */
import { assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import {
  CasMismatchError,
  type Client,
  KeyNotFoundError,
  NotStoredError,
  ProtocolError,
  StatusError,
  TimeoutError,
  UnsupportedError,
  ValueTooLargeError,
} from "../../mod.ts";
import { TextWire } from "../../src/connection/text_wire.ts";
import { DECREMENT, INCREMENT } from "../../src/ops/counter.ts";
import { GATK, GET, GETK } from "../../src/ops/retrieval.ts";
import { SELECT_BUCKET } from "../../src/ops/session.ts";
import { DELETE, SET } from "../../src/ops/storage.ts";
import { endOfTurn } from "../support/fake_transport.ts";
import { test } from "../support/test.ts";
import { LineScene } from "../support/line_scene.ts";

const encoder = new TextEncoder();
const scene = () => new LineScene(new TextWire());

interface Exchange {
  readonly call: (client: Client) => Promise<unknown>;
  readonly sent: string;
  readonly answer: string;
  readonly result: unknown;
}

/** Each call, the bytes it sends, the bytes that answer it, and what it resolves to. */
const EXCHANGES: readonly Exchange[] = [
  { call: (c) => c.getText("k"), sent: "gets k\r\n", answer: "VALUE k 7 3 9\r\nA\r\n\r\nEND\r\n", result: "A\r\n" },
  { call: (c) => c.getText("k"), sent: "gets k\r\n", answer: "END\r\n", result: undefined },
  { call: (c) => c.getText("ü"), sent: "gets ü\r\n", answer: "VALUE ü 0 0 1\r\n\r\nEND\r\n", result: "" },
  {
    call: (c) => c.get(encoder.encode("k")).then((item) => [item?.text(), item?.flags, item?.cas]),
    sent: "gets k\r\n",
    answer: "VALUE k 4294967295 1 18446744073709551615\r\nx\r\nEND\r\n",
    result: ["x", 0xffffffff, 0xffff_ffff_ffff_ffffn],
  },
  {
    call: (c) => c.getAndTouch("k", { ttl: 60 }).then((item) => item?.text()),
    sent: "gats 60 k\r\n",
    answer: "VALUE k 0 1 1\r\nx\r\nEND\r\n",
    result: "x",
  },
  {
    call: (c) => c.caller.call(GETK, { key: "k" }).then(({ key }) => new TextDecoder().decode(key)),
    sent: "gets k\r\n",
    answer: "VALUE k 0 1 1\r\nx\r\nEND\r\n",
    result: "k",
  },
  {
    call: (c) => c.caller.call(GATK, { key: "k", expiry: 0 }).then(({ flags }) => flags),
    sent: "gats 0 k\r\n",
    answer: "VALUE k 3 1 1\r\nx\r\nEND\r\n",
    result: 3,
  },
  { call: (c) => c.touch("k", { ttl: 60 }), sent: "touch k 60\r\n", answer: "TOUCHED\r\n", result: { cas: 0n } },
  { call: (c) => c.touch("k", { ttl: 60 }), sent: "touch k 60\r\n", answer: "NOT_FOUND\r\n", result: undefined },
  {
    call: (c) => c.set("k", "héllo", { flags: 7, ttl: 30 }),
    sent: "set k 7 30 6\r\nhéllo\r\n",
    answer: "STORED\r\n",
    result: { cas: 0n },
  },
  {
    call: (c) => c.set("k", "v", { cas: 5n }),
    sent: "cas k 0 0 1 5\r\nv\r\n",
    answer: "STORED\r\n",
    result: { cas: 0n },
  },
  { call: (c) => c.add("k", "v"), sent: "add k 0 0 1\r\nv\r\n", answer: "STORED\r\n", result: { cas: 0n } },
  { call: (c) => c.append("k", "x"), sent: "append k 0 0 1\r\nx\r\n", answer: "STORED\r\n", result: { cas: 0n } },
  { call: (c) => c.delete("k"), sent: "delete k\r\n", answer: "DELETED\r\n", result: true },
  { call: (c) => c.delete("k"), sent: "delete k\r\n", answer: "NOT_FOUND\r\n", result: false },
  { call: (c) => c.delete("k", { cas: 4n }), sent: "cas k 0 -1 0 4\r\n\r\n", answer: "STORED\r\n", result: true },
  { call: (c) => c.delete("k", { cas: 4n }), sent: "cas k 0 -1 0 4\r\n\r\n", answer: "NOT_FOUND\r\n", result: false },
  {
    call: (c) => c.increment("n", { by: 2 }),
    sent: "incr n 2\r\n",
    answer: "18446744073709551615\r\n",
    result: 0xffff_ffff_ffff_ffffn,
  },
  { call: (c) => c.decrement("n"), sent: "decr n 1\r\n", answer: "NOT_FOUND\r\n", result: undefined },
  {
    call: (c) => c.increment("n", { initial: 10, ttl: 60 }),
    sent: "incr n 1\r\nadd n 0 60 2\r\n10\r\n",
    answer: "NOT_FOUND\r\nSTORED\r\n",
    result: 10n,
  },
  {
    call: (c) => c.increment("n", { initial: 10 }),
    sent: "incr n 1\r\nadd n 0 0 2\r\n10\r\n",
    answer: "12\r\nNOT_STORED\r\n",
    result: 12n,
  },
  { call: (c) => c.version(), sent: "version\r\n", answer: "VERSION 0.5.0\r\n", result: "0.5.0" },
  { call: (c) => c.noop(), sent: "version\r\n", answer: "VERSION 0.5.0\r\n", result: undefined },
  { call: (c) => c.flush({ delay: 9 }), sent: "flush_all 9\r\n", answer: "OK\r\n", result: undefined },
  {
    call: (c) => c.stats("items"),
    sent: "stats items\r\n",
    answer: "STAT a 1\r\nEND\r\n",
    result: new Map([["a", "1"]]),
  },
  {
    call: (c) => c.getMulti(["a", "b", "ü", "d"]).then(({ hits, misses }) => [hits.get("ü")?.text(), [...misses]]),
    sent: "gets a b ü d\r\nversion\r\n",
    answer: "VALUE b 0 1 2\r\nB\r\nVALUE ü 0 1 2\r\nC\r\nEND\r\nVERSION 1\r\n",
    result: ["C", ["a", "d"]],
  },
  {
    call: (c) =>
      c.caller.batch(GET, ["a", "b", "a"].map((key) => ({ key }))).then(({ replies }) => replies.map((r) => r?.cas)),
    sent: "gets a b a\r\nversion\r\n",
    answer: "VALUE a 0 1 2\r\nA\r\nVALUE a 0 1 2\r\nA\r\nEND\r\nVERSION 1\r\n",
    result: [2n, undefined, 2n],
  },
  {
    call: (c) => c.getMulti(["a", "b"]).then(({ misses }) => [...misses]),
    sent: "gets a b\r\nversion\r\n",
    answer: "END\r\nVERSION 1\r\n",
    result: ["a", "b"],
  },
];

for (const { call, sent, answer, result } of EXCHANGES) {
  test(`TextWire: ${JSON.stringify(sent)} answered ${JSON.stringify(answer)}, cut at every byte`, async () => {
    const bytes = encoder.encode(answer);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const { client, connection, peer, ...rest } = scene();
      const calling = call(client);
      assertEquals(await rest.sent(), sent);
      peer.receive(bytes.slice(0, cut));
      peer.receive(bytes.slice(cut));
      assertEquals(await calling, result);
      assertEquals([connection.state, connection.inFlight], ["open", 0]);
      // Nothing is owed: the next call has its own answer.
      const next = client.getText("next");
      assertEquals(await rest.sent(), "gets next\r\n");
      rest.say("VALUE next 0 1 1\r\nN\r\nEND\r\n");
      assertEquals(await next, "N");
    }
  });
}

type Refusal = readonly [
  name: string,
  call: (client: Client) => Promise<unknown>,
  answer: string,
  // deno-lint-ignore no-explicit-any -- any class of error.
  type: new (...args: any[]) => Error,
  status: string,
];

const REFUSALS: readonly Refusal[] = [
  ["add of a key that is there", (c) => c.add("k", "v"), "NOT_STORED\r\n", NotStoredError, "KEY_EEXISTS"],
  ["replace of none", (c) => c.replace("k", "v"), "NOT_STORED\r\n", KeyNotFoundError, "KEY_ENOENT"],
  ["append to none", (c) => c.append("k", "v"), "NOT_STORED\r\n", NotStoredError, "NOT_STORED"],
  ["set of another version", (c) => c.set("k", "v", { cas: 1n }), "EXISTS\r\n", CasMismatchError, "KEY_EEXISTS"],
  ["delete of another version", (c) => c.delete("k", { cas: 1n }), "EXISTS\r\n", CasMismatchError, "KEY_EEXISTS"],
  ["set of a version of none", (c) => c.set("k", "v", { cas: 1n }), "NOT_FOUND\r\n", KeyNotFoundError, "KEY_ENOENT"],
  [
    "set of what is too large",
    (c) => c.set("k", "v"),
    "SERVER_ERROR object too large for cache\r\n",
    ValueTooLargeError,
    "E2BIG",
  ],
  [
    "increment of text",
    (c) => c.increment("k"),
    "CLIENT_ERROR cannot increment or decrement non-numeric value\r\n",
    StatusError,
    "DELTA_BADVAL",
  ],
  [
    "increment of text that may be made",
    (c) => c.increment("k", { initial: 1 }),
    "CLIENT_ERROR cannot increment or decrement non-numeric value\r\nNOT_STORED\r\n",
    StatusError,
    "DELTA_BADVAL",
  ],
  [
    "a counter that another made meanwhile",
    (c) => c.increment("k", { initial: 1 }),
    "NOT_FOUND\r\nNOT_STORED\r\n",
    StatusError,
    "KEY_EEXISTS",
  ],
  [
    "a counter that finds no room",
    (c) => c.increment("k", { initial: 1 }),
    "NOT_FOUND\r\nSERVER_ERROR out of memory storing object\r\n",
    StatusError,
    "ENOMEM",
  ],
  ["a get that is refused", (c) => c.get("k"), "SERVER_ERROR Connection refused\r\n", StatusError, "EINTERNAL"],
  [
    "a get of a server that wants a login",
    (c) => c.get("k"),
    "CLIENT_ERROR unauthenticated\r\n",
    StatusError,
    "AUTH_ERROR",
  ],
  ["an unknown group", (c) => c.stats("x"), "ERROR\r\n", StatusError, "KEY_ENOENT"],
];

for (const [name, call, answer, type, status] of REFUSALS) {
  test(`TextWire: ${name} is ${type.name} with ${status}, and the connection goes on`, async () => {
    const { client, connection, ...rest } = scene();
    const calling = assertRejects(() => call(client), type);
    await rest.sent();
    rest.say(answer);
    const error = await calling;
    assertInstanceOf(error, StatusError);
    assertEquals([error.statusName, connection.state], [status, "open"]);
    const next = client.delete("k");
    await rest.sent();
    rest.say("DELETED\r\n");
    assertEquals(await next, true);
  });
}

/** Two gets are under way; what may not answer the first. */
const WRONG: Readonly<Record<string, string>> = {
  "the item of the next": "VALUE b 0 1 1\r\nx\r\n",
  "a longer key": "VALUE aa 0 1 1\r\nx\r\n",
  "a second item": "VALUE a 0 1 1\r\nx\r\nVALUE b 0 1 1\r\nx\r\n",
  "no version": "VALUE a 0 1\r\nx\r\n",
  "a meta reply": "EN O0\r\n",
  "that to a write": "STORED\r\n",
  "what is no reply": "HTTP/1.1 400 Bad Request\r\n",
  "data of another length": "VALUE a 0 1 1\r\nxy\r\n",
};

for (const [name, answer] of Object.entries(WRONG)) {
  test(`TextWire: ${name} is a ProtocolError for all who wait`, async () => {
    const { client, connection, ...rest } = scene();
    const first = client.get("a");
    const second = assertRejects(() => client.get("b"), ProtocolError);
    await rest.sent();
    rest.say(answer);
    await first.catch((error) => assertInstanceOf(error, ProtocolError));
    await second;
    assertEquals(connection.state, "closed");
  });
}

test("TextWire: a reply that nobody asked for is a ProtocolError", async () => {
  const { client, connection, say } = scene();
  say("STORED\r\n");
  assertEquals(connection.state, "closed");
  await assertRejects(() => client.get("k"), Error, "nothing was asked");
});

test("TextWire: a call that has timed out keeps its place, and its answer reaches nobody", async () => {
  const { client, connection, ...rest } = scene();
  const late = assertRejects(() => client.getText("a", { timeout: 1 }), TimeoutError);
  assertEquals(await rest.sent(), "gets a\r\n");
  await late;
  const next = client.getText("b");
  assertEquals(await rest.sent(), "gets b\r\n");
  rest.say("VALUE a 0 1 1\r\nA\r\nEND\r\nVALUE b 0 1 1\r\nB\r\nEND\r\n");
  assertEquals([await next, connection.counters.lateReplies], ["B", 1]);
});

test("TextWire: a refused line of keys is the fate of all of them", async () => {
  const { client, ...rest } = scene();
  const reading = client.getMulti(["a", "b", "c"]);
  await rest.sent();
  rest.say("CLIENT_ERROR bad command line format\r\n\r\nVERSION 1\r\n");
  const { hits, misses, errors } = await reading;
  assertEquals([hits.size, misses.size, [...errors.keys()]], [0, 0, ["a", "b", "c"]]);
});

test("TextWire: an error among items is the fate of all keys that it may be meant for", async () => {
  const { client, ...rest } = scene();
  const reading = client.getMulti(["a", "b", "c"]);
  await rest.sent();
  rest.say("VALUE a 0 1 1\r\nA\r\nSERVER_ERROR backend failure\r\nVALUE c 0 1 1\r\nC\r\nEND\r\nVERSION 1\r\n");
  const { hits, misses, errors } = await reading;
  assertEquals([[...hits.keys()], misses.size, [...errors.keys()]], [["a", "c"], 0, ["b"]]);
  assertEquals((errors.get("b") as StatusError).statusName, "ETMPFAIL");
});

test("TextWire: an error in a batch of writes is that of one key", async () => {
  const { client, ...rest } = scene();
  const writing = client.setMulti([["a", "1"], ["b", "2"], ["c", "3"]]);
  assertEquals(await rest.sent(), "set a 0 0 1\r\n1\r\nset b 0 0 1\r\n2\r\nset c 0 0 1\r\n3\r\nversion\r\n");
  rest.say("STORED\r\nSERVER_ERROR object too large for cache\r\nSTORED\r\nVERSION 1\r\n");
  const { hits, errors } = await writing;
  assertEquals([[...hits.keys()], [...errors.keys()]], [["a", "c"], ["b"]]);
});

test("TextWire: a batch of counts and of deletes of versions", async () => {
  const { connection, ...rest } = scene();
  const counting = connection.batch(INCREMENT, [
    { key: "a", delta: 1n, initial: 5n, expiry: 0 },
    { key: "b", delta: 1n, initial: 0n, expiry: 0xffffffff },
  ]);
  const deleting = connection.batch(DELETE, [{ key: "c", cas: 3n }, { key: "d" }]);
  assertEquals(
    await rest.sent(),
    "incr a 1\r\nadd a 0 0 1\r\n5\r\nincr b 1\r\nversion\r\ncas c 0 -1 0 3\r\n\r\ndelete d\r\nversion\r\n",
  );
  rest.say("NOT_FOUND\r\nSTORED\r\nNOT_FOUND\r\nVERSION 1\r\nEXISTS\r\nDELETED\r\nVERSION 1\r\n");
  assertEquals([...(await counting).errors!.keys()], [1]);
  assertEquals([...(await deleting).errors!.keys()], [0]);
});

test("TextWire: many keys go in lines of at most 2 KiB", async () => {
  const { client, ...rest } = scene();
  const keys = Array.from({ length: 100 }, (_, i) => `${i}-`.padEnd(i % 2 === 0 ? 250 : 3, "x"));
  const reading = client.getMulti(keys);
  const lines = (await rest.sent()).split("\r\n").slice(0, -2);
  assertEquals(lines.flatMap((line) => line.replace("gets ", "").split(" ")), keys);
  assertEquals(lines.every((line) => line.length + 2 <= 2048), true);
  rest.say("END\r\n".repeat(lines.length) + "VERSION 1\r\n");
  assertEquals((await reading).misses.size, 100);
});

test("TextWire: a call that is given up before it left is not awaited", async () => {
  const { client, ...rest } = scene();
  const controller = new AbortController();
  const { signal } = controller;
  const first = client.getText("a");
  const gone = [
    client.getText("b", { signal }),
    client.getMulti(["x", "y"], { signal }),
    client.increment("n", { signal, initial: 1 }),
  ].map((call) => assertRejects(() => call));
  const third = client.getText("c");
  controller.abort();
  assertEquals(await rest.sent(), "gets a\r\ngets c\r\n");
  rest.say("END\r\nVALUE c 0 1 1\r\nC\r\nEND\r\n");
  assertEquals([await first, await third], [undefined, "C"]);
  await Promise.all(gone);
});

test("TextWire: a batch or a count that cannot be written leaves nothing behind", async () => {
  const { client, connection, ...rest } = scene();
  const first = client.getText("a");
  const bad = { key: "", value: "v", flags: 0, expiry: 0 };
  await assertRejects(() => connection.batch(SET, [{ ...bad, key: "k" }, bad]), RangeError);
  await assertRejects(() => client.getMulti(["k", "a b"]), TypeError);
  await assertRejects(() => client.getMulti(["k", ""]), RangeError);
  const count = { key: "k", delta: 1n, initial: 0n, expiry: 0xfffffffe };
  await assertRejects(() => connection.call(DECREMENT, count), RangeError);
  assertEquals(await rest.sent(), "gets a\r\n");
  rest.say("VALUE a 0 1 1\r\nA\r\nEND\r\n");
  assertEquals(await first, "A");
});

test("TextWire: what it cannot say is an UnsupportedError, and nothing is sent", async () => {
  const { connection, client, peer } = scene();
  const calls = [
    () => connection.call(SELECT_BUCKET, { bucket: "b" } as never),
    () => connection.call(INCREMENT, { key: "k", delta: 1n, initial: 0n, expiry: 0, cas: 4n }),
    () => client.append("k", "v", { cas: 4n }),
    () => client.prepend("k", "v", { cas: 4n }),
    () => client.get("k", { collection: 8 }),
    () => client.stats("cachedump 1 2"),
  ];
  for (const call of calls) {
    const error = await assertRejects(call, UnsupportedError);
    assertEquals(error.sent, false);
    assertStringIncludes(error.message, "Cannot ");
  }
  await endOfTurn();
  assertEquals([peer.writes.length, connection.inFlight, connection.state], [0, 0, "open"]);
});

const UNFIT = ["k\r\nflush_all", "k\nx", "k x", "k\tx", "k\0", "k\x7f", " ", "k\u0085 x"];

test("TextWire: no key can end its command or become two words", async () => {
  const { client, peer, connection } = scene();
  for (const key of UNFIT) {
    const calls = [
      () => client.get(key),
      () => client.getMulti(["fine", key]),
      () => client.getAndTouch(key, { ttl: 1 }),
      () => client.touch(key, { ttl: 1 }),
      () => client.set(key, "v"),
      () => client.set(key, "v", { cas: 1n }),
      () => client.setMulti([["fine", "v"], [key, "v"]]),
      () => client.append(key, "v"),
      () => client.delete(key),
      () => client.delete(key, { cas: 1n }),
      () => client.deleteMulti(["fine", key]),
      () => client.increment(key, { initial: 1 }),
    ];
    for (const call of calls) await assertRejects(call, TypeError);
  }
  await assertRejects(() => client.stats("items\r\nflush_all"), TypeError);
  await endOfTurn();
  assertEquals([peer.writes.length, connection.inFlight], [0, 0]);
});

test("TextWire: bytes of a key may be changed once the call was made", async () => {
  const { client, ...rest } = scene();
  const key = encoder.encode("k");
  const reading = client.getText(key);
  key[0] = 0x7a;
  assertEquals(await rest.sent(), "gets k\r\n");
  rest.say("VALUE k 0 1 1\r\nA\r\nEND\r\n");
  assertEquals(await reading, "A");
});

test("TextWire: values that were kept stay as they are, of any size", async () => {
  const { client, ...rest } = scene();
  const sizes = [0, 1, 31, 500, 4000, 16_300, 16_400, 70_000];
  const calls = sizes.flatMap((size) => Array.from({ length: 20 }, () => ({ size, call: client.get("k") })));
  await rest.sent();
  const letter = (i: number) => String.fromCharCode(97 + i % 26);
  for (const [i, { size }] of calls.entries()) {
    rest.say(`VALUE k ${i} ${size} ${i}\r\n${letter(i).repeat(size)}\r\nEND\r\n`);
  }
  for (const [i, { size, call }] of calls.entries()) {
    const item = await call;
    assertEquals([item?.text(), item?.flags, item?.cas], [letter(i).repeat(size), i, BigInt(i)]);
  }
});
