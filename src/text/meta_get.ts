import { Answers } from "./answers.ts";
import { Flag, type MetaCallRequest, writeCallFlags } from "./meta_op.ts";
import { type TextOp, wordOf } from "./text_op.ts";

/** What {@linkcode META_GET} takes. */
export interface MetaGetRequest extends MetaCallRequest {
  /** Whether to read the value (`v`); without it the reply to a hit is `HD`. */
  readonly returnValue?: boolean;
  /** Whether to read the version (`c`). */
  readonly returnCas?: boolean;
  /** Whether to read the 32 bits beside the value (`f`). */
  readonly returnFlags?: boolean;
  /** Whether to read if the item was read before (`h`). */
  readonly returnHitBefore?: boolean;
  /** Whether to read how many seconds ago it was last read or written (`l`). */
  readonly returnLastAccess?: boolean;
  /** Whether to read the length of the value (`s`). */
  readonly returnSize?: boolean;
  /** Whether to read the seconds that are left (`t`). */
  readonly returnTtl?: boolean;
  /** Makes an empty item on a miss, which lives so long; this caller has won the right to fill it (`N`). */
  readonly vivify?: number;
  /** Wins the right to write the item anew where fewer seconds are left (`R`). */
  readonly recache?: number;
  /** Changes the expiry (`T`): 0 for never, seconds up to 30 days, Unix seconds beyond, negative for at once. */
  readonly touch?: number;
  /** Whether to leave the item's place among the recently used as it is (`u`). */
  readonly noBump?: boolean;
  /** The version that the caller has: no value comes if it is still that one (`C`, 1.6.40 and later). */
  readonly compareCas?: bigint;
  /** The version to give to an item that is made (`E`, 1.6.27 and later). */
  readonly newCas?: bigint;
}

const MG = wordOf("mg");

/**
 * Reads an item, or only what is known about it. The reply is `VA` or `HD`, `EN` on a miss.
 *
 * @example
 * ```ts
 * import { META_GET, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * META_GET.write(out, { key: "a b", returnValue: true, returnTtl: true, recache: 30 });
 * assertEquals(new TextDecoder().decode(out.take()[0]), "mg YSBi b v t R30\r\n");
 * ```
 */
export const META_GET: TextOp<MetaGetRequest> = {
  name: "mg",
  answers: Answers.META,
  write(out, request) {
    out.begin(MG);
    const coded = out.metaKey(request.key, request.base64);
    writeCallFlags(out, request, coded);
    // The server goes by the order: what is read behind these is what they made of it.
    if (request.vivify !== undefined) out.expiryFlag(Flag.N, request.vivify);
    if (request.touch !== undefined) out.expiryFlag(Flag.T, request.touch);
    if (request.returnFlags === true) out.flag(Flag.f);
    if (request.returnCas === true) out.flag(Flag.c);
    if (request.returnValue === true) out.flag(Flag.v);
    if (request.returnHitBefore === true) out.flag(Flag.h);
    if (request.returnLastAccess === true) out.flag(Flag.l);
    if (request.returnSize === true) out.flag(Flag.s);
    if (request.returnTtl === true) out.flag(Flag.t);
    if (request.recache !== undefined) out.expiryFlag(Flag.R, request.recache);
    if (request.noBump === true) out.flag(Flag.u);
    if (request.compareCas !== undefined) out.bigNumberFlag(Flag.C, request.compareCas);
    if (request.newCas !== undefined) out.bigNumberFlag(Flag.E, request.newCas);
    out.end();
  },
};
