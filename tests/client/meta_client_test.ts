/** What only the meta protocol can do, with a peer that says what the test tells it to. */
import { assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import {
  CasMismatchError,
  KeyNotFoundError,
  NotStoredError,
  ProtocolError,
  StatusError,
  UnsupportedError,
  type Wire,
} from "../../mod.ts";
import { BinaryWire } from "../../src/connection/binary_wire.ts";
import { MetaWire } from "../../src/connection/meta_wire.ts";
import { TextWire } from "../../src/connection/text_wire.ts";
import { MetaClient, type MetaItem } from "../../src/text.ts";
import { endOfTurn } from "../support/fake_transport.ts";
import { LineScene } from "../support/line_scene.ts";
import { test } from "../support/test.ts";

/** The opaque of the command at a place. */
const token = (place: number): string => place.toString(16).padStart(8, "0");

const scene = (wire: Wire = new MetaWire()) => {
  const line = new LineScene(wire);
  return { ...line, line, meta: new MetaClient(line.client) };
};

interface Exchange {
  readonly call: (meta: MetaClient) => Promise<unknown>;
  readonly sent: string;
  readonly answer: string;
  readonly result: unknown;
}

const parts = (item: MetaItem | undefined) =>
  item && [
    [item.text(), item.hasValue, item.size, item.flags, item.cas],
    [item.ttl, item.hitBefore, item.lastAccess],
    [item.won, item.alreadyWon, item.stale],
  ];

const ASKED = "f c v h l s t";

const EXCHANGES: readonly Exchange[] = [
  {
    call: (m) => m.get("k").then(parts),
    sent: `mg k O00000000 ${ASKED}\r\n`,
    answer: "VA 3 O00000000 f7 c9 h1 l4 s3 t-1\r\nA\r\n\r\n",
    result: [["A\r\n", true, 3, 7, 9n], [undefined, true, 4], [false, false, false]],
  },
  { call: (m) => m.get("k"), sent: `mg k O00000000 ${ASKED}\r\n`, answer: "EN O00000000\r\n", result: undefined },
  {
    call: (m) => m.get("a b", { value: false, noBump: true, ttl: 60 }).then(parts),
    sent: "mg YSBi O00000000 b T60 f c h l s t u\r\n",
    answer: "HD O00000000 f0 c18446744073709551615 h0 l0 s4294967295 t30\r\n",
    result: [["", false, 4294967295, 0, 0xffff_ffff_ffff_ffffn], [30, false, 0], [false, false, false]],
  },
  {
    call: (m) => m.get("k", { vivify: 30, recache: 10, newCas: 77n }).then(parts),
    sent: `mg k O00000000 N30 ${ASKED} R10 E77\r\n`,
    answer: "VA 0 O00000000 f0 c77 h0 l0 s0 t30 W\r\n\r\n",
    result: [["", true, 0, 0, 77n], [30, false, 0], [true, false, false]],
  },
  {
    call: (m) => m.get("k").then((item) => parts(item)?.[2]),
    sent: `mg k O00000000 ${ASKED}\r\n`,
    answer: "VA 1 O00000000 f0 c1 h0 l0 s1 t30 Z X\r\nx\r\n",
    result: [false, true, true],
  },
  {
    call: (m) => m.get("k", { unlessCas: 5n }).then((item) => [item?.hasValue, item?.size]),
    sent: `mg k O00000000 ${ASKED} C5\r\n`,
    answer: "HD O00000000 f0 c5 h0 l0 s12 t30\r\n",
    result: [false, 12],
  },
  {
    call: (m) => m.set("k", "héllo", { flags: 3, ttl: 60, cas: 4n, newCas: 9n, staleIfOlder: true }),
    sent: "ms k 6 O00000000 c F3 T60 C4 E9 I\r\nhéllo\r\n",
    answer: "HD O00000000 c9\r\n",
    result: { cas: 9n },
  },
  {
    call: (m) => m.set("k", "x", { mode: "append", vivify: 60 }),
    sent: "ms k 1 O00000000 c MA N60\r\nx\r\n",
    answer: "HD O00000000 c2\r\n",
    result: { cas: 2n },
  },
  {
    call: (m) => m.set("k", "", { mode: "add" }),
    sent: "ms k 0 O00000000 c ME\r\n\r\n",
    answer: "HD O00000000 c2\r\n",
    result: { cas: 2n },
  },
  {
    call: (m) => m.invalidate("k", { ttl: 30 }),
    sent: "md k O00000000 I T30\r\n",
    answer: "HD O00000000\r\n",
    result: true,
  },
  {
    call: (m) => m.invalidate("k", { cas: 3n, newCas: 8n }),
    sent: "md k O00000000 C3 E8 I\r\n",
    answer: "NF O00000000\r\n",
    result: false,
  },
  { call: (m) => m.removeValue("k"), sent: "md k O00000000 x\r\n", answer: "HD O00000000\r\n", result: true },
  {
    call: (m) => m.increment("n", { by: 2, initial: 10, vivify: 60, newCas: 5n }),
    sent: "ma n O00000000 N60 c v t J10 D2 E5\r\n",
    answer: "VA 20 O00000000 c5 t60\r\n18446744073709551615\r\n",
    result: { value: 0xffff_ffff_ffff_ffffn, cas: 5n, ttl: 60 },
  },
  {
    call: (m) => m.decrement("n", { ttl: 5, cas: 4n }),
    sent: "ma n O00000000 T5 c v t MD C4\r\n",
    answer: "VA 2 O00000000 c5 t-1\r\n9 \r\n",
    result: { value: 9n, cas: 5n, ttl: undefined },
  },
  { call: (m) => m.increment("n"), sent: "ma n O00000000 c v t\r\n", answer: "NF O00000000\r\n", result: undefined },
  {
    call: (m) =>
      m.debug("k").then((found) => [found?.key, found?.exp, found?.la, found?.cas, found?.fetched, found?.size]),
    sent: "me k\r\n",
    answer: "ME k exp=-1000 la=2 cas=4 fetch=no cls=1 size=64\r\n",
    result: ["k", 1000, 2, 4n, false, 64],
  },
  { call: (m) => m.debug("k"), sent: "me k\r\n", answer: "EN\r\n", result: undefined },
];

for (const { call, sent, answer, result } of EXCHANGES) {
  test(`MetaClient: ${JSON.stringify(sent)} answered ${JSON.stringify(answer)}, cut at every byte`, async () => {
    const bytes = new TextEncoder().encode(answer);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const { meta, line, peer, connection } = scene();
      const calling = call(meta);
      assertEquals(await line.sent(), sent);
      peer.receive(bytes.slice(0, cut));
      peer.receive(bytes.slice(cut));
      assertEquals(await calling, result);
      assertEquals([connection.state, connection.inFlight], ["open", 0]);
    }
  });
}

const REFUSALS: readonly (readonly [
  name: string,
  call: (meta: MetaClient) => Promise<unknown>,
  answer: string,
  // deno-lint-ignore no-explicit-any -- any class of error.
  type: new (...args: any[]) => Error,
  status: string,
  words: string,
])[] = [
  [
    "add of what is there",
    (m) => m.set("k", "v", { mode: "add" }),
    "NS O00000000",
    NotStoredError,
    "KEY_EEXISTS",
    "exists already",
  ],
  [
    "replace of none",
    (m) => m.set("k", "v", { mode: "replace" }),
    "NS O00000000",
    KeyNotFoundError,
    "KEY_ENOENT",
    "Cannot replace",
  ],
  [
    "append to none",
    (m) => m.set("k", "v", { mode: "append" }),
    "NS O00000000",
    NotStoredError,
    "NOT_STORED",
    "Cannot append",
  ],
  [
    "another version",
    (m) => m.set("k", "v", { cas: 1n }),
    "EX O00000000",
    CasMismatchError,
    "KEY_EEXISTS",
    "Cannot set",
  ],
  [
    "a version of none",
    (m) => m.set("k", "v", { cas: 1n }),
    "NF O00000000",
    KeyNotFoundError,
    "KEY_ENOENT",
    "Cannot set",
  ],
  [
    "stale of another",
    (m) => m.invalidate("k", { cas: 1n }),
    "EX O00000000",
    CasMismatchError,
    "KEY_EEXISTS",
    "Cannot delete",
  ],
  [
    "a flag that is too new",
    (m) => m.get("k", { newCas: 1n }),
    "CLIENT_ERROR invalid flag",
    StatusError,
    "EINVAL",
    "invalid flag",
  ],
  [
    "a count of text",
    (m) => m.decrement("k"),
    "CLIENT_ERROR cannot increment or decrement non-numeric value",
    StatusError,
    "DELTA_BADVAL",
    "Cannot decrement",
  ],
];

for (const [name, call, answer, type, status, words] of REFUSALS) {
  test(`MetaClient: ${name} is ${type.name} with ${status}, and the connection goes on`, async () => {
    const { meta, line, connection } = scene();
    const calling = assertRejects(() => call(meta), type);
    await line.sent();
    line.say(`${answer}\r\n`);
    const error = await calling;
    assertInstanceOf(error, StatusError);
    assertEquals([error.statusName, connection.state], [status, "open"]);
    assertStringIncludes(error.message, words);
  });
}

test("MetaClient: other protocols refuse before anything is sent", async () => {
  for (const wire of [new BinaryWire(), new TextWire()]) {
    const { meta, peer, connection } = scene(wire);
    const calls = [
      () => meta.get("k"),
      () => meta.set("k", "v"),
      () => meta.set("k", "v", { mode: "add" }),
      () => meta.set("k", "v", { mode: "replace" }),
      () => meta.invalidate("k"),
      () => meta.removeValue("k"),
      () => meta.increment("k"),
      () => meta.debug("k"),
    ];
    for (const call of calls) {
      const error = await assertRejects(call, UnsupportedError);
      assertEquals(error.sent, false);
    }
    await endOfTurn();
    assertEquals([peer.writes.length, connection.inFlight, connection.state], [0, 0, "open"]);
  }
});

test("MetaClient: among calls of the client, all in their order, and the misses of debug too", async () => {
  const { meta, client, line } = scene();
  const all = Promise.all([
    client.getText("a"),
    meta.get("b").then((item) => item?.text()),
    client.getMulti(["c", "d"]).then(({ hits }) => hits.size),
    meta.debug("e"),
    meta.debug("f").then((found) => found?.key),
    client.noop(),
  ]);
  const sent = await line.sent();
  assertEquals(sent.split("\r\n").map((text) => text.split(" ").slice(0, 2).join(" ")), [
    "mg a",
    "mg b",
    "mg c",
    "mg d",
    "mn",
    "me e",
    "me f",
    "mn",
    "",
  ]);
  const [a, b, , d] = [...sent.matchAll(/O([\da-f]+)/g)].map(([, opaque]) => opaque);
  line.say(`VA 1 O${a} f0 c1\r\nA\r\nVA 1 O${b} f0 c1 h0 l0 s1 t-1\r\nB\r\nVA 1 O${d} f0 c1\r\nD\r\nMN\r\n`);
  line.say("EN\r\nME f exp=-1 la=0 cas=1 fetch=no cls=1 size=60\r\nMN\r\n");
  assertEquals(await all, ["A", "B", 1, undefined, "f", undefined]);
});

test("MetaClient: a debug line that nobody asked for ends the connection", async () => {
  const { meta, line, connection } = scene();
  const calling = assertRejects(() => meta.get("k"), ProtocolError);
  await line.sent();
  line.say("ME k exp=-1\r\n");
  await calling;
  assertEquals(connection.state, "closed");
});

test("MetaClient: those who watch see its commands by their keys", async () => {
  const { meta, client, line } = scene();
  const seen: string[] = [];
  client.watchFrames({ sent: (frame) => seen.push(new TextDecoder().decode(frame.key)) });
  const calls = [meta.get("a"), meta.set("b", "v"), meta.debug("c")];
  await line.sent();
  line.say("EN O00000000\r\nHD O00000001 c1\r\nEN\r\n");
  await Promise.all(calls);
  assertEquals(seen, ["a", "b", "c"]);
});

test("MetaClient: values and what is known of them are safe to keep", async () => {
  const { meta, line } = scene();
  const sizes = [0, 1, 31, 500, 4000, 16_300, 16_400, 70_000];
  const calls = sizes.flatMap((size) => Array.from({ length: 10 }, () => ({ size, call: meta.get("k") })));
  await line.sent();
  const letter = (i: number) => String.fromCharCode(97 + i % 26);
  for (const [i, { size }] of calls.entries()) {
    line.say(`VA ${size} O${token(i)} f${i} c${i + 1} h0 l0 s${size} t-1\r\n${letter(i).repeat(size)}\r\n`);
  }
  for (const [i, { size, call }] of calls.entries()) {
    const item = await call;
    assertEquals([item?.text(), item?.flags, item?.cas], [letter(i).repeat(size), i, BigInt(i + 1)]);
  }
});

test("MetaClient: wrong arguments reject, and nothing is sent", async () => {
  const { meta, peer } = scene();
  const calls = [
    () => meta.get(""),
    () => meta.get("k", { recache: 2 ** 40 }),
    () => meta.get("k", { vivify: -1 }),
    () => meta.get("k", { ttl: NaN }),
    () => meta.set("k", "v", { flags: 2 ** 32 }),
    () => meta.set("k", "v", { cas: 2n ** 64n }),
    () => meta.increment("k", { by: -1 }),
  ];
  for (const call of calls) await assertRejects(call, RangeError);
  await assertRejects(() => meta.set("k", "v", { mode: "swap" as never }), TypeError);
  await assertRejects(() => meta.get("k", { ttl: 1, expiresAt: new Date() }), TypeError);
  await endOfTurn();
  assertEquals(peer.writes.length, 0);
});
