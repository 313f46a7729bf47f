/**
 * Reading: get and its kin, touch, and get-and-touch.
 */

import type { Frame } from "../frame/frame.ts";
import { struct, u32 } from "../wire/fields.ts";
import { Item } from "./item.ts";
import { type Body, body, expectParts, failParts, isBare, type Op } from "./op.ts";

/** What a plain read takes. */
export interface KeyRequest {
  /** Key of the document, 1 to 250 bytes. */
  readonly key: Uint8Array;
}

/** What a read that changes the expiry takes. */
export interface TouchRequest {
  /** Seconds from now up to 30 days, Unix seconds beyond; 0 for never. */
  readonly expiry: number;
  /** Key of the document, 1 to 250 bytes. */
  readonly key: Uint8Array;
}

/** What a read gives. */
export interface GetResponse {
  /** The value. */
  readonly value: Uint8Array;
  /** The 32 bits stored with it. */
  readonly flags: number;
  /** Its version. */
  readonly cas: bigint;
  /** How to read the value: bits of {@linkcode Datatype}; 0 when missing. */
  readonly datatype?: number;
}

/** What a read gives that repeats the key. */
export interface GetKeyResponse extends GetResponse {
  /** The key that was asked for. */
  readonly key: Uint8Array;
}

/** What a touch gives. */
export interface TouchResponse {
  /** The 32 bits stored with the value; Couchbase does not send them. */
  readonly flags?: number;
  /** The version of the item. */
  readonly cas: bigint;
}

/** Reads the item of a reply to a get. A key, which some servers repeat without having been asked, is left alone. */
export function readItem(frame: Frame): Item {
  if (frame.extrasLength !== 4) failParts(frame, `${frame.extrasLength} bytes of extras, expected 4`);
  return new Item(frame.plainValue, frame.view.getUint32(frame.extrasAt), frame.cas, frame.plainDatatype);
}

/** The body of a request that is a key and nothing else. */
export const keyRequest: Body<KeyRequest> = {
  write(out, message) {
    out.key(message.key);
  },
  read: body({ key: true }).read,
};

/** The body of an answer that is an item. */
export const itemResponse: Body<GetResponse> = {
  write(out, message) {
    const at = out.extras(4);
    out.view.setUint32(at, message.flags);
    out.value(message.value);
    out.cas = message.cas;
    if (message.datatype !== undefined) out.datatype = message.datatype;
  },
  read: readItem,
};

const itemWithKey: Body<GetKeyResponse> = body({ extras: struct({ flags: u32 }), key: true, value: true, cas: true });

const touchRequest: Body<TouchRequest> = body({ extras: struct({ expiry: u32 }), key: true });

const touched: Body<TouchResponse> = {
  write(out, message) {
    if (message.flags !== undefined) {
      const at = out.extras(4);
      out.view.setUint32(at, message.flags);
    }
    out.cas = message.cas;
  },
  read(frame) {
    if (isBare(frame)) return { cas: frame.cas };
    expectParts(frame, 4, false, false);
    return { flags: frame.view.getUint32(frame.extrasAt), cas: frame.cas };
  },
};

/** Reads a document. */
export const GET: Op<KeyRequest, GetResponse> = {
  name: "get",
  opcode: 0x00,
  quiet: { opcode: 0x09, silentOn: "miss" },
  request: keyRequest,
  response: itemResponse,
  idempotent: true,
  inCollection: true,
};

/** Reads a document; the answer repeats the key. */
export const GETK: Op<KeyRequest, GetKeyResponse> = {
  name: "getk",
  opcode: 0x0c,
  quiet: { opcode: 0x0d, silentOn: "miss" },
  request: keyRequest,
  response: itemWithKey,
  idempotent: true,
  inCollection: true,
  echoesKey: true,
};

/** Changes the expiry of a document. */
export const TOUCH: Op<TouchRequest, TouchResponse> = {
  name: "touch",
  opcode: 0x1c,
  request: touchRequest,
  response: touched,
  idempotent: true,
  inCollection: true,
  durable: true,
};

/** Reads a document and changes its expiry. */
export const GAT: Op<TouchRequest, GetResponse> = {
  name: "gat",
  opcode: 0x1d,
  quiet: { opcode: 0x1e, silentOn: "miss" },
  request: touchRequest,
  response: itemResponse,
  idempotent: true,
  inCollection: true,
  durable: true,
};

/** Reads a document and changes its expiry; the answer repeats the key. memcached.org only: Couchbase uses the number otherwise. */
export const GATK: Op<TouchRequest, GetKeyResponse> = {
  name: "gatk",
  opcode: 0x23,
  quiet: { opcode: 0x24, silentOn: "miss" },
  request: touchRequest,
  response: itemWithKey,
  idempotent: true,
  inCollection: true,
  echoesKey: true,
};
