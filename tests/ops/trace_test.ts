/** The line of text that stands for a frame. */

import { assertEquals, assertGreater } from "@std/assert";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Frame } from "../../src/frame/frame.ts";
import { FrameSplitter } from "../../src/frame/frame_splitter.ts";
import { formatFrame } from "../../src/ops/table.ts";
import { datatypeName } from "../../src/wire/datatype.ts";
import { isResponse, magicName } from "../../src/wire/header.ts";
import { statusInfo } from "../../src/wire/status.ts";
import { hex } from "../support/hex.ts";
import { test } from "../support/test.ts";
import { joined } from "../support/wire_frame.ts";
import { VECTORS } from "../vectors/all.ts";
import type { Vector } from "../vectors/vector.ts";

/** The pairs of bytes and trace in the golden file. */
function readExchange(): { readonly from: string; readonly bytes: Uint8Array; readonly line: string }[] {
  const text = readFileSync(fileURLToPath(new URL("exchange.txt", import.meta.url)), "utf8");
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return Array.from({ length: lines.length / 2 }, (_, i) => ({
    from: lines[2 * i]!.slice(0, 1),
    bytes: hex(lines[2 * i]!.slice(2)),
    line: lines[2 * i + 1]!.trimStart(),
  }));
}

test("formatFrame tells whole exchanges with a server", () => {
  const exchange = readExchange();
  assertGreater(exchange.length, 40);
  for (const from of [">", "<"]) {
    const side = exchange.filter((entry) => entry.from === from);
    const frames = new FrameSplitter().split(joined(...side.map(({ bytes }) => bytes)));
    assertEquals(frames.map(formatFrame), side.map(({ line }) => line));
  }
});

/** What Couchbase's documents shorten. */
const NAMES = new Map([["HELO", "hello"]]);

function shown(digits: string): string {
  const bytes = hex(digits);
  const text = String.fromCharCode(...bytes);
  return /^[ -~]*$/.test(text)
    ? JSON.stringify(text)
    : [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The line of a vector as its fields tell it, but for the framing extras, which have tests of their own. */
function expectedLine({ op, fields }: Vector): string {
  const { magic, opaque, cas, datatype, extras, key, value } = fields;
  const words = [magicName(magic), NAMES.get(op) ?? op.toLowerCase().replaceAll("_", "-")];
  if (isResponse(magic)) words.push(statusInfo(fields.vbucketOrStatus).name);
  else if (fields.vbucketOrStatus !== 0) words.push(`vbucket=${fields.vbucketOrStatus}`);
  words.push(`opaque=0x${opaque.toString(16).padStart(8, "0")}`);
  if (cas !== 0n) words.push(`cas=0x${cas.toString(16)}`);
  if (datatype !== 0) words.push(`datatype=${datatypeName(datatype)}`);
  if (extras !== undefined) words.push(`extras=${extras.replaceAll(" ", "")}`);
  if (key !== undefined) words.push(`key=${shown(key)}`);
  if (value !== undefined) {
    const length = hex(value).length;
    const start = value.replaceAll(/\s/g, "").slice(0, 64);
    words.push(`value=${length}:${shown(start)}${length > 32 ? "..." : ""}`);
  }
  return words.join(" ");
}

test("formatFrame gives every vector its line", () => {
  for (const vector of VECTORS) {
    const line = formatFrame(Frame.from(hex(vector.hex)));
    assertEquals(/ framing=/.test(line), (vector.fields.framingLength ?? 0) > 0, vector.name);
    assertEquals(line.replace(/ framing=(\[.*?\]|malformed:\S*)(?= |$)/, ""), expectedLine(vector), vector.name);
  }
});

test("formatFrame gives the same line for the same frame, wherever it lies", () => {
  for (const { bytes, line } of readExchange()) {
    for (const size of [1, 30]) {
      const splitter = new FrameSplitter();
      const lines: string[] = [];
      for (let at = 0; at < bytes.length; at += size) {
        splitter.push(bytes.slice(at, at + size), (frame) => lines.push(formatFrame(frame)));
      }
      assertEquals(lines, [line]);
    }
  }
});
