import { Answers } from "./answers.ts";
import { Flag, type MetaCallRequest, writeCallFlags } from "./meta_op.ts";
import { MAX_U32, type TextOp, wordOf } from "./text_op.ts";
import type { Bytes } from "./text_writer.ts";

/** How {@linkcode META_SET} stores. */
export type MetaSetMode = "set" | "add" | "append" | "prepend" | "replace";

/** What {@linkcode META_SET} takes. */
export interface MetaSetRequest extends MetaCallRequest {
  /** Anything. An array of 64 KiB and more must not be changed until it has been sent. */
  readonly value: Bytes;
  /** How to store (`M`); `set` by default. */
  readonly mode?: MetaSetMode;
  /** 32 bits to store beside the value (`F`); 0 by default. */
  readonly flags?: number;
  /** When the item goes away (`T`): 0, the default, for never, seconds up to 30 days, Unix seconds beyond, negative for at once. */
  readonly expiry?: number;
  /** The version that the item must have (`C`). */
  readonly compareCas?: bigint;
  /** The version to give to the item (`E`, 1.6.27 and later). */
  readonly newCas?: bigint;
  /** Whether to store, but as stale, where the item's version is higher than `compareCas` (`I`). */
  readonly invalidate?: boolean;
  /** Makes the item where `append` and `prepend` find none; it lives so long (`N`, 1.6.20 and later). */
  readonly vivify?: number;
  /** Whether to read the new version (`c`, 1.6.13 and later). */
  readonly returnCas?: boolean;
  /** Whether to read the length of what is stored (`s`, 1.6.20 and later). */
  readonly returnSize?: boolean;
}

const MS = wordOf("ms");

const MODES: Readonly<Record<MetaSetMode, Uint8Array>> = {
  set: wordOf("MS"),
  add: wordOf("ME"),
  append: wordOf("MA"),
  prepend: wordOf("MP"),
  replace: wordOf("MR"),
};

/**
 * Stores a value. The reply is `HD`, `NS` when the mode forbids it, `EX` when the item has another version, `NF` when there is none
 * to compare with.
 *
 * @example
 * ```ts
 * import { META_SET, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * META_SET.write(out, { key: "user:1", value: "Ada", mode: "add", expiry: 60 });
 * assertEquals(new TextDecoder().decode(out.take()[0]), "ms user:1 3 T60 ME\r\nAda\r\n");
 * ```
 */
export const META_SET: TextOp<MetaSetRequest> = {
  name: "ms",
  answers: Answers.META,
  write(out, request) {
    const { flags, expiry, mode } = request;
    out.begin(MS);
    const coded = out.metaKey(request.key, request.base64);
    out.valueLength(request.value);
    writeCallFlags(out, request, coded);
    if (request.returnCas === true) out.flag(Flag.c);
    if (request.returnSize === true) out.flag(Flag.s);
    if (flags !== undefined && flags !== 0) out.numberFlag(Flag.F, flags, MAX_U32);
    if (expiry !== undefined && expiry !== 0) out.expiryFlag(Flag.T, expiry);
    if (request.compareCas !== undefined) out.bigNumberFlag(Flag.C, request.compareCas);
    if (request.newCas !== undefined) out.bigNumberFlag(Flag.E, request.newCas);
    if (request.invalidate === true) out.flag(Flag.I);
    if (mode !== undefined && mode !== "set") out.mode(MODES, mode);
    if (request.vivify !== undefined) out.expiryFlag(Flag.N, request.vivify);
    out.endWithValue();
  },
};
