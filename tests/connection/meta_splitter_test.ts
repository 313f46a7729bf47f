/** The short way that the hits and misses of plain reads and what was stored take over meta: what it takes is what the long way would have made of it, and it takes nothing else. */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { MetaWire } from "../../src/connection/meta_wire.ts";
import { ProtocolError } from "../../src/errors.ts";
import { Frame } from "../../src/frame/frame.ts";
import { NOOP } from "../../src/ops/admin.ts";
import { GAT, GET, GETK } from "../../src/ops/retrieval.ts";
import { SET } from "../../src/ops/storage.ts";
import type { AnyOp } from "../../src/ops/table.ts";
import { test } from "../support/test.ts";

/** The opaque of the command at a place. */
const token = (place: number): string => place.toString(16).padStart(8, "0");

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const GETQ = GET.quiet!.opcode;
const SETQ = SET.quiet!.opcode;

/** A reply behind what is looked at, so that this is never the end of what was read: only there is the short way open. */
const BEHIND = `EN O00000001 ${"x".repeat(80)}\r\n`;

/** A wire that waits for the answers to some reads; the opaque of each is ten times its place, and 7. */
function waiting(count: number, opcode: number = GET.opcode): MetaWire {
  const wire = new MetaWire();
  for (let i = 0; i < count; i++) wire.write(GET as AnyOp, opcode, { key: "k" }, i * 10 + 7, undefined);
  if (opcode === GETQ) wire.write(NOOP as AnyOp, NOOP.opcode, {}, 3, undefined);
  return wire;
}

/** What is seen of a frame. */
function look(frame: Frame): readonly unknown[] {
  const { opcode, opaque, status } = frame;
  if (frame.extrasLength === 0) return [opcode, opaque, status];
  const flags = frame.view.getUint32(frame.extrasAt);
  return [opcode, opaque, status, flags, frame.cas, decoder.decode(frame.value)];
}

/** Each reply to the first of two reads, and its flags, version and value; most of them on the short way. */
const HITS: readonly (readonly [reply: string, flags: number, cas: bigint, value: string])[] = [
  ["VA 100 O00000000 f0 c1234567\r\n$100\r\n", 0, 1234567n, "v".repeat(100)],
  ["VA 30 O00000000 f4294967295 c18446744073709551615\r\n$30\r\n", 0xffffffff, 0xffff_ffff_ffff_ffffn, "v".repeat(30)],
  ["VA 30 O00000000 f999999999 c999999999\r\n$30\r\n", 999999999, 999999999n, "v".repeat(30)],
  ["VA 30 O00000000 f1000000000 c1000000000\r\n$30\r\n", 1000000000, 1000000000n, "v".repeat(30)],
  ["VA 30 O00000000 f7 c4294967295\r\n$30\r\n", 7, 4294967295n, "v".repeat(30)],
  ["VA 30 O00000000 f7 c4294967296\r\n$30\r\n", 7, 4294967296n, "v".repeat(30)],
  ["VA 30 O00000000 f7 c99999999999999\r\n$30\r\n", 7, 99999999999999n, "v".repeat(30)],
  ["VA 30 O00000000 f7 c999999999999999\r\n$30\r\n", 7, 999999999999999n, "v".repeat(30)],
  ["VA 30 O00000000 f7 c9007199254740993\r\n$30\r\n", 7, 9007199254740993n, "v".repeat(30)],
  ["VA 0 O00000000 f1234567 c1234567890\r\n\r\n", 1234567, 1234567890n, ""],
  ["VA 2 O00000000 f1234567 c1234567890\r\n\r\n\r\n", 1234567, 1234567890n, "\r\n"],
  ["VA 1 O00000000 f0 c1\r\nv\r\n", 0, 1n, "v"],
  ["VA 0001 O00000000 f0000000 c00000001\r\nv\r\n", 0, 1n, "v"],
  ["VA 12 O00000000 f12345678 c12345678 W\r\n$12\r\n", 12345678, 12345678n, "v".repeat(12)],
  ["VA 12 O00000000 c12345678 f12345678\r\n$12\r\n", 12345678, 12345678n, "v".repeat(12)],
  ["VA 12 f12345678 c12345678 O00000000\r\n$12\r\n", 12345678, 12345678n, "v".repeat(12)],
  ["VA 9000 O00000000 f12345678 c12345678\r\n$9000\r\n", 12345678, 12345678n, "v".repeat(9000)],
  ["VA 20000 O00000000 f12345678 c12345678\r\n$20000\r\n", 12345678, 12345678n, "v".repeat(20000)],
];

for (const [hit, flags, cas, value] of HITS) {
  const reply = hit.replace(/\$(\d+)/, (_, count) => "v".repeat(Number(count)));
  test(`MetaWire: ${JSON.stringify(hit)} is the same item however it comes`, () => {
    const bytes = encoder.encode(reply + BEHIND);
    const step = Math.ceil(bytes.length / 400);
    for (let cut = 0; cut <= bytes.length; cut += step) {
      for (const keep of [true, false]) {
        const { input } = waiting(2);
        const seen: (readonly unknown[])[] = [];
        let kept: Uint8Array | undefined;
        let whole: Frame | undefined;
        for (const part of [bytes.slice(0, cut), bytes.slice(cut)]) {
          input.push(part, (frame) => {
            if (keep) frame.keep();
            seen.push(look(frame));
            if (frame.extrasLength === 0) return;
            if (keep) kept = frame.value;
            whole = Frame.from(frame.bytes.slice());
          });
          // A transport reads into the same memory again.
          part.fill(0xff);
        }
        const item = [GET.opcode, 7, 0, flags, cas, value];
        assertEquals(seen, [item, [GET.opcode, 17, 1]]);
        // It is a whole frame, as those that are watched have to be.
        assertEquals([look(whole!), whole!.magic, whole!.keyLength, whole!.datatype], [item, 0x81, 0, 0]);
        if (keep) assertEquals(decoder.decode(kept), value);
        assertEquals([input.position, input.rest().length], [bytes.length, 0]);
      }
    }
  });
}

test("MetaWire: many hits of one chunk do not touch each other, kept or not, and the chunk stays as it is", () => {
  for (const keep of [true, false]) {
    const count = 600;
    const wire = waiting(count);
    const valueOf = (i: number): string => String.fromCharCode(65 + i % 26).repeat(i % 97);
    const text = Array.from(
      { length: count },
      (_, i) => `VA ${i % 97} O${token(i)} f${i} c${i * 1e9}\r\n${valueOf(i)}\r\n`,
    );
    const chunk = encoder.encode(text.join(""));
    const values: Uint8Array[] = [];
    let seen = 0;
    wire.input.push(chunk, (frame) => {
      if (keep) frame.keep();
      assertEquals(look(frame), [GET.opcode, seen * 10 + 7, 0, seen, BigInt(seen) * 1_000_000_000n, valueOf(seen)]);
      values.push(frame.value);
      seen++;
    });
    assertEquals(seen, count);
    assertEquals(decoder.decode(chunk), text.join(""));
    chunk.fill(0);
    if (keep) {
      assertEquals(
        values.map((value) => decoder.decode(value)),
        Array.from({ length: count }, (_, i) => valueOf(i)),
      );
    }
  }
});

test("MetaWire: misses before a hit of a batch are silence, and an error before it may be that of any of them", () => {
  const hit = `VA 80 O00000003 f0 c1234567\r\n${"v".repeat(80)}\r\n`;
  const item = [GETQ, 37, 0, 0, 1234567n, "v".repeat(80)];
  const batches: [replies: string, expected: (readonly unknown[])[]][] = [
    [`${hit}MN\r\n`, [item, [NOOP.opcode, 3, 0]]],
    [`SERVER_ERROR out of memory\r\n${hit}MN\r\n`, [
      ...[7, 17, 27].map((opaque) => [GETQ, opaque, 0x82]),
      item,
      [NOOP.opcode, 3, 0],
    ]],
  ];
  for (const [replies, expected] of batches) {
    const seen: (readonly unknown[])[] = [];
    waiting(5, GETQ).input.push(encoder.encode(replies), (frame) => seen.push(look(frame)));
    assertEquals(seen, expected);
  }
});

/** Each reply to the first of two stores, and the status and version that it is. */
const STORED: readonly (readonly [reply: string, status: number, cas: bigint])[] = [
  ["HD O00000000 c1\r\n", 0, 1n],
  ["HD O00000000 c0001234567\r\n", 0, 1234567n],
  ["HD O00000000 c4294967296\r\n", 0, 4294967296n],
  ["HD O00000000 c999999999999999\r\n", 0, 999999999999999n],
  ["HD O00000000 c9007199254740993\r\n", 0, 9007199254740993n],
  ["HD O00000000 c18446744073709551615\r\n", 0, 0xffff_ffff_ffff_ffffn],
  ["HD c1234567 O00000000\r\n", 0, 1234567n],
  ["HD O00000000 c1234567 W\r\n", 0, 1234567n],
  ["HD O00000000\r\n", 0, 0n],
  ["NS O00000000\r\n", 5, 0n],
  ["EX O00000000\r\n", 2, 0n],
];

for (const [reply, status, cas] of STORED) {
  test(`MetaWire: ${JSON.stringify(reply)} is the same answer to a store however it comes, and none in a batch if it is success`, () => {
    const bytes = encoder.encode(reply + BEHIND);
    for (let cut = 0; cut <= bytes.length; cut++) {
      for (const opcode of [SET.opcode, SETQ]) {
        const wire = new MetaWire();
        wire.write(SET as AnyOp, opcode, { key: "k", value: "v", flags: 0, expiry: 0 }, 7, undefined);
        wire.write(GET as AnyOp, GET.opcode, { key: "k" }, 17, undefined);
        const seen: (readonly unknown[])[] = [];
        for (const part of [bytes.slice(0, cut), bytes.slice(cut)]) {
          wire.input.push(part, (frame) => seen.push([...look(frame), frame.cas]));
        }
        const answers = opcode === SET.opcode || status !== 0 ? [[opcode, 7, status, cas]] : [];
        assertEquals(seen, [...answers, [GET.opcode, 17, 1, 0n]]);
      }
    }
  });
}

test("MetaWire: what answers a store is no answer to a read, and the reverse", () => {
  for (
    const [op, reply] of [
      [GET, "HD O00000000 c1234567\r\n"],
      [SET, `VA 30 O00000000 f0 c1234567\r\n${"v".repeat(30)}\r\n`],
      [SET, "HD O00000001 c1234567\r\n"],
      [GET, "EN O00000001\r\n"],
      [GET, "EN O\r\n"],
      [SET, "HD O00000000 c\r\n"],
      [SET, "HD O00000000 c12x\r\n"],
      [SET, "HD O00000000 c12\n"],
    ] as const
  ) {
    const wire = new MetaWire();
    for (let i = 0; i < 2; i++) {
      wire.write(op as AnyOp, op.opcode, { key: "k", value: "v", flags: 0, expiry: 0 }, i, undefined);
    }
    assertThrows(() => wire.input.push(encoder.encode(reply + BEHIND), () => {}), ProtocolError);
  }
});

test("MetaWire: what goes wrong in the middle of a chunk says where", () => {
  const wire = waiting(3);
  const hit = `VA 60 O00000000 f0 c1234567\r\n${"v".repeat(60)}\r\n`;
  const bytes = encoder.encode(`${hit}EN O00000001\r\nwhat\r\n${"x".repeat(80)}`);
  const error = assertThrows(() => wire.input.push(bytes, () => {}), ProtocolError);
  assertStringIncludes((error as Error).message, "what");
  assertEquals(wire.input.position, hit.length + 14);
});

/** What may not answer the first of two reads, with enough behind it for the short way. */
const WRONG: Readonly<Record<string, readonly [reply: string, reason: string]>> = {
  "the opaque of the next": ["VA 30 O00000001 f0 c1234567\r\n$30\r\n", "what was asked has opaque 00000000"],
  "an opaque that nobody has": ["VA 30 O00000002 f0 c1234567\r\n$30\r\n", "what was asked has opaque 00000000"],
  "an opaque beyond all numbers": ["VA 30 O4294967296 f0 c1234567\r\n$30\r\n", "it has no opaque"],
  "an opaque with other digits": ["VA 30 O0000000g f0 c1234567\r\n$30\r\n", "it has no opaque"],
  "an opaque with capitals": ["VA 30 O0000000A f0 c1234567\r\n$30\r\n", "it has no opaque"],
  "an opaque of 32 bits": ["VA 30 O80000000 f0 c1234567\r\n$30\r\n", "it has no opaque"],
  "an opaque that is too short": ["VA 30 O0 f0 c1234567\r\n$30\r\n", "it has no opaque"],
  "an opaque that is too long": ["VA 30 O000000000 f0 c1234567\r\n$30\r\n", "it has no opaque"],
  "no digits of opaque": ["VA 30 O f0 c1234567\r\n$30\r\n", "it has no opaque"],
  "no digits of flags": ["VA 30 O00000000 f c1234567\r\n$30\r\n", "its flags are no number of 32 bits"],
  "flags beyond 32 bits": ["VA 30 O00000000 f4294967296 c1\r\n$30\r\n", "its flags are no number of 32 bits"],
  "no digits of version": ["VA 30 O00000000 f0 c\r\n$30\r\n", "its version is no number of 64 bits"],
  "a version beyond 64 bits": [
    "VA 30 O00000000 f0 c18446744073709551616\r\n$30\r\n",
    "its version is no number of 64 bits",
  ],
  "letters in the version": ["VA 30 O00000000 f0 c123x\r\n$30\r\n", "its version is no number of 64 bits"],
  "no length": ["VA  O00000000 f0 c1234567\r\n$30\r\n", "the length of its data is malformed"],
  "more data than it says": ["VA 30 O00000000 f0 c1234567\r\n$31\r\n", "are not followed by CR LF"],
  "less data than it says": ["VA 30 O00000000 f0 c1234567\r\n$29\r\n", "are not followed by CR LF"],
  "a bare LF": ["VA 30 O00000000 f0 c1234567\n$30\r\n", "it does not end with CR LF"],
  "a length over the limit": ["VA 5000 O00000000 f0 c1234567\r\n$5000\r\n", "exceed the limit of 4000"],
  "a line over the limit": [`VA 30 O00000000 f0 c${"0".repeat(9000)}1\r\n$30\r\n`, "its line exceeds the limit"],
};

for (const [name, [text, reason]] of Object.entries(WRONG)) {
  test(`MetaWire: ${name} is a ProtocolError on the short way, too`, () => {
    const reply = text.replace(/\$(\d+)/, (_, count) => "v".repeat(Number(count)));
    const wire = new MetaWire({ maxBody: 4000 });
    for (const opaque of [7, 17]) wire.write(GET as AnyOp, GET.opcode, { key: "k" }, opaque, undefined);
    const error = assertThrows(
      () => wire.input.push(encoder.encode(reply + BEHIND), () => {}),
      ProtocolError,
    ) as ProtocolError;
    assertStringIncludes(error.message, reason);
  });
}

test("MetaWire: a hit for what asked otherwise goes its own way", () => {
  const wire = new MetaWire();
  wire.write(GETK as AnyOp, GETK.opcode, { key: "key" }, 1, undefined);
  wire.write(GAT as AnyOp, GAT.opcode, { key: "key", expiry: 9 }, 2, undefined);
  const value = "v".repeat(60);
  const text = `VA 60 O00000000 f1 c1234567 kkey\r\n${value}\r\nVA 60 O00000001 f2 c1234567\r\n${value}\r\n`;
  const seen: unknown[] = [];
  wire.input.push(encoder.encode(text), (frame) => seen.push([decoder.decode(frame.key), ...look(frame)]));
  assertEquals(seen, [["key", GETK.opcode, 1, 0, 1, 1234567n, value], ["", GAT.opcode, 2, 0, 2, 1234567n, value]]);
});

test("MetaWire: what stops in the middle of a chunk leaves the rest", () => {
  const { input } = waiting(2);
  const hit = (i: number): string => `VA 60 O${token(i)} f0 c1234567\r\n${"v".repeat(60)}\r\n`;
  let seen = 0;
  input.push(encoder.encode(hit(0) + hit(1)), () => {
    seen++;
    input.stop();
  });
  assertEquals([seen, decoder.decode(input.rest())], [1, hit(1)]);
});

test("MetaWire: commands carry numbers of their own, whatever the opaques of their calls", () => {
  const wire = new MetaWire();
  const sent = (): string => decoder.decode(wire.output.take()[0]);
  for (let i = 0; i < 3; i++) wire.write(GET as AnyOp, GET.opcode, { key: "k" }, 4_000_000_000 + i, undefined);
  assertEquals(sent(), "mg k O00000000 f c v\r\nmg k O00000001 f c v\r\nmg k O00000002 f c v\r\n");
  const seen: number[] = [];
  wire.input.push(
    encoder.encode("EN O00000000\r\nEN O00000001\r\nEN O00000002\r\n"),
    ({ opaque }) => seen.push(opaque),
  );
  assertEquals(seen, [4_000_000_000, 4_000_000_001, 4_000_000_002]);
});

/** Keys, and the words of the command that have to come of them. */
const KEYS: readonly (readonly [key: string | Uint8Array, words: string])[] = [
  ["k", "k O00000000"],
  ["~!", "~! O00000000"],
  ["x".repeat(64), `${"x".repeat(64)} O00000000`],
  ["x".repeat(65), `${"x".repeat(65)} O00000000`],
  ["x".repeat(250), `${"x".repeat(250)} O00000000`],
  [new Uint8Array([0x6b, 0x31]), "k1 O00000000"],
  ["a b", "YSBi O00000000 b"],
  ["a\r\nmn", "YQ0KbW4= O00000000 b"],
  ["\x7f", "fw== O00000000 b"],
  ["\0", "AA== O00000000 b"],
  ["é", "é O00000000"],
];

for (const [key, words] of KEYS) {
  test(`MetaWire: the key ${JSON.stringify(typeof key === "string" ? key : [...key])} stays one word`, () => {
    for (const [opcode, flags] of [[GET.opcode, " f c v"], [GETQ, " q f c v"]] as const) {
      const wire = new MetaWire();
      wire.write(GET as AnyOp, opcode, { key }, 9, undefined);
      assertEquals(decoder.decode(wire.output.take()[0]), `mg ${words}${flags}\r\n`);
    }
  });
}

test("MetaWire: keys that cannot be leave nothing behind", () => {
  for (const key of ["", "x".repeat(251), `${"x".repeat(186)} `, undefined, 5]) {
    const wire = new MetaWire();
    assertThrows(() => wire.write(GET as AnyOp, GET.opcode, { key }, 9, undefined));
    wire.output.undo();
    wire.write(GET as AnyOp, GET.opcode, { key: "k" }, 9, undefined);
    assertEquals(decoder.decode(wire.output.take()[0]), "mg k O00000000 f c v\r\n");
  }
});
