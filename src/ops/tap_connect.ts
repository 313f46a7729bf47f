/**
 * The beginning and the management of TAP feeds. Legacy: Couchbase 5.0 removed TAP; {@linkcode DCP_OPEN} took its place.
 */

import type { Frame } from "../frame/frame.ts";
import type { FrameWriter } from "../frame/frame_writer.ts";
import { type Body, expectParts, failParts, NOTHING, type Nothing, type Op, type Outgoing } from "./op.ts";
import { TapFields } from "./tap_fields.ts";
import { TapConnectFlag } from "./tap_flags.ts";

/** A checkpoint of a vbucket. */
export interface TapCheckpoint {
  /** The vbucket. */
  readonly vbucket: number;
  /** The last checkpoint that was closed. */
  readonly checkpoint: bigint;
}

/** What a TAP_CONNECT takes. */
export interface TapConnectRequest {
  /** What the server calls the feed; empty for one without a name. */
  readonly name: Uint8Array;
  /** Bits of {@linkcode TapConnectFlag}; those with data are set by it. Without flags and data the message has no extras. */
  readonly flags?: number;
  /** Unix seconds since when changes are wanted; 0 for all, the largest number for none. */
  readonly backfill?: bigint;
  /** The vbuckets that are wanted; an empty list for all. */
  readonly vbuckets?: readonly number[];
  /** Where to go on; a flag without a list asks for marks of checkpoints only. */
  readonly checkpoints?: readonly TapCheckpoint[];
  /** Whether a registered client is sent closed checkpoints only. */
  readonly closedOnly?: boolean;
  /** What stands behind all that is known. */
  readonly rest?: Uint8Array;
}

/** What the removal of a registered TAP client takes. */
export interface DeregisterTapClientRequest {
  /** The name of the feed. */
  readonly name: Uint8Array;
}

/** What a change of a feed's vbuckets takes. */
export interface ChangeVbFilterRequest {
  /** The name of the feed. */
  readonly name: Uint8Array;
  /** The vbuckets that are wanted from now on, and from where on. */
  readonly vbuckets: readonly TapCheckpoint[];
}

/** What a request for the last closed checkpoint gives. */
export interface LastClosedCheckpointResponse {
  /** Its number; 0 if none was closed. */
  readonly checkpoint: bigint;
}

const { BACKFILL, LIST_VBUCKETS, CHECKPOINT, REGISTERED_CLIENT } = TapConnectFlag;

const connectRequest: Body<TapConnectRequest> = {
  write(out, message) {
    const flags = allFlags(message);
    if (flags !== undefined) {
      const at = out.extras(4);
      out.view.setUint32(at, flags);
    }
    out.name(message.name);
    if (message.backfill !== undefined) writeU64(out, message.backfill);
    if (message.vbuckets !== undefined) {
      writeU16(out, message.vbuckets.length);
      for (const vbucket of message.vbuckets) writeU16(out, vbucket);
    }
    if (message.checkpoints !== undefined) writeCheckpoints(out, message.checkpoints);
    if (message.closedOnly !== undefined) {
      const at = out.reserve(1);
      out.view.setUint8(at, Number(message.closedOnly));
    }
    if (message.rest !== undefined) out.value(message.rest);
  },
  read(frame) {
    if (frame.extrasLength !== 0 && frame.extrasLength !== 4) {
      failParts(frame, `${frame.extrasLength} bytes of extras, expected none or 4`);
    }
    const name = frame.key;
    if (frame.extrasLength === 0) return frame.valueLength === 0 ? { name } : { name, rest: frame.value };
    const flags = frame.view.getUint32(frame.extrasAt);
    const fields = new TapFields(frame.value);
    try {
      return { name, flags, ...readFields(fields, flags) };
    } catch (error) {
      if (error instanceof RangeError) failParts(frame, `a list that is cut short: ${error.message}`);
      throw error;
    }
  },
};

/** The flags with those that the data call for; nothing if there are neither. */
function allFlags(message: Outgoing<TapConnectRequest>): number | undefined {
  const { flags, backfill, vbuckets, checkpoints, closedOnly } = message;
  let implied = 0;
  if (backfill !== undefined) implied |= BACKFILL;
  if (vbuckets !== undefined) implied |= LIST_VBUCKETS;
  if (checkpoints !== undefined) implied |= CHECKPOINT;
  if (closedOnly !== undefined) implied |= REGISTERED_CLIENT;
  const missing = (flags ?? 0) & (BACKFILL | LIST_VBUCKETS) & ~implied;
  if (missing !== 0) {
    throw new TypeError(
      `Cannot write tap-connect: flags 0x${missing.toString(16)} are set without what belongs to them`,
    );
  }
  return flags === undefined && implied === 0 ? undefined : ((flags ?? 0) | implied) >>> 0;
}

/** They stand in the order of their bits. */
function readFields(fields: TapFields, flags: number): Partial<TapConnectRequest> {
  const backfill = (flags & BACKFILL) === 0 ? {} : { backfill: fields.u64() };
  const vbuckets = (flags & LIST_VBUCKETS) === 0 ? {} : { vbuckets: fields.vbuckets() };
  // The Go client asks for checkpoints and gives no list.
  const listed = (flags & CHECKPOINT) !== 0 && fields.rest.length > 0;
  const checkpoints = listed ? { checkpoints: fields.list(readCheckpoint) } : {};
  // Some clients leave this byte out.
  const registered = (flags & REGISTERED_CLIENT) !== 0 && fields.rest.length > 0;
  const closedOnly = registered ? { closedOnly: fields.u8() !== 0 } : {};
  const rest = fields.rest.length === 0 ? {} : { rest: fields.rest };
  return { ...backfill, ...vbuckets, ...checkpoints, ...closedOnly, ...rest };
}

function readCheckpoint(fields: TapFields): TapCheckpoint {
  return { vbucket: fields.u16(), checkpoint: fields.u64() };
}

function writeCheckpoints(out: FrameWriter, checkpoints: readonly TapCheckpoint[]): void {
  writeU16(out, checkpoints.length);
  for (const { vbucket, checkpoint } of checkpoints) {
    writeU16(out, vbucket);
    writeU64(out, checkpoint);
  }
}

function writeU64(out: FrameWriter, value: bigint): void {
  const at = out.reserve(8);
  out.view.setBigUint64(at, value);
}

function writeU16(out: FrameWriter, value: number): void {
  if ((value & 0xffff) !== value) throw new RangeError(`Cannot write ${value} to a list: it takes 0 to 65535`);
  const at = out.reserve(2);
  out.view.setUint16(at, value);
}

const deregisterRequest: Body<DeregisterTapClientRequest> = {
  write: (out, message) => out.name(message.name),
  read(frame) {
    expectParts(frame, 0, frame.keyLength > 0, false);
    return { name: frame.key };
  },
};

const filterRequest: Body<ChangeVbFilterRequest> = {
  write(out, message) {
    out.name(message.name);
    writeCheckpoints(out, message.vbuckets);
  },
  read(frame) {
    expectParts(frame, 0, frame.keyLength > 0, true);
    return { name: frame.key, vbuckets: readFilter(frame) };
  },
};

function readFilter(frame: Frame): TapCheckpoint[] {
  const fields = new TapFields(frame.value);
  try {
    const vbuckets = fields.list(readCheckpoint);
    if (fields.rest.length === 0) return vbuckets;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return failParts(frame, `a list of vbuckets that does not end where its ${frame.valueLength} bytes do`);
}

const lastClosedResponse: Body<LastClosedCheckpointResponse> = {
  write: (out, message) => writeU64(out, message.checkpoint),
  read(frame) {
    expectParts(frame, 0, false, true);
    if (frame.valueLength !== 8) failParts(frame, `a value of ${frame.valueLength} bytes, expected 8`);
    return { checkpoint: frame.view.getBigUint64(frame.valueAt) };
  },
};

/** Turns the connection into a TAP feed. Success is not answered: the feed just begins. */
export const TAP_CONNECT: Op<TapConnectRequest, Nothing> = {
  name: "tap-connect",
  opcode: 0x40,
  request: connectRequest,
  response: NOTHING,
  idempotent: false,
};

/** Asks for the last checkpoint of a vbucket that was closed. */
export const LAST_CLOSED_CHECKPOINT: Op<Nothing, LastClosedCheckpointResponse> = {
  name: "last-closed-checkpoint",
  opcode: 0x97,
  request: NOTHING,
  response: lastClosedResponse,
  idempotent: true,
};

/** Has the server forget a registered TAP client. */
export const DEREGISTER_TAP_CLIENT: Op<DeregisterTapClientRequest, Nothing> = {
  name: "deregister-tap-client",
  opcode: 0x9e,
  request: deregisterRequest,
  response: NOTHING,
  idempotent: true,
};

/** Changes the vbuckets that a TAP feed is about. */
export const CHANGE_VB_FILTER: Op<ChangeVbFilterRequest, Nothing> = {
  name: "change-vb-filter",
  opcode: 0xb0,
  request: filterRequest,
  response: NOTHING,
  idempotent: true,
};
