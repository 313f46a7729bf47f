import type { Bytes, TextWriter } from "./text_writer.ts";

/** What every meta command that has a key takes. */
export interface MetaRequest {
  /** 1 to 250 bytes; a key with blanks, control bytes or DEL goes in base64 by itself, and then has 186 bytes at most. */
  readonly key: Bytes;
  /** Whether to send the key in base64 even where it need not be (`b`); the server then gives it back so, too. */
  readonly base64?: boolean;
}

/** What every meta command takes that can be told from others. */
export interface MetaCallRequest extends MetaRequest {
  /** Comes back in the reply (`O`): a whole number, or 1 to 31 bytes without blanks, control bytes or DEL. */
  readonly opaque?: Bytes | number;
  /** Whether the expected reply is left out (`q`): the miss of `mg`, the success of the others. */
  readonly quiet?: boolean;
  /** Whether the reply repeats the key (`k`). */
  readonly returnKey?: boolean;
  /**
   * Further flags with their tokens, such as `L` and `P` for a proxy. Not those that this package knows.
   */
  readonly extra?: readonly string[];
}

/** Letters of flags as bytes. */
export const Flag = {
  b: 0x62,
  c: 0x63,
  f: 0x66,
  h: 0x68,
  k: 0x6b,
  l: 0x6c,
  q: 0x71,
  s: 0x73,
  t: 0x74,
  u: 0x75,
  v: 0x76,
  x: 0x78,
  C: 0x43,
  D: 0x44,
  E: 0x45,
  F: 0x46,
  I: 0x49,
  J: 0x4a,
  M: 0x4d,
  N: 0x4e,
  O: 0x4f,
  R: 0x52,
  T: 0x54,
} as const;

/** Which letters a request may not give as `extra`: those it has fields for, and those that would change what a reply means. */
const KNOWN = /^[bcfhklqstuvxCDEFIJMNORSTWXZ]/;
const SHAPE = /^[A-Za-z]/;

/** The longest flag of a caller's own, in bytes. */
const MAX_EXTRA = 250;

/** Writes the flags that may stand in every command: base64, opaque, quiet, key. The opaque is the first that comes back. */
export function writeCallFlags(out: TextWriter, request: MetaCallRequest, coded: boolean): void {
  const { opaque } = request;
  if (opaque !== undefined) out.opaque(opaque);
  if (coded) out.flag(Flag.b);
  if (request.quiet === true) out.flag(Flag.q);
  if (request.returnKey === true) out.flag(Flag.k);
  if (request.extra !== undefined) writeExtra(out, request.extra);
}

function writeExtra(out: TextWriter, extra: readonly string[]): void {
  for (const token of extra) {
    if (!SHAPE.test(token) || KNOWN.test(token)) {
      out.refuse(
        new TypeError(
          `Cannot use ${JSON.stringify(token)} as an extra flag: it is no letter, or one with a meaning here`,
        ),
      );
    }
    out.token(token, MAX_EXTRA, "extra flag");
  }
}
