import { equalBytes, hexByte, utf8Encode } from "../bytes.ts";
import { ProtocolError } from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import { HEADER_SIZE } from "../wire/header.ts";
import { Status } from "../wire/status.ts";
import type { AnyOp } from "../ops/table.ts";
import { describe } from "../ops/status_error.ts";
import type { CallOptions, Settle } from "./caller.ts";

/**
 * How many slots the opaque has room for.
 *
 * ```text
 *  opaque, single call   | generation 16 | slot 16 |     changes with every use of the slot
 *  opaque, batch         |   place    16 | slot 16 |     which request of the batch
 * ```
 */
export const MAX_SLOTS = 0x10000;
const SLOT_MASK = 0xffff;

/** Takes the answers of a call that has more than one. */
export interface Waiter {
  /** Whether its answers come on several opaques and with several opcodes, so that it looks at those itself. */
  readonly many?: boolean;
  /** Takes an answer; the place is the upper half of its opaque. Returns whether it was the last. */
  accept(frame: Frame, place: number): boolean;
  /** Ends without further answers; those that still come are dropped. `aborted` when the caller asked for it. */
  fail(error: unknown, aborted: boolean): void;
  /** Whether what came so far has been given to nobody, so that the call may be made again from its beginning. */
  readonly untold?: boolean;
}

/** One call that waits. Slots are used again and again. */
export class Slot {
  /** Its place in the table: the lower half of its opaques. */
  readonly index: number;
  /** The whole opaque of a single call. */
  opaque: number;
  /** The opcode that the answer must have. */
  opcode = 0;
  /** The row, for reading the answer and for messages. */
  op: AnyOp | undefined = undefined;
  /** What was asked, for messages and to compare an echoed key. */
  request: unknown = undefined;
  /** What the caller asked for beside it, for a call that is made again. */
  options: CallOptions | undefined = undefined;
  /** How often it may have reached a server before, over other connections. */
  attempts = 0;
  /** Makes the result of the answer; not of a call with a waiter. */
  settle: Settle<unknown> | undefined = undefined;
  /** Resolves the promise of a single call. */
  resolve: (value: unknown) => void = ignore;
  /** Rejects the promise of a single call. */
  reject: (error: unknown) => void = ignore;
  /** Takes the answers of a call that has more than one. */
  waiter: Waiter | undefined = undefined;
  /** When the caller gives up, on the clock of the connection. */
  deadline: number = Infinity;
  /** Where its bytes begin in all that was written on the connection, and where they end once they are written. */
  offset = 0;
  end = 0;
  /** Stops listening to the signal. */
  release: (() => void) | undefined = undefined;
  /** Whether the caller still waits. A slot without a caller is a tombstone: it waits for the answer so that nobody else gets it. */
  live = false;
  /** Whether it is out of the table of free slots. */
  used = false;

  /** Makes the slot of a place. */
  constructor(index: number) {
    this.index = index;
    this.opaque = index;
  }
}

function ignore(): void {}

/**
 * Which call an answer belongs to: a dense table indexed by the lower half of the opaque, without I/O, clock or promise.
 *
 * - A slot is free only when its answer has come, so an answer can never reach another caller, however late it is.
 * - An answer with an opaque that nobody waits for, with another opcode, or with another key than was asked, is a
 *   {@linkcode ProtocolError}: the peer has lost its place, and nothing that it says can be trusted.
 */
export class Pipeline {
  readonly #limit: number;
  readonly #moved: ((slot: Slot, frame: Frame) => boolean) | undefined;
  readonly #slots: Slot[] = [];
  readonly #free: Slot[] = [];
  #live = 0;
  #lateReplies = 0;

  /**
   * Makes an empty table with room for so many calls, at most 65,536. `moved` is shown single calls whose vbucket is elsewhere, and
   * returns whether it takes them over.
   *
   * @throws {RangeError} If there would be room for none.
   */
  constructor(limit: number, moved?: (slot: Slot, frame: Frame) => boolean) {
    if (!(limit >= 1)) {
      throw new RangeError(`Cannot use maxInFlight of ${limit}: it is a number of calls, 1 to ${MAX_SLOTS}`);
    }
    this.#limit = Math.min(limit, MAX_SLOTS);
    this.#moved = moved;
  }

  /** How many callers wait. */
  get live(): number {
    return this.#live;
  }

  /** How many slots wait for an answer, with or without a caller. */
  get used(): number {
    return this.#slots.length - this.#free.length;
  }

  /** How many answers came after their caller had gone. */
  get lateReplies(): number {
    return this.#lateReplies;
  }

  /** Takes a slot, or nothing when all are in use. The caller fills it in. */
  take(): Slot | undefined {
    let slot = this.#free.pop();
    if (slot === undefined) {
      if (this.#slots.length >= this.#limit) return undefined;
      slot = new Slot(this.#slots.length);
      this.#slots.push(slot);
    }
    slot.used = true;
    slot.live = true;
    this.#live++;
    return slot;
  }

  /** Gives a slot back whose request was never written. */
  giveBack(slot: Slot): void {
    this.#leave(slot);
    this.#clear(slot);
  }

  /**
   * Hands an answer to its caller.
   *
   * @throws {ProtocolError} If it belongs to nobody or does not fit what was asked.
   */
  dispatch(frame: Frame): void {
    const slot = this.#slots[frame.opaque & SLOT_MASK];
    if (slot === undefined || !slot.used) this.#fail(frame, "nobody waits for its opaque");
    if (frame.collections && frame.keyLength > 0 && slot.op!.inCollection === true) frame.splitKey();
    const waiter = slot.waiter;
    if (waiter === undefined || waiter.many !== true) this.#check(slot, frame);
    if (!slot.live) this.#lateReplies++;
    if (waiter !== undefined) {
      if (!waiter.accept(frame, frame.opaque >>> 16)) return;
    } else if (slot.live && !this.#isTakenOver(slot, frame)) {
      this.#settle(slot, frame);
    }
    if (slot.live) this.#leave(slot);
    this.#clear(slot);
  }

  /** Ends the wait of a caller; the slot stays in use until its answer comes. */
  abandon(slot: Slot, error: unknown, aborted = false): void {
    const { waiter, reject } = slot;
    this.#leave(slot);
    if (waiter === undefined) reject(error);
    else waiter.fail(error, aborted);
  }

  /** Ends the wait of a caller whose request will never be written, so that no answer can come. */
  cancel(slot: Slot, error: unknown, aborted = false): void {
    this.abandon(slot, error, aborted);
    this.#clear(slot);
  }

  /**
   * Ends the wait of all callers, each with an error of its own, and forgets all slots. Calls that `rescue` takes over wait on: it is
   * asked in the order in which they were written.
   */
  failAll(makeError: (slot: Slot) => unknown, rescue?: (slot: Slot) => boolean): void {
    const slots = this.#slots.filter(({ used }) => used);
    if (rescue !== undefined) slots.sort((one, other) => one.offset - other.offset);
    for (const slot of slots) {
      if (slot.live) {
        if (rescue?.(slot) === true) this.#leave(slot);
        else this.abandon(slot, makeError(slot));
      }
      this.#clear(slot);
    }
  }

  /** Gives up those whose time has come, which must end their wait; returns the next time to look, `Infinity` for none. */
  expire(now: number, giveUp: (slot: Slot) => void): number {
    let next = Infinity;
    for (const slot of this.#slots) {
      if (!slot.live) continue;
      if (slot.deadline <= now) giveUp(slot);
      else if (slot.deadline < next) next = slot.deadline;
    }
    return next;
  }

  /** Lets no caller wait longer than until a time, or with `patient` until the last gives up that ever does; returns that time. */
  hurry(deadline: number, patient = false): number {
    let until = deadline;
    for (const slot of this.#slots) {
      if (patient && slot.live && slot.deadline < Infinity) until = Math.max(until, slot.deadline);
    }
    for (const slot of this.#slots) if (slot.live && slot.deadline > until) slot.deadline = until;
    return until;
  }

  #isTakenOver(slot: Slot, frame: Frame): boolean {
    return this.#moved !== undefined && frame.status === Status.NOT_MY_VBUCKET && this.#moved(slot, frame);
  }

  #settle(slot: Slot, frame: Frame): void {
    let result: unknown;
    try {
      result = slot.settle!(frame, slot.op!, slot.request);
    } catch (error) {
      // What cannot be read ends the connection, which then tells this caller too.
      if (error instanceof ProtocolError) throw error;
      slot.reject(error);
      return;
    }
    slot.resolve(result);
  }

  /** The caller no longer waits. */
  #leave(slot: Slot): void {
    slot.live = false;
    this.#live--;
    if (slot.release !== undefined) {
      slot.release();
      slot.release = undefined;
    }
  }

  /** Nothing more comes for the slot. */
  #clear(slot: Slot): void {
    slot.used = false;
    slot.waiter = undefined;
    slot.request = undefined;
    slot.options = undefined;
    slot.attempts = 0;
    slot.settle = undefined;
    slot.resolve = ignore;
    slot.reject = ignore;
    slot.deadline = Infinity;
    slot.opaque = (slot.opaque + MAX_SLOTS) >>> 0;
    this.#free.push(slot);
  }

  /** Looks whether an answer fits what was asked. */
  #check(slot: Slot, frame: Frame): void {
    if (slot.opaque !== frame.opaque) this.#fail(frame, "nobody waits for its opaque any more");
    if (slot.opcode !== frame.opcode) this.#fail(frame, `what was asked is ${slot.op!.name}`);
    if (echoesOther(slot.op!, slot.request, frame)) {
      this.#fail(frame, `what was asked is ${describe(slot.op!, slot.request)}`);
    }
  }

  #fail(frame: Frame, reason: string): never {
    const opaque = frame.opaque.toString(16).padStart(8, "0");
    throw new ProtocolError(
      `Cannot match the answer to opcode ${hexByte(frame.opcode)} with opaque 0x${opaque}: ${reason}`,
      { bytes: frame.bytes.slice(0, HEADER_SIZE) },
    );
  }
}

/** A request whose key can be compared with that of the answer later: its bytes belong to the caller again when it was written. */
export function withOwnKey<T>(request: T): T {
  const key = (request as { readonly key?: string | Uint8Array } | undefined)?.key;
  return key instanceof Uint8Array ? { ...request, key: key.slice() } : request;
}

/** Whether an answer repeats another key than that of the request. */
export function echoesOther(op: AnyOp, request: unknown, frame: Frame): boolean {
  if (frame.keyLength === 0 || op.echoesKey !== true) return false;
  const { key } = request as { readonly key: string | Uint8Array };
  return !equalBytes(typeof key === "string" ? utf8Encode(key) : key, frame.key);
}
