import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { FrameWriter, MAX_KEY_LENGTH } from "../../src/frame/frame_writer.ts";
import { hex } from "../support/hex.ts";
import { test } from "../support/test.ts";
import { bytesOf, joined, readAllWire, readWire, wire } from "../support/wire_frame.ts";

const LARGE = 64 * 1024;

/** Writes one SET with everything in it. */
function writeSet(out: FrameWriter, key: string | Uint8Array, value: string | Uint8Array, opaque = 1): void {
  out.begin();
  const at = out.extras(8);
  out.view.setUint32(at, 0xdeadbeef);
  out.view.setUint32(at + 4, 3600);
  out.key(key);
  out.value(value);
  out.end({ magic: 0x80, opcode: 0x01, opaque });
}

/** The same bytes, by hand. */
function setBytes(key: string, value: string | Uint8Array, opaque = 1): Uint8Array {
  return wire({ magic: 0x80, opcode: 0x01, opaque, extras: hex("deadbeef 00000e10"), key, value });
}

function takeAll(out: FrameWriter): Uint8Array {
  return joined(...out.take());
}

function filled(length: number, seed = 7): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * seed) & 0xff);
}

test("FrameWriter fills the header in, field by field", () => {
  const out = new FrameWriter();
  out.begin();
  const at = out.extras(8);
  out.view.setBigUint64(at, 0xdeadbeef00000e10n);
  out.key("foo");
  out.value("bar");
  out.cas = 0x1122334455667788n;
  out.datatype = 0x03;
  out.end({ magic: 0x80, opcode: 0x01, opaque: 0xfffffffe, vbucketOrStatus: 0xfffd });
  const expected = hex(
    "80 01 0003 08 03 fffd 0000000e fffffffe 1122334455667788 | deadbeef 00000e10 | 666f6f | 626172",
  );
  assertEquals(takeAll(out), expected);
});

test("FrameWriter clears what the frame before left in the header", () => {
  const out = new FrameWriter();
  for (let round = 0; round < 2; round++) {
    // The slab of the second round is the one that was written in the first.
    out.begin();
    out.extras(20);
    out.key("some key");
    out.cas = 0xffff_ffff_ffff_ffffn;
    out.datatype = 0xff;
    out.end({ magic: 0x80, opcode: 0x05, opaque: 0xffffffff, vbucketOrStatus: 0xffff });
    out.begin();
    out.end({ magic: 0x80, opcode: 0x0a, opaque: 2 });
    assertEquals(takeAll(out).slice(-24), hex("80 0a 0000 00 00 0000 00000000 00000002 0000000000000000"));
    out.recycle();
    out.take();
    out.recycle();
  }
});

test("FrameWriter grows beyond its first slab and keeps what was written", () => {
  const out = new FrameWriter();
  const value = filled(1000);
  const expected: Uint8Array[] = [];
  for (let i = 0; i < 200; i++) {
    writeSet(out, `key-${i}`, value, i);
    expected.push(setBytes(`key-${i}`, value, i));
  }
  assertEquals(out.size, joined(...expected).length);
  assertEquals(takeAll(out), joined(...expected));
});

test("FrameWriter grows in the middle of a frame for a single value", () => {
  for (const length of [16 * 1024 - 40, 16 * 1024, 50_000, LARGE - 1]) {
    const out = new FrameWriter();
    writeSet(out, "first", "small");
    writeSet(out, "second", filled(length));
    const segments = out.take();
    assertEquals(segments.length, 1);
    assertEquals(segments[0], joined(setBytes("first", "small"), setBytes("second", filled(length))));
  }
});

test("FrameWriter sends a value of 64 KiB as a segment of its own, without a copy", () => {
  const out = new FrameWriter();
  const value = filled(LARGE);
  writeSet(out, "before", "small");
  writeSet(out, "large", value);
  writeSet(out, "after", "small");
  const expected = joined(setBytes("before", "small"), setBytes("large", value), setBytes("after", "small"));
  assertEquals(out.size, expected.length);
  const segments = out.take();
  assertEquals(segments.length, 3);
  assertStrictEquals(segments[1], value);
  assertEquals(joined(...segments), expected);
});

test("FrameWriter sends several large values in their order", () => {
  const out = new FrameWriter();
  const values = [filled(LARGE, 3), filled(LARGE + 1, 5), filled(LARGE * 2, 11)];
  for (const [i, value] of values.entries()) writeSet(out, `k${i}`, value, i);
  const expected = values.map((value, i) => setBytes(`k${i}`, value, i));
  const segments = out.take();
  assertEquals(segments.filter((segment) => values.includes(segment)).length, 3);
  assertEquals(joined(...segments), joined(...expected));
});

test("FrameWriter sends large text as a segment of its own, as UTF-8", () => {
  const out = new FrameWriter();
  const text = "ü€".repeat(LARGE / 2);
  writeSet(out, "k", text);
  assertEquals(takeAll(out), setBytes("k", bytesOf(text)));
});

test("FrameWriter keeps a slab that grew while a large value waits", () => {
  const out = new FrameWriter();
  const large = filled(LARGE);
  const small = filled(10_000);
  const expected: Uint8Array[] = [];
  for (let i = 0; i < 8; i++) {
    writeSet(out, `s${i}`, small);
    writeSet(out, `l${i}`, large);
    expected.push(setBytes(`s${i}`, small), setBytes(`l${i}`, large));
  }
  assertEquals(takeAll(out), joined(...expected));
});

test("FrameWriter.reset forgets what came after a mark, its segments too", () => {
  const out = new FrameWriter();
  const large = filled(LARGE);
  writeSet(out, "a", "1");
  writeSet(out, "large", large);
  const kept = joined(setBytes("a", "1"), setBytes("large", large));
  const mark = out.mark();
  writeSet(out, "b", "2");
  writeSet(out, "another", large);
  writeSet(out, "c", filled(30_000));
  out.begin();
  out.extras(8);
  out.reset(mark);
  assertEquals(out.size, kept.length);
  writeSet(out, "d", "4");
  assertEquals(takeAll(out), joined(kept, setBytes("d", "4")));
});

test("FrameWriter.reset to an empty writer leaves nothing to take", () => {
  const out = new FrameWriter();
  const mark = out.mark();
  writeSet(out, "large", filled(LARGE));
  out.reset(mark);
  assertEquals(out.size, 0);
  assertEquals(out.take(), []);
});

test("FrameWriter.undo forgets the frame that was begun", () => {
  const out = new FrameWriter();
  writeSet(out, "a", "1");
  out.begin();
  out.extras(8);
  out.value(filled(LARGE));
  out.undo();
  out.begin();
  out.key("partly");
  out.undo();
  writeSet(out, "b", "2");
  assertEquals(takeAll(out), joined(setBytes("a", "1"), setBytes("b", "2")));
});

test("FrameWriter takes turns with two slabs", () => {
  const out = new FrameWriter();
  const memory: ArrayBufferLike[] = [];
  writeSet(out, "k", "0");
  for (let i = 0; i < 6; i++) {
    const [segment] = out.take();
    memory.push(segment!.buffer);
    // The next frame is written while the last one is being sent.
    writeSet(out, "k", String(i + 1));
    assertEquals(readWire(segment!)?.value, bytesOf(String(i)));
    out.recycle();
  }
  const [a, b] = memory;
  assert(a !== b);
  for (const [i, buffer] of memory.entries()) assertStrictEquals(buffer, i % 2 === 0 ? a : b);
});

test("FrameWriter never writes to a slab that has not been given back", () => {
  const out = new FrameWriter();
  writeSet(out, "k", "first");
  const [first] = out.take();
  writeSet(out, "k", "second");
  const [second] = out.take();
  assert(second!.buffer !== first!.buffer);
  assertEquals(readWire(first!)?.value, bytesOf("first"));
});

test("FrameWriter lets go of a slab that grew beyond 1 MiB", () => {
  const out = new FrameWriter();
  for (let i = 0; i < 40; i++) writeSet(out, "k", filled(60_000));
  const [large] = out.take();
  out.recycle();
  assert(large!.buffer.byteLength > 1024 * 1024);
  for (let i = 0; i < 2; i++) {
    writeSet(out, "k", "v");
    const [segment] = out.take();
    out.recycle();
    assertEquals(segment!.buffer.byteLength, 16 * 1024);
  }
});

for (const character of ["a", "é", "€", "😀"]) {
  test(`FrameWriter writes text of ${bytesOf(character).length}-byte characters of every length around 32 units`, () => {
    for (let count = 0; count <= 40; count++) {
      for (const text of [character.repeat(count), "a".repeat(count) + character, character + "a".repeat(count)]) {
        const out = new FrameWriter();
        out.begin();
        out.value(text);
        out.end({ magic: 0x80, opcode: 0x01, opaque: 0 });
        assertEquals(readAllWire(takeAll(out))[0]?.value, bytesOf(text));
      }
    }
  });
}

test("FrameWriter writes text at the end of its slab, where it just fits, and where it does not", () => {
  for (const text of ["k".repeat(20), "é".repeat(20), "k".repeat(200), "€".repeat(80)]) {
    for (let room = 0; room < text.length * 3 + 2; room += 7) {
      const out = new FrameWriter();
      out.reserve(16 * 1024 - 24 - room);
      out.begin();
      out.key(text);
      out.end({ magic: 0x80, opcode: 0x00, opaque: 1 });
      assertEquals(takeAll(out).slice(16 * 1024 - 24 - room), wire({ magic: 0x80, opcode: 0, opaque: 1, key: text }));
    }
  }
});

test("FrameWriter writes half a surrogate pair as U+FFFD, in short and in long text", () => {
  for (const text of ["\ud83d", "a\udc00b", "\ud83d".repeat(50)]) {
    const out = new FrameWriter();
    out.begin();
    out.value(text);
    out.end({ magic: 0x80, opcode: 0x01, opaque: 0 });
    assertEquals(readWire(takeAll(out))?.value, bytesOf(text));
  }
});

test("FrameWriter.key takes 1 to 250 bytes, not characters", () => {
  for (const key of ["k", "k".repeat(250), "é".repeat(125), filled(250)]) {
    const out = new FrameWriter();
    out.begin();
    out.key(key);
    out.end({ magic: 0x80, opcode: 0x00, opaque: 1 });
    assertEquals(takeAll(out).slice(24), Uint8Array.from(bytesOf(key)));
  }
  for (const key of ["k".repeat(251), "é".repeat(126), filled(251), "k".repeat(100_000)]) {
    const out = new FrameWriter();
    out.begin();
    const error = assertThrows(() => out.key(key), RangeError, "a key has 1 to 250 bytes");
    assert(error.message.length < 200);
    out.undo();
    assertEquals(out.size, 0);
  }
  for (const key of ["", new Uint8Array(0)]) {
    const out = new FrameWriter();
    out.begin();
    assertThrows(() => out.key(key), RangeError, "Cannot use an empty key");
  }
  assertEquals(MAX_KEY_LENGTH, 250);
});

test("FrameWriter.key names a key that is too long by its beginning", () => {
  const out = new FrameWriter();
  out.begin();
  assertThrows(() => out.key(`user:${"9".repeat(300)}`), RangeError, `"user:9999`);
  assertThrows(() => out.key(filled(300, 1)), RangeError, `"000102030405`);
});

test("FrameWriter.name may be empty or longer than a key", () => {
  for (const name of ["", "PLAIN", "n".repeat(300), "n".repeat(0xffff)]) {
    const out = new FrameWriter();
    out.begin();
    out.name(name);
    out.end({ magic: 0x80, opcode: 0x10, opaque: 1 });
    assertEquals(readWire(takeAll(out))?.key, name);
  }
});

test("FrameWriter.name refuses what the header has no room for, so that it cannot become another opcode", () => {
  const out = new FrameWriter();
  out.begin();
  assertThrows(() => out.name("n".repeat(0x10000)), RangeError, "65536 bytes");
});

// Each of these wrote a length of NaN or undefined into the header and into the count of what waits.
for (
  const wrong of [42, 1n, true, null, undefined, {}, { length: 3 }, [1, 2], new ArrayBuffer(3), new Uint16Array(3)]
) {
  const name = Object.prototype.toString.call(wrong);
  test(`FrameWriter refuses ${name} as a key and as a value, and goes on`, () => {
    const out = new FrameWriter();
    writeSet(out, "a", "1");
    const size = out.size;
    out.begin();
    assertThrows(() => out.key(wrong as string), TypeError, "keys and values are text or Uint8Array");
    out.undo();
    out.begin();
    assertThrows(() => out.value(wrong as string), TypeError, "keys and values are text or Uint8Array");
    out.undo();
    assertEquals(out.size, size);
    writeSet(out, "b", "2");
    assertEquals(takeAll(out), joined(setBytes("a", "1"), setBytes("b", "2")));
  });
}

test("FrameWriter refuses a large array that is no Uint8Array", () => {
  const out = new FrameWriter();
  out.begin();
  assertThrows(() => out.value(new Array(LARGE).fill(0) as unknown as Uint8Array), TypeError, "an object");
  assertThrows(() => out.value(new Float64Array(LARGE) as unknown as Uint8Array), TypeError, "an object");
});

test("FrameWriter takes an empty value and a view into the middle of other memory", () => {
  const out = new FrameWriter();
  writeSet(out, "a", "");
  writeSet(out, "b", new Uint8Array(0));
  writeSet(out, "c", bytesOf("__xyz__").subarray(2, 5));
  assertEquals(takeAll(out), joined(setBytes("a", ""), setBytes("b", ""), setBytes("c", "xyz")));
});

test("FrameWriter switches to the flexible form when there are framing extras", () => {
  for (const [magic, flexible] of [[0x80, 0x08], [0x81, 0x18], [0x08, 0x08], [0x18, 0x18]] as const) {
    const out = new FrameWriter();
    out.begin();
    const at = out.framingExtras(3);
    out.bytes.set(hex("02001e"), at);
    const extras = out.extras(4);
    out.view.setUint32(extras, 0xdeadbeef);
    out.key("foo");
    out.value("bar");
    out.end({ magic, opcode: 0x0c, opaque: 1, vbucketOrStatus: 2 });
    const head = `${flexible.toString(16).padStart(2, "0")} 0c 03 03 04 00 0002 0000000d 00000001 0000000000000000`;
    assertEquals(takeAll(out), hex(`${head} | 02001e | deadbeef | 666f6f | 626172`));
  }
});

test("FrameWriter keeps the classic form without framing extras", () => {
  const out = new FrameWriter();
  out.begin();
  out.framingExtras(0);
  out.key("foo");
  out.end({ magic: 0x80, opcode: 0x00, opaque: 1 });
  assertEquals(takeAll(out), hex("80 00 0003 00 00 0000 00000003 00000001 0000000000000000 | 666f6f"));
});

test("FrameWriter refuses a name beside framing extras that the flexible form has no room for", () => {
  const out = new FrameWriter();
  out.begin();
  out.framingExtras(1);
  out.name("n".repeat(256));
  assertThrows(() => out.end({ magic: 0x80, opcode: 0x10, opaque: 1 }), RangeError, "255 are the most");
});

test("FrameWriter.last gives the frame that was ended last, as a copy", () => {
  const out = new FrameWriter();
  writeSet(out, "a", "1");
  assertEquals(out.last(), setBytes("a", "1"));
  const large = filled(LARGE);
  writeSet(out, "b", large);
  const copy = out.last();
  assertEquals(copy, setBytes("b", large));
  copy.fill(0);
  writeSet(out, "c", filled(30_000));
  assertEquals(out.last(), setBytes("c", filled(30_000)));
  assertEquals(takeAll(out), joined(setBytes("a", "1"), setBytes("b", large), setBytes("c", filled(30_000))));
});

test("FrameWriter.drop leaves frames out, wherever they lie, and moves no memory that is not its own", () => {
  // Every choice of frames to be dropped, small and large ones mixed, in any order.
  const values = ["s", filled(LARGE, 3), "t", "u", filled(LARGE + 9, 5)];
  const copies = values.map((value) => typeof value === "string" ? value : value.slice());
  for (let choice = 0; choice < 1 << values.length; choice++) {
    const out = new FrameWriter();
    const ends = [0];
    for (const [i, value] of values.entries()) {
      writeSet(out, `k${i}`, value, i);
      ends.push(out.size);
    }
    const size = out.size;
    const kept: Uint8Array[] = [];
    for (let i = values.length - 1; i >= 0; i--) {
      if ((choice >> i) & 1) out.drop(ends[i]!, ends[i + 1]!);
      else kept.unshift(setBytes(`k${i}`, values[i]!, i));
    }
    // Offsets behind a dropped frame stay what they were.
    assertEquals(out.size, size);
    assertEquals(takeAll(out), joined(...kept));
    assertEquals(values, copies);
    assertEquals(out.size, 0);
    writeSet(out, "next", "v");
    assertEquals(takeAll(out), setBytes("next", "v"));
  }
});

test("FrameWriter.drop of many frames leaves no more segments than there were", () => {
  const out = new FrameWriter();
  const kept: Uint8Array[] = [];
  for (let i = 0; i < 1000; i++) {
    const from = out.size;
    writeSet(out, `k${i}`, "v", i);
    if (i % 3 === 0) kept.push(setBytes(`k${i}`, "v", i));
    else out.drop(from, out.size);
  }
  const segments = out.take();
  assertEquals(segments.length, 1);
  assertEquals(segments[0], joined(...kept));
});
