import type { Frame } from "../frame/frame.ts";
import { DEFAULT_MAX_VALUE, ReplySplitter } from "../text/reply_splitter.ts";
import { Window } from "../wire/window.ts";
import type { CommandQueue } from "./command_queue.ts";
import { type FrameMaker, OVERHEAD } from "./frame_maker.ts";

/** A reply up to its data is never longer that is read here: `VA`, and four numbers with their letters. */
const LONGEST = 3 + 9 + 2 + 9 + 2 + 9 + 2 + 15 + 2;

const V = 0x56;
const A = 0x41;
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
 * Cuts the replies of the meta protocol, and has a short way for the one that matters most: the hit of a plain read, with opaque,
 * flags and version in the order in which they are asked for. It is read in one pass, and its frame made where it lies. Whatever is
 * not exactly so goes the way of all replies, which knows what is wrong with it.
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
  readonly #parts = { opcode: 0, opaque: 0, flags: 0, cas: 0, valueLength: 0 };

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
    // So far it may be read without looking where the bytes end.
    if (end - from < LONGEST || bytes[from] !== V || bytes[from + 1] !== A || bytes[from + 2] !== SPACE) return 0;
    let at = from + 3;
    let digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return 0;
    let length = 0;
    while (digit >= 0 && digit <= 9 && length < SMALL) {
      length = length * 10 + digit;
      digit = bytes[++at]! - ZERO;
    }
    if (bytes[at] !== SPACE || bytes[at + 1] !== O) return 0;
    at += 2;
    digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return 0;
    let token = 0;
    while (digit >= 0 && digit <= 9 && token < SMALL) {
      token = token * 10 + digit;
      digit = bytes[++at]! - ZERO;
    }
    if (bytes[at] !== SPACE || bytes[at + 1] !== LOWER_F) return 0;
    at += 2;
    digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return 0;
    let flags = 0;
    while (digit >= 0 && digit <= 9 && flags < SMALL) {
      flags = flags * 10 + digit;
      digit = bytes[++at]! - ZERO;
    }
    if (bytes[at] !== SPACE || bytes[at + 1] !== LOWER_C) return 0;
    at += 2;
    digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return 0;
    let cas = 0;
    while (digit >= 0 && digit <= 9 && cas < SMALL) {
      cas = cas * 10 + digit;
      digit = bytes[++at]! - ZERO;
    }
    while (digit >= 0 && digit <= 9 && cas < MAX_CAS) {
      cas = cas * 10 + digit;
      digit = bytes[++at]! - ZERO;
    }
    const valueAt = at + 2;
    const size = valueAt + length + 2 - from;
    // One end after the other: what is not all there is not looked at.
    if (bytes[at] !== CR || bytes[at + 1] !== LF || size > end - from || length > this.#maxValue) return 0;
    if (bytes[from + size - 2] !== CR || bytes[from + size - 1] !== LF) return 0;
    if (valueAt - from > LONGEST || this.careful) return 0;
    const window = this.#window;
    const moved = window.place(bytes.buffer, from, size);
    // The header takes the place of the line, and of the end of the reply before it.
    const head = moved + (valueAt - from) - OVERHEAD;
    if (moved < 0 || head < 0 || head < moved - 2) return 0;
    const queue = this.#queue;
    if (!queue.seekRead(token)) return 0;
    const parts = this.#parts;
    queue.tell(parts);
    queue.shift();
    parts.flags = flags;
    parts.cas = cas;
    parts.valueLength = length;
    this.visit(this.#frames.lay(window.view, head, parts));
    return size;
  }
}
