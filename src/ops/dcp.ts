/**
 * DCP, Couchbase's change feed: the messages that are about the connection.
 */

import { utf8Decode } from "../bytes.ts";
import { Datatype } from "../wire/datatype.ts";
import { struct, u32, u8 } from "../wire/fields.ts";
import { type Body, body, expectParts, failParts, NOTHING, type Nothing, type Op } from "./op.ts";

/** What the opening of a DCP connection takes. */
export interface DcpOpenRequest {
  /** What the server calls the connection, 1 to 200 bytes. A second connection of the same name closes the first. */
  readonly name: string;
  /** Bits of {@linkcode DcpOpenFlag}. */
  readonly flags: number;
  /** Reserved; 0 when missing. */
  readonly seqno?: number;
  /** JSON text, only where the server becomes the consumer: `{"consumer_name":"…"}`. */
  readonly json?: string;
}

/** What a control takes. */
export interface DcpControlRequest {
  /** Its name: one of {@linkcode DcpControl}. */
  readonly name: string;
  /** Its value as text. */
  readonly value: string;
}

/** What an acknowledgement of bytes takes. */
export interface DcpBufferAckRequest {
  /** How many bytes of the window are free again: whole frames, with their headers. */
  readonly bytes: number;
}

/** What a change of state takes. */
export interface DcpSetVbucketStateRequest {
  /** One of {@linkcode VbucketState}. */
  readonly state: number;
}

const openRequest: Body<DcpOpenRequest> = {
  write(out, message) {
    const at = out.extras(8);
    out.view.setUint32(at, message.seqno ?? 0);
    out.view.setUint32(at + 4, message.flags);
    out.name(message.name);
    if (message.json === undefined) return;
    out.datatype = Datatype.JSON;
    out.value(message.json);
  },
  read(frame) {
    // A name without a byte is for the server to refuse.
    expectParts(frame, 8, frame.keyLength > 0, true);
    const seqno = frame.view.getUint32(frame.extrasAt);
    return {
      name: utf8Decode(frame.key),
      flags: frame.view.getUint32(frame.extrasAt + 4),
      ...(seqno === 0 ? {} : { seqno }),
      ...(frame.valueLength === 0 ? {} : { json: utf8Decode(frame.value) }),
    };
  },
};

const controlRequest: Body<DcpControlRequest> = {
  write(out, message) {
    out.name(message.name);
    out.value(message.value);
  },
  read(frame) {
    if (frame.extrasLength > 0) failParts(frame, `${frame.extrasLength} bytes of extras, expected 0`);
    return { name: utf8Decode(frame.key), value: utf8Decode(frame.value) };
  },
};

/** Makes a connection one of DCP. */
export const DCP_OPEN: Op<DcpOpenRequest, Nothing> = {
  name: "dcp-open",
  opcode: 0x50,
  request: openRequest,
  response: NOTHING,
  idempotent: false,
};

/** Says that a vbucket was emptied; retired, sent by no server that was released. */
export const DCP_FLUSH: Op<Nothing, Nothing> = {
  name: "dcp-flush",
  opcode: 0x5a,
  request: NOTHING,
  response: NOTHING,
  idempotent: true,
};

/** The producer hands a vbucket over; is answered when its state is changed. */
export const DCP_SET_VBUCKET_STATE: Op<DcpSetVbucketStateRequest, Nothing> = {
  name: "dcp-set-vbucket-state",
  opcode: 0x5b,
  request: body({ extras: struct({ state: u8 }) }),
  response: NOTHING,
  idempotent: true,
};

/** Looks whether the other side is alive; is answered at once, with the same opaque. */
export const DCP_NOOP: Op<Nothing, Nothing> = {
  name: "dcp-noop",
  opcode: 0x5c,
  request: NOTHING,
  response: NOTHING,
  idempotent: true,
};

/** Frees bytes of the window; is answered only when it is wrong. */
export const DCP_BUFFER_ACK: Op<DcpBufferAckRequest, Nothing> = {
  name: "dcp-buffer-ack",
  opcode: 0x5d,
  request: body({ extras: struct({ bytes: u32 }) }),
  response: NOTHING,
  idempotent: false,
};

/** Sets how the connection works, one thing at a time. */
export const DCP_CONTROL: Op<DcpControlRequest, Nothing> = {
  name: "dcp-control",
  opcode: 0x5e,
  request: controlRequest,
  response: NOTHING,
  idempotent: true,
};
