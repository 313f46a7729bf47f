import type { Frame } from "../frame/frame.ts";
import type { Fault } from "./fault_plan.ts";
import { FrameCutter } from "./frame_cutter.ts";

/** Waits for some milliseconds, then calls back. */
export type After = (ms: number, done: () => void) => void;

/** What a {@linkcode FaultLane} does with what comes out of it. */
export interface FaultLaneHost {
  /** Says what is done to a frame. */
  decide(frame: Frame | undefined): Fault | undefined;
  /** Passes bytes on. */
  pass(bytes: Uint8Array): void;
  /** Ends this direction: with an error, or in order. */
  end(error?: unknown): void;
  /** Breaks the connection, both ways. */
  reset(): void;
  /** Waits. */
  readonly after: After;
}

/** Offsets in the header of a frame. */
const OPCODE_AT = 1;
const OPAQUE_AT = 12;

/** One direction of a connection in which things go wrong. */
export class FaultLane {
  readonly #host: FaultLaneHost;
  readonly #cutter: FrameCutter;
  /** What waits behind something that was delayed, in its order. */
  readonly #queue: (() => void)[] = [];
  #waiting = false;
  /** Nothing passes any more. */
  #over = false;
  /** The frame that is to come behind the next. */
  #held: Uint8Array | undefined;

  /** Begins with an open lane. */
  constructor(host: FaultLaneHost) {
    this.#host = host;
    this.#cutter = new FrameCutter((bytes, frame) => this.#take(bytes, frame));
  }

  /** Takes bytes, which may be overwritten afterwards. */
  push(chunk: Uint8Array): void {
    this.#cutter.push(chunk);
  }

  /** Takes the end. */
  end(error?: unknown): void {
    this.#cutter.end();
    this.#do(() => {
      this.#flushHeld();
      this.#finish(() => this.#host.end(error));
    });
  }

  /** Lets nothing pass any more. */
  stop(): void {
    this.#over = true;
    this.#queue.length = 0;
  }

  #take(bytes: Uint8Array, frame: Frame | undefined): void {
    const fault = this.#over ? undefined : this.#host.decide(frame);
    if (fault?.kind === "delay") this.#do(() => this.#wait(fault.ms));
    this.#do(() => this.#apply(fault, bytes, frame));
  }

  #apply(fault: Fault | undefined, bytes: Uint8Array, frame: Frame | undefined): void {
    switch (fault?.kind) {
      case "drop":
        return;
      case "duplicate":
        this.#pass(bytes.slice());
        return this.#pass(bytes);
      case "reorder":
        if (this.#held === undefined) this.#held = bytes;
        else this.#pass(bytes);
        return;
      case "truncate":
        // Nothing comes behind half a frame.
        this.#held = undefined;
        this.#pass(bytes.slice(0, fault.bytes ?? bytes.length >> 1));
        return this.#finish(() => this.#host.end());
      case "split":
        return this.#passInPieces(bytes, fault.at);
      case "wrong-opaque":
        return this.#pass(changed(bytes, frame === undefined ? 0 : OPAQUE_AT));
      case "wrong-opcode":
        return this.#pass(changed(bytes, frame === undefined ? 0 : OPCODE_AT));
      case "wrong-key":
        return this.#pass(
          frame === undefined || frame.keyLength === 0 ? bytes : changed(bytes, frame.keyAt - frame.start),
        );
      case "silence":
        return this.#finish(() => {});
      case "reset":
        return this.#finish(() => this.#host.reset());
      case "half-close":
        return this.#finish(() => this.#host.end());
      default:
        return this.#pass(bytes);
    }
  }

  #passInPieces(bytes: Uint8Array, at: number | undefined): void {
    // What was held back comes behind all of it.
    const held = this.#held;
    this.#held = undefined;
    const size = at ?? 1;
    this.#pass(bytes.subarray(0, size));
    if (at !== undefined) this.#pass(bytes.subarray(size));
    else for (let i = size; i < bytes.length; i++) this.#pass(bytes.subarray(i, i + 1));
    this.#held = held;
    this.#flushHeld();
  }

  #pass(bytes: Uint8Array): void {
    if (this.#over) return;
    if (bytes.length > 0) this.#host.pass(bytes);
    this.#flushHeld();
  }

  #flushHeld(): void {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined && !this.#over) this.#host.pass(held);
  }

  #finish(last: () => void): void {
    if (this.#over) return;
    this.stop();
    last();
  }

  #wait(ms: number): void {
    this.#waiting = true;
    this.#host.after(ms, () => {
      this.#waiting = false;
      while (!this.#waiting && this.#queue.length > 0) this.#queue.shift()!();
    });
  }

  /** Does something when all before it is done. */
  #do(step: () => void): void {
    if (this.#over) return;
    if (this.#waiting || this.#queue.length > 0) this.#queue.push(step);
    else step();
  }
}

/** The same bytes but for one. */
function changed(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = copy[at]! ^ 0xff;
  return copy;
}
