import { Answers } from "./answers.ts";
import { Flag, type MetaCallRequest, writeCallFlags } from "./meta_op.ts";
import { type TextOp, wordOf } from "./text_op.ts";

/** Which way {@linkcode META_ARITHMETIC} counts. */
export type MetaArithmeticMode = "increment" | "decrement";

/** What {@linkcode META_ARITHMETIC} takes. */
export interface MetaArithmeticRequest extends MetaCallRequest {
  /** Which way (`M`); `increment` by default. */
  readonly mode?: MetaArithmeticMode;
  /** How much, unsigned 64 bits (`D`); 1 by default. */
  readonly delta?: bigint | number;
  /** What a counter that is made begins with, unsigned 64 bits (`J`); 0 by default. The delta is not added to it. */
  readonly initial?: bigint | number;
  /** Makes the counter on a miss, which lives so long (`N`). */
  readonly vivify?: number;
  /** When the counter goes away from now on (`T`). */
  readonly expiry?: number;
  /** The version that the item must have (`C`). */
  readonly compareCas?: bigint;
  /** The version to give to the item (`E`, 1.6.27 and later). */
  readonly newCas?: bigint;
  /** Whether to read the new number (`v`), as the text of a value. */
  readonly returnValue?: boolean;
  /** Whether to read the new version (`c`). */
  readonly returnCas?: boolean;
  /** Whether to read the seconds that are left (`t`). */
  readonly returnTtl?: boolean;
}

const MA = wordOf("ma");

const MODES: Readonly<Record<MetaArithmeticMode, Uint8Array>> = {
  increment: wordOf("MI"),
  decrement: wordOf("MD"),
};

/**
 * Adds to a counter or subtracts from it: wraps at 2⁶⁴, stops at 0. The reply is `HD`, or `VA` with the number, `NF` on a miss, `NS`
 * or `EX` when the item was changed meanwhile.
 *
 * @example
 * ```ts
 * import { META_ARITHMETIC, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * META_ARITHMETIC.write(out, { key: "hits", delta: 2, initial: 10, vivify: 0, returnValue: true });
 * assertEquals(new TextDecoder().decode(out.take()[0]), "ma hits N0 v J10 D2\r\n");
 * ```
 */
export const META_ARITHMETIC: TextOp<MetaArithmeticRequest> = {
  name: "ma",
  answers: Answers.META,
  write(out, request) {
    const { mode } = request;
    out.begin(MA);
    const coded = out.metaKey(request.key, request.base64);
    writeCallFlags(out, request, coded);
    // The server goes by the order: what is read behind these is what they made of it.
    if (request.vivify !== undefined) out.expiryFlag(Flag.N, request.vivify);
    if (request.expiry !== undefined) out.expiryFlag(Flag.T, request.expiry);
    if (request.returnCas === true) out.flag(Flag.c);
    if (request.returnValue === true) out.flag(Flag.v);
    if (request.returnTtl === true) out.flag(Flag.t);
    if (request.initial !== undefined) out.bigNumberFlag(Flag.J, request.initial);
    if (request.delta !== undefined) out.bigNumberFlag(Flag.D, request.delta);
    if (mode !== undefined && mode !== "increment") out.mode(MODES, mode);
    if (request.compareCas !== undefined) out.bigNumberFlag(Flag.C, request.compareCas);
    if (request.newCas !== undefined) out.bigNumberFlag(Flag.E, request.newCas);
    out.end();
  },
};
