import { utf8Decode } from "../bytes.ts";
import type { Frame } from "../frame/frame.ts";
import {
  TAP_CHECKPOINT_END,
  TAP_CHECKPOINT_START,
  TAP_DELETE,
  TAP_FLUSH,
  TAP_MUTATION,
  TAP_OPAQUE,
  TAP_VBUCKET_SET,
  tapItemFlags,
  TapMessageFlag,
  TapOpaqueCode,
} from "../ops/tap.ts";

/** What every event of a TAP feed says. */
export interface TapEventBase {
  /** The vbucket that it is about; 0 for the whole feed. */
  readonly vbucket: number;
  /** The number of the message, by which it is acknowledged; rises only where acknowledgements were agreed on. */
  readonly opaque: number;
  /** The number of the kind of message on the wire. */
  readonly opcode: number;
  /** Whether the server waits for an acknowledgement. */
  readonly wantsAck: boolean;
}

/** What events about a document say. */
export interface TapItemEvent extends TapEventBase {
  /** The key. */
  readonly key: Uint8Array;
  /** The key as text. */
  readonly keyText: string;
  /** The version; of a deletion 0 before Couchbase 2.0. */
  readonly cas: bigint;
  /** How often the document was changed; `undefined` before Couchbase 2.0. */
  readonly revision: bigint | undefined;
}

/** A document was written. It may come more than once, and older writes of the same key may have been left out. */
export interface TapMutationEvent extends TapItemEvent {
  /** Which event. */
  readonly type: "mutation";
  /** The value; empty if it was left out. */
  readonly value: Uint8Array;
  /** Whether the value was left out. */
  readonly keyOnly: boolean;
  /** The 32 bits stored with the value, with their bytes in the right order. */
  readonly flags: number;
  /** When it is gone, in Unix seconds, 0 for never. memcached's default engine says seconds since it began. */
  readonly expiry: number;
  /** Bits that say how to read the value; see {@linkcode Datatype}. */
  readonly datatype: number;
  /** The value as text. */
  text(): string;
  /** What the JSON of the value says. */
  json(): unknown;
}

/** A document was deleted, or its time was over: TAP does not tell which. */
export interface TapDeletionEvent extends TapItemEvent {
  /** Which event. */
  readonly type: "deletion";
}

/** The bucket was emptied. */
export interface TapFlushEvent extends TapEventBase {
  /** Which event. */
  readonly type: "flush";
}

/** A vbucket has changed its state. */
export interface TapVbucketStateEvent extends TapEventBase {
  /** Which event. */
  readonly type: "vbucket-state";
  /** One of {@linkcode VbucketState}. */
  readonly state: number;
}

/** A checkpoint begins, or is closed and may be resumed behind. */
export interface TapCheckpointEvent extends TapEventBase {
  /** Which event. */
  readonly type: "checkpoint-start" | "checkpoint-end";
  /** Its number. */
  readonly checkpoint: bigint;
}

/** What the server says about the feed; see {@linkcode TapOpaqueCode}. */
export interface TapOpaqueEvent extends TapEventBase {
  /** Which event; `opaque` for a code that nobody knows. */
  readonly type:
    | "auto-nack"
    | "initial-stream"
    | "checkpoint-sync"
    | "open-checkpoint"
    | "filter-change"
    | "stop-online-update"
    | "revert-online-update"
    | "closing"
    | "backfill-end"
    | "opaque";
  /** The code on the wire. */
  readonly code: number;
}

/** A message that nobody knows. */
export interface TapUnknownEvent extends TapEventBase {
  /** Which event. */
  readonly type: "unknown";
  /** The whole message. */
  readonly bytes: Uint8Array;
}

/** One message of a TAP feed. */
export type TapEvent =
  | TapMutationEvent
  | TapDeletionEvent
  | TapFlushEvent
  | TapVbucketStateEvent
  | TapCheckpointEvent
  | TapOpaqueEvent
  | TapUnknownEvent;

const OPAQUES: ReadonlyMap<number, TapOpaqueEvent["type"]> = new Map([
  [TapOpaqueCode.ENABLE_AUTO_NACK, "auto-nack"],
  [TapOpaqueCode.INITIAL_VBUCKET_STREAM, "initial-stream"],
  [TapOpaqueCode.ENABLE_CHECKPOINT_SYNC, "checkpoint-sync"],
  [TapOpaqueCode.OPEN_CHECKPOINT, "open-checkpoint"],
  [TapOpaqueCode.COMPLETE_VB_FILTER_CHANGE, "filter-change"],
  [TapOpaqueCode.STOP_ONLINEUPDATE, "stop-online-update"],
  [TapOpaqueCode.REVERT_ONLINEUPDATE, "revert-online-update"],
  [TapOpaqueCode.CLOSE_TAP_STREAM, "closing"],
  [TapOpaqueCode.CLOSE_BACKFILL, "backfill-end"],
]);

/** The flags stand where they do in every message. */
const FLAGS_AT = 2;

/**
 * Makes an event of a message whose bytes stay.
 *
 * @throws {ProtocolError} If its parts do not fit.
 */
export function readTapEvent(frame: Frame): TapEvent {
  const { vbucket, opaque, opcode } = frame;
  const flags = frame.extrasLength >= 4 ? frame.view.getUint16(frame.extrasAt + FLAGS_AT) : 0;
  const base = { vbucket, opaque, opcode, wantsAck: (flags & TapMessageFlag.ACK) !== 0 };
  switch (opcode) {
    case TAP_MUTATION.opcode:
      return new Mutation(frame, base);
    case TAP_DELETE.opcode:
      return new Deletion(frame, base);
    case TAP_FLUSH.opcode:
      TAP_FLUSH.request.read(frame);
      return { type: "flush", ...base };
    case TAP_OPAQUE.opcode: {
      const { opaqueCode: code } = TAP_OPAQUE.request.read(frame);
      return { type: OPAQUES.get(code) ?? "opaque", code, ...base };
    }
    case TAP_VBUCKET_SET.opcode:
      return { type: "vbucket-state", state: TAP_VBUCKET_SET.request.read(frame).state, ...base };
    case TAP_CHECKPOINT_START.opcode:
      return { type: "checkpoint-start", checkpoint: TAP_CHECKPOINT_START.request.read(frame).checkpoint, ...base };
    case TAP_CHECKPOINT_END.opcode:
      return { type: "checkpoint-end", checkpoint: TAP_CHECKPOINT_END.request.read(frame).checkpoint, ...base };
  }
  return { type: "unknown", bytes: frame.bytes, ...base };
}

class Item {
  readonly vbucket: number;
  readonly opaque: number;
  readonly opcode: number;
  readonly wantsAck: boolean;
  readonly key: Uint8Array;
  readonly cas: bigint;
  readonly revision: bigint | undefined;

  constructor(
    base: TapEventBase,
    item: { readonly key: Uint8Array; readonly cas: bigint; readonly revision?: bigint },
  ) {
    this.vbucket = base.vbucket;
    this.opaque = base.opaque;
    this.opcode = base.opcode;
    this.wantsAck = base.wantsAck;
    this.key = item.key;
    this.cas = item.cas;
    this.revision = item.revision;
  }

  get keyText(): string {
    return utf8Decode(this.key);
  }
}

class Mutation extends Item implements TapMutationEvent {
  readonly type = "mutation";
  readonly value: Uint8Array;
  readonly keyOnly: boolean;
  readonly flags: number;
  readonly expiry: number;
  readonly datatype: number;

  constructor(frame: Frame, base: TapEventBase) {
    const message = TAP_MUTATION.request.read(frame);
    super(base, message);
    this.value = message.value;
    this.keyOnly = (message.messageFlags & TapMessageFlag.NO_VALUE) !== 0;
    this.flags = tapItemFlags(message);
    this.expiry = message.expiry;
    this.datatype = frame.datatype;
  }

  text(): string {
    return utf8Decode(this.value);
  }

  json(): unknown {
    return JSON.parse(this.text());
  }
}

class Deletion extends Item implements TapDeletionEvent {
  readonly type = "deletion";

  constructor(frame: Frame, base: TapEventBase) {
    super(base, TAP_DELETE.request.read(frame));
  }
}
