import { ProtocolError } from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import { MAX_KEY_LENGTH } from "../frame/frame_writer.ts";
import type { Op, Outgoing, Quiet } from "../ops/op.ts";
import type { AnyOp } from "../ops/table.ts";
import type { Exchange } from "./exchange.ts";
import { MALFORMED, UNKNOWN_COMMAND } from "./status_reply.ts";

/**
 * Answers the requests of one opcode.
 *
 * - What it returns is the body of the answer; a promise of it is fine too.
 * - Nothing, or `undefined`, says that there is nothing to say: success for an opcode whose answer is empty or is the end of a series, and
 *   otherwise that there is no such key.
 * - A {@linkcode StatusReply} that it throws is the answer. Anything else that it throws goes to `onError` of the server, and the
 *   client is told EINTERNAL.
 * - The bytes of the request may be kept: they are not overwritten, and a small request pins 16 KiB of memory at most.
 * - The server must be able to read what it returned until the client has taken it, so values must not be changed in place.
 */
export type Handler<Req, Res> = (
  request: Req,
  exchange: Exchange<Res>,
) => Outgoing<Res> | void | Promise<Outgoing<Res> | void>;

/**
 * Looks at every request before its body is read, whatever its opcode, and throws a {@linkcode StatusReply} to refuse it.
 */
export type Guard = (exchange: Exchange) => void;

/** What answers an opcode. */
export interface Route {
  /** The row of the opcode. */
  readonly op: AnyOp;
  /** Which outcome is not answered, when the route is that of the quiet twin. */
  readonly silentOn: Quiet["silentOn"] | undefined;
  /** What makes the answer. */
  // deno-lint-ignore no-explicit-any -- routes of different messages stand in one table.
  readonly handler: Handler<any, any>;
}

/** What answers each opcode: a table with a place for every number. */
export type Routes = (Route | undefined)[];

/** Makes a table in which nothing is answered. */
export function newRoutes(): Routes {
  return new Array(256).fill(undefined);
}

/** Puts a handler where the opcode of a row leads, and that of its quiet twin. */
export function addRoute<Req, Res>(routes: Routes, op: Op<Req, Res>, handler: Handler<Req, Res>): void {
  routes[op.opcode] = { op, handler, silentOn: undefined };
  if (op.quiet !== undefined) routes[op.quiet.opcode] = { op, handler, silentOn: op.quiet.silentOn };
}

/**
 * Reads the body of a request; its views stay valid. A key of over 250 bytes is malformed, unless any may come.
 *
 * @throws {StatusReply} If there is no route, or the body is not what the opcode asks for.
 */
export function readRequest(route: Route | undefined, frame: Frame, anyKey = false): unknown {
  if (frame.keyLength > MAX_KEY_LENGTH && !anyKey) throw MALFORMED;
  if (route === undefined) throw UNKNOWN_COMMAND;
  frame.keep();
  try {
    return route.op.request.read(frame);
  } catch (error) {
    if (error instanceof ProtocolError) throw MALFORMED;
    throw error;
  }
}
