/** FlatBuffers tables as generated code makes them, read; and ours, read back, cut anywhere. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../src/errors.ts";
import { FlatTable, writeFlatTable } from "../../src/wire/flatbuffers.ts";
import { hex } from "../support/hex.ts";
import { withRandom } from "../support/random.ts";
import { test } from "../support/test.ts";
import { FLATBUFFERS_EVENTS } from "../vectors/seed_dcp.ts";

/** Looks at everything that a table may hold. */
function readAll(bytes: Uint8Array): unknown[] {
  const table = new FlatTable(bytes);
  const found: unknown[] = [];
  for (let slot = 0; slot < 12; slot++) {
    found.push(table.u64(slot), table.u32(slot), table.bool(slot));
  }
  return found;
}

test("FlatTable reads what generated code wrote, and gives defaults for what is left out", () => {
  const [collection] = FLATBUFFERS_EVENTS;
  const table = new FlatTable(hex(collection.hex));
  assertEquals([table.u64(0), table.u32(1), table.u32(2), table.bool(3)], [5n, 8, 9, true]);
  assertEquals([table.u32(4), table.text(5), table.bool(6)], [3600, "C1", true]);
  assertEquals([table.u64(7), table.bool(8), table.u64(9), table.u32(40), table.text(40)], [0n, false, 0n, 0, ""]);
});

test("writeFlatTable writes fields in any order, aligned", () => {
  const bytes = writeFlatTable([
    { slot: 5, type: "text", value: "naïve" },
    { slot: 3, type: "bool", value: true },
    { slot: 1, type: "u32", value: 0xfffffffe },
    { slot: 9, type: "u64", value: 0xfedcba9876543210n },
    { slot: 2, type: "text", value: "" },
  ]);
  const table = new FlatTable(bytes);
  assertEquals(bytes.length % 4, 0);
  assertEquals([table.u64(9), table.u32(1), table.bool(3), table.text(5), table.text(2)], [
    0xfedcba9876543210n,
    0xfffffffe,
    true,
    "naïve",
    "",
  ]);
  assertEquals([table.u64(0), table.bool(8)], [0n, false]);
  // Numbers lie at multiples of their size.
  const view = new DataView(bytes.buffer);
  const at = view.getUint32(0, true);
  const fields = at - view.getInt32(at, true);
  assertEquals((at + view.getUint16(fields + 4 + 9 * 2, true)) % 8, 0);
  assertEquals((at + view.getUint16(fields + 4 + 1 * 2, true)) % 4, 0);
});

test("FlatTable inside a larger array reads nothing of it", () => {
  for (const { hex: text } of FLATBUFFERS_EVENTS) {
    const bytes = hex(text);
    for (let length = 0; length < bytes.length; length++) {
      const larger = new Uint8Array(200).fill(0xff);
      larger.set(bytes.subarray(0, length), 8);
      const cut = larger.subarray(8, 8 + length);
      let found: unknown;
      try {
        found = readAll(cut);
      } catch (error) {
        assert(error instanceof ProtocolError, String(error));
        continue;
      }
      // Only a text can be missing: it lies at the end, before a zero and what fills it up.
      assertEquals(found, readAll(bytes));
      if (text !== FLATBUFFERS_EVENTS[0].hex) continue;
      if (length < bytes.length - 2) assertThrows(() => new FlatTable(cut).text(5), ProtocolError);
      else assertEquals(new FlatTable(cut).text(5), "C1");
    }
  }
});

test("FlatTable of random bytes, or with any byte changed, reads or throws a ProtocolError", () =>
  withRandom((random) => {
    const tables = FLATBUFFERS_EVENTS.map(({ hex: text }) => hex(text));
    for (let round = 0; round < 4000; round++) {
      const bytes = round % 2 === 0 ? random.bytes(random.int(40)) : random.pick(tables).slice();
      if (bytes.length > 0) bytes[random.int(bytes.length)] = random.int(256);
      try {
        readAll(bytes);
        new FlatTable(bytes).text(2);
        new FlatTable(bytes).text(5);
      } catch (error) {
        assert(error instanceof ProtocolError, String(error));
      }
    }
  }));
