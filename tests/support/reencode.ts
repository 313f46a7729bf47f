/** Reads a frame by the row of its opcode and writes it again. */

import type { Frame } from "../../src/frame/frame.ts";
import { FrameWriter } from "../../src/frame/frame_writer.ts";
import { type AnyOp, findOp, findServerOp } from "../../src/ops/table.ts";
import { isRequest, Magic } from "../../src/wire/header.ts";
import { joined } from "./wire_frame.ts";

/** What AUTH_CONTINUE says is for the mechanism to read, not an error. */
const AUTH_CONTINUE = 0x21;

/** The row of a frame, if it has one. */
export function rowOf(frame: Frame): AnyOp | undefined {
  return frame.magic === Magic.SERVER_REQUEST ? findServerOp(frame.opcode) : findOp(frame.opcode)?.op;
}

/** Whether an answer is one that the row reads, and no error. */
export function isGood(frame: Frame, row: AnyOp): boolean {
  return frame.status === 0 || row.succeeds?.(frame.status) === true || frame.status === AUTH_CONTINUE;
}

/** The bytes that a row makes of what it read. */
export function reencode(frame: Frame, row: AnyOp): Uint8Array {
  const side = isRequest(frame.magic) ? "request" : "response";
  const message = row[side].read(frame);
  const out = new FrameWriter();
  out.begin();
  if (frame.framingLength > 0) out.bytes.set(frame.framingExtras, out.framingExtras(frame.framingLength));
  // What the row says nothing about is the business of whoever writes the frame.
  if (!("cas" in message)) out.cas = frame.cas;
  if (!("datatype" in message)) out.datatype = frame.datatype;
  row[side].write(out, message);
  out.end({ magic: frame.magic, opcode: frame.opcode, opaque: frame.opaque, vbucketOrStatus: frame.status });
  return joined(...out.take());
}
