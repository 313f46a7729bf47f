/** The meta protocol below a connection, with a peer that says what the test tells it to. */
import { assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import {
  CasMismatchError,
  Client,
  Connection,
  KeyNotFoundError,
  NotStoredError,
  ProtocolError,
  StatusError,
  UnsupportedError,
  ValueTooLargeError,
} from "../../mod.ts";
import { MetaWire } from "../../src/connection/meta_wire.ts";
import { SELECT_BUCKET } from "../../src/ops/session.ts";
import { DELETE, SET } from "../../src/ops/storage.ts";
import { GET, GETK } from "../../src/ops/retrieval.ts";
import type { AnyOp } from "../../src/ops/table.ts";
import { endOfTurn, FakeTransport } from "../support/fake_transport.ts";
import { test } from "../support/test.ts";

/** The opaque of the command at a place. */
const token = (place: number): string => place.toString(16).padStart(8, "0");

const encoder = new TextEncoder();

class Scene {
  readonly peer = new FakeTransport();
  readonly connection: Connection = new Connection(this.peer, { wire: new MetaWire(), timeout: 0 });
  readonly client: Client = new Client(this.connection);

  /** What was written since it was asked last. */
  async sent(): Promise<string> {
    await endOfTurn();
    return this.peer.writes.splice(0).map((bytes) => new TextDecoder().decode(bytes)).join("");
  }

  say(text: string): void {
    this.peer.receive(encoder.encode(text));
  }
}

/** Each call, the bytes it sends, the bytes that answer it, and what it resolves to. */
const EXCHANGES: readonly {
  readonly call: (client: Client) => Promise<unknown>;
  readonly sent: string;
  readonly answer: string;
  readonly result: unknown;
}[] = [
  {
    call: (c) => c.getText("k"),
    sent: "mg k O00000000 f c v\r\n",
    answer: "VA 3 O00000000 f7 c9\r\nA\r\n\r\n",
    result: "A\r\n",
  },
  { call: (c) => c.getText("k"), sent: "mg k O00000000 f c v\r\n", answer: "EN O00000000\r\n", result: undefined },
  {
    call: (c) => c.getText("a b"),
    sent: "mg YSBi O00000000 b f c v\r\n",
    answer: "VA 0 O00000000 f0 c1\r\n\r\n",
    result: "",
  },
  {
    call: (c) => c.get("k").then((item) => [item?.text(), item?.flags, item?.cas]),
    sent: "mg k O00000000 f c v\r\n",
    answer: "VA 1 O00000000 f4294967295 c18446744073709551615 Z\r\nx\r\n",
    result: ["x", 0xffffffff, 0xffff_ffff_ffff_ffffn],
  },
  {
    call: (c) => c.getAndTouch("k", { ttl: 60 }).then((item) => item?.text()),
    sent: "mg k O00000000 f c v T60\r\n",
    answer: "VA 1 O00000000 f0 c1\r\nx\r\n",
    result: "x",
  },
  {
    call: (c) => c.touch("k", { ttl: 60 }),
    sent: "mg k O00000000 f c T60\r\n",
    answer: "HD O00000000 f5 c12345678901\r\n",
    result: { flags: 5, cas: 12345678901n },
  },
  {
    call: (c) => c.set("k", "héllo", { flags: 7, ttl: 30, cas: 5n }),
    sent: "ms k 6 O00000000 c MS F7 T30 C5\r\nhéllo\r\n",
    answer: "HD O00000000 c8\r\n",
    result: { cas: 8n },
  },
  {
    call: (c) => c.append("k", "x"),
    sent: "ms k 1 O00000000 c MA\r\nx\r\n",
    answer: "HD O00000000 c8\r\n",
    result: { cas: 8n },
  },
  { call: (c) => c.delete("k", { cas: 4n }), sent: "md k O00000000 C4\r\n", answer: "HD O00000000\r\n", result: true },
  { call: (c) => c.delete("k"), sent: "md k O00000000\r\n", answer: "NF O00000000\r\n", result: false },
  {
    call: (c) => c.increment("n", { by: 2, initial: 10, ttl: 60 }),
    sent: "ma n O00000000 c v D2 N60 J10\r\n",
    answer: "VA 20 O00000000 c1\r\n18446744073709551615\r\n",
    result: 0xffff_ffff_ffff_ffffn,
  },
  {
    call: (c) => c.decrement("n"),
    sent: "ma n O00000000 c v D1 MD\r\n",
    answer: "VA 2 O00000000 c1\r\n9 \r\n",
    result: 9n,
  },
  { call: (c) => c.version(), sent: "version\r\n", answer: "VERSION 1.6.45\r\n", result: "1.6.45" },
  { call: (c) => c.noop(), sent: "mn\r\n", answer: "MN\r\n", result: undefined },
  { call: (c) => c.flush({ delay: 9 }), sent: "flush_all 9\r\n", answer: "OK\r\n", result: undefined },
  {
    call: (c) => c.stats("items"),
    sent: "stats items\r\n",
    answer: "STAT a 1\r\nSTAT b \r\nEND\r\n",
    result: new Map([["a", "1"], ["b", ""]]),
  },
  {
    call: (c) => c.getMulti(["a", "b"]).then(({ hits, misses }) => [hits.get("b")?.text(), [...misses]]),
    sent: "mg a O00000000 q f c v\r\nmg b O00000001 q f c v\r\nmn\r\n",
    answer: "VA 1 O00000001 f0 c2\r\nB\r\nMN\r\n",
    result: ["B", ["a"]],
  },
];

for (const { call, sent, answer, result } of EXCHANGES) {
  test(`MetaWire: ${JSON.stringify(sent)} answered ${JSON.stringify(answer)}, cut at every byte`, async () => {
    const bytes = encoder.encode(answer);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const scene = new Scene();
      const calling = call(scene.client);
      assertEquals(await scene.sent(), sent);
      scene.peer.receive(bytes.slice(0, cut));
      scene.peer.receive(bytes.slice(cut));
      assertEquals(await calling, result);
      assertEquals([scene.connection.state, scene.connection.inFlight], ["open", 0]);
    }
  });
}

const REFUSALS: readonly (readonly [
  name: string,
  call: (client: Client) => Promise<unknown>,
  answer: string,
  // deno-lint-ignore no-explicit-any -- any class of error.
  type: new (...args: any[]) => Error,
  status: string,
])[] = [
  ["add of a key that is there", (c) => c.add("k", "v"), "NS O00000000\r\n", NotStoredError, "KEY_EEXISTS"],
  ["replace of none", (c) => c.replace("k", "v"), "NS O00000000\r\n", KeyNotFoundError, "KEY_ENOENT"],
  ["append to none", (c) => c.append("k", "v"), "NS O00000000\r\n", NotStoredError, "NOT_STORED"],
  ["set of another version", (c) => c.set("k", "v", { cas: 1n }), "EX O00000000\r\n", CasMismatchError, "KEY_EEXISTS"],
  ["set of a version of none", (c) => c.set("k", "v", { cas: 1n }), "NF O00000000\r\n", KeyNotFoundError, "KEY_ENOENT"],
  [
    "set of what is too large",
    (c) => c.set("k", "v"),
    "SERVER_ERROR object too large for cache\r\n",
    ValueTooLargeError,
    "E2BIG",
  ],
  ["set without memory", (c) => c.set("k", "v"), "SERVER_ERROR out of memory\r\n", StatusError, "ENOMEM"],
  [
    "increment of text",
    (c) => c.increment("k"),
    "CLIENT_ERROR cannot increment or decrement non-numeric value\r\n",
    StatusError,
    "DELTA_BADVAL",
  ],
  ["a get that is refused", (c) => c.get("k"), "CLIENT_ERROR invalid flag\r\n", StatusError, "EINVAL"],
  ["a server without mn", (c) => c.noop(), "ERROR\r\n", StatusError, "UNKNOWN_COMMAND"],
  ["an unknown group", (c) => c.stats("x"), "ERROR\r\n", StatusError, "KEY_ENOENT"],
];

for (const [name, call, answer, type, status] of REFUSALS) {
  test(`MetaWire: ${name} is ${type.name} with ${status}, and the connection goes on`, async () => {
    const scene = new Scene();
    const calling = assertRejects(() => call(scene.client), type);
    await scene.sent();
    scene.say(answer);
    const error = await calling;
    assertInstanceOf(error, StatusError);
    assertEquals([error.statusName, scene.connection.state], [status, "open"]);
  });
}

/** Two gets are under way with opaques 0 and 1; what may not answer the first. */
const WRONG: Readonly<Record<string, string>> = {
  "the opaque of the next": "VA 1 O00000001 f0 c1\r\nx\r\n",
  "an opaque that nobody has": "EN O0000004d\r\n",
  "no opaque": "VA 1 f0 c1\r\nx\r\n",
  "an opaque that is no number": "EN Oabc\r\n",
  "no value": "HD O00000000 f0 c1\r\n",
  "no flags": "VA 1 O00000000 c1\r\nx\r\n",
  "the end of a batch": "MN\r\n",
  "a classic reply": "STORED\r\n",
  "what is no reply": "HTTP/1.1 400 Bad Request\r\n",
  "data of another length": "VA 1 O00000000 f0 c1\r\nxy\r\n",
};

for (const [name, answer] of Object.entries(WRONG)) {
  test(`MetaWire: ${name} is a ProtocolError for all who wait`, async () => {
    const scene = new Scene();
    const calls = [scene.client.get("a"), scene.client.get("b")].map((call) =>
      assertRejects(() => call, ProtocolError)
    );
    await scene.sent();
    scene.say(answer);
    await Promise.all(calls);
    assertEquals(scene.connection.state, "closed");
  });
}

test("MetaWire: a reply that nobody asked for is a ProtocolError", async () => {
  const scene = new Scene();
  scene.say("EN O00000000\r\n");
  assertEquals(scene.connection.state, "closed");
  await assertRejects(() => scene.client.get("k"), Error, "nothing was asked");
});

test("MetaWire: an error among quiet reads is the fate of all that it may be meant for", async () => {
  const scene = new Scene();
  const reading = scene.client.getMulti(["a", "b", "c", "d"]);
  await scene.sent();
  scene.say("SERVER_ERROR backend failure\r\nVA 1 O00000002 f0 c1\r\nC\r\nMN\r\n");
  const { hits, misses, errors } = await reading;
  assertEquals([[...hits.keys()], [...misses], [...errors.keys()]], [["c"], ["d"], ["a", "b"]]);
  assertEquals((errors.get("a") as StatusError).statusName, "ETMPFAIL");
});

test("MetaWire: an error in a batch of writes is that of one key", async () => {
  const scene = new Scene();
  const writing = scene.client.setMulti([["a", "1"], ["b", "2"], ["c", "3"]]);
  assertEquals(
    await scene.sent(),
    "ms a 1 O00000000 c MS\r\n1\r\nms b 1 O00000001 c MS\r\n2\r\nms c 1 O00000002 c MS\r\n3\r\nmn\r\n",
  );
  scene.say("HD O00000000 c1\r\nSERVER_ERROR object too large for cache\r\nHD O00000002 c2\r\nMN\r\n");
  const { hits, errors } = await writing;
  assertEquals([[...hits.keys()], [...errors.keys()]], [["a", "c"], ["b"]]);
});

test("MetaWire: quiet deletes are silent about success", async () => {
  const scene = new Scene();
  const batch = scene.connection.batch(DELETE, [{ key: "a" }, { key: "b" }]);
  assertEquals(await scene.sent(), "md a O00000000 q\r\nmd b O00000001 q\r\nmn\r\n");
  scene.say("NF O00000001\r\nMN\r\n");
  const { replies, errors } = await batch;
  assertEquals([replies, [...errors!.keys()]], [[undefined, undefined], [1]]);
});

test("MetaWire: a call that is given up before it left is not awaited", async () => {
  const scene = new Scene();
  const controller = new AbortController();
  const first = scene.client.getText("a");
  const second = assertRejects(() => scene.client.getText("b", { signal: controller.signal }));
  const third = scene.client.getText("c");
  controller.abort();
  assertEquals(await scene.sent(), "mg a O00000000 f c v\r\nmg c O00000002 f c v\r\n");
  scene.say("EN O00000000\r\nVA 1 O00000002 f0 c1\r\nC\r\n");
  assertEquals([await first, await third], [undefined, "C"]);
  await second;
});

test("MetaWire: a batch that cannot be written leaves nothing behind", async () => {
  const scene = new Scene();
  const first = scene.client.getText("a");
  await assertRejects(
    () => scene.connection.batch(SET, [{ key: "k", value: "v", flags: 0, expiry: 0 }, BAD]),
    RangeError,
  );
  assertEquals(await scene.sent(), "mg a O00000000 f c v\r\n");
  scene.say("VA 1 O00000000 f0 c1\r\nA\r\n");
  assertEquals(await first, "A");
  const again = scene.client.noop();
  assertEquals(await scene.sent(), "mn\r\n");
  scene.say("MN\r\n");
  await again;
});

const BAD = { key: "", value: "v", flags: 0, expiry: 0 };

test("MetaWire: what it cannot say is an UnsupportedError, and nothing is sent", async () => {
  const { connection, client, ...scene } = new Scene();
  const calls = [
    () => connection.call(SELECT_BUCKET, { bucket: "b" } as never),
    () => connection.call(GETK, { key: "a b" }),
    () => client.get("k", { collection: 8 }),
    () => client.stats("cachedump 1 2"),
  ];
  for (const call of calls) {
    const error = await assertRejects(call, UnsupportedError);
    assertEquals(error.sent, false);
    assertStringIncludes(error.message, "Cannot ");
  }
  await endOfTurn();
  assertEquals([scene.peer.writes.length, connection.inFlight, connection.state], [0, 0, "open"]);
});

test("MetaWire: a key cannot end its command", async () => {
  const scene = new Scene();
  const calling = scene.client.getText("k\r\nflush_all");
  assertEquals(await scene.sent(), "mg aw0KZmx1c2hfYWxs O00000000 b f c v\r\n");
  scene.say("EN O00000000\r\n");
  assertEquals(await calling, undefined);
});

test("MetaWire: values that were kept stay as they are, of any size", async () => {
  const scene = new Scene();
  const sizes = [0, 1, 31, 500, 4000, 16_300, 16_400, 70_000];
  const calls = sizes.flatMap((size) => Array.from({ length: 20 }, () => ({ size, call: scene.client.get("k") })));
  await scene.sent();
  const letter = (i: number) => String.fromCharCode(97 + i % 26);
  for (const [i, { size }] of calls.entries()) {
    scene.say(`VA ${size} O${token(i)} f${i} c${i}\r\n${letter(i).repeat(size)}\r\n`);
  }
  for (const [i, { size, call }] of calls.entries()) {
    const item = await call;
    assertEquals([item?.text(), item?.flags, item?.cas], [letter(i).repeat(size), i, BigInt(i)]);
  }
});

test("MetaWire: those who watch see frames of what goes and comes", async () => {
  const scene = new Scene();
  const seen: string[] = [];
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  scene.client.watchFrames({
    sent: (frame) => seen.push(`sent ${frame.opcode} ${text(frame.key)}`),
    received: (frame) => seen.push(`received ${frame.opcode} ${text(frame.value)}`),
  });
  const calling = scene.client.getText("k");
  await scene.sent();
  scene.say("VA 1 O00000000 f0 c1\r\nx\r\n");
  await calling;
  assertEquals(seen, ["sent 0 k", "received 0 x"]);
});

test("MetaWire: what the transport has read stays as it is, kept or not", () => {
  for (const keep of [true, false]) {
    const wire = new MetaWire();
    const opaques = [1, 70_000, 4_000_000_000];
    for (const opaque of opaques) wire.write(GET as AnyOp, GET.opcode, { key: "k" }, opaque, undefined);
    const text = opaques.map((_, i) => `VA 5 O${token(i)} f4294967295 c1234567890123\r\nvalue\r\n`).join("");
    const chunk = encoder.encode(text);
    const seen: (readonly [number, string, bigint, number])[] = [];
    const values: Uint8Array[] = [];
    wire.input.push(chunk, (frame) => {
      if (keep) frame.keep();
      values.push(frame.value);
      seen.push([frame.opaque, new TextDecoder().decode(frame.value), frame.cas, frame.view.getUint32(frame.extrasAt)]);
    });
    assertEquals(chunk, encoder.encode(text));
    assertEquals(seen, opaques.map((opaque) => [opaque, "value", 1234567890123n, 4294967295] as const));
    chunk.fill(0);
    if (keep) assertEquals(values.map((value) => new TextDecoder().decode(value)), ["value", "value", "value"]);
  }
});
