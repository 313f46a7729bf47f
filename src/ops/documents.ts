/**
 * Documents beyond memcached: replicas, locks, attributes, random keys, lists of keys.
 */

import { utf8Decode } from "../bytes.ts";
import { UnsupportedError } from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import type { FrameWriter } from "../frame/frame_writer.ts";
import { readListedKey } from "./listed_key.ts";
import { type Body, body, expectParts, failParts, isBare, type Op } from "./op.ts";
import { type GetKeyResponse, type GetResponse, itemResponse, type KeyRequest, keyRequest } from "./retrieval.ts";
import type { MutationResponse } from "./storage.ts";

/** What a read that locks takes. */
export interface LockRequest {
  /** Key of the document, 1 to 250 bytes. */
  readonly key: Uint8Array;
  /** For how many seconds; the server's choice (15) when missing, 0, or over 30. */
  readonly lockTime?: number;
}

/** What an unlock takes. */
export interface UnlockRequest {
  /** Key of the document, 1 to 250 bytes. */
  readonly key: Uint8Array;
  /** The version that the lock gave. */
  readonly cas: bigint;
}

/** What a request for a random document takes. */
export interface RandomKeyRequest {
  /** Which collection; that of the call when missing, if collections were agreed on. */
  readonly collection?: number;
  /** Whether the attributes come before the value; needs collections. */
  readonly includeXattrs?: boolean;
}

/** What a request for keys takes. */
export interface GetKeysRequest {
  /** The first key that may come. */
  readonly key: Uint8Array;
  /** How many at the most; 1000 when missing. */
  readonly count?: number;
}

/** What a request for keys gives. */
export interface GetKeysResponse {
  /** Keys of the collection of the first, in their order. */
  readonly keys: readonly Uint8Array[];
}

/** What the removal of a value from memory gives. */
export interface EvictKeyResponse {
  /** What the server says about it, as text. */
  readonly note: string;
}

const lockRequest: Body<LockRequest> = {
  write(out, message) {
    if (message.lockTime !== undefined) writeU32(out, message.lockTime);
    out.key(message.key);
  },
  read(frame) {
    expectParts(frame, frame.extrasLength === 0 ? 0 : 4, true, false);
    if (frame.extrasLength === 0) return { key: frame.key };
    return { key: frame.key, lockTime: frame.view.getUint32(frame.extrasAt) };
  },
};

const randomRequest: Body<RandomKeyRequest> = {
  write(out, message) {
    const { includeXattrs } = message;
    // Where collections were agreed on, a server takes nothing less.
    const collection = message.collection ?? out.collection;
    if (collection < 0) {
      if (includeXattrs !== undefined) refuseXattrs();
      return;
    }
    const at = out.extras(includeXattrs === undefined ? 4 : 5);
    out.view.setUint32(at, collection);
    if (includeXattrs !== undefined) out.view.setUint8(at + 4, includeXattrs ? 1 : 0);
  },
  read(frame) {
    if (isBare(frame)) return {};
    expectParts(frame, frame.extrasLength === 5 ? 5 : 4, false, false);
    const collection = frame.view.getUint32(frame.extrasAt);
    if (frame.extrasLength === 4) return { collection };
    return { collection, includeXattrs: frame.view.getUint8(frame.extrasAt + 4) !== 0 };
  },
};

function refuseXattrs(): never {
  throw new UnsupportedError("Cannot get-random-key with attributes: collections were not agreed on", { sent: false });
}

const randomResponse: Body<GetKeyResponse> = {
  write(out, message) {
    writeU32(out, message.flags);
    out.key(message.key);
    out.value(message.value);
    out.datatype = message.datatype ?? 0;
    out.cas = message.cas;
  },
  read(frame) {
    expectParts(frame, 4, true, true);
    const flags = frame.view.getUint32(frame.extrasAt);
    return { flags, key: frame.key, value: frame.plainValue, datatype: frame.plainDatatype, cas: frame.cas };
  },
};

const keysRequest: Body<GetKeysRequest> = {
  write(out, message) {
    if (message.count !== undefined) writeU32(out, message.count);
    out.key(message.key);
  },
  read(frame) {
    expectParts(frame, frame.extrasLength === 0 ? 0 : 4, true, false);
    if (frame.extrasLength === 0) return { key: frame.key };
    return { key: frame.key, count: frame.view.getUint32(frame.extrasAt) };
  },
};

const keysResponse: Body<GetKeysResponse> = {
  write(out, message) {
    for (const key of message.keys) {
      const at = out.reserve(2);
      const length = out.documentKey(key);
      out.view.setUint16(at, length);
    }
  },
  read(frame) {
    expectParts(frame, 0, false, true);
    const keys: Uint8Array[] = [];
    const end = frame.valueAt + frame.valueLength;
    let at = frame.valueAt;
    while (at < end) at = readListed(frame, at, end, keys);
    return { keys };
  },
};

function readListed(frame: Frame, at: number, end: number, keys: Uint8Array[]): number {
  if (end - at < 2) failParts(frame, "a list of keys that ends inside a length");
  const length = frame.view.getUint16(at);
  if (end - at - 2 < length) failParts(frame, "a list of keys that ends inside a key");
  keys.push(readListedKey(frame, at + 2, length).key);
  return at + 2 + length;
}

function writeU32(out: FrameWriter, value: number): void {
  const at = out.extras(4);
  out.view.setUint32(at, value);
}

const casOnly: Body<MutationResponse> = body({ cas: true });

/** The server says "Ejected." and the like. */
const evicted: Body<EvictKeyResponse> = {
  write(out, message) {
    out.value(message.note);
  },
  read(frame) {
    expectParts(frame, 0, false, true);
    return { note: utf8Decode(frame.value) };
  },
};

/** Reads a document from a node that holds a replica of it. */
export const GET_REPLICA: Op<KeyRequest, GetResponse> = {
  name: "get-replica",
  opcode: 0x83,
  request: keyRequest,
  response: itemResponse,
  idempotent: true,
  inCollection: true,
};

/** Reads a document and locks it: until it is unlocked or written with the version that this gives. */
export const GET_LOCKED: Op<LockRequest, GetResponse> = {
  name: "get-locked",
  opcode: 0x94,
  request: lockRequest,
  response: itemResponse,
  idempotent: false,
  inCollection: true,
};

/** Unlocks a document. */
export const UNLOCK_KEY: Op<UnlockRequest, MutationResponse> = {
  name: "unlock-key",
  opcode: 0x95,
  request: body({ key: true, cas: true }),
  response: casOnly,
  idempotent: false,
  inCollection: true,
};

/** Drops the value of a document from memory; for tests of servers. */
export const EVICT_KEY: Op<KeyRequest, EvictKeyResponse> = {
  name: "evict-key",
  opcode: 0x93,
  request: keyRequest,
  response: evicted,
  idempotent: true,
  inCollection: true,
};

/** Reads a document with its attributes before the value. */
export const GET_EX: Op<KeyRequest, GetResponse> = {
  name: "get-ex",
  opcode: 0x49,
  request: keyRequest,
  response: itemResponse,
  idempotent: true,
  inCollection: true,
};

/** Reads a document with its attributes before the value, from a replica. */
export const GET_EX_REPLICA: Op<KeyRequest, GetResponse> = {
  name: "get-ex-replica",
  opcode: 0x4a,
  request: keyRequest,
  response: itemResponse,
  idempotent: true,
  inCollection: true,
};

/** Reads any document. */
export const GET_RANDOM_KEY: Op<RandomKeyRequest, GetKeyResponse> = {
  name: "get-random-key",
  opcode: 0xb6,
  request: randomRequest,
  response: randomResponse,
  idempotent: true,
  inCollection: true,
};

/** Lists keys of a vbucket from one on. */
export const GET_KEYS: Op<GetKeysRequest, GetKeysResponse> = {
  name: "get-keys",
  opcode: 0xb8,
  request: keysRequest,
  response: keysResponse,
  idempotent: true,
  inCollection: true,
};
