/**
 * DCP: documents as they lie in the memory of the producer, many in one message.
 */

import type { Frame } from "../frame/frame.ts";
import { type Body, expectParts, failParts, NOTHING, type Nothing, type Op } from "./op.ts";

/** One document that was in memory. */
export interface CachedDocument {
  /** Its version. */
  readonly cas: bigint;
  /** Its place in the history of the vbucket. */
  readonly seqno: bigint;
  /** How often it was changed. */
  readonly revision: bigint;
  /** The 32 bits stored with the value. */
  readonly flags: number;
  /** Unix seconds; 0 for never. */
  readonly expiry: number;
  /** How to read the value. */
  readonly datatype: number;
  /** What the producer knows about its use. */
  readonly hint: number;
  /** The key, as it lies on the wire: with the number of its collection where keys have one. */
  readonly key: Uint8Array;
  /** The value. */
  readonly value: Uint8Array;
}

/** Documents that were in memory. */
export interface DcpCacheTransfer {
  /** The documents. */
  readonly documents: readonly CachedDocument[];
}

const RECORD_SIZE = 40;

const transfer: Body<DcpCacheTransfer> = {
  write(out, message) {
    for (const document of message.documents) {
      const at = out.reserve(RECORD_SIZE);
      out.view.setBigUint64(at, document.cas);
      out.view.setBigUint64(at + 8, document.seqno);
      out.view.setBigUint64(at + 16, document.revision);
      out.view.setUint32(at + 24, document.value.length);
      out.view.setUint32(at + 28, document.flags);
      out.view.setUint32(at + 32, document.expiry);
      out.view.setUint16(at + 36, document.key.length);
      out.view.setUint8(at + 38, document.datatype);
      out.view.setUint8(at + 39, document.hint);
      out.append(document.key);
      out.append(document.value);
    }
  },
  read(frame) {
    expectParts(frame, 0, false, true);
    const documents: CachedDocument[] = [];
    const end = frame.valueAt + frame.valueLength;
    let at = frame.valueAt;
    while (at < end) {
      const document = readRecord(frame, at, end - at);
      documents.push(document);
      at += RECORD_SIZE + document.key.length + document.value.length;
    }
    return { documents };
  },
};

function readRecord(frame: Frame, at: number, left: number): CachedDocument {
  const { view, buffer } = frame;
  if (left < RECORD_SIZE) failParts(frame, `a record of ${left} bytes, expected at least ${RECORD_SIZE}`);
  const valueLength = view.getUint32(at + 24);
  const keyLength = view.getUint16(at + 36);
  if (left - RECORD_SIZE < keyLength + valueLength) failParts(frame, "a record that ends too early");
  return {
    cas: view.getBigUint64(at),
    seqno: view.getBigUint64(at + 8),
    revision: view.getBigUint64(at + 16),
    flags: view.getUint32(at + 28),
    expiry: view.getUint32(at + 32),
    datatype: view.getUint8(at + 38),
    hint: view.getUint8(at + 39),
    key: new Uint8Array(buffer, at + RECORD_SIZE, keyLength),
    value: new Uint8Array(buffer, at + RECORD_SIZE + keyLength, valueLength),
  };
}

/** Documents that are in the memory of the producer. */
export const DCP_CACHE_TRANSFER: Op<DcpCacheTransfer, Nothing> = {
  name: "dcp-cache-transfer",
  opcode: 0x66,
  request: transfer,
  response: NOTHING,
  idempotent: true,
};

/** All documents that were in memory have been sent. */
export const DCP_CACHE_TRANSFER_END: Op<Nothing, Nothing> = {
  name: "dcp-cache-transfer-end",
  opcode: 0x67,
  request: NOTHING,
  response: NOTHING,
  idempotent: true,
};
