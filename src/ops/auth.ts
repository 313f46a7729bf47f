/**
 * SASL: which mechanisms there are, and the exchange of one. RFC 4422 over opcodes.
 */

import { utf8Decode } from "../bytes.ts";
import { type Body, expectParts, failParts, NOTHING, type Nothing, type Op } from "./op.ts";

/** What a request for the mechanisms gives. */
export interface SaslListResponse {
  /** Names, parted by spaces. */
  readonly mechanisms: string;
}

/** One step of an exchange. */
export interface SaslRequest {
  /** The mechanism in use. */
  readonly mechanism: string;
  /** What the mechanism says in this step. */
  readonly data: Uint8Array;
}

/** What a step of an exchange gives. */
export interface SaslResponse {
  /** What the server says: a challenge with status AUTH_CONTINUE, the end with success. */
  readonly data: Uint8Array;
}

const saslList: Body<SaslListResponse> = {
  write(out, message) {
    out.value(message.mechanisms);
  },
  read(frame) {
    expectParts(frame, 0, false, true);
    return { mechanisms: utf8Decode(frame.value) };
  },
};

const saslRequest: Body<SaslRequest> = {
  write(out, message) {
    out.name(message.mechanism);
    out.value(message.data);
  },
  read(frame) {
    if (frame.extrasLength > 0) failParts(frame, `${frame.extrasLength} bytes of extras, expected 0`);
    return { mechanism: utf8Decode(frame.key), data: frame.value };
  },
};

const saslResponse: Body<SaslResponse> = {
  write(out, message) {
    out.value(message.data);
  },
  read(frame) {
    expectParts(frame, 0, false, true);
    return { data: frame.value };
  },
};

/** Asks which mechanisms the server offers. */
export const SASL_LIST_MECHS: Op<Nothing, SaslListResponse> = {
  name: "sasl-list-mechs",
  opcode: 0x20,
  request: NOTHING,
  response: saslList,
  idempotent: true,
};

/** Starts an exchange. */
export const SASL_AUTH: Op<SaslRequest, SaslResponse> = {
  name: "sasl-auth",
  opcode: 0x21,
  request: saslRequest,
  response: saslResponse,
  idempotent: false,
};

/** Goes on with an exchange. */
export const SASL_STEP: Op<SaslRequest, SaslResponse> = {
  name: "sasl-step",
  opcode: 0x22,
  request: saslRequest,
  response: saslResponse,
  idempotent: false,
};
