import type { FrameWriter } from "../../../frame/frame_writer.ts";
import {
  TAP_CHECKPOINT_END,
  TAP_CHECKPOINT_START,
  TAP_DELETE,
  TAP_MUTATION,
  TAP_OPAQUE,
  TAP_VBUCKET_SET,
  tapItemFlags,
  TapMessageFlag,
} from "../../../ops/tap.ts";
import { Magic } from "../../../wire/header.ts";
import type { CouchbaseDocument } from "../document.ts";
import { plainValue } from "../stored_value.ts";

/** One message that a producer has to send. */
export type TapOutgoing =
  | { readonly kind: "opaque"; readonly vbucket: number; readonly code: number }
  | { readonly kind: "state"; readonly vbucket: number; readonly state: number }
  | { readonly kind: "checkpoint"; readonly vbucket: number; readonly ends: boolean; readonly id: bigint }
  | {
    readonly kind: "item";
    readonly vbucket: number;
    readonly document: CouchbaseDocument;
    /** Whether it comes as from disk. */
    readonly backfill: boolean;
  };

/** How a message goes out. */
export interface TapStamp {
  readonly opaque: number;
  /** Whether an acknowledgement is asked for. */
  readonly ack: boolean;
  /** Whether the client wants flags in network byte order. */
  readonly rightFlags: boolean;
}

/** Servers say this, and nobody passes messages on. */
const TTL = 255;
/** How long an item has not been used, as servers say it of what they read from disk and of what is in memory. */
const NRU = { DISK: 1, MEMORY: 2 };

/** Appends a message to a writer as one frame. */
export function writeTapMessage(out: FrameWriter, message: TapOutgoing, stamp: TapStamp): void {
  const base = { messageFlags: stamp.ack ? TapMessageFlag.ACK : 0, ttl: TTL };
  // Keys of TAP have no collection.
  out.collection = -1;
  out.begin();
  switch (message.kind) {
    case "opaque":
      TAP_OPAQUE.request.write(out, { ...base, opaqueCode: message.code });
      return finish(out, TAP_OPAQUE.opcode, message, stamp);
    case "state":
      TAP_VBUCKET_SET.request.write(out, { ...base, state: message.state });
      return finish(out, TAP_VBUCKET_SET.opcode, message, stamp);
    case "checkpoint": {
      const op = message.ends ? TAP_CHECKPOINT_END : TAP_CHECKPOINT_START;
      const key = message.ends ? "checkpoint_end" : "checkpoint_start";
      const deleted = message.ends ? {} : { maxDeletedRevision: 0n };
      op.request.write(out, { ...base, checkpoint: message.id, key, ...deleted });
      return finish(out, op.opcode, message, stamp);
    }
    case "item":
      return writeItem(out, message, stamp);
  }
}

function writeItem(out: FrameWriter, message: TapOutgoing & { readonly kind: "item" }, stamp: TapStamp): void {
  const { document, backfill } = message;
  const { key, cas, revision, expiry } = document;
  const flag = stamp.ack ? TapMessageFlag.ACK : 0;
  if (document.deleted !== undefined) {
    TAP_DELETE.request.write(out, { messageFlags: flag, ttl: TTL, revision, key, value: "", cas });
    return finish(out, TAP_DELETE.opcode, message, stamp);
  }
  const messageFlags = flag | (stamp.rightFlags ? TapMessageFlag.NETWORK_BYTE_ORDER : 0);
  const flags = tapItemFlags({ flags: document.flags, messageFlags });
  const nru = backfill ? NRU.DISK : NRU.MEMORY;
  // Nobody has agreed on datatypes: the body goes as it is, in plain.
  const value = plainValue(document).body;
  TAP_MUTATION.request.write(out, { messageFlags, ttl: TTL, flags, expiry, revision, nru, key, value, cas });
  finish(out, TAP_MUTATION.opcode, message, stamp);
}

function finish(out: FrameWriter, opcode: number, { vbucket }: TapOutgoing, { opaque }: TapStamp): void {
  out.finish(Magic.CLIENT_REQUEST, opcode, opaque, vbucket);
}
