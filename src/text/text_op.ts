import type { TextWriter } from "./text_writer.ts";

/**
 * One command of the text protocols: how it is written, and which replies it can have.
 *
 * @example
 * ```ts
 * import { Answers, TEXT_TOUCH, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * TEXT_TOUCH.write(out, { key: "user:1", expiry: 60 });
 * assertEquals(new TextDecoder().decode(out.take()[0]), "touch user:1 60\r\n");
 * assertEquals(TEXT_TOUCH.answers, Answers.TOUCH);
 * ```
 */
export interface TextOp<Request> {
  /** The command, as on the wire. */
  readonly name: string;
  /** Which replies it can have, bits of {@linkcode Answers}; with `noreply` or a quiet flag it may have none. */
  readonly answers: number;
  /**
   * Appends the command; throws before anything of it is written if the request cannot be.
   *
   * @throws {RangeError} If a key is empty or too long, or a number is out of its range.
   * @throws {TypeError} If a key or token has a byte that it may not have.
   */
  write(out: TextWriter, request: Request): void;
}

/** Asks for no reply: nobody learns whether it was done. Behind such commands a `version` tells that all have been read. */
export interface NoReply {
  /** Whether the server stays silent; it may answer some errors all the same. */
  readonly noreply?: boolean;
}

/** The bytes of a word of ASCII letters. */
export function wordOf(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

const NOREPLY = wordOf("noreply");

/** Ends a command that has no value, with `noreply` where that is asked for. */
export function endLine(out: TextWriter, request: NoReply): void {
  if (request.noreply === true) out.word(NOREPLY);
  out.end();
}

/** The largest number of 32 bits. */
export const MAX_U32 = 0xffffffff;
