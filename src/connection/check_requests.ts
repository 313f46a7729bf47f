import { FrameWriter } from "../frame/frame_writer.ts";
import type { Op, Outgoing } from "../ops/op.ts";

/**
 * Writes requests to nowhere, so that one that cannot be written is found before the first of several writes is made.
 *
 * @throws {RangeError} If a key is empty or too long.
 */
export function checkRequests<Req>(op: Op<Req, unknown>, requests: readonly Outgoing<Req>[]): void {
  const nowhere = new FrameWriter();
  for (const message of requests) {
    nowhere.begin();
    op.request.write(nowhere, message);
    nowhere.undo();
  }
}
