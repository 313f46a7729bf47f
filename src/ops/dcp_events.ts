/**
 * DCP: what has changed. These are requests of the producer that nobody answers.
 */

import type { Frame } from "../frame/frame.ts";
import type { FrameWriter } from "../frame/frame_writer.ts";
import { struct, u32, u64 } from "../wire/fields.ts";
import {
  type Body,
  body,
  expectKey,
  expectParts,
  failParts,
  NOTHING,
  type Nothing,
  type Op,
  type Outgoing,
} from "./op.ts";

/** What every change of a document says. */
export interface DcpDocument {
  /** Its place in the history of the vbucket. */
  readonly seqno: bigint;
  /** How often the document was changed. */
  readonly revision: bigint;
  /** Key of the document, 1 to 250 bytes, without the number of its collection. */
  readonly key: Uint8Array;
  /** The value, as the datatype says. */
  readonly value: Uint8Array;
  /** The version of the document. */
  readonly cas: bigint;
  /** How to read the value: bits of {@linkcode Datatype}; 0 when missing. */
  readonly datatype?: number;
}

/** A document was written. */
export interface DcpMutation extends DcpDocument {
  /** The 32 bits stored with the value. */
  readonly flags: number;
  /** Unix seconds; 0 for never. */
  readonly expiry: number;
  /** Until when it is locked; 0 in practice. */
  readonly lockTime: number;
  /** How recently, or how often, it was used. */
  readonly nru: number;
  /** Further metadata behind the value, of servers up to 5. */
  readonly meta?: Uint8Array;
  /** One more byte, of servers of 6.0 on connections with `COLLECTIONS`: how long the collection's name in the key is. */
  readonly collectionLength?: number;
}

/** A document was deleted. */
export interface DcpDeletion extends DcpDocument {
  /** When it was, in Unix seconds; makes the longer form, for connections with `INCLUDE_DELETE_TIMES`. */
  readonly deleteTime?: number;
  /** Further metadata behind the value, of servers up to 5; not together with `deleteTime`. */
  readonly meta?: Uint8Array;
}

/** A write that waits for other nodes. */
export interface DcpPrepare extends DcpDocument {
  /** The 32 bits stored with the value. */
  readonly flags: number;
  /** Unix seconds; 0 for never. */
  readonly expiry: number;
  /** Until when it is locked; 0 in practice. */
  readonly lockTime: number;
  /** How recently, or how often, it was used. */
  readonly nru: number;
  /** Whether the write is a deletion. */
  readonly deleted: boolean;
  /** How safe it must become: one of {@linkcode DurabilityLevel}. */
  readonly level: number;
}

/** A write that waited was carried out, or was not. */
export interface DcpOutcome {
  /** The seqno of the write that waited. */
  readonly preparedSeqno: bigint;
  /** The seqno of this event. */
  readonly seqno: bigint;
  /** Key of the document, 1 to 250 bytes. */
  readonly key: Uint8Array;
}

/** A seqno and nothing else. */
export interface DcpSeqno {
  /** The seqno. */
  readonly seqno: bigint;
}

/** Changes in any order begin or end. */
export interface DcpOsoSnapshot {
  /** One of {@linkcode OsoFlag}. */
  readonly flags: number;
}

const MUTATION_EXTRAS = 31;
/** With the length of a collection's name. */
const LONG_MUTATION_EXTRAS = 32;
const NMETA_AT = 28;
/** The lengths that extras of a deletion have: with metadata of old servers, as an expiration, with the time of deletion. */
const DELETION_EXTRAS = 18;
const EXPIRATION_EXTRAS = 20;
const TIMED_DELETION_EXTRAS = 21;

const mutation: Body<DcpMutation> = {
  write(out, message) {
    const { collectionLength } = message;
    const at = writeVersions(out, message, collectionLength === undefined ? MUTATION_EXTRAS : LONG_MUTATION_EXTRAS);
    out.view.setUint32(at + 16, message.flags);
    out.view.setUint32(at + 20, message.expiry);
    out.view.setUint32(at + 24, message.lockTime);
    out.view.setUint16(at + NMETA_AT, 0);
    out.view.setUint8(at + 30, message.nru);
    if (collectionLength !== undefined) out.view.setUint8(at + 31, collectionLength);
    writeDocument(out, message);
    if (message.meta !== undefined) out.view.setUint16(at + NMETA_AT, writeMeta(out, message));
  },
  read(frame) {
    const long = frame.extrasLength === LONG_MUTATION_EXTRAS;
    expectDocument(frame, long ? LONG_MUTATION_EXTRAS : MUTATION_EXTRAS);
    const { view, extrasAt: at } = frame;
    const metaLength = view.getUint16(at + NMETA_AT);
    return {
      ...readDocument(frame, metaLength),
      flags: view.getUint32(at + 16),
      expiry: view.getUint32(at + 20),
      lockTime: view.getUint32(at + 24),
      nru: view.getUint8(at + 30),
      ...(long ? { collectionLength: view.getUint8(at + 31) } : {}),
    };
  },
};

const deletion: Body<DcpDeletion> = {
  write(out, message) {
    const { deleteTime } = message;
    const at = writeVersions(out, message, deleteTime === undefined ? DELETION_EXTRAS : TIMED_DELETION_EXTRAS);
    if (deleteTime === undefined) {
      out.view.setUint16(at + 16, 0);
    } else {
      if (message.meta !== undefined) throw new TypeError("Cannot write a deletion with both deleteTime and meta");
      out.view.setUint32(at + 16, deleteTime);
      out.view.setUint8(at + 20, 0);
    }
    writeDocument(out, message);
    if (message.meta !== undefined) out.view.setUint16(at + 16, writeMeta(out, message));
  },
  read: (frame) => readDeletion(frame, TIMED_DELETION_EXTRAS),
};

const expiration: Body<DcpDeletion> = {
  write(out, message) {
    const { deleteTime } = message;
    if (deleteTime === undefined) return deletion.write(out, message);
    const at = writeVersions(out, message, EXPIRATION_EXTRAS);
    out.view.setUint32(at + 16, deleteTime);
    writeDocument(out, message);
  },
  read: (frame) => readDeletion(frame, EXPIRATION_EXTRAS),
};

function readDeletion(frame: Frame, timedExtras: number): DcpDeletion {
  const timed = frame.extrasLength !== DELETION_EXTRAS;
  expectDocument(frame, timed ? timedExtras : DELETION_EXTRAS);
  const { view, extrasAt: at } = frame;
  if (timed) return { ...readDocument(frame, 0), deleteTime: view.getUint32(at + 16) };
  return readDocument(frame, view.getUint16(at + 16));
}

const prepare: Body<DcpPrepare> = {
  write(out, message) {
    const at = writeVersions(out, message, MUTATION_EXTRAS);
    out.view.setUint32(at + 16, message.flags);
    out.view.setUint32(at + 20, message.expiry);
    out.view.setUint32(at + 24, message.lockTime);
    out.view.setUint8(at + 28, message.nru);
    out.view.setUint8(at + 29, message.deleted ? 1 : 0);
    out.view.setUint8(at + 30, message.level);
    writeDocument(out, message);
  },
  read(frame) {
    expectDocument(frame, MUTATION_EXTRAS);
    const { view, extrasAt: at } = frame;
    return {
      ...readDocument(frame, 0),
      flags: view.getUint32(at + 16),
      expiry: view.getUint32(at + 20),
      lockTime: view.getUint32(at + 24),
      nru: view.getUint8(at + 28),
      deleted: view.getUint8(at + 29) !== 0,
      level: view.getUint8(at + 30),
    };
  },
};

/** The beginning of all extras: seqno and revision. Returns where the extras are. */
function writeVersions(out: FrameWriter, message: Outgoing<DcpDocument>, size: number): number {
  const at = out.extras(size);
  out.view.setBigUint64(at, message.seqno);
  out.view.setBigUint64(at + 8, message.revision);
  return at;
}

function writeDocument(out: FrameWriter, message: Outgoing<DcpDocument> & { readonly meta?: unknown }): void {
  out.key(message.key);
  // What stands behind the value has to come behind its bytes, so that these cannot be a segment of their own.
  if (message.meta === undefined) out.value(message.value);
  else out.append(message.value);
  out.cas = message.cas;
  out.datatype = message.datatype ?? 0;
}

function writeMeta(out: FrameWriter, { meta }: { readonly meta?: Uint8Array | string }): number {
  const length = out.append(meta!);
  if (length > 0xffff) throw new RangeError(`Cannot write ${length} bytes of metadata: 65535 are the most`);
  return length;
}

function expectDocument(frame: Frame, extrasLength: number): void {
  expectParts(frame, extrasLength, true, true);
}

function readDocument(frame: Frame, metaLength: number): DcpDocument & { readonly meta?: Uint8Array } {
  const valueLength = frame.valueLength - metaLength;
  if (valueLength < 0) failParts(frame, `a body of ${frame.valueLength} bytes, which ${metaLength} of metadata exceed`);
  const { view, extrasAt: at } = frame;
  return {
    seqno: view.getBigUint64(at),
    revision: view.getBigUint64(at + 8),
    key: frame.key,
    value: new Uint8Array(frame.buffer, frame.valueAt, valueLength),
    cas: frame.cas,
    datatype: frame.datatype,
    ...(metaLength === 0 ? {} : { meta: new Uint8Array(frame.buffer, frame.valueAt + valueLength, metaLength) }),
  };
}

const outcome: Body<DcpOutcome> = {
  write(out, message) {
    const at = out.extras(16);
    out.view.setBigUint64(at, message.preparedSeqno);
    out.view.setBigUint64(at + 8, message.seqno);
    out.key(message.key);
  },
  read(frame) {
    expectParts(frame, 16, true, false);
    expectKey(frame);
    const { view, extrasAt: at } = frame;
    return { preparedSeqno: view.getBigUint64(at), seqno: view.getBigUint64(at + 8), key: frame.key };
  },
};

/** A document was written. */
export const DCP_MUTATION: Op<DcpMutation, Nothing> = {
  name: "dcp-mutation",
  opcode: 0x57,
  request: mutation,
  response: NOTHING,
  idempotent: true,
  inCollection: true,
};

/** A document was deleted, or has expired where expirations are told as deletions. */
export const DCP_DELETION: Op<DcpDeletion, Nothing> = {
  name: "dcp-deletion",
  opcode: 0x58,
  request: deletion,
  response: NOTHING,
  idempotent: true,
  inCollection: true,
};

/** A document has expired. */
export const DCP_EXPIRATION: Op<DcpDeletion, Nothing> = {
  name: "dcp-expiration",
  opcode: 0x59,
  request: expiration,
  response: NOTHING,
  idempotent: true,
  inCollection: true,
};

/** A write waits for other nodes. */
export const DCP_PREPARE: Op<DcpPrepare, Nothing> = {
  name: "dcp-prepare",
  opcode: 0x60,
  request: prepare,
  response: NOTHING,
  idempotent: true,
  inCollection: true,
};

/** A replica has a write that waits; goes from consumer to producer. */
export const DCP_SEQNO_ACKNOWLEDGED: Op<DcpSeqno, Nothing> = {
  name: "dcp-seqno-acknowledged",
  opcode: 0x61,
  request: body({ extras: struct({ seqno: u64 }) }),
  response: NOTHING,
  idempotent: true,
};

/** A write that waited was carried out. */
export const DCP_COMMIT: Op<DcpOutcome, Nothing> = {
  name: "dcp-commit",
  opcode: 0x62,
  request: outcome,
  response: NOTHING,
  idempotent: true,
  inCollection: true,
};

/** A write that waited was given up. */
export const DCP_ABORT: Op<DcpOutcome, Nothing> = {
  name: "dcp-abort",
  opcode: 0x63,
  request: outcome,
  response: NOTHING,
  idempotent: true,
  inCollection: true,
};

/** Nothing up to a seqno is for the consumer. */
export const DCP_SEQNO_ADVANCED: Op<DcpSeqno, Nothing> = {
  name: "dcp-seqno-advanced",
  opcode: 0x64,
  request: body({ extras: struct({ seqno: u64 }) }),
  response: NOTHING,
  idempotent: true,
};

/** Changes in any order begin, or have all come. */
export const DCP_OSO_SNAPSHOT: Op<DcpOsoSnapshot, Nothing> = {
  name: "dcp-oso-snapshot",
  opcode: 0x65,
  request: body({ extras: struct({ flags: u32 }) }),
  response: NOTHING,
  idempotent: true,
};
