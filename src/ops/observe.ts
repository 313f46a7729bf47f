/**
 * How far a write has come: persisted here, known there.
 */

import type { Frame } from "../frame/frame.ts";
import type { FrameWriter } from "../frame/frame_writer.ts";
import { readListedKey } from "./listed_key.ts";
import { type Body, body, expectParts, failParts, isBare, NOTHING, type Nothing, type Op } from "./op.ts";
import { struct, u64 } from "../wire/fields.ts";

/** What OBSERVE says of a key. */
export const ObservedState = {
  /** It is in memory and not yet on disk. */
  NOT_PERSISTED: 0x00,
  /** It is on disk. */
  PERSISTED: 0x01,
  /** There is no such key. */
  NOT_FOUND: 0x80,
  /** It is deleted, and the deletion is not yet on disk. */
  LOGICALLY_DELETED: 0x81,
} as const;

/** A key and where it is. */
export interface ObservedKey {
  /** Its vbucket. */
  readonly vbucket: number;
  /** The key, 1 to 250 bytes. */
  readonly key: Uint8Array;
  /** Its collection; that of the call when missing. Only where collections were agreed on. */
  readonly collection?: number;
}

/** What OBSERVE takes. */
export interface ObserveRequest {
  /** The keys. */
  readonly keys: readonly ObservedKey[];
}

/** What OBSERVE says of one key. */
export interface ObservedResult extends ObservedKey {
  /** One of {@linkcode ObservedState}. */
  readonly state: number;
  /** The version that the node has. */
  readonly cas: bigint;
}

/** What OBSERVE gives. */
export interface ObserveResponse {
  /** One for each key, in the order they were asked. */
  readonly results: readonly ObservedResult[];
  /** How long it takes on average until a write is on disk, in milliseconds; a hint of old servers. */
  readonly persistTime: number;
  /** How long it takes on average until a write is on the replicas, in milliseconds; a hint of old servers. */
  readonly replicateTime: number;
}

/** What OBSERVE_SEQNO takes. */
export interface ObserveSeqnoRequest {
  /** The history that is meant. */
  readonly vbuuid: bigint;
}

/** What OBSERVE_SEQNO gives. */
export interface ObserveSeqnoResponse {
  /** The vbucket. */
  readonly vbucket: number;
  /** The history that it is in now. */
  readonly vbuuid: bigint;
  /** The last write on disk. */
  readonly persistedSeqno: bigint;
  /** The last write in memory. */
  readonly currentSeqno: bigint;
  /** Only where the vbucket has failed over since: the history that was asked for, and the last write taken over from it. */
  readonly failover?: { readonly oldVbuuid: bigint; readonly lastSeqno: bigint };
}

/** What a request for all seqnos takes. */
export interface AllSeqnosRequest {
  /** 1 active, 2 replica, 3 pending, 4 dead; all that are alive when missing or 0. */
  readonly state?: number;
  /** The seqnos of one collection; needs collections. */
  readonly collection?: number;
}

/** What a request for all seqnos gives. */
export interface AllSeqnosResponse {
  /** The last write of each vbucket. */
  readonly seqnos: ReadonlyMap<number, bigint>;
}

const observeRequest: Body<ObserveRequest> = {
  write(out, message) {
    for (const key of message.keys) writeKey(out, key);
  },
  read(frame) {
    expectParts(frame, 0, false, true);
    const keys: ObservedKey[] = [];
    forEachKey(frame, 0, (key) => keys.push(key));
    return { keys };
  },
};

const observeResponse: Body<ObserveResponse> = {
  write(out, message) {
    for (const result of message.results) {
      writeKey(out, result);
      const at = out.reserve(9);
      out.view.setUint8(at, result.state);
      out.view.setBigUint64(at + 1, result.cas);
    }
    out.cas = (BigInt(message.persistTime) << 32n) | BigInt(message.replicateTime);
  },
  read(frame) {
    expectParts(frame, 0, false, true);
    const results: ObservedResult[] = [];
    forEachKey(frame, 9, (key, at) => {
      results.push({ ...key, state: frame.view.getUint8(at), cas: frame.view.getBigUint64(at + 1) });
    });
    const { view, start } = frame;
    return { results, persistTime: view.getUint32(start + 16), replicateTime: view.getUint32(start + 20) };
  },
};

function writeKey(out: FrameWriter, { vbucket, key, collection }: ObservedKey): void {
  const at = out.reserve(4);
  const length = out.documentKey(key, collection);
  // Behind the call, since the slab may move.
  out.view.setUint16(at, vbucket);
  out.view.setUint16(at + 2, length);
}

/** Walks over `vbucket u16, length u16, key` and so many bytes behind each. */
function forEachKey(frame: Frame, behind: number, visit: (key: ObservedKey, at: number) => void): void {
  const end = frame.valueAt + frame.valueLength;
  let at = frame.valueAt;
  while (at < end) {
    if (end - at < 4) failParts(frame, "a list of keys that ends inside a length");
    const vbucket = frame.view.getUint16(at);
    const length = frame.view.getUint16(at + 2);
    if (end - at - 4 < length + behind) failParts(frame, "a list of keys that ends inside a key");
    visit({ vbucket, ...readListedKey(frame, at + 4, length) }, at + 4 + length);
    at += 4 + length + behind;
  }
}

const seqnoRequest: Body<ObserveSeqnoRequest> = {
  write(out, message) {
    const at = out.reserve(8);
    out.view.setBigUint64(at, message.vbuuid);
  },
  read(frame) {
    expectParts(frame, 0, false, true);
    if (frame.valueLength !== 8) failParts(frame, `a value of ${frame.valueLength} bytes, expected 8`);
    return { vbuuid: frame.view.getBigUint64(frame.valueAt) };
  },
};

/** Format 0 has 27 bytes; format 1, after a failover, has 43. */
const seqnoResponse: Body<ObserveSeqnoResponse> = {
  write(out, message) {
    const { failover } = message;
    const at = out.reserve(failover === undefined ? 27 : 43);
    out.view.setUint8(at, failover === undefined ? 0 : 1);
    out.view.setUint16(at + 1, message.vbucket);
    out.view.setBigUint64(at + 3, message.vbuuid);
    out.view.setBigUint64(at + 11, message.persistedSeqno);
    out.view.setBigUint64(at + 19, message.currentSeqno);
    if (failover === undefined) return;
    out.view.setBigUint64(at + 27, failover.oldVbuuid);
    out.view.setBigUint64(at + 35, failover.lastSeqno);
  },
  read(frame) {
    expectParts(frame, 0, false, true);
    const { view, valueAt: at, valueLength } = frame;
    const format = valueLength === 0 ? -1 : view.getUint8(at);
    if (valueLength !== (format === 1 ? 43 : 27) || format > 1) {
      failParts(frame, `a value of ${valueLength} bytes in format ${format}`);
    }
    const seqnos = {
      vbucket: view.getUint16(at + 1),
      vbuuid: view.getBigUint64(at + 3),
      persistedSeqno: view.getBigUint64(at + 11),
      currentSeqno: view.getBigUint64(at + 19),
    };
    if (format === 0) return seqnos;
    return {
      ...seqnos,
      failover: { oldVbuuid: view.getBigUint64(at + 27), lastSeqno: view.getBigUint64(at + 35) },
    };
  },
};

const allSeqnosRequest: Body<AllSeqnosRequest> = {
  write(out, message) {
    const { state, collection } = message;
    if (state === undefined && collection === undefined) return;
    const at = out.extras(collection === undefined ? 4 : 8);
    out.view.setUint32(at, state ?? 0);
    if (collection !== undefined) out.view.setUint32(at + 4, collection);
  },
  read(frame) {
    if (isBare(frame)) return {};
    expectParts(frame, frame.extrasLength === 8 ? 8 : 4, false, false);
    const state = frame.view.getUint32(frame.extrasAt);
    return frame.extrasLength === 4 ? { state } : { state, collection: frame.view.getUint32(frame.extrasAt + 4) };
  },
};

const allSeqnosResponse: Body<AllSeqnosResponse> = {
  write(out, message) {
    for (const [vbucket, seqno] of message.seqnos) {
      const at = out.reserve(10);
      out.view.setUint16(at, vbucket);
      out.view.setBigUint64(at + 2, seqno);
    }
  },
  read(frame) {
    expectParts(frame, 0, false, true);
    if (frame.valueLength % 10 !== 0) {
      failParts(frame, `a value of ${frame.valueLength} bytes, expected a multiple of 10`);
    }
    const seqnos = new Map<number, bigint>();
    const end = frame.valueAt + frame.valueLength;
    for (let at = frame.valueAt; at < end; at += 10) {
      seqnos.set(frame.view.getUint16(at), frame.view.getBigUint64(at + 2));
    }
    return { seqnos };
  },
};

/** Asks a node how far writes of some keys have come there. */
export const OBSERVE: Op<ObserveRequest, ObserveResponse> = {
  name: "observe",
  opcode: 0x92,
  request: observeRequest,
  response: observeResponse,
  idempotent: true,
  inCollection: true,
};

/** Asks a node how far it is in a history of a vbucket. */
export const OBSERVE_SEQNO: Op<ObserveSeqnoRequest, ObserveSeqnoResponse> = {
  name: "observe-seqno",
  opcode: 0x91,
  request: seqnoRequest,
  response: seqnoResponse,
  idempotent: true,
};

/** Asks for the last write of every vbucket. */
export const GET_ALL_VB_SEQNOS: Op<AllSeqnosRequest, AllSeqnosResponse> = {
  name: "get-all-vb-seqnos",
  opcode: 0x48,
  request: allSeqnosRequest,
  response: allSeqnosResponse,
  idempotent: true,
};

/** What a wait for persistence takes. */
export interface SeqnoPersistenceRequest {
  /** The write that must be on disk. */
  readonly seqno: bigint;
}

/** Is answered when a write is on disk. */
export const SEQNO_PERSISTENCE: Op<SeqnoPersistenceRequest, Nothing> = {
  name: "seqno-persistence",
  opcode: 0xb7,
  request: body({ extras: struct({ seqno: u64 }) }),
  response: NOTHING,
  idempotent: true,
};
