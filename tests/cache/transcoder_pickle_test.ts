/** Pickles that mean harm, or are none. */

import { assertEquals } from "@std/assert";
import { utf8Encode } from "../../src/bytes.ts";
import { pythonTranscoder } from "../../src/cache.ts";
import { test } from "../support/test.ts";
import { reasonOf } from "./transcoder_support.ts";

const python = pythonTranscoder();

/** Why a pickle is refused. */
const pickled = (text: string) =>
  reasonOf(python, { value: Uint8Array.from(text, (char) => char.charCodeAt(0)), flags: 1 });

test("python: whatever a pickle wants to call, nothing is called and it is refused", async () => {
  for (
    const program of [
      "cos\nsystem\n(S'true'\ntR.",
      "c__builtin__\neval\n(S'1'\ntR.",
      "cbuiltins\ngetattr\n(I1\nS'real'\ntR.",
      "ccopy_reg\n_reconstructor\n(c__main__\nA\nc__builtin__\nobject\nNtR.",
      "(S'true'\nios\nsystem\n.",
      "(cos\nsystem\nS'true'\no.",
      "\x80\x02c__main__\nA\n)\x81.",
      "\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.",
      "\x80\x04}}(\x8c\x01aK\x01ub.",
      "\x80\x02\x82\x01.",
      "\x80\x02\x83\x01\x00.",
      "\x80\x02\x84\x01\x00\x00\x00.",
      "P0\n.",
      "I1\nQ.",
      "\x80\x05\x97.",
      "\x80\x05\x98.",
      "\x80\x06N.",
      "cbuiltins\nset\n.",
      "(lcbuiltins\nset\na.",
      "(c_codecs\nencode\nt.",
      "}c_codecs\nencode\nNs.",
      // The name of something that every object of this language has.
      "cconstructor\nconstructor\n(tR.",
    ]
  ) assertEquals(await pickled(program), "unsupported", JSON.stringify(program));
});

test("python: a pickle that is no program for its machine is refused", async () => {
  for (
    const program of [
      ...[
        "",
        ".",
        "N",
        "t.",
        "0.",
        "a.",
        "N(.",
        "l.",
        "g0\n.",
        "h\x00.",
        "gx\n.",
        "s.",
        "NNNs.",
        "NNa.",
        "(NNe.",
        "}(Nu.",
      ],
      ...[
        "I\n.",
        "Ix\n.",
        "L12\n",
        "F\n.",
        "Fx\n.",
        "S'a\n.",
        "S\n.",
        "S'\\q'\n.",
        "V\\U00110000\n.",
        "X\xff\xff\xff\xffa.",
        "R.",
      ],
      ...[
        "NNR.",
        "cbuiltins\nset\nNR.",
        "cbuiltins\nset\n(NtR.",
        "cbuiltins\nbytes\n(NtR.",
        "cbuiltins\nbytearray\n(NtR.",
      ],
      ...[
        "c_codecs\nencode\n(V\\u0100\nVlatin1\ntR.",
        "c_codecs\nencode\n(Va\nVrot13\ntR.",
      ],
      ...[
        "\x80\x04\x95\x01.",
        "\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\xff.",
        "\x80\x02\x8b\xff\xff\xff\xff1.",
        "X\x01\x00\x00\x00\xff.",
        "\x7f.",
        "\xff.",
        "N.N",
      ],
    ]
  ) assertEquals(await pickled(program), "malformed", JSON.stringify(program));
});

test("python: integers of too many digits are refused before they are worked out", async () => {
  const digits = "1".repeat(5000);
  assertEquals(await pickled(`L${digits}L\n.`), "malformed");
  assertEquals(await reasonOf(python, { value: utf8Encode(digits), flags: 2 }), "limit");
});

test("python: what Python 2 has pickled is read, its strings as text where they can be", async () => {
  const read = async (text: string) =>
    await python.decode({ value: Uint8Array.from(text, (char) => char.charCodeAt(0)), flags: 1 });
  assertEquals(await read("S'a\\n\\x41\\'\\\\'\np0\n."), "a\nA'\\");
  assertEquals(await read('S"it\'s"\n.'), "it's");
  assertEquals(await read("S'\\xff'\n."), Uint8Array.of(0xff));
  assertEquals(await read("T\x03\x00\x00\x00abc."), "abc");
  assertEquals(await read("U\x02\xc3\xa9."), "é");
  assertEquals(await read("V\\u20ac\\U0001f600\xe9\n."), "€😀é");
  assertEquals(await read("(dS'a'\nI01\nsS'b'\nL-7L\ns."), { a: true, b: -7 });
  assertEquals(await read("F-inf\n."), -Infinity);
});

test("python: instructions that Python's own pickler does not use do what they are for", async () => {
  const read = async (text: string) =>
    await python.decode({ value: Uint8Array.from(text, (char) => char.charCodeAt(0)), flags: 1 });
  // Keeping at numbers of 32 bits, taking from there, doubling, dropping to a mark.
  assertEquals(await read("](NNr\x05\x00\x00\x001j\x05\x00\x00\x00a2e.").catch((error) => error.reason), "malformed");
  assertEquals(await read("](K\x01r\x05\x00\x00\x00K\x02ej\x05\x00\x00\x00a."), [1, 2, 1]);
  assertEquals(await read("](K\x012e."), [1, 1]);
  assertEquals(await read("](K\x01K\x0210K\x03."), 3);
  assertEquals(await read("N(K\x01K\x021."), null);
  assertEquals(await read("\x80\x02\x8b\x02\x00\x00\x00\xff\x7f."), 32767);
  assertEquals(await read("\x80\x03B\x02\x00\x00\x00\x00\xff."), Uint8Array.of(0, 255));
});

test("python: maps are made of dictionaries when that is asked for", async () => {
  const value = utf8Encode("(dVa\n(dVb\nI1\nss.");
  assertEquals(
    await pythonTranscoder({ maps: "map" }).decode({ value, flags: 1 }),
    new Map([["a", new Map([["b", 1]])]]),
  );
});
