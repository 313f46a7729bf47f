/**
 * Virtual attributes: what can be read of a document, its vbucket and its attributes as if it stood in attributes.
 */

import { utf8Encode } from "../../bytes.ts";
import { datatypeName } from "../../wire/datatype.ts";
import { crc32c } from "../../wire/crc32.ts";
import { datatypeOf, type SubdocDocument } from "./document.ts";

const NANOSECONDS = 1_000_000_000n;

/** What is shown of the vbucket that a document is in. */
export interface VbucketView {
  /** The id of its history, unsigned 64 bits; 0 when missing. */
  readonly vbuuid?: bigint;
  /** Its clock in seconds since 1970; that of the document's CAS when missing. */
  readonly now?: bigint;
}

/** Whether a path leads into a virtual attribute. */
export function isVirtual(path: Uint8Array): boolean {
  return path[0] === "$".charCodeAt(0);
}

/** The members of `$document`, each as JSON text, in the order of their names. */
export function documentMembers(document: SubdocDocument, vbucket: VbucketView): ReadonlyMap<string, string> {
  const { body, cas, seqno, revision, flags, expiry, deleted } = document;
  const datatype = document.datatype ?? datatypeOf(document);
  return new Map([
    ["CAS", quotedHex(cas, 16)],
    ["datatype", JSON.stringify(datatypeName(datatype).split("+"))],
    ["deleted", String(deleted)],
    ["exptime", String(expiry)],
    ["flags", String(flags)],
    ["last_modified", `"${cas / NANOSECONDS}"`],
    ["revid", `"${revision}"`],
    ["seqno", quotedHex(seqno, 16)],
    ["value_bytes", String(body.length)],
    ["value_crc32c", quotedHex(crc32c(body), 8)],
    ["vbucket_uuid", quotedHex(vbucket.vbuuid ?? 0n, 16)],
  ]);
}

/** All members of `$document` as one JSON object. */
export function documentText(members: ReadonlyMap<string, string>): string {
  return `{${Array.from(members, ([name, value]) => `"${name}":${value}`).join(",")}}`;
}

/** The text of a virtual attribute by its name, `undefined` if there is none. */
export function virtualXattr(name: string, document: SubdocDocument, vbucket: VbucketView): Uint8Array | undefined {
  if (name === "$document") return utf8Encode(documentText(documentMembers(document, vbucket)));
  if (name === "$XTOC") return utf8Encode(JSON.stringify([...document.xattrs.keys()]));
  if (name !== "$vbucket") return undefined;
  const now = String(vbucket.now ?? document.cas / NANOSECONDS);
  return utf8Encode(JSON.stringify({ HLC: { mode: "real", now } }));
}

/** A number as JSON text: quoted, after `0x`, so many digits. */
export function quotedHex(number: bigint | number, digits: number): string {
  return `"0x${number.toString(16).padStart(digits, "0")}"`;
}
