/** What a DCP feed tells. */

import type { Frame } from "../frame/frame.ts";
import type { SystemEvent } from "../ops/dcp_system_value.ts";
import type { SnapshotMarkerVersion } from "../ops/dcp_snapshot.ts";
import type { XattrSection } from "../wire/xattr.ts";
import type { VbucketPosition } from "./position.ts";

/** What every event says. */
export interface DcpEventBase {
  /** The vbucket that it is about. */
  readonly vbucket: number;
  /** Which of several streams of the vbucket it is of, 1 to 65535; only where the feed asked for stream ids. */
  readonly streamId: number | undefined;
  /** Where to go on behind this event: to be kept together with what was made of it. */
  readonly position: VbucketPosition;
}

/** What every event says that has a place in the history of its vbucket. */
export interface DcpSeqnoEvent extends DcpEventBase {
  /** Its place in the history of the vbucket; rising, with gaps. */
  readonly seqno: bigint;
}

/** What every change of a document says. The bytes may be kept: nothing overwrites them. */
export interface DcpDocumentEvent extends DcpSeqnoEvent {
  /** The version of the document. */
  readonly cas: bigint;
  /** How often the document was changed. */
  readonly revision: bigint;
  /** Key of the document, without the number of its collection. */
  readonly key: Uint8Array;
  /** The key as text. */
  readonly keyText: string;
  /** Number of the collection; 0 is the default one, and of all documents where collections were not agreed on. */
  readonly collection: number;
  /** Bits of {@linkcode Datatype}, as they came. */
  readonly datatype: number;
  /** The value, decompressed and without its extended attributes; empty where the feed leaves values out. */
  readonly value: Uint8Array;
  /** The value as it came: perhaps compressed, and behind its extended attributes. */
  readonly rawValue: Uint8Array;
  /** The extended attributes; only where the feed asked for them and the document has some. */
  readonly xattrs: XattrSection | undefined;
  /** The value as text. */
  text(): string;
  /**
   * The value parsed as JSON.
   *
   * @throws {SyntaxError} If it is not JSON.
   */
  // deno-lint-ignore no-explicit-any -- as JSON.parse: the caller knows what was stored.
  json(): any;
}

/** A document was written. */
export interface DcpMutationEvent extends DcpDocumentEvent {
  /** What happened. */
  readonly type: "mutation";
  /** The 32 bits stored with the value. */
  readonly flags: number;
  /** When it expires, in Unix seconds; 0 for never. */
  readonly expiry: number;
  /** Until when it is locked, in Unix seconds; 0 in practice. */
  readonly lockTime: number;
}

/** A document was deleted; or has expired, where expirations are told as deletions. */
export interface DcpDeletionEvent extends DcpDocumentEvent {
  /** What happened. */
  readonly type: "deletion";
  /** When it was, in Unix seconds; only where the feed asked for it. */
  readonly deleteTime: number | undefined;
}

/** A document has expired; only where the feed asked for expirations. */
export interface DcpExpirationEvent extends DcpDocumentEvent {
  /** What happened. */
  readonly type: "expiration";
  /** When it was deleted, in Unix seconds. */
  readonly deleteTime: number | undefined;
}

/** A write waits for other nodes; it is no data yet. */
export interface DcpPrepareEvent extends DcpDocumentEvent {
  /** What happened. */
  readonly type: "prepare";
  /** The 32 bits stored with the value. */
  readonly flags: number;
  /** When it expires, in Unix seconds; 0 for never. */
  readonly expiry: number;
  /** Whether the write is a deletion. */
  readonly deleted: boolean;
  /** How safe it must become: one of {@linkcode DurabilityLevel}. */
  readonly level: number;
}

/** A write that waited was carried out (`commit`) or given up (`abort`). */
export interface DcpOutcomeEvent extends DcpSeqnoEvent {
  /** What happened. */
  readonly type: "commit" | "abort";
  /** The seqno of the write that waited. */
  readonly preparedSeqno: bigint;
  /** Key of the document. */
  readonly key: Uint8Array;
  /** The key as text. */
  readonly keyText: string;
  /** Number of the collection. */
  readonly collection: number;
}

/** The changes that follow, up to the next event of this type, are one consistent state at their end. */
export interface DcpSnapshotEvent extends DcpEventBase {
  /** What happened. */
  readonly type: "snapshot";
  /** The first seqno of the snapshot. */
  readonly startSeqno: bigint;
  /** The last seqno of the snapshot, which may not be sent itself. */
  readonly endSeqno: bigint;
  /** Bits of {@linkcode SnapshotFlag}. */
  readonly flags: number;
  /** The form of the message. */
  readonly version: SnapshotMarkerVersion;
  /** The last seqno that is not a write that waits, from 2.0 on. */
  readonly maxVisibleSeqno: bigint | undefined;
  /** The last write that was carried out or given up, from 2.0 on. */
  readonly highCompletedSeqno: bigint | undefined;
  /** Deletions up to here may have been purged, from 2.2 on. */
  readonly purgeSeqno: bigint | undefined;
  /** The last write that waits, from 2.2 on. */
  readonly highPreparedSeqno: bigint | undefined;
}

/** A collection or a scope came, went, or was changed. */
export interface DcpSystemEvent extends DcpSeqnoEvent {
  /** What happened. */
  readonly type: "system";
  /** What happened to what. */
  readonly event: SystemEvent;
}

/** Nothing up to a seqno is for this feed. */
export interface DcpSeqnoAdvancedEvent extends DcpSeqnoEvent {
  /** What happened. */
  readonly type: "seqno-advanced";
}

/** Changes that come in any order begin, or have all come. Positions stand still in between. */
export interface DcpOsoEvent extends DcpEventBase {
  /** What happened. */
  readonly type: "oso";
  /** Whether they begin or have all come. */
  readonly phase: "start" | "end";
}

/** Why a stream ended; `unknown` for a number that this package does not know. */
export type DcpStreamEndReason =
  | "ok"
  | "closed"
  | "state-changed"
  | "disconnected"
  | "slow"
  | "backfill-failed"
  | "rollback"
  | "filter-empty"
  | "lost-privileges"
  | "unknown";

/** A stream has ended. Unless that is `final`, the feed asks for it again. */
export interface DcpStreamEndEvent extends DcpEventBase {
  /** What happened. */
  readonly type: "stream-end";
  /** Why. */
  readonly reason: DcpStreamEndReason;
  /** The number of the reason: one of {@linkcode StreamEndReason}, or another. */
  readonly code: number;
  /** Whether nothing more will come of this stream. */
  readonly final: boolean;
}

/**
 * The history that the consumer has is not that of the server: everything behind `to` never happened. What holds instead comes after this
 * event, but for older versions of keys that were changed behind `to`: a server that showed only the last change of a key does not show the
 * one before it any more. Who keeps a copy reads such keys, or drops them with `to` of 0, where everything comes again.
 */
export interface DcpRollbackEvent extends DcpEventBase {
  /** What happened. */
  readonly type: "rollback";
  /** The last seqno that the consumer had. */
  readonly from: bigint;
  /** The last seqno that still holds; 0 when everything comes again. */
  readonly to: bigint;
}

/** A message that this package does not know, or that no consumer should get. */
export interface DcpUnknownEvent extends DcpEventBase {
  /** What happened is not known. */
  readonly type: "unknown";
  /** The opcode. */
  readonly opcode: number;
  /** The whole message; its views may be kept. */
  readonly frame: Frame;
}

/** What a DCP feed tells; `type` says what it is. */
export type DcpEvent =
  | DcpMutationEvent
  | DcpDeletionEvent
  | DcpExpirationEvent
  | DcpPrepareEvent
  | DcpOutcomeEvent
  | DcpSnapshotEvent
  | DcpSystemEvent
  | DcpSeqnoAdvancedEvent
  | DcpOsoEvent
  | DcpStreamEndEvent
  | DcpRollbackEvent
  | DcpUnknownEvent;
