/** Every frame of the recorded sessions of DCP reads and writes by its row. */

import { assert, assertEquals, assertGreater, assertInstanceOf, assertThrows } from "@std/assert";
import { readReply } from "../../src/connection/read_reply.ts";
import { ProtocolError, StatusError } from "../../src/errors.ts";
import { Frame } from "../../src/frame/frame.ts";
import { opcodeName } from "../../src/ops/table.ts";
import { isRequest } from "../../src/wire/header.ts";
import { captureNames, framesOf, readCapture } from "../support/capture.ts";
import { isGood, reencode, rowOf } from "../support/reencode.ts";
import { test } from "../support/test.ts";
import { assertBytes } from "../support/wire_frame.ts";

/** Requests that are wrong on purpose, by capture and line. */
const WRONG: Readonly<Record<string, readonly number[]>> = {
  "dcp/cb316-ep-dcp-errors": [121, 125],
  "dcp/cb316-ep-dcp-open-control": [80],
  "dcp/cb605-ep-dcp-errors": [139, 148],
  "dcp/cb605-ep-dcp-open-control": [149],
};

/** Administration that has no row. */
const NO_ROW = ["set-param"];

for (const name of captureNames("dcp/")) {
  test(`rows read and write again what was recorded: ${name}`, () => {
    const wrong: number[] = [];
    const frames = framesOf(readCapture(name));
    for (const { line, frame: { bytes } } of frames) {
      const frame = Frame.from(bytes);
      const row = rowOf(frame);
      if (row === undefined) {
        assert(NO_ROW.includes(opcodeName(frame.opcode)), `line ${line}`);
        continue;
      }
      try {
        if (isRequest(frame.magic) || isGood(frame, row)) {
          assertBytes(reencode(frame, row), frame.bytes);
        } else {
          const error = assertThrows(() => readReply(frame, row, {}));
          assertInstanceOf(error, StatusError);
          assertEquals([error.status, error.op], [frame.status, row.name]);
        }
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw new Error(`line ${line} of ${name}`, { cause: error });
        wrong.push(line);
      }
    }
    assertEquals(wrong, WRONG[name] ?? []);
    assertGreater(frames.length, 20);
  });
}

test("captures of DCP are where they are looked for", () => assertEquals(captureNames("dcp/").length, 31));
