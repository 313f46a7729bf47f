import type { Frame } from "../frame/frame.ts";
import { DEFAULT_MAX_VALUE, ReplySplitter } from "../text/reply_splitter.ts";
import { readToken, TOKEN_LENGTH } from "../text/token.ts";
import { Status } from "../wire/status.ts";
import { Window } from "../wire/window.ts";
import { writeCas } from "./command_input.ts";
import { type CommandQueue, READ, STORE } from "./command_queue.ts";
import { type FrameMaker, OVERHEAD } from "./frame_maker.ts";

/** A line that is read here is never longer: `VA`, and four numbers with their letters. */
const LONGEST = 3 + 9 + 2 + TOKEN_LENGTH + 2 + 9 + 2 + 15 + 2;

const V = 0x56;
const A = 0x41;
const H = 0x48;
const D = 0x44;
const E = 0x45;
const N = 0x4e;
const SPACE = 0x20;
const ZERO = 0x30;
const O = 0x4f;
const LOWER_F = 0x66;
const LOWER_C = 0x63;
const CR = 0x0d;
const LF = 0x0a;

/** Below this, a number can have one more digit and is still an integer of 31 bits. */
const SMALL = 100_000_000;
const MAX_CAS = 10 ** 14;

/**
 * Cuts the replies of the meta protocol, and has a short way for those that matter most: the hit and the miss of a plain read and
 * the success of a store, with what was asked for in its order. Each is read in one pass, and the frame of a hit is made where it
 * lies. Whatever is not exactly so goes the way of all replies, which knows what is wrong with it.
 */
export class MetaSplitter extends ReplySplitter {
  /** Whom frames are shown to. */
  visit: (frame: Frame) => void = () => {};
  /** Whether no reply may be read here. */
  careful = false;

  readonly #queue: CommandQueue;
  readonly #frames: FrameMaker;
  readonly #maxValue: number;
  readonly #window = new Window();
  readonly #parts = { opcode: 0, opaque: 0, status: 0, flags: 0, cas: 0, valueLength: 0 };
  /** Where the number that was read last ends. */
  #at = 0;

  /** Reads the replies to what is queued; `maxValue` is the longest value in bytes. */
  constructor(queue: CommandQueue, frames: FrameMaker, maxValue: number = DEFAULT_MAX_VALUE) {
    super({ maxValue });
    this.#queue = queue;
    this.#frames = frames;
    this.#maxValue = maxValue;
  }

  override push(chunk: Uint8Array, visit: Parameters<ReplySplitter["push"]>[1]): void {
    this.#window.enter(chunk.byteOffset + chunk.byteLength);
    super.push(chunk, visit);
  }

  protected override skim(bytes: Uint8Array, from: number, end: number): number {
    // So far it may be read without looking where the bytes end: what lies behind them is no part of a whole reply.
    if (from + LONGEST > bytes.length || bytes[from + 2] !== SPACE || this.careful) return 0;
    const first = bytes[from];
    const second = bytes[from + 1];
    if (first === V && second === A) return this.#skimHit(bytes, from, end);
    if (first === H && second === D) return this.#skimDone(bytes, from, end);
    if (first === E && second === N) return this.#skimMiss(bytes, from, end);
    return 0;
  }

  /** `VA <length> O<token> f<flags> c<version>` and the data. */
  #skimHit(bytes: Uint8Array, from: number, end: number): number {
    // Three times the same: as a method it costs a tenth of the whole get.
    let at = from + 3;
    let digit = bytes[at]! - ZERO;
    let length = digit >= 0 && digit <= 9 ? 0 : -1;
    while (digit >= 0 && digit <= 9 && length < SMALL) {
      length = length * 10 + digit;
      digit = bytes[++at]! - ZERO;
    }
    if (length < 0 || bytes[at] !== SPACE || bytes[at + 1] !== O) return 0;
    const token = readToken(bytes, at + 2);
    at += 2 + TOKEN_LENGTH;
    if (token < 0 || bytes[at] !== SPACE || bytes[at + 1] !== LOWER_F) return 0;
    at += 2;
    digit = bytes[at]! - ZERO;
    let flags = digit >= 0 && digit <= 9 ? 0 : -1;
    while (digit >= 0 && digit <= 9 && flags < SMALL) {
      flags = flags * 10 + digit;
      digit = bytes[++at]! - ZERO;
    }
    if (flags < 0 || bytes[at] !== SPACE || bytes[at + 1] !== LOWER_C) return 0;
    at += 2;
    digit = bytes[at]! - ZERO;
    let cas = digit >= 0 && digit <= 9 ? 0 : -1;
    while (digit >= 0 && digit <= 9 && cas < SMALL) {
      cas = cas * 10 + digit;
      digit = bytes[++at]! - ZERO;
    }
    while (digit >= 0 && digit <= 9 && cas < MAX_CAS) {
      cas = cas * 10 + digit;
      digit = bytes[++at]! - ZERO;
    }
    if (cas < 0 || bytes[at] !== CR || bytes[at + 1] !== LF) return 0;
    const valueAt = at + 2;
    const size = valueAt + length + 2 - from;
    if (size > end - from || length > this.#maxValue || valueAt - from > LONGEST) return 0;
    if (bytes[from + size - 2] !== CR || bytes[from + size - 1] !== LF) return 0;
    const window = this.#window;
    const moved = window.place(bytes.buffer, from, size);
    // The header takes the place of the line, and of the end of the reply before it.
    const head = moved + (valueAt - from) - OVERHEAD;
    if (moved < 0 || head < 0 || head < moved - 2) return 0;
    const queue = this.#queue;
    if (!queue.seek(token, READ)) return 0;
    const parts = this.#parts;
    queue.tell(parts);
    queue.shift();
    parts.flags = flags;
    parts.cas = cas;
    parts.valueLength = length;
    this.visit(this.#frames.lay(window.view, head, parts));
    return size;
  }

  /** `HD O<token> c<version>`. */
  #skimDone(bytes: Uint8Array, from: number, end: number): number {
    if (bytes[from + 3] !== O) return 0;
    const token = readToken(bytes, from + 4);
    let at = from + 4 + TOKEN_LENGTH;
    if (token < 0 || bytes[at] !== SPACE || bytes[at + 1] !== LOWER_C) return 0;
    const cas = this.#version(bytes, at + 2);
    at = this.#at;
    if (cas < 0 || bytes[at] !== CR || bytes[at + 1] !== LF || at + 2 > end || at - from > LONGEST) return 0;
    const queue = this.#queue;
    if (!queue.seek(token, STORE)) return 0;
    if (queue.swallow) queue.shift();
    else this.#showBare(Status.SUCCESS, cas);
    return at + 2 - from;
  }

  /** `EN O<token>`. */
  #skimMiss(bytes: Uint8Array, from: number, end: number): number {
    if (bytes[from + 3] !== O) return 0;
    const token = readToken(bytes, from + 4);
    const at = from + 4 + TOKEN_LENGTH;
    if (token < 0 || bytes[at] !== CR || bytes[at + 1] !== LF || at + 2 > end || at - from > LONGEST) return 0;
    if (!this.#queue.seek(token, READ)) return 0;
    this.#showBare(Status.KEY_ENOENT, 0);
    return at + 2 - from;
  }

  #showBare(status: number, cas: number): void {
    const parts = this.#parts;
    this.#queue.tell(parts);
    this.#queue.shift();
    parts.status = status;
    const frame = this.#frames.make(parts, -1, 0, 0);
    if (cas > 0) writeCas(frame, cas);
    this.visit(frame);
  }

  /** Reads digits, of which nine are surely taken; -1 where there are none. */
  #number(bytes: Uint8Array, from: number): number {
    let at = from;
    let digit = bytes[at]! - ZERO;
    if (!(digit >= 0 && digit <= 9)) return -1;
    let value = 0;
    while (digit >= 0 && digit <= 9 && value < SMALL) {
      value = value * 10 + digit;
      digit = bytes[++at]! - ZERO;
    }
    this.#at = at;
    return value;
  }

  /** Reads digits, of which fifteen are surely taken; -1 where there are none. */
  #version(bytes: Uint8Array, from: number): number {
    let value = this.#number(bytes, from);
    if (value < SMALL) return value;
    let at = this.#at;
    let digit = bytes[at]! - ZERO;
    while (digit >= 0 && digit <= 9 && value < MAX_CAS) {
      value = value * 10 + digit;
      digit = bytes[++at]! - ZERO;
    }
    this.#at = at;
    return value;
  }
}
