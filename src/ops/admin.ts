/**
 * What is about the server or the connection and not about a document.
 */

import { utf8Decode } from "../bytes.ts";
import { struct, u32 } from "../wire/fields.ts";
import { type Body, body, expectParts, failParts, isBare, NOTHING, type Nothing, type Op } from "./op.ts";

/** What a flush takes. */
export interface FlushRequest {
  /** Seconds from now up to 30 days, Unix seconds beyond; at once when missing or 0. */
  readonly delay?: number;
}

/** What a request for statistics takes. */
export interface StatRequest {
  /** Which group; the general one when missing. */
  readonly group?: string;
}

/** One statistic; the last answer has neither key nor value. */
export interface StatResponse {
  /** Its name. */
  readonly key: string;
  /** Its value, as text. */
  readonly value: string;
}

/** What a version request gives. */
export interface VersionResponse {
  /** The version of the server, as text. */
  readonly version: string;
}

/** What a change of verbosity takes. */
export interface VerbosityRequest {
  /** The new level; 0 says least. */
  readonly level: number;
}

const flushRequest: Body<FlushRequest> = {
  write(out, message) {
    if (message.delay === undefined) return;
    const at = out.extras(4);
    out.view.setUint32(at, message.delay);
  },
  read(frame) {
    if (isBare(frame)) return {};
    expectParts(frame, 4, false, false);
    return { delay: frame.view.getUint32(frame.extrasAt) };
  },
};

const statRequest: Body<StatRequest> = {
  write(out, message) {
    if (message.group !== undefined) out.name(message.group);
  },
  read(frame) {
    if (frame.extrasLength > 0) failParts(frame, `${frame.extrasLength} bytes of extras, expected 0`);
    return frame.keyLength === 0 ? {} : { group: utf8Decode(frame.key) };
  },
};

const statResponse: Body<StatResponse> = {
  write(out, message) {
    out.name(message.key);
    out.value(message.value);
  },
  read(frame) {
    if (frame.extrasLength > 0) failParts(frame, `${frame.extrasLength} bytes of extras, expected 0`);
    return { key: utf8Decode(frame.key), value: utf8Decode(frame.value) };
  },
};

const versionResponse: Body<VersionResponse> = {
  write(out, message) {
    out.value(message.version);
  },
  read(frame) {
    expectParts(frame, 0, false, true);
    return { version: utf8Decode(frame.value) };
  },
};

/** Closes the connection after the answer. */
export const QUIT: Op<Nothing, Nothing> = {
  name: "quit",
  opcode: 0x07,
  quiet: { opcode: 0x17, silentOn: "success" },
  request: NOTHING,
  response: NOTHING,
  idempotent: true,
};

/** Forgets all documents, now or later. */
export const FLUSH: Op<FlushRequest, Nothing> = {
  name: "flush",
  opcode: 0x08,
  quiet: { opcode: 0x18, silentOn: "success" },
  request: flushRequest,
  response: NOTHING,
  idempotent: false,
};

/** Does nothing, in turn: its answer comes after all that was asked before. */
export const NOOP: Op<Nothing, Nothing> = {
  name: "noop",
  opcode: 0x0a,
  request: NOTHING,
  response: NOTHING,
  idempotent: true,
};

/** Asks for the version of the server. */
export const VERSION: Op<Nothing, VersionResponse> = {
  name: "version",
  opcode: 0x0b,
  request: NOTHING,
  response: versionResponse,
  idempotent: true,
};

/** Asks for statistics: one answer each, then an empty one. */
export const STAT: Op<StatRequest, StatResponse> = {
  name: "stat",
  opcode: 0x10,
  request: statRequest,
  response: statResponse,
  idempotent: true,
  last: (frame) => frame.keyLength === 0 && frame.valueLength === 0,
  terminated: true,
};

/** Sets how much the server logs. memcached.org answers that it does not know it. */
export const VERBOSITY: Op<VerbosityRequest, Nothing> = {
  name: "verbosity",
  opcode: 0x1b,
  request: body({ extras: struct({ level: u32 }) }),
  response: NOTHING,
  idempotent: true,
};
