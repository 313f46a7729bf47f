import { Answers } from "./answers.ts";
import { endLine, type NoReply, type TextOp, wordOf } from "./text_op.ts";
import type { Bytes } from "./text_writer.ts";

/** What {@linkcode TEXT_DELETE} takes. */
export interface DeleteRequest extends NoReply {
  /** 1 to 250 bytes, no blanks, control bytes or DEL. */
  readonly key: Bytes;
}

/** What {@linkcode TEXT_INCR} takes. */
export interface CountRequest extends NoReply {
  /** 1 to 250 bytes, no blanks, control bytes or DEL. */
  readonly key: Bytes;
  /** How much, unsigned 64 bits. */
  readonly delta: bigint | number;
}

/** What {@linkcode TEXT_TOUCH} takes. */
export interface TouchRequest extends NoReply {
  /** 1 to 250 bytes, no blanks, control bytes or DEL. */
  readonly key: Bytes;
  /** When the item shall go away: 0 for never, seconds up to 30 days, Unix seconds beyond, negative for at once. */
  readonly expiry: number;
}

const DELETE = wordOf("delete");

/**
 * Deletes an item.
 *
 * @example
 * ```ts
 * import { TEXT_DELETE, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * TEXT_DELETE.write(out, { key: "user:1" });
 * assertEquals(new TextDecoder().decode(out.take()[0]), "delete user:1\r\n");
 * ```
 */
export const TEXT_DELETE: TextOp<DeleteRequest> = {
  name: "delete",
  answers: Answers.DELETE,
  write(out, request) {
    out.begin(DELETE);
    out.key(request.key);
    endLine(out, request);
  },
};

/**
 * Adds to a counter, which wraps at 2⁶⁴.
 *
 * @example
 * ```ts
 * import { TEXT_INCR, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * TEXT_INCR.write(out, { key: "hits", delta: 2 });
 * assertEquals(new TextDecoder().decode(out.take()[0]), "incr hits 2\r\n");
 * ```
 */
export const TEXT_INCR: TextOp<CountRequest> = counting("incr");

/**
 * Subtracts from a counter, which stops at 0.
 *
 * @example
 * ```ts
 * import { TEXT_DECR, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * TEXT_DECR.write(out, { key: "hits", delta: 2n });
 * assertEquals(new TextDecoder().decode(out.take()[0]), "decr hits 2\r\n");
 * ```
 */
export const TEXT_DECR: TextOp<CountRequest> = counting("decr");

const TOUCH = wordOf("touch");

/**
 * Changes the expiry of an item.
 *
 * @example
 * ```ts
 * import { TEXT_TOUCH, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * TEXT_TOUCH.write(out, { key: "user:1", expiry: 60 });
 * assertEquals(new TextDecoder().decode(out.take()[0]), "touch user:1 60\r\n");
 * ```
 */
export const TEXT_TOUCH: TextOp<TouchRequest> = {
  name: "touch",
  answers: Answers.TOUCH,
  write(out, request) {
    out.begin(TOUCH);
    out.key(request.key);
    out.expiry(request.expiry);
    endLine(out, request);
  },
};

function counting(name: string): TextOp<CountRequest> {
  const word = wordOf(name);
  return {
    name,
    answers: Answers.NUMBER,
    write(out, request) {
      out.begin(word);
      out.key(request.key);
      out.bigNumber(request.delta, "delta");
      endLine(out, request);
    },
  };
}
