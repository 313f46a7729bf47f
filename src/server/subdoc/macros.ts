/**
 * Macros in attributes: values that stand for something that the server knows, some of it only once the change has its CAS.
 */

import { utf8Decode, utf8Encode } from "../../bytes.ts";
import { Status } from "../../wire/status.ts";
import { crc32c } from "../../wire/crc32.ts";
import { BLANK, type SubdocDocument } from "./document.ts";
import { documentMembers, documentText, quotedHex, type VbucketView } from "./virtual_xattrs.ts";

/** What a change is given when it is stored. */
export interface NewVersion {
  /** Its version, unsigned 64 bits. */
  readonly cas: bigint;
  /** Its place in the history of its vbucket. */
  readonly seqno: bigint;
}

const CAS = '"${Mutation.CAS}"';
const SEQNO = '"${Mutation.seqno}"';
const CRC = '"${Mutation.value_crc32c}"';
const OF_DOCUMENT = /^"\$\{\$document(?:\.(.*))?\}"$/s;
const LIKE_OF_DOCUMENT = /^"\$\{\$document.*\}"$/s;

/** Hex digits of what each macro of the change becomes. */
const DIGITS: ReadonlyMap<string, number> = new Map([[CAS, 16], [SEQNO, 16], [CRC, 8]]);

/** Whether a value is a macro: `SUCCESS`, or `SUBDOC_XATTR_UNKNOWN_MACRO`. */
export function checkMacro(value: Uint8Array): number {
  const text = utf8Decode(value);
  return DIGITS.has(text) || LIKE_OF_DOCUMENT.test(text) ? Status.SUCCESS : Status.SUBDOC_XATTR_UNKNOWN_MACRO;
}

/** The macros of one change: texts of the right length stand for what is not known yet, until it is. */
export class Macros {
  readonly #members: ReadonlyMap<string, string>;
  /** What stands for each macro, without its quotes. */
  readonly #standIns = new Map<string, string>();

  /**
   * Starts for a change.
   *
   * @param document What is changed; `undefined` if it is made.
   * @param texts All that the change is made of: in none of it what stands for a macro may occur.
   */
  constructor(document: SubdocDocument | undefined, vbucket: VbucketView, texts: readonly Uint8Array[]) {
    const changed = document ?? BLANK;
    this.#members = documentMembers(changed, vbucket);
    const taken = [...texts, ...changed.xattrs.values()].map(utf8Decode).join("\n") + documentText(this.#members);
    for (const [macro, digits] of DIGITS) {
      let number = 0xc0de_0000n;
      const used = () => quotedHex(number, digits).slice(1, -1);
      while (taken.includes(used()) || [...this.#standIns.values()].includes(used())) number++;
      this.#standIns.set(macro, used());
    }
  }

  /** What to put in the place of a macro; `undefined` for a part of the document that there is not. */
  expand(value: Uint8Array): Uint8Array | undefined {
    const macro = utf8Decode(value);
    const standIn = this.#standIns.get(macro);
    if (standIn !== undefined) return utf8Encode(`"${standIn}"`);
    const match = OF_DOCUMENT.exec(macro);
    if (match === null) return undefined;
    const text = match[1] === undefined ? documentText(this.#members) : this.#members.get(match[1]);
    return text === undefined ? undefined : utf8Encode(text);
  }

  /** The changed document with all that is known now. */
  finish(document: SubdocDocument, { cas, seqno }: NewVersion): SubdocDocument {
    const values = new Map([[CAS, quotedHex(swapBytes(cas), 16)], [SEQNO, quotedHex(seqno, 16)]]);
    values.set(CRC, quotedHex(crc32c(this.#replace(document.body, values)), 8));
    const xattrs = new Map(
      Array.from(document.xattrs, ([name, value]) => [name, this.#replace(value, values)] as const),
    );
    return { ...document, body: this.#replace(document.body, values), xattrs };
  }

  #replace(text: Uint8Array, values: ReadonlyMap<string, string>): Uint8Array {
    let target = text;
    for (const [macro, value] of values) {
      const standIn = utf8Encode(`"${this.#standIns.get(macro)}"`);
      const bytes = utf8Encode(value);
      // The text as it was is searched: what one macro became may look like what stands for another.
      for (let at = indexOf(text, standIn, 0); at >= 0; at = indexOf(text, standIn, at + bytes.length)) {
        if (target === text) target = text.slice();
        target.set(bytes, at);
      }
    }
    return target;
  }
}

/** The CAS as it stands in memory of a server with the low byte first: what Couchbase puts into attributes. */
function swapBytes(cas: bigint): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, cas);
  return view.getBigUint64(0, true);
}

function indexOf(text: Uint8Array, part: Uint8Array, from: number): number {
  for (let at = text.indexOf(part[0]!, from); at >= 0; at = text.indexOf(part[0]!, at + 1)) {
    if (part.every((byte, i) => text[at + i] === byte)) return at;
  }
  return -1;
}
