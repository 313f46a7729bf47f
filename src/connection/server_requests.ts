import { ProtocolError, UnsupportedError } from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import type { Op, Outgoing } from "../ops/op.ts";
import { describe } from "../ops/status_error.ts";
import { HEADER_SIZE } from "../wire/header.ts";
import type { CallOptions } from "./caller.ts";
import type { Connection } from "./connection.ts";

/** The opaque of what is told and not asked: of the slot that is taken last, so that no call has it. */
export const TOLD = 0xffffffff;

/** What becomes of a request of the server that nobody takes. */
export function refuseRequest(frame: Frame): never {
  throw new ProtocolError(`Cannot read answer: magic 0x${frame.magic.toString(16)} is that of a request`, {
    bytes: frame.bytes.slice(0, HEADER_SIZE),
  });
}

/**
 * Makes a request that is answered only when it is wrong; such an answer is shown to {@linkcode Connection.onRequest}.
 *
 * @throws {ClosedError} If the connection is closed.
 */
export function tell<Req>(
  connection: Connection,
  op: Op<Req, unknown>,
  request: Outgoing<Req>,
  options?: CallOptions,
): void {
  connection.push(describe(op, request), (wire) => wire.write(op, op.opcode, request, TOLD, options));
}

/**
 * Answers a request of the server with a status and nothing else.
 *
 * @throws {ClosedError} If the connection is closed.
 * @throws {UnsupportedError} If what it speaks has no such answers.
 */
export function answerRequest(connection: Connection, opcode: number, opaque: number, status = 0): void {
  connection.push("answer a request of the server", (wire) => {
    if (wire.answer === undefined) {
      throw new UnsupportedError("Cannot answer: only servers of the binary protocol make requests", { sent: false });
    }
    wire.answer(opcode, opaque, status);
  });
}
