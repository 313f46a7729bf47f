import { utf8Decode } from "../bytes.ts";
import { ProtocolError } from "../errors.ts";
import { readDecimal, readU64 } from "./decimal.ts";
import { MetaReply } from "./meta_reply.ts";
import { TextCode, textCodeName } from "./text_code.ts";

/**
 * One line from the server, and the data behind it where it has some. A reply of several lines, as that to `get`, is shown line by
 * line; {@linkcode TextReply.last} says which is the last.
 *
 * - It copies nothing: {@linkcode TextReply.line}, {@linkcode TextReply.key} and {@linkcode TextReply.value} are views of the
 *   bytes that it was read from.
 * - Inside {@linkcode ReplySplitter.push} one object and one buffer serve all replies: both are valid until the visitor returns,
 *   unless {@linkcode TextReply.keep} was called, which makes the views (not the object) safe to keep.
 *   {@linkcode TextReply.clone} gives an object of one's own.
 *
 * @example
 * ```ts
 * import { ReplySplitter, TextCode } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = new TextEncoder().encode("VALUE user:1 7 3 42\r\nAda\r\nEND\r\n");
 * const [hit, end] = new ReplySplitter().split(bytes);
 * assertEquals([hit!.code, hit!.flags, hit!.cas, hit!.last], [TextCode.VALUE, 7, 42n, false]);
 * assertEquals(new TextDecoder().decode(hit!.value), "Ada");
 * assertEquals([end!.code, end!.last], [TextCode.END, true]);
 * ```
 */
export class TextReply {
  /** What the first word says. See {@linkcode TextCode}. */
  code: number = TextCode.OTHER;
  /** Whether nothing more belongs to the reply of this command. */
  last = true;
  /** The 32 bits stored beside the value, of `VALUE`; 0 otherwise. For a meta reply see {@linkcode TextReply.meta}. */
  flags = 0;

  /** A view of all the memory that the reply lies in, so that offsets in it are offsets in its buffer. */
  bytes: Uint8Array = EMPTY;
  /** Offset of the line. */
  start = 0;
  /** Bytes of the line without its end. */
  lineLength = 0;
  /** Bytes of the first word. */
  wordLength = 0;
  /** Bytes of the whole reply: line, line end, data and their line end. */
  size = 0;
  /** Bytes of data; -1 when there are none, not even an empty value. */
  valueLength: number = -1;
  /** Bytes of the key, of `VALUE` and `CONFIG`. */
  keyLength = 0;
  /** Bytes from the start to the version, of `VALUE`; 0 when there is none. */
  casAt = 0;
  /** Whether the views may be kept as they are. */
  kept = false;
  /** Moves the bytes to where they are safe; set by the splitter. */
  keeper: ReplyKeeping | undefined = undefined;
  #meta: MetaReply | undefined = undefined;

  /** The name of the code, as {@linkcode TextCode} has it. */
  get name(): string {
    return textCodeName(this.code);
  }

  /** A view of the line, without its end. */
  get line(): Uint8Array {
    return new Uint8Array(this.bytes.buffer, this.start, this.lineLength);
  }

  /** The line as text, without its end. */
  get text(): string {
    return utf8Decode(this.line);
  }

  /** What follows the first word: the words of an error, the version of a server. */
  get message(): string {
    const from = Math.min(this.wordLength + 1, this.lineLength);
    return utf8Decode(new Uint8Array(this.bytes.buffer, this.start + from, this.lineLength - from));
  }

  /** Offset of the data in the buffer; only where there are some. */
  get valueAt(): number {
    return this.start + this.size - this.valueLength - 2;
  }

  /** A view of the data of `VALUE`, `CONFIG` and `VA`; empty where there are none. */
  get value(): Uint8Array {
    if (this.valueLength < 0) return EMPTY;
    return new Uint8Array(this.bytes.buffer, this.valueAt, this.valueLength);
  }

  /** A view of the key of `VALUE` and `CONFIG`; empty otherwise. For a meta reply see {@linkcode TextReply.meta}. */
  get key(): Uint8Array {
    return new Uint8Array(this.bytes.buffer, this.start + this.wordLength + 1, this.keyLength);
  }

  /** The version of the item, unsigned 64 bits, of `VALUE` after `gets` and `gats`; 0 otherwise. */
  get cas(): bigint {
    if (this.casAt === 0) return 0n;
    return readU64(this.bytes, this.start + this.casAt, this.start + this.lineLength);
  }

  /** The number after `incr` and `decr`; 0 otherwise. */
  get number(): bigint {
    if (this.code !== TextCode.NUMBER) return 0n;
    return readU64(this.bytes, this.start, this.start + this.lineLength);
  }

  /** The number that is the value of `VA` after `ma`; spaces behind it, which a counter has that has become shorter, do not count. */
  get counter(): bigint | undefined {
    const from = this.valueAt;
    let to = from + Math.max(this.valueLength, 0);
    while (to > from && this.bytes[to - 1] === 0x20) to--;
    if (to - from > 20 || readDecimal(this.bytes, from, to, Infinity) < 0) return undefined;
    return BigInt(utf8Decode(new Uint8Array(this.bytes.buffer, from, to - from)));
  }

  /** Of `STAT`: the name, one word, and what is said of it, which may be empty and may hold blanks. */
  get stat(): readonly [name: string, value: string] {
    const text = this.message;
    const blank = text.indexOf(" ");
    return blank < 0 ? [text, ""] : [text.slice(0, blank), text.slice(blank + 1)];
  }

  /** What the flags of a meta reply say; read when it is asked. The object is used again with that of the reply. */
  get meta(): MetaReply {
    return this.#meta ??= new MetaReply(this);
  }

  /** A view of the whole reply. */
  get whole(): Uint8Array {
    return new Uint8Array(this.bytes.buffer, this.start, this.size);
  }

  /** Makes the views taken from now on safe to keep, at the cost of a copy of a small reply. */
  keep(): void {
    if (this.kept) return;
    this.kept = true;
    this.keeper?.keep(this);
  }

  /** Points at the same reply in other bytes. */
  moveTo(bytes: Uint8Array, start: number): void {
    this.bytes = bytes;
    this.start = start;
  }

  /** Forgets what was read of the reply before; for who reads replies into the same object. */
  renew(): void {
    this.kept = false;
    this.#meta?.renew();
  }

  /** A reply object of its own over the same bytes, kept first. */
  clone(): TextReply {
    this.keep();
    const reply = new TextReply();
    reply.code = this.code;
    reply.last = this.last;
    reply.flags = this.flags;
    reply.bytes = this.bytes;
    reply.start = this.start;
    reply.lineLength = this.lineLength;
    reply.wordLength = this.wordLength;
    reply.size = this.size;
    reply.valueLength = this.valueLength;
    reply.keyLength = this.keyLength;
    reply.casAt = this.casAt;
    reply.kept = true;
    return reply;
  }

  /** Refuses the reply. */
  fail(reason: string): never {
    const bytes = this.line.slice(0, SHOWN);
    throw new ProtocolError(`Cannot read reply "${printable(bytes)}": ${reason}`, { bytes });
  }
}

/** Who knows how to make the bytes of a reply safe to keep. */
export interface ReplyKeeping {
  /** Moves a reply to bytes that will not be overwritten. */
  keep(reply: TextReply): void;
}

/** How much of a line an error has. */
export const SHOWN = 64;

const EMPTY = new Uint8Array(0);

/** Bytes as text for a message: whatever is not printable becomes `?`. */
export function printable(bytes: Uint8Array): string {
  return utf8Decode(bytes).replace(/[\p{Cc}\ufffd]/gu, "?");
}
