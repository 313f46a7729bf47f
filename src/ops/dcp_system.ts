/**
 * DCP: collections and scopes that come and go, in their place among the changes of the documents.
 */

import type { Frame } from "../frame/frame.ts";
import { type Body, failParts, NOTHING, type Nothing, type Op } from "./op.ts";

/** What happened to a collection or a scope; {@linkcode readSystemEvent} reads what the value says. */
export interface DcpSystemEventMessage {
  /** Its place in the history of the vbucket. */
  readonly seqno: bigint;
  /** One of {@linkcode SystemEventId}. */
  readonly event: number;
  /** The form of the value: 0, 1, or 2 for FlatBuffers. */
  readonly version: number;
  /** The name of the collection or scope; empty where it goes. */
  readonly name: Uint8Array;
  /** What else is to be said about it. */
  readonly value: Uint8Array;
}

/** What can happen to collections and scopes. */
export const SystemEventId = {
  /** A collection was made, or flushed. */
  BEGIN_COLLECTION: 0,
  /** A collection was dropped. */
  END_COLLECTION: 1,
  /** A scope was made. */
  CREATE_SCOPE: 3,
  /** A scope was dropped. */
  DROP_SCOPE: 4,
  /** The settings of a collection were changed. */
  MODIFY_COLLECTION: 5,
} as const;

const EXTRAS = 13;

const systemEvent: Body<DcpSystemEventMessage> = {
  write(out, message) {
    const at = out.extras(EXTRAS);
    out.view.setBigUint64(at, message.seqno);
    out.view.setUint32(at + 8, message.event);
    out.view.setUint8(at + 12, message.version);
    out.name(message.name);
    out.value(message.value);
  },
  read(frame) {
    expectSystemExtras(frame);
    const { view, extrasAt: at } = frame;
    return {
      seqno: view.getBigUint64(at),
      event: view.getUint32(at + 8),
      version: view.getUint8(at + 12),
      name: frame.key,
      value: frame.value,
    };
  },
};

function expectSystemExtras(frame: Frame): void {
  if (frame.extrasLength !== EXTRAS) failParts(frame, `${frame.extrasLength} bytes of extras, expected ${EXTRAS}`);
}

/** A collection or a scope came, went, or was changed. */
export const DCP_SYSTEM_EVENT: Op<DcpSystemEventMessage, Nothing> = {
  name: "dcp-system-event",
  opcode: 0x5f,
  request: systemEvent,
  response: NOTHING,
  idempotent: true,
};
