/**
 * The messages of TAP feeds. They are requests whichever side sends them. Legacy: Couchbase 5.0 removed TAP.
 *
 * Between extras and key stand bytes of the engine; only the extras say how many. {@linkcode Frame.key} does not know of
 * them, the rows do.
 */

import type { Frame } from "../frame/frame.ts";
import type { FrameWriter } from "../frame/frame_writer.ts";
import { type Body, failParts, NOTHING, type Nothing, type Op, type Outgoing } from "./op.ts";

import { TapMessageFlag } from "./tap_flags.ts";

export * from "./tap_connect.ts";
export * from "./tap_flags.ts";

/** What every TAP message says. */
export interface TapMessage {
  /** Bits of {@linkcode TapMessageFlag}. */
  readonly messageFlags: number;
  /** How often it may still be passed on; servers say 255. */
  readonly ttl: number;
  /** Bytes of the engine that mean nothing here. */
  readonly engine?: Uint8Array;
}

/** A document was written. */
export interface TapMutation extends TapMessage {
  /** The 32 bits stored with the value, byte for byte as they came: {@linkcode tapItemFlags} puts them right. */
  readonly flags: number;
  /** When it is gone, in Unix seconds; 0 for never. */
  readonly expiry: number;
  /** How often it was changed; from Couchbase 2.0 on. */
  readonly revision?: bigint;
  /** How long it has not been used: 0 to 3; from Couchbase 2.0 on. */
  readonly nru?: number;
  /** The key. */
  readonly key: Uint8Array;
  /** The value; empty too if it was left out, which the flags of the message say. */
  readonly value: Uint8Array;
  /** Its version. */
  readonly cas: bigint;
}

/** A document was deleted or has expired. */
export interface TapDeletion extends TapMessage {
  /** How often it was changed; from Couchbase 2.0 on. */
  readonly revision?: bigint;
  /** The key. */
  readonly key: Uint8Array;
  /** Mostly empty. */
  readonly value: Uint8Array;
  /** The version of the deletion; 0 before Couchbase 2.0. */
  readonly cas: bigint;
}

/** Something about the feed or a vbucket. */
export interface TapOpaque extends TapMessage {
  /** One of {@linkcode TapOpaqueCode}. */
  readonly opaqueCode: number;
}

/** A vbucket has changed its state. */
export interface TapVbucketSet extends TapMessage {
  /** One of {@linkcode VbucketState}. */
  readonly state: number;
}

/** A checkpoint begins or ends. */
export interface TapCheckpointMark extends TapMessage {
  /** Its number. */
  readonly checkpoint: bigint;
  /** `checkpoint_start` or `checkpoint_end`; Membase 1.8 leaves the first out. */
  readonly key: Uint8Array;
  /** The highest revision of what was deleted for good; from Couchbase 2.0 on, at the start of a checkpoint only. */
  readonly maxDeletedRevision?: bigint;
}

/** Where the parts of a message lie. */
interface Parts extends TapMessage {
  readonly engineAt: number;
  readonly engineLength: number;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** The extras of a message without and with an item. */
const SHORT = 8;
const LONG = 16;

/** Clients of old wrote shorter extras, or none: what is missing is 0. */
function readParts(frame: Frame): Parts {
  const { view, extrasAt, extrasLength, keyLength } = frame;
  const engineLength = extrasLength >= 2 ? view.getUint16(extrasAt) : 0;
  const engineAt = extrasAt + extrasLength;
  const keyAt = engineAt + engineLength;
  const valueAt = keyAt + keyLength;
  const end = frame.valueAt + frame.valueLength;
  if (valueAt > end) {
    failParts(frame, `${engineLength} bytes of the engine and a key of ${keyLength}, which do not fit into its body`);
  }
  return {
    messageFlags: extrasLength >= 4 ? view.getUint16(extrasAt + 2) : 0,
    ttl: extrasLength >= 5 ? view.getUint8(extrasAt + 4) : 0,
    engineAt,
    engineLength,
    key: new Uint8Array(frame.buffer, keyAt, keyLength),
    value: new Uint8Array(frame.buffer, valueAt, end - valueAt),
  };
}

/** The engine's bytes from an offset on, if there are any. */
function engineFrom(frame: Frame, { engineAt, engineLength }: Parts, from: number): { readonly engine?: Uint8Array } {
  if (engineLength <= from) return {};
  return { engine: new Uint8Array(frame.buffer, engineAt + from, engineLength - from) };
}

/** A number of 64 bits in front of the engine's bytes, if they are enough. */
function engineNumber(frame: Frame, { engineAt, engineLength }: Parts): bigint | undefined {
  return engineLength >= 8 ? frame.view.getBigUint64(engineAt) : undefined;
}

function writeHead(out: FrameWriter, message: Outgoing<TapMessage>, size: number, engineLength: number): void {
  const at = out.extras(size);
  const { view } = out;
  view.setUint16(at, engineLength + (message.engine?.length ?? 0));
  view.setUint16(at + 2, message.messageFlags);
  view.setUint32(at + 4, message.ttl << 24);
  if (size === LONG) view.setBigUint64(at + 8, 0n);
}

function writeRevision(out: FrameWriter, revision: bigint | undefined): void {
  if (revision === undefined) return;
  const at = out.reserve(8);
  out.view.setBigUint64(at, revision);
}

const mutationRequest: Body<TapMutation> = {
  write(out, message) {
    const { revision, nru } = message;
    if (nru !== undefined && revision === undefined) {
      throw new TypeError("Cannot write tap-mutation: nru stands behind a revision only");
    }
    writeHead(out, message, LONG, (revision === undefined ? 0 : 8) + (nru === undefined ? 0 : 1));
    out.view.setUint32(out.length - 8, message.flags);
    out.view.setUint32(out.length - 4, message.expiry);
    writeRevision(out, revision);
    if (nru !== undefined) {
      const at = out.reserve(1);
      out.view.setUint8(at, nru);
    }
    if (message.engine !== undefined) out.append(message.engine);
    out.key(message.key);
    out.value(message.value);
    out.cas = message.cas;
  },
  read(frame) {
    const parts = readParts(frame);
    if (parts.key.length === 0) failParts(frame, "no key");
    const { messageFlags, ttl, key, value, engineAt, engineLength } = parts;
    const item = frame.extrasLength >= LONG;
    const revision = engineNumber(frame, parts);
    const known = revision === undefined ? 0 : Math.min(engineLength, 9);
    return {
      messageFlags,
      ttl,
      flags: item ? frame.view.getUint32(frame.extrasAt + 8) : 0,
      expiry: item ? frame.view.getUint32(frame.extrasAt + 12) : 0,
      ...(revision === undefined ? {} : { revision }),
      ...(known < 9 ? {} : { nru: frame.view.getUint8(engineAt + 8) }),
      ...engineFrom(frame, parts, known),
      key,
      value,
      cas: frame.cas,
    };
  },
};

const deletionRequest: Body<TapDeletion> = {
  write(out, message) {
    const { revision } = message;
    writeHead(out, message, SHORT, revision === undefined ? 0 : 8);
    writeRevision(out, revision);
    if (message.engine !== undefined) out.append(message.engine);
    out.key(message.key);
    out.value(message.value);
    out.cas = message.cas;
  },
  read(frame) {
    const parts = readParts(frame);
    if (parts.key.length === 0) failParts(frame, "no key");
    const { messageFlags, ttl, key, value } = parts;
    const revision = engineNumber(frame, parts);
    return {
      messageFlags,
      ttl,
      ...(revision === undefined ? {} : { revision }),
      ...engineFrom(frame, parts, revision === undefined ? 0 : 8),
      key,
      value,
      cas: frame.cas,
    };
  },
};

const flushRequest: Body<TapMessage> = {
  write(out, message) {
    writeHead(out, message, SHORT, 0);
    if (message.engine !== undefined) out.append(message.engine);
  },
  read(frame) {
    const parts = readParts(frame);
    expectNoItem(frame, parts);
    const { messageFlags, ttl } = parts;
    return { messageFlags, ttl, ...engineFrom(frame, parts, 0) };
  },
};

function expectNoItem(frame: Frame, { key, value }: Parts): void {
  if (key.length > 0) failParts(frame, `an unexpected key of ${key.length} bytes`);
  if (value.length > 0) failParts(frame, `an unexpected value of ${value.length} bytes`);
}

/** The number of 32 bits that is all that some messages say. */
function readCode(frame: Frame, parts: Parts): number {
  expectNoItem(frame, parts);
  if (parts.engineLength < 4) failParts(frame, `${parts.engineLength} bytes of the engine, expected 4`);
  return frame.view.getUint32(parts.engineAt);
}

function writeCode(out: FrameWriter, message: Outgoing<TapMessage>, code: number): void {
  writeHead(out, message, SHORT, 4);
  const at = out.reserve(4);
  out.view.setUint32(at, code);
  if (message.engine !== undefined) out.append(message.engine);
}

const opaqueRequest: Body<TapOpaque> = {
  write: (out, message) => writeCode(out, message, message.opaqueCode),
  read(frame) {
    const parts = readParts(frame);
    const { messageFlags, ttl } = parts;
    return { messageFlags, ttl, opaqueCode: readCode(frame, parts), ...engineFrom(frame, parts, 4) };
  },
};

const vbucketSetRequest: Body<TapVbucketSet> = {
  write: (out, message) => writeCode(out, message, message.state),
  read(frame) {
    const parts = readParts(frame);
    const { messageFlags, ttl } = parts;
    return { messageFlags, ttl, state: readCode(frame, parts), ...engineFrom(frame, parts, 4) };
  },
};

const checkpointRequest: Body<TapCheckpointMark> = {
  write(out, message) {
    const { maxDeletedRevision } = message;
    writeHead(out, message, LONG, maxDeletedRevision === undefined ? 0 : 8);
    writeRevision(out, maxDeletedRevision);
    if (message.engine !== undefined) out.append(message.engine);
    out.name(message.key);
    const at = out.reserve(8);
    out.view.setBigUint64(at, message.checkpoint);
  },
  read(frame) {
    const parts = readParts(frame);
    const { messageFlags, ttl, key, value } = parts;
    if (value.length !== 8) failParts(frame, `a value of ${value.length} bytes, expected 8`);
    const maxDeletedRevision = engineNumber(frame, parts);
    return {
      messageFlags,
      ttl,
      checkpoint: frame.view.getBigUint64(value.byteOffset),
      key,
      ...(maxDeletedRevision === undefined ? {} : { maxDeletedRevision }),
      ...engineFrom(frame, parts, maxDeletedRevision === undefined ? 0 : 8),
    };
  },
};

/** Makes the row of a message; its answer acknowledges it, or refuses it with a status. */
function message<T>(name: string, opcode: number, request: Body<T>): Op<T, Nothing> {
  return { name, opcode, request, response: NOTHING, idempotent: true };
}

/** Tells of a write. */
export const TAP_MUTATION: Op<TapMutation, Nothing> = message("tap-mutation", 0x41, mutationRequest);

/** Tells of a deletion or an expiry. */
export const TAP_DELETE: Op<TapDeletion, Nothing> = message("tap-delete", 0x42, deletionRequest);

/** Tells that the bucket was emptied. */
export const TAP_FLUSH: Op<TapMessage, Nothing> = message("tap-flush", 0x43, flushRequest);

/** Tells something about the feed or a vbucket. */
export const TAP_OPAQUE: Op<TapOpaque, Nothing> = message("tap-opaque", 0x44, opaqueRequest);

/** Tells of a vbucket's state. */
export const TAP_VBUCKET_SET: Op<TapVbucketSet, Nothing> = message("tap-vbucket-set", 0x45, vbucketSetRequest);

/** Tells that a checkpoint begins. */
export const TAP_CHECKPOINT_START: Op<TapCheckpointMark, Nothing> = message(
  "tap-checkpoint-start",
  0x46,
  checkpointRequest,
);

/** Tells that a checkpoint is closed. */
export const TAP_CHECKPOINT_END: Op<TapCheckpointMark, Nothing> = message(
  "tap-checkpoint-end",
  0x47,
  checkpointRequest,
);

/**
 * The flags of an item as they were stored. Servers before Couchbase 5.0 turn their bytes around, unless the message says that they
 * are in network byte order: see `FIX_FLAG_BYTEORDER`.
 *
 * @example
 * ```ts
 * import { TapMessageFlag, tapItemFlags } from "@memwire/memwire/codec";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(tapItemFlags({ flags: 0x44332211, messageFlags: 0 }), 0x11223344);
 * const right = { flags: 0x11223344, messageFlags: TapMessageFlag.NETWORK_BYTE_ORDER };
 * assertEquals(tapItemFlags(right), 0x11223344);
 * ```
 */
export function tapItemFlags({ flags, messageFlags }: Pick<TapMutation, "flags" | "messageFlags">): number {
  if ((messageFlags & TapMessageFlag.NETWORK_BYTE_ORDER) !== 0) return flags;
  return ((flags << 24) | ((flags & 0xff00) << 8) | ((flags >>> 8) & 0xff00) | (flags >>> 24)) >>> 0;
}
