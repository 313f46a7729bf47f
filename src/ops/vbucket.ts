/**
 * The parts that a bucket's keys are spread over.
 */

import { utf8Decode } from "../bytes.ts";
import type { Frame } from "../frame/frame.ts";
import { Datatype } from "../wire/datatype.ts";
import { type Body, expectParts, failParts, NOTHING, type Nothing, type Op } from "./op.ts";

/** What a vbucket is on a node. */
export const VbucketState = {
  /** It takes reads and writes. */
  ACTIVE: 1,
  /** It follows another node. */
  REPLICA: 2,
  /** It is about to become active. */
  PENDING: 3,
  /** It is of no more use. */
  DEAD: 4,
} as const;

/** What a change of a vbucket's state takes. */
export interface SetVbucketRequest {
  /** One of {@linkcode VbucketState}. */
  readonly state: number;
  /** What replication needs to know, as JSON text; nothing when missing. Servers before 6.5 take none. */
  readonly json?: string;
  /** Servers before 6.5 take the state in four bytes: where it goes. */
  readonly legacy?: "extras" | "value";
}

/** What a request for a vbucket's state gives. */
export interface GetVbucketResponse {
  /** One of {@linkcode VbucketState}. */
  readonly state: number;
}

/** What a removal of a vbucket takes. */
export interface DeleteVbucketRequest {
  /** `async=0` to be answered when it is done. */
  readonly options?: string;
}

/** One history of a vbucket and where it began. */
export interface FailoverEntry {
  /** Names the history. */
  readonly vbuuid: bigint;
  /** The last write before it. */
  readonly seqno: bigint;
}

/** The histories of a vbucket, the newest first. */
export interface FailoverLogResponse {
  /** One for each failover, and one for the beginning. */
  readonly entries: readonly FailoverEntry[];
}

const setRequest: Body<SetVbucketRequest> = {
  write(out, message) {
    const { state, json, legacy } = message;
    if (legacy !== undefined) {
      if (json !== undefined) throw new TypeError("Cannot write set-vbucket: the legacy form has no room for JSON");
      const at = legacy === "extras" ? out.extras(4) : out.reserve(4);
      out.view.setUint32(at, state);
      return;
    }
    const at = out.extras(1);
    out.view.setUint8(at, state);
    if (json === undefined) return;
    out.datatype = Datatype.JSON;
    out.value(json);
  },
  read(frame) {
    const legacy = readLegacyState(frame);
    if (legacy !== undefined) return legacy;
    expectParts(frame, 1, false, true);
    const state = frame.view.getUint8(frame.extrasAt);
    return frame.valueLength === 0 ? { state } : { state, json: utf8Decode(frame.value) };
  },
};

function readLegacyState(frame: Frame): SetVbucketRequest | undefined {
  const { extrasLength, keyLength, valueLength, view } = frame;
  if (keyLength > 0 || extrasLength + valueLength !== 4) return undefined;
  if (extrasLength === 4) return { state: view.getUint32(frame.extrasAt), legacy: "extras" };
  return extrasLength === 0 ? { state: view.getUint32(frame.valueAt), legacy: "value" } : undefined;
}

/** Servers do not look at a key. */
const getRequest: Body<Nothing> = {
  write() {},
  read(frame) {
    expectParts(frame, 0, frame.keyLength > 0, false);
    return {};
  },
};

const stateResponse: Body<GetVbucketResponse> = {
  write(out, message) {
    const at = out.reserve(4);
    out.view.setUint32(at, message.state);
  },
  read(frame) {
    expectParts(frame, 0, false, true);
    if (frame.valueLength !== 4) failParts(frame, `a value of ${frame.valueLength} bytes, expected 4`);
    return { state: frame.view.getUint32(frame.valueAt) };
  },
};

const deleteRequest: Body<DeleteVbucketRequest> = {
  write(out, message) {
    if (message.options !== undefined) out.value(message.options);
  },
  read(frame) {
    expectParts(frame, 0, false, true);
    return frame.valueLength === 0 ? {} : { options: utf8Decode(frame.value) };
  },
};

/** The body of every answer that is a failover log. */
export const failoverLogResponse: Body<FailoverLogResponse> = {
  write(out, message) {
    for (const { vbuuid, seqno } of message.entries) {
      const at = out.reserve(16);
      out.view.setBigUint64(at, vbuuid);
      out.view.setBigUint64(at + 8, seqno);
    }
  },
  read(frame) {
    expectParts(frame, 0, false, true);
    if (frame.valueLength % 16 !== 0) {
      failParts(frame, `a value of ${frame.valueLength} bytes, expected a multiple of 16`);
    }
    const entries: FailoverEntry[] = [];
    const end = frame.valueAt + frame.valueLength;
    for (let at = frame.valueAt; at < end; at += 16) {
      entries.push({ vbuuid: frame.view.getBigUint64(at), seqno: frame.view.getBigUint64(at + 8) });
    }
    return { entries };
  },
};

/** Changes the state of a vbucket. */
export const SET_VBUCKET: Op<SetVbucketRequest, Nothing> = {
  name: "set-vbucket",
  opcode: 0x3d,
  request: setRequest,
  response: NOTHING,
  idempotent: true,
};

/** Asks for the state of a vbucket. */
export const GET_VBUCKET: Op<Nothing, GetVbucketResponse> = {
  name: "get-vbucket",
  opcode: 0x3e,
  request: getRequest,
  response: stateResponse,
  idempotent: true,
};

/** Removes a vbucket. */
export const DEL_VBUCKET: Op<DeleteVbucketRequest, Nothing> = {
  name: "del-vbucket",
  opcode: 0x3f,
  request: deleteRequest,
  response: NOTHING,
  idempotent: true,
};

/** Asks for the histories of a vbucket. */
export const GET_FAILOVER_LOG: Op<Nothing, FailoverLogResponse> = {
  name: "get-failover-log",
  opcode: 0x96,
  request: NOTHING,
  response: failoverLogResponse,
  idempotent: true,
};
