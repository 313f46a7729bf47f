import { Datatype } from "../../wire/datatype.ts";

/** A document as a store keeps it, and a tombstone, which is one that was deleted. Nothing of it is changed in place. */
export interface SubdocDocument {
  /** The value, without attributes and not compressed; empty in a tombstone. */
  readonly body: Uint8Array;
  /** The attributes, each the text of a JSON value. */
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
  /** Whether the body is JSON: paths lead only into such. */
  readonly isJson: boolean;
  /** Whether it is a tombstone. */
  readonly deleted: boolean;
  /** Its version, unsigned 64 bits. */
  readonly cas: bigint;
  /** Its place in the history of its vbucket. */
  readonly seqno: bigint;
  /** How often it was changed. */
  readonly revision: bigint;
  /** The 32 bits stored with it. */
  readonly flags: number;
  /** When it is gone, in seconds since 1970; 0 for never. */
  readonly expiry: number;
  /** Bits of {@linkcode Datatype} as the store has them; only shown. Missing: those that follow from the rest. */
  readonly datatype?: number;
}

/** What a document starts from that is yet to be made. */
export const BLANK: SubdocDocument = {
  body: new Uint8Array(0),
  xattrs: new Map(),
  isJson: false,
  deleted: false,
  cas: 0n,
  seqno: 0n,
  revision: 0n,
  flags: 0,
  expiry: 0,
};

/** The bits of {@linkcode Datatype} that a document's parts come to. */
export function datatypeOf({ isJson, xattrs }: Pick<SubdocDocument, "isJson" | "xattrs">): number {
  return (isJson ? Datatype.JSON : 0) | (xattrs.size > 0 ? Datatype.XATTR : 0);
}
