import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { META_GET } from "../../src/text/meta_get.ts";
import { META_SET } from "../../src/text/meta_set.ts";
import { TEXT_GAT, TEXT_GATS, TEXT_GET } from "../../src/text/retrieval.ts";
import { TEXT_SET } from "../../src/text/storage.ts";
import { TextWriter } from "../../src/text/text_writer.ts";
import { Outbox } from "../../src/transport/outbox.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { allocations } from "../support/allocations.ts";
import { test } from "../support/test.ts";
import { fromLatin1, latin1 } from "../support/text_wire.ts";

const LARGE = 64 * 1024;

function filled(length: number, seed = 7): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * seed) & 0xff);
}

function takeAll(out: TextWriter): string {
  return out.take().map(fromLatin1).join("");
}

function set(key: string, value: Uint8Array): string {
  return `set ${key} 0 0 ${value.length}\r\n${fromLatin1(value)}\r\n`;
}

test("TextWriter grows beyond its first slab and keeps what was written", () => {
  const out = new TextWriter();
  const value = filled(1000);
  let expected = "";
  for (let i = 0; i < 200; i++) {
    TEXT_SET.write(out, { key: `key-${i}`, value });
    expected += set(`key-${i}`, value);
  }
  assertEquals(out.size, expected.length);
  assertEquals(takeAll(out), expected);
});

test("TextWriter grows wherever in a command its slab is full", () => {
  const request = { key: "k y", opaque: 7, expiry: -1, flags: 300, compareCas: 2n ** 64n - 1n, mode: "add" } as const;
  const line = "ms ayB5 2 O7 b F300 T-1 C18446744073709551615 ME\r\n\xc3\xa9\r\n";
  const gats = "gats -5 a b\r\n";
  for (let room = 0; room <= line.length + gats.length; room++) {
    const out = new TextWriter();
    const before = 16 * 1024 - room;
    out.begin(new Uint8Array(before - 2).fill(0x78));
    out.end();
    META_SET.write(out, { ...request, value: "é" });
    TEXT_GATS.write(out, { keys: ["a", "b"], expiry: -5 });
    assertEquals(takeAll(out).slice(before), line + gats);
  }
});

test("TextWriter sends a value of 64 KiB as a segment of its own, without a copy", () => {
  const out = new TextWriter();
  const value = filled(LARGE);
  TEXT_SET.write(out, { key: "before", value: "small" });
  TEXT_SET.write(out, { key: "large", value });
  META_SET.write(out, { key: "large", value, opaque: 9 });
  TEXT_SET.write(out, { key: "after", value: "small" });
  const size = out.size;
  const segments = out.take();
  assertEquals(segments.length, 5);
  assertStrictEquals(segments[1], value);
  assertStrictEquals(segments[3], value);
  const small = latin1("small");
  const meta = `ms large ${LARGE} O9\r\n${fromLatin1(value)}\r\n`;
  const expected = set("before", small) + set("large", value) + meta + set("after", small);
  assertEquals(segments.map(fromLatin1).join(""), expected);
  assertEquals(size, expected.length);
  // Just below, it is copied.
  TEXT_SET.write(out, { key: "k", value: value.subarray(1) });
  assertEquals(out.take().length, 1);
});

test("TextWriter writes the length of text in bytes, whatever its characters and however long", () => {
  const texts = [
    "",
    "a",
    "é",
    "€".repeat(3),
    "€".repeat(4),
    "é".repeat(5),
    "é".repeat(50),
    "x".repeat(9) + "é",
    "😀".repeat(300),
  ];
  texts.push(
    "x".repeat(99) + "é",
    "€".repeat(34),
    "x".repeat(998) + "€",
    "é".repeat(40_000),
    "x".repeat(70_000),
    "\ud800",
  );
  for (const value of texts) {
    const bytes = new TextEncoder().encode(value);
    const out = new TextWriter();
    TEXT_SET.write(out, { key: "k", value, flags: 1, expiry: 2 });
    META_SET.write(out, { key: "k", value, opaque: 12345, returnCas: true, expiry: 60 });
    const expected = `set k 1 2 ${bytes.length}\r\n${fromLatin1(bytes)}\r\n` +
      `ms k ${bytes.length} O12345 c T60\r\n${fromLatin1(bytes)}\r\n`;
    assertEquals(out.size, expected.length);
    assertEquals(takeAll(out), expected);
  }
});

test("TextWriter writes numbers of every length", () => {
  const numbers = [0, 9, 10, 99, 100, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
  for (const flags of numbers) {
    const out = new TextWriter();
    TEXT_SET.write(out, { key: "k", value: "", flags });
    assertEquals(takeAll(out), `set k ${flags} 0 0\r\n\r\n`);
  }
  for (const cas of [0n, 2n ** 53n - 1n, 2n ** 53n, 10n ** 18n, 10n ** 18n + 1n, 2n ** 63n, 2n ** 64n - 1n]) {
    const out = new TextWriter();
    META_GET.write(out, { key: "k", compareCas: cas });
    assertEquals(takeAll(out), `mg k C${cas}\r\n`);
  }
  for (const opaque of [0, 2 ** 32, 2 ** 53 - 1]) {
    const out = new TextWriter();
    META_GET.write(out, { key: "k", opaque });
    assertEquals(takeAll(out), `mg k O${opaque}\r\n`);
  }
  for (const touch of [-(2 ** 31), -1, 2 ** 31 - 1]) {
    const out = new TextWriter();
    META_GET.write(out, { key: "k", touch });
    assertEquals(takeAll(out), `mg k T${touch}\r\n`);
  }
});

test("TextWriter leaves nothing of a command that cannot be written, and what was before", () => {
  const out = new TextWriter();
  const large = filled(LARGE);
  TEXT_GET.write(out, { keys: ["a"] });
  const attempts = [
    () => TEXT_GET.write(out, { keys: ["fine", "not fine"] }),
    () => TEXT_GET.write(out, { keys: ["fine", 7 as never] }),
    () => TEXT_SET.write(out, { key: "k", value: null as never }),
    () => TEXT_SET.write(out, { key: "k", value: large, flags: -1 }),
    () => META_SET.write(out, { key: "k", value: large, opaque: "a b" }),
    () => META_SET.write(out, { key: "k", value: large, mode: "SET" as never }),
    () => META_GET.write(out, { key: "k", opaque: 1, extra: ["L", "P a"] }),
    () =>
      META_GET.write(out, {
        key: "k",
        get returnValue(): boolean {
          throw new TypeError("from outside");
        },
      }),
  ];
  for (const attempt of attempts) {
    assert(assertThrows(attempt) instanceof Error);
    assertEquals(out.size, 7);
  }
  TEXT_GET.write(out, { keys: ["b"] });
  assertEquals(takeAll(out), "get a\r\nget b\r\n");
  out.begin(latin1("half"));
  out.key("written");
  assertEquals(out.size, 0);
  assertEquals(out.take(), []);
});

test("TextWriter.reset forgets what came after a mark, its segments too", () => {
  const out = new TextWriter();
  const large = filled(LARGE);
  TEXT_SET.write(out, { key: "a", value: "1" });
  TEXT_SET.write(out, { key: "large", value: large });
  const kept = set("a", latin1("1")) + set("large", large);
  const mark = out.mark();
  TEXT_SET.write(out, { key: "b", value: "2" });
  TEXT_SET.write(out, { key: "another", value: large });
  TEXT_SET.write(out, { key: "c", value: filled(30_000) });
  out.begin(latin1("get"));
  out.reset(mark);
  assertEquals(out.size, kept.length);
  TEXT_SET.write(out, { key: "d", value: "4" });
  assertEquals(takeAll(out), kept + set("d", latin1("4")));
});

test("TextWriter.drop leaves whole commands out, in no more segments than before", () => {
  const large = filled(LARGE);
  for (let chosen = 0; chosen < 1 << 7; chosen++) {
    const out = new TextWriter();
    const parts: string[] = [];
    const ranges: [number, number][] = [];
    for (let i = 0; i < 7; i++) {
      const from = out.size;
      const value = i % 3 === 1 ? large : latin1(`value ${i}`);
      TEXT_SET.write(out, { key: `k${i}`, value });
      if ((chosen & (1 << i)) === 0) parts.push(set(`k${i}`, value));
      else ranges.push([from, out.size]);
    }
    for (const [from, to] of ranges.reverse()) out.drop(from, to);
    const segments = out.take();
    assert(segments.length <= 5);
    const expected = parts.join("");
    assertEquals(segments.reduce((sum, { length }) => sum + length, 0), expected.length);
    assert(segments.map(fromLatin1).join("") === expected, `dropped ${chosen.toString(2)}`);
    // The array of the caller is never changed.
    assert(large.every((byte, i) => byte === ((i * 7) & 0xff)));
  }
});

test("TextWriter writes into the same two slabs again and again", () => {
  const out = new TextWriter();
  const round = () => {
    for (let i = 0; i < 50; i++) META_GET.write(out, { key: `user:${i}`, opaque: i, returnValue: true });
    const [segment] = out.take();
    out.recycle();
    return segment!.buffer;
  };
  round();
  round();
  const buffers = new Set([round(), round(), round(), round()]);
  assertEquals(buffers.size, 2);
  // Nothing but the view of the slab that is given away.
  assertEquals(allocations(round).filter((size) => size > 0), []);
});

test("TextWriter refuses a line of gat that servers do not take, and takes it of get", () => {
  const keys = Array.from({ length: 300 }, (_, i) => `key-${i}`);
  const out = new TextWriter();
  assertThrows(() => TEXT_GAT.write(out, { keys, expiry: 1 }), RangeError, "Cannot gat 300 keys at once");
  assertEquals(out.size, 0);
  TEXT_GET.write(out, { keys });
  assertEquals(takeAll(out), `get ${keys.join(" ")}\r\n`);
  const exact = ["k".repeat(250), ...new Array<string>(7).fill("k".repeat(250)), "k".repeat(2048 - 8 * 251 - 8)];
  TEXT_GAT.write(out, { keys: exact, expiry: 1 });
  assertEquals(out.size, 2048);
  assertThrows(() => TEXT_GAT.write(out, { keys: exact, expiry: 10 }), RangeError);
  assertThrows(() => TEXT_GET.write(out, { keys: [] }), RangeError, "no keys");
  assertThrows(() => TEXT_GAT.write(out, { keys: [], expiry: 0 }), RangeError, "no keys");
});

test("TextWriter drives an outbox", async () => {
  const written: string[] = [];
  let release = (): void => {};
  const transport = {
    write(bytes: Uint8Array): Promise<void> {
      written.push(fromLatin1(bytes));
      return new Promise((resolve) => release = resolve);
    },
  } as unknown as Transport;
  const out = new TextWriter();
  const outbox = new Outbox(transport, out, { drained: () => written.push("drained"), failed: () => {} });
  TEXT_GET.write(out, { keys: ["a"] });
  TEXT_GET.write(out, { keys: ["b"] });
  outbox.flush();
  TEXT_GET.write(out, { keys: ["c"] });
  outbox.flush();
  assertEquals(written, ["get a\r\nget b\r\n"]);
  release();
  await Promise.resolve();
  assertEquals(written, ["get a\r\nget b\r\n", "get c\r\n"]);
  release();
  await Promise.resolve();
  assertEquals(written.at(-1), "drained");
  assertEquals(outbox.taken, 21);
});
