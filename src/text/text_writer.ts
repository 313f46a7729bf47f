import { utf8Encode } from "../bytes.ts";
import { encodeBase64 } from "../wire/base64.ts";
import { decimalLength, writeDecimal } from "./decimal.ts";
import {
  findUnfit,
  keyByteError,
  keyLengthError,
  MAX_BASE64_KEY_LENGTH,
  MAX_OPAQUE_LENGTH,
  MAX_TEXT_KEY_LENGTH,
  show,
} from "./text_key.ts";
import { type Bytes, checkBytes, OWN_SEGMENT, type SlabMark } from "../wire/slab.ts";
import { TextSlab } from "./text_slab.ts";
import { TOKEN_LENGTH, writeToken } from "./token.ts";

export type { Bytes } from "../wire/slab.ts";

/** No server takes more, and what a server does with the rest of a value whose length it cannot read is anyone's guess. */
const MAX_VALUE_LENGTH = 0x7fffffff - 2;

/** What servers read as a moment or a duration: 32 bits with a sign. */
const MAX_EXPIRY = 0x7fffffff;
const MIN_EXPIRY = -0x80000000;

const MAX_U64 = 0xffff_ffff_ffff_ffffn;

/** Keys up to here are quicker to copy by hand, in characters. */
const SHORT_KEY = 64;
/** A blank, the letter and the digits of a token. */
const OPAQUE_ROOM = 2 + TOKEN_LENGTH;

const SPACE = 0x20;
const DEL = 0x7f;
const O = 0x4f;
const CR = 0x0d;
const LF = 0x0a;

/**
 * Appends commands to a slab that is used again and again, as the rows of {@linkcode TextOp} ask it to.
 *
 * - A command is written as `begin`, then its words in the order of the wire, then `end` or `endWithValue`. A command that was
 *   not ended is never taken: whatever throws in the middle of one leaves nothing behind.
 * - Each word is checked where it is written, so that nothing a caller passes can end a command and begin another.
 * - `take` gives all that was written, to be sent in that order.
 *
 * @example
 * ```ts
 * import { META_GET, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * META_GET.write(out, { key: "user:1", returnValue: true, opaque: 7 });
 * assertEquals(new TextDecoder().decode(out.take()[0]), "mg user:1 O7 v\r\n");
 * ```
 */
export class TextWriter {
  readonly #slab: TextSlab = new TextSlab();
  /** Where the command that is being written began; -1 between commands. */
  #start = -1;
  /** The value of that command, as bytes when it is too large to be copied, and where the digits of its length stand. */
  #own: Uint8Array | undefined = undefined;
  #value: Bytes = "";
  #digitsAt = 0;
  #digits = 0;

  /** Bytes of ended commands that wait to be taken, with those that were dropped. */
  get size(): number {
    return this.#start < 0 ? this.#slab.size : this.#slab.size - (this.#slab.length - this.#start);
  }

  /** Starts a command with its first word, which must be one; forgets one that was begun and not ended. */
  begin(command: Uint8Array): void {
    this.undo();
    this.#start = this.#slab.length;
    this.#slab.word(command);
  }

  /**
   * Starts a command that has a short key of printable ASCII behind its first word, and a token as opaque behind the key: in one go
   * what `begin`, `metaKey` and `ownOpaque` do, with the blank behind the word. Returns whether the key is such a one; nothing is
   * written if it is not.
   */
  short(command: Uint8Array, key: Bytes, token: number): boolean {
    this.undo();
    if (typeof key !== "string") return false;
    const length = key.length;
    if (length === 0 || length > SHORT_KEY) return false;
    const slab = this.#slab;
    const start = slab.length;
    let at = slab.reserve(command.length + SHORT_KEY + OPAQUE_ROOM);
    const bytes = slab.bytes;
    for (let i = 0; i < command.length; i++) bytes[at++] = command[i]!;
    for (let i = 0; i < length; i++) {
      const unit = key.charCodeAt(i);
      if (unit <= SPACE || unit >= DEL) {
        slab.length = start;
        return false;
      }
      bytes[at++] = unit;
    }
    bytes[at] = SPACE;
    bytes[at + 1] = O;
    writeToken(bytes, at + 2, token);
    slab.length = at + OPAQUE_ROOM;
    this.#start = start;
    return true;
  }

  /** Ends a command with words that are known to be some, their line end included. */
  finish(words: Uint8Array): void {
    this.#slab.word(words);
    this.#start = -1;
  }

  /** Forgets the command that was begun and not ended. */
  undo(): void {
    if (this.#start >= 0) this.#slab.length = this.#start;
    this.#start = -1;
    this.#own = undefined;
    this.#value = "";
  }

  /** Ends a command that has no value. */
  end(): void {
    this.#newLine();
    this.#start = -1;
  }

  /** Appends a word that is known to be one, such as `noreply`. */
  word(word: Uint8Array): void {
    this.#slab.push(SPACE);
    this.#slab.word(word);
  }

  /**
   * Appends a key as it is.
   *
   * @throws {RangeError} If it is empty or longer than 250 bytes.
   * @throws {TypeError} If it has a blank, a control byte or DEL.
   */
  key(key: Bytes): void {
    const at = this.#spaced(key);
    const bytes = this.#slab.bytes;
    const end = this.#slab.length;
    const unfit = findUnfit(bytes, at, end);
    if (end - at === 0 || end - at > MAX_TEXT_KEY_LENGTH) {
      this.refuse(keyLengthError(bytes.slice(at, end), MAX_TEXT_KEY_LENGTH));
    }
    if (unfit >= 0) this.refuse(keyByteError(bytes.slice(at, end), unfit - at));
  }

  /**
   * Appends a key of the meta protocol: as it is where that can be, else in base64, which the command has to say by its flag `b`.
   * Returns whether it is in base64.
   *
   * @throws {RangeError} If it is empty or longer than 250 bytes, 186 in base64.
   */
  metaKey(key: Bytes, base64: boolean = false): boolean {
    const at = this.#spaced(key);
    const bytes = this.#slab.bytes;
    const end = this.#slab.length;
    const coded = base64 || findUnfit(bytes, at, end) >= 0;
    const limit = coded ? MAX_BASE64_KEY_LENGTH : MAX_TEXT_KEY_LENGTH;
    if (end === at || end - at > limit) this.refuse(keyLengthError(bytes.slice(at, end), limit));
    if (!coded) return false;
    const text = encodeBase64(bytes.subarray(at, end));
    this.#slab.length = at;
    this.#slab.append(text);
    return true;
  }

  /** Appends a whole number, 0 to a limit of at most 2⁵³ − 1. */
  number(value: number, limit: number, name: string): void {
    this.#slab.push(SPACE);
    this.#number(value, limit, name);
  }

  /** Appends a number of 64 bits. */
  bigNumber(value: bigint | number, name: string): void {
    this.#slab.push(SPACE);
    this.#bigNumber(value, name);
  }

  /** Appends when an item goes away: 0 for never, seconds up to 30 days, Unix seconds beyond, a negative number for at once. */
  expiry(value: number): void {
    this.#slab.push(SPACE);
    this.#expiry(value);
  }

  /** Appends a flag of the meta protocol without a token. */
  flag(letter: number): void {
    const at = this.#slab.reserve(2);
    const bytes = this.#slab.bytes;
    bytes[at] = SPACE;
    bytes[at + 1] = letter;
  }

  /** Appends a flag with a whole number, 0 to a limit. */
  numberFlag(letter: number, value: number, limit: number): void {
    this.flag(letter);
    // A name is made only for those who are refused.
    if (!(value >= 0 && value <= limit && Number.isInteger(value))) this.#number(value, limit, nameOf(letter));
    const at = this.#slab.reserve(decimalLength(value));
    writeDecimal(this.#slab.bytes, at, this.#slab.length, value);
  }

  /** Appends one of some words, by its name. */
  mode(modes: Readonly<Record<string, Uint8Array>>, name: string): void {
    const word = Object.hasOwn(modes, name) ? modes[name] : undefined;
    if (word === undefined) {
      this.refuse(
        new TypeError(`Cannot use mode ${JSON.stringify(name)}: it is one of ${Object.keys(modes).join(", ")}`),
      );
    }
    this.word(word);
  }

  /** Appends a flag with a number of 64 bits. */
  bigNumberFlag(letter: number, value: bigint | number): void {
    this.flag(letter);
    this.#bigNumber(value, nameOf(letter));
  }

  /** Appends a flag with when an item goes away. */
  expiryFlag(letter: number, value: number): void {
    this.flag(letter);
    this.#expiry(value);
  }

  /**
   * Appends an opaque: a whole number as decimal digits, or 1 to 31 bytes that are no blanks, control bytes or DEL.
   *
   * @throws {RangeError} If it is empty or too long, or no whole number.
   * @throws {TypeError} If it has other bytes.
   */
  opaque(opaque: Bytes | number): void {
    if (typeof opaque === "number") return this.numberFlag(0x4f, opaque, Number.MAX_SAFE_INTEGER);
    this.flag(0x4f);
    this.#token(opaque, MAX_OPAQUE_LENGTH, "opaque");
  }

  /** Appends a token as opaque. */
  ownOpaque(token: number): void {
    this.flag(O);
    const at = this.#slab.reserve(TOKEN_LENGTH);
    writeToken(this.#slab.bytes, at, token);
  }

  /**
   * Appends a word that a caller gives, 1 to some number of bytes that are no blanks, control bytes or DEL.
   *
   * @throws {RangeError} If it is empty or too long.
   * @throws {TypeError} If it has other bytes.
   */
  token(token: Bytes, limit: number, name: string): void {
    this.#slab.push(SPACE);
    this.#token(token, limit, name);
  }

  /** Appends how long a value is, and has {@linkcode TextWriter.endWithValue} append the value itself. */
  valueLength(value: Bytes): void {
    let length = value?.length;
    if (typeof value === "string") {
      if (length >= OWN_SEGMENT) {
        this.#own = utf8Encode(value);
        length = this.#own.length;
      }
    } else {
      checkBytes(value);
      if (length >= OWN_SEGMENT) this.#own = value;
    }
    this.#value = value;
    if (length > MAX_VALUE_LENGTH) this.refuse(new RangeError(`Cannot write a value of ${length} bytes`));
    this.#slab.push(SPACE);
    // Text is taken to be ASCII until it is written: counting its bytes first costs more than the rest of the command.
    this.#digits = decimalLength(length);
    this.#digitsAt = this.#slab.reserve(this.#digits);
    writeDecimal(this.#slab.bytes, this.#digitsAt, this.#slab.length, length);
  }

  /** Ends a command with the value whose length is in it. An array of 64 KiB and more is not copied: it must not be changed until it has been sent. */
  endWithValue(): void {
    const value = this.#value;
    this.#newLine();
    if (this.#own !== undefined) {
      this.#slab.segment(this.#own);
    } else {
      const at = this.#slab.length;
      this.#slab.append(value);
      const length = this.#slab.length - at;
      if (length !== value.length) this.#correctLength(length);
    }
    this.#newLine();
    this.#start = -1;
    this.#own = undefined;
    this.#value = "";
  }

  /** How many bytes of the command that is being written stand in its line. */
  get lineLength(): number {
    return this.#slab.length - this.#start;
  }

  /** Refuses what cannot be written: forgets the command and throws. */
  refuse(error: Error): never {
    this.undo();
    throw error;
  }

  /** Remembers how far was written, for {@linkcode TextWriter.reset}; not in the middle of a command. */
  mark(): SlabMark {
    this.undo();
    return this.#slab.mark();
  }

  /** Forgets what was written since a mark that was made after the last `take`. */
  reset(mark: SlabMark): void {
    this.undo();
    this.#slab.reset(mark);
  }

  /** Leaves whole commands out of what will be taken: those between what `size` was before the first and behind the last. */
  drop(from: number, to: number): void {
    this.#slab.drop(from, to);
  }

  /**
   * Gives what was written, in the order to send it, and starts on an empty slab. Give the segments back to
   * {@linkcode TextWriter.recycle} when they have been sent.
   */
  take(): Uint8Array[] {
    this.undo();
    return this.#slab.take();
  }

  /** Says that what was taken last has been sent, so that its slab may be written again. */
  recycle(): void {
    this.#slab.recycle();
  }

  #newLine(): void {
    const at = this.#slab.reserve(2);
    const bytes = this.#slab.bytes;
    bytes[at] = CR;
    bytes[at + 1] = LF;
  }

  #number(value: number, limit: number, name: string): void {
    if (!(Number.isInteger(value) && value >= 0 && value <= limit)) {
      this.refuse(new RangeError(`Cannot use ${name} of ${value}: it is a whole number, 0 to ${limit}`));
    }
    const at = this.#slab.reserve(decimalLength(value));
    writeDecimal(this.#slab.bytes, at, this.#slab.length, value);
  }

  #bigNumber(value: bigint | number, name: string): void {
    if (typeof value === "number") return this.#number(value, Number.MAX_SAFE_INTEGER, name);
    if (!(typeof value === "bigint" && value >= 0n && value <= MAX_U64)) {
      this.refuse(new RangeError(`Cannot use ${name} of ${value}: it has 64 bits, 0 to 2^64 − 1`));
    }
    if (value <= 0x1f_ffff_ffff_ffffn) return this.#number(Number(value), Number.MAX_SAFE_INTEGER, name);
    this.#number(Number(value / 1_000_000_000n), Number.MAX_SAFE_INTEGER, name);
    const at = this.#slab.reserve(9);
    writeDecimal(this.#slab.bytes, at, at + 9, Number(value % 1_000_000_000n));
  }

  #expiry(value: number): void {
    if (!(Number.isInteger(value) && value >= MIN_EXPIRY && value <= MAX_EXPIRY)) {
      this.refuse(new RangeError(`Cannot use expiry of ${value}: the text protocols count seconds up to 2^31 − 1`));
    }
    if (value < 0) this.#slab.push(0x2d);
    this.#number(Math.abs(value), -MIN_EXPIRY, "expiry");
  }

  #token(token: Bytes, limit: number, name: string): void {
    const at = this.#slab.length;
    this.#slab.append(token);
    const bytes = this.#slab.bytes;
    const end = this.#slab.length;
    const length = end - at;
    if (length === 0 || length > limit) {
      this.refuse(new RangeError(`Cannot use ${name} of ${length} bytes: it has 1 to ${limit}`));
    }
    if (findUnfit(bytes, at, end) >= 0) {
      const words = "it may not have blanks, control bytes or DEL";
      this.refuse(new TypeError(`Cannot use ${name} ${show(bytes.slice(at, end))}: ${words}`));
    }
  }

  /** Appends a space and some text or bytes; returns where these begin. */
  #spaced(part: Bytes): number {
    this.#slab.push(SPACE);
    const at = this.#slab.length;
    this.#slab.append(part);
    return at;
  }

  /** Corrects the length of a value that turned out to have other characters than ASCII; it can only have grown. */
  #correctLength(length: number): void {
    const more = decimalLength(length) - this.#digits;
    if (more > 0) {
      const behind = this.#digitsAt + this.#digits;
      const end = this.#slab.reserve(more);
      this.#slab.bytes.copyWithin(behind + more, behind, end);
    }
    writeDecimal(this.#slab.bytes, this.#digitsAt, this.#digitsAt + this.#digits + more, length);
  }
}

function nameOf(letter: number): string {
  return `flag ${String.fromCharCode(letter)}`;
}
