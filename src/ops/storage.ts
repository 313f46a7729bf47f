/**
 * Writing: set and its kin, append, prepend, delete.
 */

import type { Frame } from "../frame/frame.ts";
import type { FrameWriter } from "../frame/frame_writer.ts";
import { struct, u32 } from "../wire/fields.ts";
import { type Body, body, expectParts, failParts, isBare, type Op } from "./op.ts";

/** What a write of a whole document takes. */
export interface StoreRequest {
  /** Key of the document, 1 to 250 bytes. */
  readonly key: Uint8Array;
  /** The new value. */
  readonly value: Uint8Array;
  /** 32 bits to keep with the value. */
  readonly flags: number;
  /** Seconds from now up to 30 days, Unix seconds beyond; 0 for never. */
  readonly expiry: number;
  /** Only if the document still has this version; 0 or nothing for whatever version. */
  readonly cas?: bigint;
  /** How to read the value: bits of {@linkcode Datatype}; 0 when missing. */
  readonly datatype?: number;
}

/** What a write that lengthens a document takes. */
export interface ConcatRequest {
  /** Key of the document, 1 to 250 bytes. */
  readonly key: Uint8Array;
  /** The bytes to add. */
  readonly value: Uint8Array;
  /** Only if the document still has this version; 0 or nothing for whatever version. */
  readonly cas?: bigint;
}

/** What a delete takes. */
export interface DeleteRequest {
  /** Key of the document, 1 to 250 bytes. */
  readonly key: Uint8Array;
  /** Only if the document still has this version; 0 or nothing for whatever version. */
  readonly cas?: bigint;
}

/** Where a write stands in the history of its vbucket. */
export interface MutationToken {
  /** Which history. */
  readonly vbuuid: bigint;
  /** The place in it. */
  readonly seqno: bigint;
}

/** What a write gives. */
export interface MutationResponse {
  /** The new version of the document; 0 after a delete in memcached. */
  readonly cas: bigint;
  /** From Couchbase, when it was asked for at the start. */
  readonly token?: MutationToken;
}

const TOKEN_SIZE = 16;

/** Writes the extras of an answer to a write: a token, or nothing. */
export function writeToken(out: FrameWriter, token: MutationToken | undefined): void {
  if (token === undefined) return;
  const at = out.extras(TOKEN_SIZE);
  out.view.setBigUint64(at, token.vbuuid);
  out.view.setBigUint64(at + 8, token.seqno);
}

/** Reads the extras of an answer to a write. */
export function readToken(frame: Frame): MutationToken | undefined {
  if (frame.extrasLength === 0) return undefined;
  if (frame.extrasLength !== TOKEN_SIZE) failParts(frame, `${frame.extrasLength} bytes of extras, expected 0 or 16`);
  const at = frame.extrasAt;
  return { vbuuid: frame.view.getBigUint64(at), seqno: frame.view.getBigUint64(at + 8) };
}

const storeLayout: Body<StoreRequest> = body({
  extras: struct({ flags: u32, expiry: u32 }),
  key: true,
  value: true,
  cas: true,
});

const storeRequest: Body<StoreRequest> = {
  // By hand, since this and the read of a key are what a client does all day.
  write(out, message) {
    const at = out.extras(8);
    out.view.setUint32(at, message.flags);
    out.view.setUint32(at + 4, message.expiry);
    out.key(message.key);
    out.value(message.value);
    if (message.cas !== undefined) out.cas = message.cas;
    if (message.datatype !== undefined) out.datatype = message.datatype;
  },
  read: (frame) => ({ ...storeLayout.read(frame), datatype: frame.datatype }),
};

const concatRequest: Body<ConcatRequest> = body({ key: true, value: true, cas: true });

const deleteRequest: Body<DeleteRequest> = body({ key: true, cas: true });

/** The body of the answer to a write. */
export const mutationResponse: Body<MutationResponse> = {
  write(out, message) {
    writeToken(out, message.token);
    out.cas = message.cas;
  },
  read(frame) {
    if (isBare(frame)) return { cas: frame.cas };
    const token = readToken(frame);
    expectParts(frame, frame.extrasLength, false, false);
    return token === undefined ? { cas: frame.cas } : { cas: frame.cas, token };
  },
};

/** Writes a document, whether it exists or not. */
export const SET: Op<StoreRequest, MutationResponse> = {
  name: "set",
  opcode: 0x01,
  quiet: { opcode: 0x11, silentOn: "success" },
  request: storeRequest,
  response: mutationResponse,
  idempotent: false,
  inCollection: true,
  durable: true,
  preservesExpiry: true,
};

/** Writes a document that must not exist. */
export const ADD: Op<StoreRequest, MutationResponse> = {
  name: "add",
  opcode: 0x02,
  quiet: { opcode: 0x12, silentOn: "success" },
  request: storeRequest,
  response: mutationResponse,
  idempotent: false,
  inCollection: true,
  durable: true,
};

/** Writes a document that must exist. */
export const REPLACE: Op<StoreRequest, MutationResponse> = {
  name: "replace",
  opcode: 0x03,
  quiet: { opcode: 0x13, silentOn: "success" },
  request: storeRequest,
  response: mutationResponse,
  idempotent: false,
  inCollection: true,
  durable: true,
  preservesExpiry: true,
};

/** Removes a document. */
export const DELETE: Op<DeleteRequest, MutationResponse> = {
  name: "delete",
  opcode: 0x04,
  quiet: { opcode: 0x14, silentOn: "success" },
  request: deleteRequest,
  response: mutationResponse,
  idempotent: false,
  inCollection: true,
  durable: true,
};

/** Adds bytes behind the value of a document. */
export const APPEND: Op<ConcatRequest, MutationResponse> = {
  name: "append",
  opcode: 0x0e,
  quiet: { opcode: 0x19, silentOn: "success" },
  request: concatRequest,
  response: mutationResponse,
  idempotent: false,
  inCollection: true,
  durable: true,
  preservesExpiry: true,
};

/** Adds bytes before the value of a document. */
export const PREPEND: Op<ConcatRequest, MutationResponse> = {
  name: "prepend",
  opcode: 0x0f,
  quiet: { opcode: 0x1a, silentOn: "success" },
  request: concatRequest,
  response: mutationResponse,
  idempotent: false,
  inCollection: true,
  durable: true,
  preservesExpiry: true,
};
