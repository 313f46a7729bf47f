import type { Bytes } from "../../frame/frame_writer.ts";
import { asBytes } from "../../bytes.ts";

/** A document, or the tombstone of one, as a vbucket keeps it. It is never changed: every write makes another. */
export interface CouchbaseDocument {
  /** The key, without the number of the collection. */
  readonly key: Uint8Array;
  /** The number of its collection. */
  readonly collection: number;
  /** The value as it was stored: compressed and with attributes if the datatype says so; of a tombstone, attributes alone. */
  readonly value: Uint8Array;
  /** How to read the value: bits of {@linkcode Datatype}. */
  readonly datatype: number;
  /** The 32 bits stored with the value. */
  readonly flags: number;
  /** When it is gone, in Unix seconds, 0 for never; of a tombstone, when it was deleted. */
  readonly expiry: number;
  /** Its version. */
  readonly cas: bigint;
  /** How often it was changed. */
  readonly revision: bigint;
  /** Its place in the history of the vbucket. */
  readonly seqno: bigint;
  /** What it is a tombstone of: a deletion, an expiry; nothing for a document. */
  readonly deleted?: "deletion" | "expiration";
}

/** Where a document is: its collection and its key, as text by which maps find it. */
export function documentId(collection: number, key: Bytes): string {
  let id = `${collection.toString(16)}:`;
  for (const byte of asBytes(key)) id += String.fromCharCode(byte);
  return id;
}

/** Orders keys by their bytes. */
export function compareKeys(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    if (a[i] !== b[i]) return a[i]! - b[i]!;
  }
  return a.length - b.length;
}
