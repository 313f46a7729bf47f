import type { Frame } from "../frame/frame.ts";
import type { Op } from "../ops/op.ts";
import { statusError } from "../ops/status_error.ts";

/** Reads an answer by its row; what is not success is thrown as a {@linkcode StatusError}. */
export function readReply<Res>(frame: Frame, op: Op<unknown, Res>, request: unknown): Res {
  if (frame.status !== 0 && op.succeeds?.(frame.status) !== true) throw statusError(op, frame, request);
  if (frame.bodyLength > 0) frame.keep();
  return op.response.read(frame);
}
