/**
 * DCP: the messages by which streams begin and end.
 */

import { utf8Decode } from "../bytes.ts";
import type { Frame } from "../frame/frame.ts";
import { struct, u32 } from "../wire/fields.ts";
import { Status } from "../wire/status.ts";
import { type Body, body, expectParts, failParts, NOTHING, type Nothing, type Op } from "./op.ts";
import { type FailoverEntry, type FailoverLogResponse, failoverLogResponse } from "./vbucket.ts";

/** What a request for a stream takes. */
export interface DcpStreamRequest {
  /** Bits of {@linkcode DcpStreamFlag}. */
  readonly flags: number;
  /** The last seqno that the consumer has; what follows it is sent. */
  readonly startSeqno: bigint;
  /** The last seqno that it wants; {@linkcode MAX_SEQNO} for a stream without an end. */
  readonly endSeqno: bigint;
  /** The history that the consumer has; 0 for none. */
  readonly vbuuid: bigint;
  /** Where the snapshot begins that `startSeqno` lies in. */
  readonly snapshotStart: bigint;
  /** Where it ends. */
  readonly snapshotEnd: bigint;
  /** What the stream is about, as JSON text; see {@linkcode writeStreamFilter}. */
  readonly filter?: string;
}

/** What a request for a stream gives: the histories of the vbucket, or where to roll back to. */
export interface DcpStreamResponse {
  /** The histories, the newest first; none when the consumer must roll back. */
  readonly entries: readonly FailoverEntry[];
  /** Only with the status ROLLBACK: the seqno up to which the consumer may keep what it has. */
  readonly rollback?: bigint;
}

/** What a stream that a node is to have takes. */
export interface DcpAddStreamRequest {
  /** Bits of {@linkcode DcpStreamFlag}. */
  readonly flags: number;
}

/** What a stream that a node is to have gives. */
export interface DcpAddStreamResponse {
  /** The opaque of the stream. */
  readonly opaque: number;
}

/** What the end of a stream says. */
export interface DcpStreamEndRequest {
  /** One of {@linkcode StreamEndReason}. */
  readonly reason: number;
}

/** The end of a stream that has none. */
export const MAX_SEQNO: bigint = 0xffffffffffffffffn;

const STREAM_EXTRAS = 48;

const streamRequest: Body<DcpStreamRequest> = {
  write(out, message) {
    const at = out.extras(STREAM_EXTRAS);
    out.view.setUint32(at, message.flags);
    out.view.setUint32(at + 4, 0);
    out.view.setBigUint64(at + 8, message.startSeqno);
    out.view.setBigUint64(at + 16, message.endSeqno);
    out.view.setBigUint64(at + 24, message.vbuuid);
    out.view.setBigUint64(at + 32, message.snapshotStart);
    out.view.setBigUint64(at + 40, message.snapshotEnd);
    if (message.filter !== undefined) out.value(message.filter);
  },
  read(frame) {
    expectParts(frame, STREAM_EXTRAS, false, true);
    const { view, extrasAt: at } = frame;
    return {
      flags: view.getUint32(at),
      startSeqno: view.getBigUint64(at + 8),
      endSeqno: view.getBigUint64(at + 16),
      vbuuid: view.getBigUint64(at + 24),
      snapshotStart: view.getBigUint64(at + 32),
      snapshotEnd: view.getBigUint64(at + 40),
      ...(frame.valueLength === 0 ? {} : { filter: utf8Decode(frame.value) }),
    };
  },
};

const streamResponse: Body<DcpStreamResponse> = {
  write(out, message) {
    if (message.rollback === undefined) return failoverLogResponse.write(out, message);
    const at = out.reserve(8);
    out.view.setBigUint64(at, message.rollback);
  },
  read(frame) {
    return frame.status === Status.ROLLBACK ? readRollback(frame) : failoverLogResponse.read(frame);
  },
};

function readRollback(frame: Frame): DcpStreamResponse {
  expectParts(frame, 0, false, true);
  if (frame.valueLength !== 8) failParts(frame, `a value of ${frame.valueLength} bytes, expected 8`);
  return { entries: [], rollback: frame.view.getBigUint64(frame.valueAt) };
}

/** Has a node ask another one for a stream; between nodes only. */
export const DCP_ADD_STREAM: Op<DcpAddStreamRequest, DcpAddStreamResponse> = {
  name: "dcp-add-stream",
  opcode: 0x51,
  request: body({ extras: struct({ flags: u32 }) }),
  response: body({ extras: struct({ opaque: u32 }) }),
  idempotent: false,
};

/** Ends a stream. */
export const DCP_CLOSE_STREAM: Op<Nothing, Nothing> = {
  name: "dcp-close-stream",
  opcode: 0x52,
  request: NOTHING,
  response: NOTHING,
  idempotent: true,
};

/** Asks for the changes of a vbucket; they come with the opaque of this request. */
export const DCP_STREAM_REQUEST: Op<DcpStreamRequest, DcpStreamResponse> = {
  name: "dcp-stream-req",
  opcode: 0x53,
  request: streamRequest,
  response: streamResponse,
  idempotent: false,
  succeeds: (status) => status === Status.ROLLBACK,
};

/** Asks for the histories of a vbucket, on a connection of DCP. */
export const DCP_GET_FAILOVER_LOG: Op<Nothing, FailoverLogResponse> = {
  name: "dcp-get-failover-log",
  opcode: 0x54,
  request: NOTHING,
  response: failoverLogResponse,
  idempotent: true,
};

/** The producer says that nothing more comes on a stream. */
export const DCP_STREAM_END: Op<DcpStreamEndRequest, Nothing> = {
  name: "dcp-stream-end",
  opcode: 0x55,
  request: body({ extras: struct({ reason: u32 }) }),
  response: NOTHING,
  idempotent: true,
};
