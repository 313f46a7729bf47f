import type { Op, Outgoing } from "../ops/op.ts";
import type { Caller } from "./caller.ts";
import { BinaryWire } from "./binary_wire.ts";
import type { Wire } from "./wire.ts";

/**
 * Writes requests of a batch and takes them back, so that one that cannot be written is found before the first of several batches is
 * sent: on the wire that they will go over where it is known, else on one of frames.
 *
 * @throws {RangeError} If a key is empty or too long.
 * @throws {TypeError} If a key has a byte that the wire cannot carry.
 */
export function checkRequests<Req>(
  op: Op<Req, unknown>,
  requests: readonly Outgoing<Req>[],
  wire: Wire = new BinaryWire(),
): void {
  const { output } = wire;
  const mark = output.mark();
  try {
    for (const request of requests) {
      wire.write(op as Op<unknown, unknown>, (op.quiet ?? op).opcode, request, 0, undefined);
      output.reset(mark);
    }
  } finally {
    output.reset(mark);
  }
}

/** The same by what would send them, where it knows how. */
export function checkBy<Req>(
  caller: Pick<Caller, "check"> | undefined,
  op: Op<Req, unknown>,
  requests: readonly Outgoing<Req>[],
): void {
  if (caller?.check === undefined) checkRequests(op, requests);
  else caller.check(op, requests);
}
