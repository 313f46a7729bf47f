import { utf8Decode } from "../bytes.ts";
import { decodeBase64 } from "../wire/base64.ts";
import { isU64, readDecimal, readSigned, readU64 } from "./decimal.ts";
import { Flag } from "./meta_op.ts";
import { TextCode } from "./text_code.ts";
import type { TextReply } from "./text_reply.ts";

const SPACE = 0x20;
const W = 0x57;
const X = 0x58;
const Z = 0x5a;
const MAX_U32 = 0xffffffff;

/**
 * What the flags of a meta reply say. Nothing is read before it is asked for; a flag that did not come, because the request did not
 * ask for it or the item is not there, is `undefined`.
 *
 * @example
 * ```ts
 * import { ReplySplitter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new TextEncoder().encode("VA 1 t30 c95 X W\r\na\r\n");
 * const [reply] = new ReplySplitter().split(bytes);
 * const { ttl, cas, flags, stale, win } = reply!.meta;
 * assertEquals({ ttl, cas, flags, stale, win }, { ttl: 30, cas: 95n, flags: undefined, stale: true, win: true });
 * ```
 */
export class MetaReply {
  readonly #reply: TextReply;
  /** Where the flags begin, in bytes from the start of the reply, and how many there are; -1 before they were looked for. */
  readonly #at: number[] = [];
  #count = -1;

  /** Looks at a reply. */
  constructor(reply: TextReply) {
    this.#reply = reply;
  }

  /** Forgets where the flags of the reply before were. */
  renew(): void {
    this.#count = -1;
  }

  /** The 32 bits stored beside the value (`f`). */
  get flags(): number | undefined {
    return this.#number(Flag.f, MAX_U32);
  }

  /** The version of the item, unsigned 64 bits (`c`). */
  get cas(): bigint | undefined {
    const at = this.#find(Flag.c);
    if (at < 0) return undefined;
    const end = this.#endOf(at);
    const { bytes } = this.#reply;
    if (!isU64(bytes, at + 1, end)) this.#fail(Flag.c);
    return readU64(bytes, at + 1, end);
  }

  /** Seconds that are left (`t`); -1 for ever. */
  get ttl(): number | undefined {
    const at = this.#find(Flag.t);
    if (at < 0) return undefined;
    return readSigned(this.#reply.bytes, at + 1, this.#endOf(at)) ?? this.#fail(Flag.t);
  }

  /** Seconds since it was last read or written, before this request (`l`). */
  get lastAccess(): number | undefined {
    return this.#number(Flag.l, MAX_U32);
  }

  /** Whether it had been read before this request (`h`). */
  get hitBefore(): boolean | undefined {
    const hit = this.#number(Flag.h, 1);
    return hit === undefined ? undefined : hit === 1;
  }

  /** Length of the value in bytes (`s`). */
  get size(): number | undefined {
    return this.#number(Flag.s, MAX_U32);
  }

  /** The key, decoded (`k` and `b`). A view, or bytes of their own where it came in base64. */
  get key(): Uint8Array | undefined {
    const token = this.token("k");
    if (token === undefined || !this.base64) return token;
    return decodeBase64(utf8Decode(token)) ?? this.#fail(Flag.k);
  }

  /** Whether the key came in base64 (`b`), as it does for an item that was stored so. */
  get base64(): boolean {
    return this.#find(Flag.b) >= 0;
  }

  /** What the request gave as opaque (`O`), as text. */
  get opaque(): string | undefined {
    const token = this.token("O");
    return token === undefined ? undefined : utf8Decode(token);
  }

  /** The opaque where it is a decimal number of at most 2⁵³ − 1, without making a string of it; -1 otherwise. */
  get opaqueNumber(): number {
    const at = this.#find(Flag.O);
    return at < 0 ? -1 : readDecimal(this.#reply.bytes, at + 1, this.#endOf(at), Number.MAX_SAFE_INTEGER);
  }

  /** Whether this caller has won the right to write the item anew (`W`). */
  get win(): boolean {
    return this.#find(W) >= 0;
  }

  /** Whether the item is stale (`X`). */
  get stale(): boolean {
    return this.#find(X) >= 0;
  }

  /** Whether another caller has won that right before (`Z`). */
  get alreadyWon(): boolean {
    return this.#find(Z) >= 0;
  }

  /** What stands behind the letter of a flag, as a view; empty when nothing does, `undefined` when the flag did not come. */
  token(letter: string): Uint8Array | undefined {
    const at = this.#find(letter.charCodeAt(0));
    if (at < 0) return undefined;
    return new Uint8Array(this.#reply.bytes.buffer, at + 1, this.#endOf(at) - at - 1);
  }

  #number(letter: number, limit: number): number | undefined {
    const at = this.#find(letter);
    if (at < 0) return undefined;
    const value = readDecimal(this.#reply.bytes, at + 1, this.#endOf(at), limit);
    if (value < 0) this.#fail(letter);
    return value;
  }

  /** Offset of a flag in the bytes; -1 when it did not come. */
  #find(letter: number): number {
    if (this.#count < 0) this.#look();
    const { bytes, start } = this.#reply;
    for (let i = 0; i < this.#count; i++) {
      const at = start + this.#at[i]!;
      if (bytes[at] === letter) return at;
    }
    return -1;
  }

  #endOf(at: number): number {
    const { bytes, start, lineLength } = this.#reply;
    const end = start + lineLength;
    let to = at;
    while (to < end && bytes[to] !== SPACE) to++;
    return to;
  }

  /** Finds where the words behind the code begin; the length of a value is one of them, and no letter. */
  #look(): void {
    const { bytes, start, lineLength, wordLength, code } = this.#reply;
    this.#count = 0;
    if (code < TextCode.HD || code > TextCode.MN) return;
    for (let i = wordLength; i < lineLength - 1; i++) {
      if (bytes[start + i] === SPACE) this.#at[this.#count++] = i + 1;
    }
  }

  #fail(letter: number): never {
    return this.#reply.fail(`its flag ${String.fromCharCode(letter)} is malformed`);
  }
}
