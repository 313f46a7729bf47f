/**
 * Counters: unsigned 64 bits that are kept as decimal text.
 */

import { struct, u32, u64 } from "../wire/fields.ts";
import { type Body, body, failParts, type Op } from "./op.ts";
import { type MutationToken, readToken, writeToken } from "./storage.ts";

/** The expiry that says: do not create the counter when it is missing. */
export const NO_CREATE = 0xffffffff;

/** What a count takes. */
export interface CounterRequest {
  /** By how much, unsigned 64 bits. */
  readonly delta: bigint;
  /** The value of a counter that has to be created; the delta is not added to it. */
  readonly initial: bigint;
  /** Of a counter that has to be created: seconds from now up to 30 days, Unix seconds beyond, 0 for never; {@linkcode NO_CREATE} not to create it. */
  readonly expiry: number;
  /** Key of the document, 1 to 250 bytes. */
  readonly key: Uint8Array;
  /** Only if the document still has this version; 0 or nothing for whatever version. */
  readonly cas?: bigint;
}

/** What a count gives. */
export interface CounterResponse {
  /** The new value, unsigned 64 bits. */
  readonly value: bigint;
  /** The new version of the document. */
  readonly cas: bigint;
  /** From Couchbase, when it was asked for at the start. */
  readonly token?: MutationToken;
}

const counterRequest: Body<CounterRequest> = body({
  extras: struct({ delta: u64, initial: u64, expiry: u32 }),
  key: true,
  cas: true,
});

const counted: Body<CounterResponse> = {
  write(out, message) {
    writeToken(out, message.token);
    const at = out.reserve(8);
    out.view.setBigUint64(at, message.value);
    out.cas = message.cas;
  },
  read(frame) {
    if (frame.keyLength > 0 || frame.valueLength !== 8) {
      failParts(frame, `a value of ${frame.valueLength} bytes, expected 8`);
    }
    const value = frame.view.getBigUint64(frame.valueAt);
    const token = readToken(frame);
    return token === undefined ? { value, cas: frame.cas } : { value, cas: frame.cas, token };
  },
};

/** Counts up; wraps at 2⁶⁴. */
export const INCREMENT: Op<CounterRequest, CounterResponse> = {
  name: "increment",
  opcode: 0x05,
  quiet: { opcode: 0x15, silentOn: "success" },
  request: counterRequest,
  response: counted,
  idempotent: false,
  inCollection: true,
  durable: true,
  preservesExpiry: true,
};

/** Counts down; stays at 0. */
export const DECREMENT: Op<CounterRequest, CounterResponse> = {
  name: "decrement",
  opcode: 0x06,
  quiet: { opcode: 0x16, silentOn: "success" },
  request: counterRequest,
  response: counted,
  idempotent: false,
  inCollection: true,
  durable: true,
  preservesExpiry: true,
};
