import { MAX_TOKEN } from "../text/token.ts";

/** What kind of answer a command has. */
export const Kind = {
  /** `mg`, `ms`, `md`, `ma`: one line with the opaque, unless it is an error line or the server is old. */
  META: 0,
  /** `mn`. */
  NOOP: 1,
  /** `version`. */
  VERSION: 2,
  /** `OK`, as to `flush_all`. */
  OK: 3,
  /** `STAT` lines and `END`. */
  STAT: 4,
  /** `STORED`, as to the `set` that logs in. */
  LOGIN: 5,
  /** `ME`, or `EN`. */
  DEBUG: 6,
  /** `version`, asked only to learn that all before it has been answered. */
  FENCE: 7,
  /** `VALUE` and `END`: one of the keys of a line. */
  VALUE: 8,
  /** `STORED` or why it was not. */
  STORE: 9,
  /** `DELETED`. */
  DELETE: 10,
  /** `TOUCHED`. */
  TOUCH: 11,
  /** A number. */
  COUNT: 12,
  /** A number, or a miss that says nothing yet: an `add` of the counter follows. */
  COUNT_FIRST: 13,
  /** The `add` behind that. */
  COUNT_ADD: 14,
} as const;

/** The command may stay unanswered: silence is its usual outcome. */
export const QUIET = 0x10000;
/** The command is answered, but success is not passed on. */
export const SWALLOW = 0x20000;
/** It is a further key of the line that the command before it began. */
export const JOINED = 0x80000;
/** The answer to success is a value with flags and version, as those of a plain read are. */
export const READ = 0x100000;
/** The answer to success is nothing but a version, as those of stores are. */
export const STORE = 0x200000;
/** The command was taken back before it left. */
const DROPPED = 0x40000;

const KIND_SHIFT = 8;
const INITIAL = 64;

/**
 * What was written and is to be answered, in its order, which is that of the answers: a ring of numbers, so that a command costs
 * no object.
 */
export class CommandQueue {
  /** `opcode | kind << 8 | bits`. */
  #codes = new Uint32Array(INITIAL);
  #opaques = new Uint32Array(INITIAL);
  /** What the commands themselves carry to be known by, where they carry anything. */
  #tokens = new Uint32Array(INITIAL);
  /** Offsets in all that was written, where the command begins. */
  #starts = new Float64Array(INITIAL);
  /** What the reading of the answer needs to know, where it needs anything. */
  #notes: unknown[] = new Array(INITIAL).fill(undefined);
  #head = 0;
  #tail = 0;

  /**
   * What the command that is appended next may carry to be known by: a number that no other in the queue has. Those of
   * neighbours differ by 1, so that a reply too many or too few is noticed.
   */
  get token(): number {
    return this.#tail & MAX_TOKEN;
  }

  /** How many commands were ever appended; a mark for {@linkcode CommandQueue.cutTo}. */
  get tail(): number {
    return this.#tail;
  }

  /** Whether nothing is awaited; commands that were taken back do not count. */
  get empty(): boolean {
    while (this.#head < this.#tail && (this.#code & DROPPED) !== 0) this.#head++;
    return this.#head === this.#tail;
  }

  /** Appends a command. */
  push(code: number, opaque: number, start: number, note?: unknown): void {
    if (this.#tail - this.#head === this.#codes.length) this.#grow();
    const token = this.token;
    const at = this.#tail++ & (this.#codes.length - 1);
    this.#codes[at] = code;
    this.#tokens[at] = token;
    this.#opaques[at] = opaque;
    this.#starts[at] = start;
    if (note !== undefined || this.#notes[at] !== undefined) this.#notes[at] = note;
  }

  /** Forgets what was appended since the tail was there. */
  cutTo(tail: number): void {
    this.#tail = Math.max(tail, this.#head);
  }

  /** Takes back the commands that begin between two offsets. */
  drop(from: number, to: number): void {
    const mask = this.#codes.length - 1;
    for (let i = this.#tail - 1; i >= this.#head && this.#starts[i & mask]! >= from; i--) {
      if (this.#starts[i & mask]! < to) this.#codes[i & mask]! |= DROPPED;
    }
  }

  /** Goes on to the next command. */
  shift(): void {
    this.#head++;
  }

  /** Tells opcode and opaque of the first command, which there must be. */
  tell(parts: { opcode: number; opaque: number }): void {
    const at = this.#head & (this.#codes.length - 1);
    parts.opcode = this.#codes[at]! & 0xff;
    parts.opaque = this.#opaques[at]!;
  }

  /** Whether the first command, which there must be, is of a kind and carries a token. */
  isAt(kind: number, token: number): boolean {
    const at = this.#head & (this.#codes.length - 1);
    return this.#tokens[at] === token && ((this.#codes[at]! >>> KIND_SHIFT) & 0xff) === kind;
  }

  /**
   * Goes to the command that carries a token and is of those with a bit, past quiet ones that stayed unanswered. Returns whether it
   * was there; stays where it was if it was not.
   */
  seek(token: number, bit: number): boolean {
    const mask = this.#codes.length - 1;
    for (let i = this.#head; i < this.#tail; i++) {
      const code = this.#codes[i & mask]!;
      if ((code & DROPPED) !== 0) continue;
      if (this.#tokens[i & mask] === token) {
        if ((code & bit) === 0) return false;
        this.#head = i;
        return true;
      }
      if ((code & QUIET) === 0) return false;
    }
    return false;
  }

  get #code(): number {
    return this.#codes[this.#head & (this.#codes.length - 1)]!;
  }

  /** The opcode of the first command; there must be one. */
  get opcode(): number {
    return this.#code & 0xff;
  }

  /** Its {@linkcode Kind}. */
  get kind(): number {
    return (this.#code >>> KIND_SHIFT) & 0xff;
  }

  /** Its opaque. */
  get opaque(): number {
    return this.#opaques[this.#head & (this.#codes.length - 1)]!;
  }

  /** What it carries to be known by. */
  get firstToken(): number {
    return this.#tokens[this.#head & (this.#codes.length - 1)]!;
  }

  /** Whether it may stay unanswered. */
  get quiet(): boolean {
    return (this.#code & QUIET) !== 0;
  }

  /** Whether its success is not passed on. */
  get swallow(): boolean {
    return (this.#code & SWALLOW) !== 0;
  }

  /** Whether it is a further key of a line. */
  get joined(): boolean {
    return (this.#code & JOINED) !== 0;
  }

  /** What was noted with it. */
  get note(): unknown {
    return this.#notes[this.#head & (this.#codes.length - 1)];
  }

  #grow(): void {
    const length = this.#codes.length;
    const codes = new Uint32Array(length * 2);
    const opaques = new Uint32Array(length * 2);
    const tokens = new Uint32Array(length * 2);
    const starts = new Float64Array(length * 2);
    const notes: unknown[] = new Array(length * 2).fill(undefined);
    for (let i = this.#head; i < this.#tail; i++) {
      codes[i & (length * 2 - 1)] = this.#codes[i & (length - 1)]!;
      opaques[i & (length * 2 - 1)] = this.#opaques[i & (length - 1)]!;
      tokens[i & (length * 2 - 1)] = this.#tokens[i & (length - 1)]!;
      starts[i & (length * 2 - 1)] = this.#starts[i & (length - 1)]!;
      notes[i & (length * 2 - 1)] = this.#notes[i & (length - 1)];
    }
    this.#codes = codes;
    this.#opaques = opaques;
    this.#tokens = tokens;
    this.#starts = starts;
    this.#notes = notes;
  }
}

/** An opcode, a kind and bits as one number. */
export function codeFor(opcode: number, kind: number, bits = 0): number {
  return opcode | (kind << KIND_SHIFT) | bits;
}

/** The kind in such a number. */
export function kindOf(code: number): number {
  return (code >>> KIND_SHIFT) & 0xff;
}
