import { Answers } from "./answers.ts";
import { Flag, type MetaCallRequest, writeCallFlags } from "./meta_op.ts";
import { type TextOp, wordOf } from "./text_op.ts";

/** What {@linkcode META_DELETE} takes. */
export interface MetaDeleteRequest extends MetaCallRequest {
  /** The version that the item must have (`C`). */
  readonly compareCas?: bigint;
  /** The version to give to an item that stays (`E`, 1.6.27 and later). */
  readonly newCas?: bigint;
  /** Whether to leave the item, but as stale: the next reader wins the right to write it anew (`I`). */
  readonly invalidate?: boolean;
  /** When an item that stays goes away (`T`). */
  readonly expiry?: number;
  /** Whether to leave the item, but without its value and flags (`x`, 1.6.27 and later). */
  readonly removeValue?: boolean;
}

const MD = wordOf("md");

/**
 * Deletes an item, or makes it stale. The reply is `HD`, `NF` on a miss, `EX` when the item has another version.
 *
 * @example
 * ```ts
 * import { META_DELETE, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * META_DELETE.write(out, { key: "user:1", invalidate: true, expiry: 30 });
 * assertEquals(new TextDecoder().decode(out.take()[0]), "md user:1 I T30\r\n");
 * ```
 */
export const META_DELETE: TextOp<MetaDeleteRequest> = {
  name: "md",
  answers: Answers.META,
  write(out, request) {
    out.begin(MD);
    const coded = out.metaKey(request.key, request.base64);
    writeCallFlags(out, request, coded);
    if (request.compareCas !== undefined) out.bigNumberFlag(Flag.C, request.compareCas);
    if (request.newCas !== undefined) out.bigNumberFlag(Flag.E, request.newCas);
    if (request.invalidate === true) out.flag(Flag.I);
    if (request.expiry !== undefined) out.expiryFlag(Flag.T, request.expiry);
    if (request.removeValue === true) out.flag(Flag.x);
    out.end();
  },
};
