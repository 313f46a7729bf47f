import type { Settle } from "../connection/caller.ts";
import { readReply } from "../connection/read_reply.ts";
import { Frame } from "../frame/frame.ts";
import type { Op, Outgoing } from "../ops/op.ts";
import { HEADER_SIZE, Magic } from "../wire/header.ts";
import { Status } from "../wire/status.ts";

/** What a call makes of the answer that there is no such key, which nobody has given: the same as if a server had. */
export function settleMiss<Req, Res, T>(
  op: Op<Req, Res>,
  request: Outgoing<Req>,
  settle: Settle<T> = readReply as Settle<T>,
): T {
  const bytes = new Uint8Array(HEADER_SIZE);
  bytes[0] = Magic.SERVER_RESPONSE;
  bytes[1] = op.opcode;
  bytes[7] = Status.KEY_ENOENT;
  return settle(Frame.from(bytes), op as Op<unknown, unknown>, request);
}
