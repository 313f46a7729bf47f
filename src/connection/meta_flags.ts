import { isU64, readDecimal, readU64 } from "../text/decimal.ts";
import { Flag } from "../text/meta_op.ts";
import { TextCode } from "../text/text_code.ts";
import type { TextReply } from "../text/text_reply.ts";
import { readToken, TOKEN_LENGTH } from "../text/token.ts";

const SPACE = 0x20;
const MAX_U32 = 0xffffffff;

/** The flags of a meta reply that answers in the form of frames have a place for, read in one pass. */
export class MetaFlags {
  /** What came as opaque; -1 when none came that is a token. */
  opaque = -1;
  /** The 32 bits stored beside the value; -1 when they did not come. */
  flags = -1;
  /** Where the version stands, and where it ends; both 0 when it did not come. */
  casAt = 0;
  casEnd = 0;
  /** Where the key stands, and where it ends; both 0 when it did not come. */
  keyAt = 0;
  keyEnd = 0;

  /** Reads the flags of a reply. */
  read(reply: TextReply): void {
    this.opaque = -1;
    this.flags = -1;
    this.casAt =
      this.casEnd =
      this.keyAt =
      this.keyEnd =
        0;
    const { bytes, start } = reply;
    const end = start + reply.lineLength;
    let at = start + reply.wordLength + 1;
    if (reply.code === TextCode.VA) at = wordEnd(bytes, at, end) + 1;
    while (at < end) {
      const to = wordEnd(bytes, at, end);
      switch (bytes[at]) {
        case Flag.O:
          this.opaque = to - at - 1 === TOKEN_LENGTH ? readToken(bytes, at + 1) : -1;
          break;
        case Flag.f:
          this.flags = readDecimal(bytes, at + 1, to, MAX_U32);
          if (this.flags < 0) reply.fail("its flags are no number of 32 bits");
          break;
        case Flag.c:
          if (!isU64(bytes, at + 1, to)) reply.fail("its version is no number of 64 bits");
          this.casAt = at + 1;
          this.casEnd = to;
          break;
        case Flag.k:
          this.keyAt = at + 1;
          this.keyEnd = to;
          break;
      }
      at = to + 1;
    }
  }

  /** The version; 0 when it did not come. */
  cas(bytes: Uint8Array): number | bigint {
    const { casAt, casEnd } = this;
    if (casEnd - casAt > 9) return readU64(bytes, casAt, casEnd);
    return casEnd === casAt ? 0 : readDecimal(bytes, casAt, casEnd, MAX_U32);
  }
}

function wordEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at] !== SPACE) at++;
  return at;
}
