/** Nothing that a caller passes can end a command and begin another, or make a server misread what follows. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { TEXT_STATS } from "../../src/text/admin.ts";
import { META_GET } from "../../src/text/meta_get.ts";
import { META_SET } from "../../src/text/meta_set.ts";
import { TEXT_GET } from "../../src/text/retrieval.ts";
import { TEXT_AUTH, TEXT_SET } from "../../src/text/storage.ts";
import { isTextKey } from "../../src/text/text_key.ts";
import { TextWriter } from "../../src/text/text_writer.ts";
import { test } from "../support/test.ts";
import { fromLatin1, latin1 } from "../support/text_wire.ts";
import { CLASSIC_KEYS, META_KEYS, NUMBERS, TOKENS } from "../support/text_writes.ts";

const UNFIT = [...Array.from({ length: 0x21 }, (_, byte) => byte), 0x7f];

test("classic commands refuse every key with a blank, a control byte or DEL, wherever it stands", () => {
  for (const write of CLASSIC_KEYS) {
    for (const byte of UNFIT) {
      for (
        const key of [
          String.fromCharCode(byte),
          `a${String.fromCharCode(byte)}b`,
          `${"a".repeat(100)}${String.fromCharCode(byte)}`,
        ]
      ) {
        for (const given of [key, latin1(key)]) {
          const out = new TextWriter();
          const error = assertThrows(() => write(out, given), TypeError, "cannot go in a classic command");
          assert(
            error.message.includes(
              `0x${byte.toString(16).padStart(2, "0")} at ${key.indexOf(String.fromCharCode(byte))}`,
            ),
          );
          assertEquals([out.size, out.take().length], [0, 0]);
        }
      }
    }
  }
});

test("keys may have all other bytes", () => {
  for (let byte = 0; byte < 0x100; byte++) {
    const key = Uint8Array.of(0x61, byte, 0x62);
    assertEquals(isTextKey(key), !UNFIT.includes(byte));
    if (UNFIT.includes(byte)) continue;
    const out = new TextWriter();
    TEXT_GET.write(out, { keys: [key] });
    META_GET.write(out, { key });
    const text = fromLatin1(key);
    assertEquals(fromLatin1(out.take()[0]!), `get ${text}\r\nmg ${text}\r\n`);
  }
});

test("meta commands send such keys in base64, which has none of those bytes", () => {
  for (const write of META_KEYS) {
    for (const byte of UNFIT) {
      const out = new TextWriter();
      write(out, Uint8Array.of(0x61, byte, 0x62));
      const line = fromLatin1(out.take()[0]!).split("\r\n")[0]!;
      const [, key = "", ...flags] = line.split(" ");
      assertEquals(atob(key), `a${String.fromCharCode(byte)}b`);
      assert(flags.includes("b"), line);
    }
  }
});

test("keys that are empty, too long or no keys are refused", () => {
  for (const write of [...CLASSIC_KEYS, ...META_KEYS]) {
    const out = new TextWriter();
    for (const key of ["", new Uint8Array(0)]) {
      assertThrows(() => write(out, key), RangeError, "Cannot use an empty key");
    }
    for (const key of ["k".repeat(251), "é".repeat(126), latin1("k".repeat(70_000))]) {
      assertThrows(() => write(out, key), RangeError, "a key has 1 to 250 bytes");
    }
    for (const key of [undefined, null, 7, {}, ["k"], new Uint16Array(2)]) {
      assertThrows(() => write(out, key as never), TypeError, "keys and values are text or Uint8Array");
    }
    write(out, "k".repeat(250));
  }
  for (const write of META_KEYS) {
    const out = new TextWriter();
    assertThrows(() => write(out, ` ${"k".repeat(186)}`), RangeError, "a key in base64 has 1 to 186 bytes");
    write(out, ` ${"k".repeat(185)}`);
  }
});

test("words of the caller are refused that are none", () => {
  for (const write of TOKENS) {
    for (const byte of UNFIT) {
      const out = new TextWriter();
      assertThrows(() => write(out, `a${String.fromCharCode(byte)}b`), TypeError);
      assertEquals(out.take(), []);
    }
    const out = new TextWriter();
    assertThrows(() => write(out, "x".repeat(70_000)), RangeError);
  }
  const out = new TextWriter();
  for (const opaque of ["", "x".repeat(32), NaN, 0.5, -1, 2 ** 53]) {
    assertThrows(() => META_GET.write(out, { key: "k", opaque }), RangeError);
  }
});

test("flags that have a meaning here cannot come in by the side door", () => {
  const out = new TextWriter();
  for (const flag of "bcfhklqstuvxCDEFIJMNORSTWXZ") {
    for (const token of [flag, `${flag}1`]) {
      assertThrows(() => META_GET.write(out, { key: "k", extra: [token] }), TypeError, "extra flag");
    }
  }
  for (const token of ["", " ", "1", "-", "é", "\r\n"]) {
    assertThrows(() => META_GET.write(out, { key: "k", extra: [token] }), TypeError, "extra flag");
  }
});

test("numbers are refused that a server would misread", () => {
  for (const write of NUMBERS) {
    for (const value of [NaN, Infinity, 0.5, 2 ** 53, -(2 ** 40), "1", "1 q", "1\r\nflush_all", {}, null]) {
      const out = new TextWriter();
      assertThrows(() => write(out, value as number), RangeError);
      assertEquals(out.take(), []);
    }
  }
  const out = new TextWriter();
  const set = (options: object) => TEXT_SET.write(out, { key: "k", value: "v", ...options });
  for (const flags of [-1, 2 ** 32]) assertThrows(() => set({ flags }), RangeError, "flags");
  // Servers keep 32 bits of it, with a sign: it would have expired already.
  for (const expiry of [2 ** 31, -(2 ** 31) - 1]) assertThrows(() => set({ expiry }), RangeError, "expiry");
  for (const cas of [-1n, 2n ** 64n]) {
    assertThrows(() => META_GET.write(out, { key: "k", compareCas: cas }), RangeError);
  }
  for (const mode of ["toString", "__proto__", "MS", "add\r\n"]) {
    assertThrows(
      () => META_SET.write(out, { key: "k", value: "v", mode: mode as "add" }),
      TypeError,
      "Cannot use mode",
    );
  }
});

test("stats takes words, and a user's name is one", () => {
  const out = new TextWriter();
  for (const group of ["", " items", "items ", "a  b", "items\r\nflush_all", "a\tb", "a\0b"]) {
    assert(assertThrows(() => TEXT_STATS.write(out, { group })) instanceof Error);
  }
  for (const username of ["", "a b", "a\r\nb", "a\tb", "a\0", "a\x7f"]) {
    const error = assertThrows(() => TEXT_AUTH.write(out, { username, password: "secret" }), TypeError);
    assert(!error.message.includes("secret"));
  }
  assertEquals(out.take(), []);
  // The password is counted, so it can hold what it likes.
  TEXT_AUTH.write(out, { username: "ada", password: "a\r\nflush_all\r\n" });
  assertEquals(fromLatin1(out.take()[0]!), "set auth 0 0 18\r\nada a\r\nflush_all\r\n\r\n");
});
