import type { FrameWriter } from "../frame/frame_writer.ts";
import { NOTHING } from "../ops/op.ts";
import { Magic } from "../wire/header.ts";
import { Status } from "../wire/status.ts";
import type { Exchange } from "./exchange.ts";
import type { Route } from "./route.ts";
import type { StatusReply } from "./status_reply.ts";

/** Whether a handler that has nothing to say means success, and not that something is missing. */
export function nothingIsSuccess(route: Route): boolean {
  return route.op.last !== undefined || route.op.response === NOTHING;
}

/** Whether a status is not told to who asked by the quiet twin. */
export function isSilent(route: Route | undefined, status: number): boolean {
  if (status === Status.SUCCESS) return route?.silentOn === "success";
  return status === Status.KEY_ENOENT && route?.silentOn === "miss";
}

/**
 * Appends a successful message of the opcode of a request. Leaves nothing behind when it throws because the message does not fit
 * the opcode.
 */
export function writeMessage(out: FrameWriter, exchange: Exchange, message: unknown): void {
  out.begin();
  try {
    exchange.op!.response.write(out, message as Record<never, never>);
  } catch (error) {
    out.undo();
    throw error;
  }
  out.finish(Magic.SERVER_RESPONSE, exchange.opcode, exchange.opaque, Status.SUCCESS);
}

/** Appends success without a body: the end of a series, or the answer of an opcode that says nothing. */
export function writeEmpty(out: FrameWriter, exchange: Exchange): void {
  out.begin();
  out.finish(Magic.SERVER_RESPONSE, exchange.opcode, exchange.opaque, Status.SUCCESS);
}

/** Appends an answer of another status. The request is the body that was read, if one was. */
export function writeStatus(out: FrameWriter, exchange: Exchange, reply: StatusReply, request: unknown): void {
  out.begin();
  const key = (request as { key?: Uint8Array } | undefined)?.key;
  if (reply.status === Status.KEY_ENOENT && !reply.ownValue && key !== undefined && exchange.op?.echoesKey === true) {
    // Opcodes that repeat the key do so in a miss too, and have no text then.
    out.name(key);
  } else {
    out.value(reply.value);
  }
  out.finish(Magic.SERVER_RESPONSE, exchange.opcode, exchange.opaque, reply.status);
}
