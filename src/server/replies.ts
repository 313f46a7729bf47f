import type { FrameWriter } from "../frame/frame_writer.ts";
import { NOTHING, type Op, type Outgoing } from "../ops/op.ts";
import { Magic } from "../wire/header.ts";
import { Status } from "../wire/status.ts";
import type { Dialect } from "./dialect.ts";
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

/** Writes answers one behind the other. */
export class Replies {
  readonly #out: FrameWriter;
  readonly #host: { readonly dialect: Dialect | undefined };

  /** Appends to a writer, in the dialect of a host. */
  constructor(out: FrameWriter, host: { readonly dialect: Dialect | undefined }) {
    this.#out = out;
    this.#host = host;
  }

  /**
   * Appends a good answer of the opcode of a request. Leaves nothing behind when it throws because the message does not fit the
   * opcode.
   */
  message(exchange: Exchange, message: unknown, status: number): void {
    this.#out.begin();
    try {
      this.#host.dialect?.begin(this.#out, exchange);
      exchange.op!.response.write(this.#out, message as Record<never, never>);
    } catch (error) {
      this.#out.undo();
      throw error;
    }
    this.#finish(exchange, status);
  }

  /** Appends success without a body: the end of a series, or the answer of an opcode that says nothing. */
  empty(exchange: Exchange): void {
    this.#out.begin();
    this.#host.dialect?.begin(this.#out, exchange);
    this.#finish(exchange, Status.SUCCESS);
  }

  /** Appends an answer of another status. The request is the body that was read, if one was. */
  status(exchange: Exchange, reply: StatusReply, request: unknown): void {
    const out = this.#out;
    out.begin();
    this.#host.dialect?.begin(out, exchange);
    const key = (request as { key?: Uint8Array } | undefined)?.key;
    if (reply.status === Status.KEY_ENOENT && !reply.ownValue && key !== undefined && exchange.op?.echoesKey === true) {
      // Opcodes that repeat the key do so in a miss too, and have no text then.
      out.name(key);
    } else {
      out.value(reply.value);
    }
    if (reply.datatype !== 0) out.datatype = reply.datatype;
    this.#finish(exchange, reply.status);
  }

  /** Appends a request of the server itself. Leaves nothing behind when it throws because the message does not fit the opcode. */
  request<Req, Res>(op: Op<Req, Res>, message: Outgoing<Req>): void {
    const out = this.#out;
    out.begin();
    try {
      op.request.write(out, message);
    } catch (error) {
      out.undo();
      throw error;
    }
    out.finish(Magic.SERVER_REQUEST, op.opcode, 0, 0);
  }

  #finish(exchange: Exchange, status: number): void {
    this.#host.dialect?.end(this.#out, exchange);
    this.#out.finish(Magic.SERVER_RESPONSE, exchange.opcode, exchange.opaque, status);
  }
}
