import { ProtocolError } from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import type { Op } from "../ops/op.ts";
import { readReply } from "./read_reply.ts";
import type { Waiter } from "./pipeline.ts";

/** The answers of an opcode that has many, as they come. Leaving the loop early drops the rest. */
export class ReplyStream<Res> implements Waiter, AsyncIterableIterator<Res> {
  readonly #op: Op<unknown, Res>;
  readonly #request: unknown;
  #ready: Res[] = [];
  /** Those who asked for an answer before it came. */
  #waiting: Asking<Res>[] = [];
  #over = false;
  #failed = false;
  #untold = true;
  #error: unknown = undefined;

  /** Makes a stream with nothing answered yet. */
  constructor(op: Op<unknown, Res>, request: unknown) {
    this.#op = op;
    this.#request = request;
  }

  /** Whether nothing came yet, and somebody waits for it. */
  get untold(): boolean {
    return this.#untold && !this.#over;
  }

  accept(frame: Frame): boolean {
    this.#untold = false;
    const op = this.#op;
    const last = frame.status !== 0 || op.last!(frame);
    if (this.#over) return last;
    try {
      if (!last || frame.status !== 0 || op.terminated !== true) this.#push(readReply(frame, op, this.#request));
    } catch (error) {
      // What cannot be read ends the connection, which then tells this stream too.
      if (error instanceof ProtocolError) throw error;
      this.fail(error);
      return last;
    }
    if (last) this.#end();
    return last;
  }

  fail(error: unknown): void {
    if (this.#over) return;
    const first = this.#waiting.shift();
    this.#end();
    if (first !== undefined) {
      first.reject(error);
      return;
    }
    this.#failed = true;
    this.#error = error;
  }

  next(): Promise<IteratorResult<Res>> {
    if (this.#ready.length > 0) return Promise.resolve({ done: false, value: this.#ready.shift()! });
    if (this.#failed) {
      this.#failed = false;
      return Promise.reject(this.#error);
    }
    if (this.#over) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  return(): Promise<IteratorResult<Res>> {
    this.#ready = [];
    this.#failed = false;
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #push(value: Res): void {
    const first = this.#waiting.shift();
    if (first === undefined) this.#ready.push(value);
    else first.resolve({ done: false, value });
  }

  #end(): void {
    this.#over = true;
    for (const { resolve } of this.#waiting.splice(0)) resolve({ done: true, value: undefined });
  }
}

/** Someone who waits for the next answer. */
interface Asking<Res> {
  readonly resolve: (result: IteratorResult<Res>) => void;
  readonly reject: (error: unknown) => void;
}
