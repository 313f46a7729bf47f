import type { Bytes } from "../frame/frame_writer.ts";
import { Status, statusInfo } from "../wire/status.ts";

/** What a {@linkcode StatusReply} may say beside its status. */
export interface StatusReplyOptions {
  /** The value of the answer; the text that memcached sends with the status by default, nothing if it sends none. */
  readonly value?: Bytes;
  /** Whether the connection is closed after the answer; `false` by default. */
  readonly close?: boolean;
  /** What went wrong, in words for a person; only servers with extended errors send it. */
  readonly context?: string;
  /** How to read the value: bits of {@linkcode Datatype}; 0 by default. */
  readonly datatype?: number;
}

/**
 * What a handler throws to answer with another status than success.
 *
 * - It is an `Error` by `instanceof`, but captures no stack, since it is an everyday outcome and not a fault: making and
 *   throwing one costs a tenth of a microsecond. One object may be thrown again and again.
 * - A quiet request of a read is not told that the key is missing: whether a reply is sent is the server's business.
 *
 * @example
 * ```ts
 * import { GET, Status } from "@memwire/memwire/codec";
 * import { Server, StatusReply } from "@memwire/memwire/server";
 *
 * const server = new Server();
 * server.on(GET, () => {
 *   throw new StatusReply(Status.ETMPFAIL, { value: "Come back later" });
 * });
 * ```
 */
export class StatusReply implements Error {
  /** Always `"StatusReply"`. */
  readonly name = "StatusReply";
  /** The status in words, for those who meet it as an error. */
  readonly message: string;
  /** The name and the message; no trace. */
  readonly stack: string;
  /** The status of the answer, as on the wire. */
  readonly status: number;
  /** The value of the answer; empty for none. */
  readonly value: Bytes;
  /** Whether `value` was given, and is not just the usual text. */
  readonly ownValue: boolean;
  /** Whether the connection is closed after the answer. */
  readonly close: boolean;
  /** What went wrong, in words for a person. */
  readonly context: string | undefined;
  /** How to read the value. */
  readonly datatype: number;

  /** Makes a reply of a status. See {@linkcode Status} for their numbers. */
  constructor(status: number, options: StatusReplyOptions = {}) {
    const info = statusInfo(status);
    this.message = `${info.name}: ${info.sentence}`;
    this.stack = `${this.name}: ${this.message}`;
    this.status = status;
    this.value = options.value ?? info.text;
    this.ownValue = options.value !== undefined;
    this.close = options.close ?? false;
    this.context = options.context;
    this.datatype = options.datatype ?? 0;
  }

  static {
    // By `extends` the constructor would capture a stack, which takes longer than all the rest of a request.
    Object.setPrototypeOf(StatusReply.prototype, Error.prototype);
  }

  /** The name and the message. */
  toString(): string {
    return this.stack;
  }
}

/** There is no such key. */
export const NOT_FOUND: StatusReply = new StatusReply(Status.KEY_ENOENT);
/** The key exists, or its version is another. */
export const EXISTS: StatusReply = new StatusReply(Status.KEY_EEXISTS);
/** The value is larger than the server keeps. */
export const TOO_LARGE: StatusReply = new StatusReply(Status.E2BIG);
/** There is nothing to append or prepend to. */
export const NOT_STORED: StatusReply = new StatusReply(Status.NOT_STORED);
/** The value is no number. */
export const NON_NUMERIC: StatusReply = new StatusReply(Status.DELTA_BADVAL);
/** There is no room for the value. */
export const OUT_OF_MEMORY: StatusReply = new StatusReply(Status.ENOMEM);
/** The opcode is not known. */
export const UNKNOWN_COMMAND: StatusReply = new StatusReply(Status.UNKNOWN_COMMAND);
/** The request cannot be answered as it is; the connection is good. */
export const INVALID_ARGUMENTS: StatusReply = new StatusReply(Status.EINVAL);
/** The parts of the request have lengths that they must not have; memcached then closes the connection. */
export const MALFORMED: StatusReply = new StatusReply(Status.EINVAL, { close: true });
/** The credentials are wrong. */
export const AUTH_FAILED: StatusReply = new StatusReply(Status.AUTH_ERROR);
/** The request needs credentials first; memcached then closes the connection. */
export const NOT_AUTHENTICATED: StatusReply = new StatusReply(Status.AUTH_ERROR, { close: true });
/** A handler failed. */
export const INTERNAL_ERROR: StatusReply = new StatusReply(Status.EINTERNAL);
