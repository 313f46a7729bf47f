import type { FrameWriter } from "../../../frame/frame_writer.ts";
import { DCP_DELETION, DCP_EXPIRATION, DCP_MUTATION } from "../../../ops/dcp_events.ts";
import { DcpOpenFlag } from "../../../ops/dcp_flags.ts";
import { DCP_SYSTEM_EVENT } from "../../../ops/dcp_system.ts";
import { type SystemEvent, writeSystemEvent } from "../../../ops/dcp_system_value.ts";
import type { Nothing, Op, Outgoing } from "../../../ops/op.ts";
import { Magic } from "../../../wire/header.ts";
import type { VbucketChange } from "../change_log.ts";
import { type CollectionChange, isCollectionChange } from "../collection_change.ts";
import type { CouchbaseDocument } from "../document.ts";
import { eventValue } from "./event_value.ts";
import type { DcpSettings } from "./settings.ts";

/** What stands in the header of every message of a stream. */
export interface StreamHead {
  /** The opaque of the request for the stream. */
  readonly opaque: number;
  /** The vbucket. */
  readonly vbucket: number;
  /** The number of the stream; 0 for none. */
  readonly streamId: number;
}

/** The object of two bytes that says the number of the stream. */
const STREAM_ID_INFO = 0x22;
const STREAM_ID_SIZE = 3;

/** How often a document is used, in two bits and in eight: as often as one that was just written. */
const RECENTLY_USED = 2;
const FREQUENCY = 4;

/** Appends a message of a stream. */
export function writeStreamFrame<Req>(
  out: FrameWriter,
  op: Op<Req, Nothing>,
  message: Outgoing<Req>,
  head: StreamHead,
): void {
  out.begin();
  if (head.streamId !== 0) {
    const at = out.framingExtras(STREAM_ID_SIZE);
    out.view.setUint8(at, STREAM_ID_INFO);
    out.view.setUint16(at + 1, head.streamId);
  }
  op.request.write(out, message);
  out.finish(Magic.CLIENT_REQUEST, op.opcode, head.opaque, head.vbucket);
}

/** Appends a change as the consumer wants it. */
export function writeChange(out: FrameWriter, change: VbucketChange, head: StreamHead, settings: DcpSettings): void {
  if (isCollectionChange(change)) {
    writeStreamFrame(out, DCP_SYSTEM_EVENT, systemEvent(change, settings), head);
    return;
  }
  out.collection = settings.collections ? change.collection : -1;
  if (change.deleted === undefined) writeMutation(out, change, head, settings);
  else writeTombstone(out, change, head, settings);
}

function writeMutation(out: FrameWriter, document: CouchbaseDocument, head: StreamHead, settings: DcpSettings): void {
  const { value, datatype } = eventValue(document, settings);
  const message = {
    seqno: document.seqno,
    revision: document.revision,
    key: document.key,
    value,
    cas: document.cas,
    datatype,
    flags: document.flags,
    expiry: document.expiry,
    lockTime: 0,
    nru: settings.frequencies ? FREQUENCY : RECENTLY_USED,
  };
  writeStreamFrame(out, DCP_MUTATION, message, head);
}

function writeTombstone(out: FrameWriter, document: CouchbaseDocument, head: StreamHead, settings: DcpSettings): void {
  const { seqno, revision, key, cas } = document;
  const timed = (settings.flags & DcpOpenFlag.INCLUDE_DELETE_TIMES) !== 0;
  const expired = timed && settings.expirations && document.deleted === "expiration";
  const message = { seqno, revision, key, cas, ...eventValue(document, settings) };
  writeStreamFrame(
    out,
    expired ? DCP_EXPIRATION : DCP_DELETION,
    timed ? { ...message, deleteTime: document.expiry } : message,
    head,
  );
}

function systemEvent(change: CollectionChange, { flatEvents }: DcpSettings): Outgoing<DcpSystemMessage> {
  return { seqno: change.seqno, ...writeSystemEvent(describe(change), flatEvents ? 2 : undefined) };
}

type DcpSystemMessage = Parameters<typeof DCP_SYSTEM_EVENT.request.write>[1];

function describe({ type, manifest, scope, collection, name, maxTtl }: CollectionChange): SystemEvent {
  switch (type) {
    case "scope-created":
      return { kind: type, manifest, scope, name };
    case "scope-dropped":
      return { kind: type, manifest, scope };
    case "collection-dropped":
      return { kind: type, manifest, scope, collection };
    default: {
      const kind = type === "collection-created" ? type : "collection-modified";
      return { kind, manifest, scope, collection, name, ...(maxTtl === undefined ? {} : { maxTtl }) };
    }
  }
}
