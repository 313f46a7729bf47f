/**
 * Documents with their metadata, as replication between clusters writes and reads them.
 */

import type { Bytes, FrameWriter } from "../frame/frame_writer.ts";
import { struct, u32, u64 } from "../wire/fields.ts";
import { type Body, body, expectKey, expectParts, failParts, type Op } from "./op.ts";
import { type MutationResponse, mutationResponse } from "./storage.ts";

/** Bits that say how a write with metadata is decided. */
export const MetaOption = {
  /** Writes even where metadata is not expected. */
  FORCE_WITH_META: 0x01,
  /** Lets the later write win; for buckets that resolve conflicts so. */
  FORCE_ACCEPT: 0x02,
  /** Makes a new version instead of taking the given one. */
  REGENERATE_CAS: 0x04,
  /** Writes without asking who wins. */
  SKIP_CONFLICT_RESOLUTION: 0x08,
  /** The deletion is an expiration. */
  IS_EXPIRATION: 0x10,
} as const;

/** What a read of metadata takes. */
export interface GetMetaRequest {
  /** Key of the document, 1 to 250 bytes. */
  readonly key: Uint8Array;
  /** 2 asks for the datatype too; 1 is of old servers and means something else. */
  readonly version?: number;
}

/** The metadata of a document, or of its tombstone. */
export interface GetMetaResponse {
  /** Whether it is a tombstone. */
  readonly deleted: boolean;
  /** The 32 bits stored with the value. */
  readonly flags: number;
  /** Unix seconds; 0 for never. */
  readonly expiry: number;
  /** How often it was changed. */
  readonly revision: bigint;
  /** Its version. */
  readonly cas: bigint;
  /** How to read the value, when it was asked for. */
  readonly datatype?: number;
}

/** What a write with metadata takes. */
export interface WithMetaRequest {
  /** Key of the document, 1 to 250 bytes. */
  readonly key: Uint8Array;
  /** The value; empty in a deletion. */
  readonly value: Uint8Array;
  /** 32 bits to keep with the value. */
  readonly flags: number;
  /** Unix seconds; 0 for never. */
  readonly expiry: number;
  /** How often it was changed elsewhere. */
  readonly revision: bigint;
  /** The version that it gets. */
  readonly newCas: bigint;
  /** Only over this version; 0 or nothing for whatever version. */
  readonly cas?: bigint;
  /** Bits of {@linkcode MetaOption}. */
  readonly options?: number;
  /** Further metadata, behind the value; at most 65,535 bytes. */
  readonly extendedMeta?: Uint8Array;
  /** How to read the value. */
  readonly datatype?: number;
}

const getMetaRequest: Body<GetMetaRequest> = {
  write(out, message) {
    if (message.version !== undefined) {
      const at = out.extras(1);
      out.view.setUint8(at, message.version);
    }
    out.key(message.key);
  },
  read(frame) {
    expectParts(frame, frame.extrasLength === 0 ? 0 : 1, true, false);
    if (frame.extrasLength === 0) return { key: frame.key };
    return { key: frame.key, version: frame.view.getUint8(frame.extrasAt) };
  },
};

const getMetaResponse: Body<GetMetaResponse> = {
  write(out, message) {
    const at = out.extras(message.datatype === undefined ? 20 : 21);
    out.view.setUint32(at, message.deleted ? 1 : 0);
    out.view.setUint32(at + 4, message.flags);
    out.view.setUint32(at + 8, message.expiry);
    out.view.setBigUint64(at + 12, message.revision);
    if (message.datatype !== undefined) out.view.setUint8(at + 20, message.datatype);
    out.cas = message.cas;
  },
  read(frame) {
    expectParts(frame, frame.extrasLength === 21 ? 21 : 20, false, false);
    const at = frame.extrasAt;
    const meta = {
      deleted: (frame.view.getUint32(at) & 1) === 1,
      flags: frame.view.getUint32(at + 4),
      expiry: frame.view.getUint32(at + 8),
      revision: frame.view.getBigUint64(at + 12),
      cas: frame.cas,
    };
    return frame.extrasLength === 21 ? { ...meta, datatype: frame.view.getUint8(at + 20) } : meta;
  },
};

const EXTRAS_SIZES: readonly number[] = [24, 26, 28, 30];

/** 24 bytes, then the options (4) if there are any, then the length of the extended metadata (2) if there is any. */
const withMetaRequest: Body<WithMetaRequest> = {
  write(out, message) {
    const { options, extendedMeta } = message;
    const at = out.extras(24 + (options === undefined ? 0 : 4) + (extendedMeta === undefined ? 0 : 2));
    out.view.setUint32(at, message.flags);
    out.view.setUint32(at + 4, message.expiry);
    out.view.setBigUint64(at + 8, message.revision);
    out.view.setBigUint64(at + 16, message.newCas);
    if (options !== undefined) out.view.setUint32(at + 24, options);
    const lengthAt = at + (options === undefined ? 24 : 28);
    out.key(message.key);
    if (extendedMeta === undefined) out.value(message.value);
    else writeWithMeta(out, message.value, extendedMeta, lengthAt);
    if (message.cas !== undefined) out.cas = message.cas;
    if (message.datatype !== undefined) out.datatype = message.datatype;
  },
  read(frame) {
    const { extrasLength, view, extrasAt: at } = frame;
    if (!EXTRAS_SIZES.includes(extrasLength)) {
      failParts(frame, `${extrasLength} bytes of extras, expected ${EXTRAS_SIZES.join(", ")}`);
    }
    expectKey(frame);
    const hasOptions = extrasLength >= 28;
    const hasMeta = extrasLength % 4 === 2;
    const metaLength = hasMeta ? view.getUint16(at + extrasLength - 2) : 0;
    const valueLength = frame.valueLength - metaLength;
    if (valueLength < 0) failParts(frame, `extended metadata of ${metaLength} bytes in ${frame.valueLength} of value`);
    return {
      key: frame.key,
      value: new Uint8Array(frame.buffer, frame.valueAt, valueLength),
      flags: view.getUint32(at),
      expiry: view.getUint32(at + 4),
      revision: view.getBigUint64(at + 8),
      newCas: view.getBigUint64(at + 16),
      cas: frame.cas,
      datatype: frame.datatype,
      ...(hasOptions ? { options: view.getUint32(at + 24) } : {}),
      ...(hasMeta ? { extendedMeta: new Uint8Array(frame.buffer, frame.valueAt + valueLength, metaLength) } : {}),
    };
  },
};

function writeWithMeta(out: FrameWriter, value: Bytes, extendedMeta: Bytes, lengthAt: number): void {
  out.append(value);
  const length = out.append(extendedMeta);
  if (length > 0xffff) throw new RangeError(`Cannot write ${length} bytes of extended metadata: 65535 are the most`);
  out.view.setUint16(lengthAt, length);
}

/** Reads the metadata of a document, tombstones too. */
export const GET_META: Op<GetMetaRequest, GetMetaResponse> = {
  name: "get-meta",
  opcode: 0xa0,
  quiet: { opcode: 0xa1, silentOn: "miss", name: "getq-meta" },
  request: getMetaRequest,
  response: getMetaResponse,
  idempotent: true,
  inCollection: true,
};

/** Writes a document with its metadata. */
export const SET_WITH_META: Op<WithMetaRequest, MutationResponse> = {
  name: "set-with-meta",
  opcode: 0xa2,
  quiet: { opcode: 0xa3, silentOn: "success", name: "setq-with-meta" },
  request: withMetaRequest,
  response: mutationResponse,
  idempotent: false,
  inCollection: true,
};

/** Writes a document that must not exist, with its metadata. */
export const ADD_WITH_META: Op<WithMetaRequest, MutationResponse> = {
  name: "add-with-meta",
  opcode: 0xa4,
  quiet: { opcode: 0xa5, silentOn: "success", name: "addq-with-meta" },
  request: withMetaRequest,
  response: mutationResponse,
  idempotent: false,
  inCollection: true,
};

/** Deletes a document with its metadata. */
export const DEL_WITH_META: Op<WithMetaRequest, MutationResponse> = {
  name: "del-with-meta",
  opcode: 0xa8,
  quiet: { opcode: 0xa9, silentOn: "success", name: "delq-with-meta" },
  request: withMetaRequest,
  response: mutationResponse,
  idempotent: false,
  inCollection: true,
};

/** What a write that gives its metadata takes. */
export interface ReturnMetaRequest {
  /** What to do: 1 set, 2 add, 3 delete. */
  readonly type: number;
  /** Key of the document, 1 to 250 bytes. */
  readonly key: Uint8Array;
  /** The new value; empty in a deletion. */
  readonly value: Uint8Array;
  /** 32 bits to keep with the value. */
  readonly flags: number;
  /** Seconds from now up to 30 days, Unix seconds beyond; 0 for never. */
  readonly expiry: number;
  /** Only over this version; 0 or nothing for whatever version. */
  readonly cas?: bigint;
}

/** The metadata that a write gave a document. */
export interface ReturnMetaResponse {
  /** The 32 bits stored with the value. */
  readonly flags: number;
  /** Unix seconds; 0 for never. */
  readonly expiry: number;
  /** How often it was changed. */
  readonly revision: bigint;
  /** Its version. */
  readonly cas: bigint;
}

/** Writes a document and gives the metadata that it has then. */
export const RETURN_META: Op<ReturnMetaRequest, ReturnMetaResponse> = {
  name: "return-meta",
  opcode: 0xb2,
  request: body({ extras: struct({ type: u32, flags: u32, expiry: u32 }), key: true, value: true, cas: true }),
  response: body({ extras: struct({ flags: u32, expiry: u32, revision: u64 }), cas: true }),
  idempotent: false,
  inCollection: true,
};

/** What a write takes that finds its metadata behind the value. */
export interface MutateWithMetaRequest {
  /** Key of the document, 1 to 250 bytes. */
  readonly key: Uint8Array;
  /** The value, behind its attributes if it has any; empty in a deletion. */
  readonly value: Uint8Array;
  /**
   * What to do and the metadata, as JSON text: `command` is `add`, `set` or `delete`; then `cas`, `expiration`, `flags`, `rev_seqno`,
   * `options`, and `cas_offsets` and `seqno_offsets` for places in the attributes that get what the server made up.
   */
  readonly meta: Uint8Array;
  /** Only over this version; 0 or nothing for whatever version. */
  readonly cas?: bigint;
  /** How to read the value. */
  readonly datatype?: number;
}

/** Extras: the length of the JSON behind the value, u32. */
const mutateRequest: Body<MutateWithMetaRequest> = {
  write(out, message) {
    const at = out.extras(4);
    out.key(message.key);
    out.append(message.value);
    const length = out.append(message.meta);
    out.view.setUint32(at, length);
    if (message.cas !== undefined) out.cas = message.cas;
    if (message.datatype !== undefined) out.datatype = message.datatype;
  },
  read(frame) {
    expectParts(frame, 4, true, true);
    const metaLength = frame.view.getUint32(frame.extrasAt);
    const valueLength = frame.valueLength - metaLength;
    if (valueLength < 0) failParts(frame, `metadata of ${metaLength} bytes in ${frame.valueLength} of value`);
    return {
      key: frame.key,
      value: new Uint8Array(frame.buffer, frame.valueAt, valueLength),
      meta: new Uint8Array(frame.buffer, frame.valueAt + valueLength, metaLength),
      cas: frame.cas,
      datatype: frame.datatype,
    };
  },
};

/** Adds, sets or deletes a document with its metadata; from Couchbase 8 on. */
export const MUTATE_WITH_META: Op<MutateWithMetaRequest, MutationResponse> = {
  name: "mutate-with-meta",
  opcode: 0x4b,
  request: mutateRequest,
  response: mutationResponse,
  idempotent: false,
  inCollection: true,
};
