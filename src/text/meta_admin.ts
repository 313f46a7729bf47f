import { Answers } from "./answers.ts";
import type { NoRequest } from "./admin.ts";
import { Flag, type MetaRequest } from "./meta_op.ts";
import { type TextOp, wordOf } from "./text_op.ts";

const MN = wordOf("mn");

/**
 * Does nothing, and is answered `MN` behind all that came before: the end of a batch of quiet commands.
 *
 * @example
 * ```ts
 * import { META_NOOP, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * META_NOOP.write(out, {});
 * assertEquals(new TextDecoder().decode(out.take()[0]), "mn\r\n");
 * ```
 */
export const META_NOOP: TextOp<NoRequest> = {
  name: "mn",
  answers: Answers.META,
  write(out) {
    out.begin(MN);
    out.end();
  },
};

const ME = wordOf("me");

/**
 * Asks what is known about an item. The reply is `ME`, to be read with {@linkcode readMetaDebug}, or `EN` on a miss.
 *
 * @example
 * ```ts
 * import { META_DEBUG, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * META_DEBUG.write(out, { key: "user:1" });
 * assertEquals(new TextDecoder().decode(out.take()[0]), "me user:1\r\n");
 * ```
 */
export const META_DEBUG: TextOp<MetaRequest> = {
  name: "me",
  answers: Answers.META,
  write(out, { key, base64 }) {
    out.begin(ME);
    if (out.metaKey(key, base64)) out.flag(Flag.b);
    out.end();
  },
};
