import type { Frame } from "../frame/frame.ts";
import { NOOP } from "../ops/admin.ts";
import type { Op, Outgoing } from "../ops/op.ts";
import { describe } from "../ops/status_error.ts";
import { hexByte } from "../bytes.ts";
import { ProtocolError } from "../errors.ts";
import { HEADER_SIZE } from "../wire/header.ts";
import type { BatchResult, CallOptions, Settle } from "./caller.ts";
import { echoesOther, type Slot, type Waiter, withOwnKey } from "./pipeline.ts";
import type { Wire } from "./wire.ts";

/** The most requests that one batch may have: their places share the opaque with the slot. */
export const MAX_BATCH = 0xffff;

/** Gathers the answers of quiet requests until the NOOP behind them is answered: one promise for all. */
export class Batch<T> implements Waiter {
  /** Each request of a batch has an opaque of its own. */
  readonly many = true;
  /** All that is known comes at the end. */
  readonly untold = true;
  /** What is asked, in its order. */
  readonly requests: readonly unknown[];
  readonly #op: Op<unknown, unknown>;
  readonly #settle: Settle<T>;
  readonly #replies: (T | undefined)[];
  readonly #resolve: (result: BatchResult<T>) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #answered: Uint8Array;
  #errors: Map<number, unknown> | undefined = undefined;
  #over = false;

  /** Makes a batch with nothing answered yet. */
  constructor(
    op: Op<unknown, unknown>,
    requests: readonly unknown[],
    settle: Settle<T>,
    settled: { readonly resolve: (result: BatchResult<T>) => void; readonly reject: (reason: unknown) => void },
  ) {
    this.#op = op;
    this.requests = requests;
    this.#settle = settle;
    this.#replies = new Array(requests.length).fill(undefined);
    this.#answered = new Uint8Array(requests.length);
    this.#resolve = settled.resolve;
    this.#reject = settled.reject;
  }

  accept(frame: Frame, place: number): boolean {
    const count = this.requests.length;
    if (place === count && frame.opcode === NOOP.opcode) {
      if (!this.#over) this.#finish();
      return true;
    }
    if (place >= count || frame.opcode !== this.#op.quiet!.opcode) {
      this.#refuse(frame, `a batch of ${count} ${this.#op.name} waits`);
    }
    if (this.#answered[place] === 1) this.#refuse(frame, `request ${place} of the batch has been answered`);
    const request = this.requests[place];
    if (echoesOther(this.#op, request, frame)) this.#refuse(frame, `what was asked is ${describe(this.#op, request)}`);
    if (!this.#over) this.#take(frame, place);
    this.#answered[place] = 1;
    return false;
  }

  /** Begins anew, over another connection. */
  restart(): void {
    this.#replies.fill(undefined);
    this.#answered.fill(0);
    this.#errors = undefined;
  }

  fail(error: unknown, aborted: boolean): void {
    this.#over = true;
    if (aborted) {
      this.#reject(error);
      return;
    }
    const errors = this.#errors ?? new Map<number, unknown>();
    for (let place = 0; place < this.requests.length; place++) {
      if (this.#answered[place] === 0) errors.set(place, error);
    }
    this.#resolve({ replies: this.#replies, errors });
  }

  #take(frame: Frame, place: number): void {
    try {
      this.#replies[place] = this.#settle(frame, this.#op, this.requests[place]);
    } catch (error) {
      // What cannot be read ends the connection, which then tells this batch too.
      if (error instanceof ProtocolError) throw error;
      this.#errors ??= new Map();
      this.#errors.set(place, error);
    }
  }

  #refuse(frame: Frame, reason: string): never {
    throw new ProtocolError(`Cannot match the answer to opcode ${hexByte(frame.opcode)}: ${reason}`, {
      bytes: frame.bytes.slice(0, HEADER_SIZE),
    });
  }

  #finish(): void {
    this.#over = true;
    this.#resolve({ replies: this.#replies, errors: this.#errors });
  }
}

/**
 * Makes a batch of what a caller asks for.
 *
 * @throws {TypeError} If the opcode has no quiet twin.
 * @throws {RangeError} If there are too many requests.
 */
export function makeBatch<Req, Res, T>(
  op: Op<Req, Res>,
  requests: readonly Outgoing<Req>[],
  settle: Settle<T>,
  settled: { readonly resolve: (result: BatchResult<T>) => void; readonly reject: (reason: unknown) => void },
): Batch<unknown> {
  if (op.quiet === undefined) throw new TypeError(`Cannot batch ${op.name}: it has no quiet twin`);
  if (requests.length > MAX_BATCH) {
    throw new RangeError(`Cannot batch ${requests.length} requests: ${MAX_BATCH} are the most`);
  }
  const own = op.echoesKey === true ? requests.map(withOwnKey) : requests;
  return new Batch(op as Op<unknown, unknown>, own, settle, settled) as Batch<unknown>;
}

/** Writes the quiet requests of a batch and the NOOP behind them. What was written of it is not undone when it throws. */
export function writeBatch(
  wire: Wire,
  slot: Slot,
  { batch, options, watched }: {
    readonly batch: Batch<unknown>;
    readonly options: CallOptions | undefined;
    /** Where copies of the frames go, for those who watch. */
    readonly watched: Uint8Array[] | undefined;
  },
): void {
  const op = slot.op!;
  let place = 0;
  for (const request of batch.requests) {
    wire.write(op, op.quiet!.opcode, request, opaqueOf(slot, place++), options);
    watched?.push(wire.output.last());
  }
  wire.write(NOOP, NOOP.opcode, {}, opaqueOf(slot, place), undefined);
  watched?.push(wire.output.last());
}

/** The opaque of one of several requests that share a slot. */
function opaqueOf(slot: Slot, place: number): number {
  return ((place << 16) | slot.index) >>> 0;
}
