/** Every frame that was recorded reads and writes by its row. */

import { assert, assertEquals, assertGreater, assertInstanceOf, assertThrows } from "@std/assert";
import { readReply } from "../../src/connection/read_reply.ts";
import { ProtocolError, StatusError } from "../../src/errors.ts";
import { Frame } from "../../src/frame/frame.ts";
import { GET_REPLICA } from "../../src/ops/documents.ts";
import type { AnyOp } from "../../src/ops/table.ts";
import { isRequest } from "../../src/wire/header.ts";
import { captureNames, framesOf, readCapture } from "../support/capture.ts";
import { isGood, reencode, rowOf } from "../support/reencode.ts";
import { test } from "../support/test.ts";
import { assertBytes } from "../support/wire_frame.ts";

/** Requests that are wrong on purpose, by capture and line. */
const WRONG: Readonly<Record<string, readonly number[]>> = {
  "cb316-bucket-kv-hello-sasl-select": [4],
  "cb316-ep-kv-observe": [54, 66],
  "cb605-ep-kv-observe": [62, 82],
};

/** kv_engine 6.0.5 repeats the key, which is read over and never written. */
function repeatsKey(frame: Frame, row: AnyOp): boolean {
  return row === GET_REPLICA && !isRequest(frame.magic) && frame.keyLength > 0;
}

function check(frame: Frame, row: AnyOp): void {
  if (isRequest(frame.magic) || isGood(frame, row)) {
    const bytes = reencode(frame, row);
    if (!repeatsKey(frame, row)) assertBytes(bytes, frame.bytes);
    return;
  }
  const error = assertThrows(() => readReply(frame, row, {}));
  assertInstanceOf(error, StatusError);
  assertEquals([error.status, error.op, error.opaque], [frame.status, row.name, frame.opaque]);
}

for (const name of captureNames()) {
  test(`rows read and write again what was recorded: ${name}`, () => {
    const wrong: number[] = [];
    let read = 0;
    for (const { line, frame: { bytes } } of framesOf(readCapture(name))) {
      const frame = Frame.from(bytes);
      const row = rowOf(frame);
      // Feeds and administration have no rows here.
      if (row === undefined) continue;
      try {
        check(frame, row);
        read++;
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw new Error(`line ${line} of ${name}`, { cause: error });
        wrong.push(line);
      }
    }
    assertEquals(wrong, WRONG[name] ?? []);
    assertGreater(read, 40);
  });
}

test("captures are where they are looked for", () => assert(captureNames().length >= 6));
