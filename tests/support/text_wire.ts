/** Text replies as a test reads them, by hand: nothing of the codec under test is used. */

import { Answers } from "../../src/text/answers.ts";
import type { ReplySplitter } from "../../src/text/reply_splitter.ts";
import type { TextReply } from "../../src/text/text_reply.ts";

/** The bytes of a text in which each character is a byte. */
export function latin1(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => {
    const byte = character.charCodeAt(0);
    if (byte > 0xff) throw new RangeError(`No byte: ${character}`);
    return byte;
  });
}

/** Bytes as a text in which each character is a byte. */
export function fromLatin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** One line and the data behind it. */
export interface PlainReply {
  readonly line: string;
  /** What stands behind the line where data do. */
  readonly value?: string;
}

/** All replies of a text that holds whole ones only. Empty lines between them count for nothing. */
export function plainReplies(text: string): PlainReply[] {
  const replies: PlainReply[] = [];
  let rest = text;
  while (rest !== "") {
    const [, line = "", behind = ""] = /^(.*?)\r?\n([^]*)$/.exec(rest) ?? [];
    if (behind.length === rest.length) throw new Error(`No line: ${rest}`);
    const length = /^(?:VALUE|CONFIG) \S+ \d+ (\d+)|^VA (\d+)/.exec(line);
    rest = behind;
    if (length !== null) {
      const size = Number(length[1] ?? length[2]);
      if (rest.slice(size, size + 2) !== "\r\n") throw new Error(`No data of ${size} bytes: ${rest}`);
      replies.push({ line, value: rest.slice(0, size) });
      rest = rest.slice(size + 2);
    } else if (line !== "") {
      replies.push({ line });
    }
  }
  return replies;
}

/** What a reply says, as {@linkcode plainReplies} does; a copy. */
export function plainOf(reply: TextReply): PlainReply {
  const line = fromLatin1(reply.line);
  return reply.valueLength < 0 ? { line } : { line, value: fromLatin1(reply.value) };
}

/** What comes out when chunks are pushed that all lie in the same memory, one after the other. */
export function pushReplies(splitter: ReplySplitter, chunks: readonly Uint8Array[]): PlainReply[] {
  const replies: PlainReply[] = [];
  for (const chunk of chunks) {
    const slab = chunk.slice();
    splitter.push(slab, (reply) => replies.push(plainOf(reply)));
    slab.fill(0xee);
  }
  return replies;
}

/** Cuts bytes at offsets. */
export function cutAt(bytes: Uint8Array, ...offsets: readonly number[]): Uint8Array[] {
  const ends = [...offsets, bytes.length];
  return ends.map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end));
}

/** Every byte by itself. */
export function bytewise(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (byte) => Uint8Array.of(byte));
}

/** The bits of `Answers` that names parted by `|` mean. */
export function answersNamed(names: string): number {
  return names.split("|").reduce((sum, name) => sum | Answers[name as keyof typeof Answers], 0);
}
