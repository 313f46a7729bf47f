/** Documents, paths and answers as text. */

import type { SubdocDocument } from "../../../src/server/subdoc/document.ts";
import type { SubdocSpec } from "../../../src/ops/subdoc_multi.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

export function text(value: Uint8Array): string {
  return decoder.decode(value);
}

/** A document with CAS 7; JSON unless `parts` says otherwise. */
export function documentOf(
  body: string,
  xattrs: Readonly<Record<string, string>> = {},
  parts: Partial<SubdocDocument> = {},
): SubdocDocument {
  return {
    body: bytes(body),
    xattrs: new Map(Object.entries(xattrs).map(([name, value]) => [name, bytes(value)])),
    isJson: true,
    deleted: false,
    cas: 7n,
    seqno: 3n,
    revision: 2n,
    flags: 5,
    expiry: 0,
    ...parts,
  };
}

/** A tombstone with such attributes. */
export function tombstoneOf(xattrs: Readonly<Record<string, string>> = {}): SubdocDocument {
  return documentOf("", xattrs, { isJson: false, deleted: true });
}

/** One path of a call. */
export function spec(op: { readonly opcode: number }, path: string, value?: string, pathFlags = 0): SubdocSpec {
  return { opcode: op.opcode, path: bytes(path), pathFlags, ...(value === undefined ? {} : { value: bytes(value) }) };
}

/** The attributes of a document as text. */
export function xattrsOf(document: SubdocDocument): Record<string, string> {
  return Object.fromEntries(Array.from(document.xattrs, ([name, value]) => [name, text(value)]));
}

/** Puts blanks around every token of a compact JSON text, these in turn. */
export function spread(source: string, pads: readonly string[]): string {
  let turn = 0;
  const pad = () => pads.length === 0 ? "" : pads[turn++ % pads.length]!;
  return source.replace(/"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^"{}[\]:,\s]+/g, (token) => `${pad()}${token}${pad()}`);
}
