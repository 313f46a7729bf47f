import { Feature, type Features } from "../../wire/features.ts";
import { Status } from "../../wire/status.ts";
import type { StatusReply } from "../status_reply.ts";
import { LOCK_HELD } from "./refusals.ts";

/** Statuses that clients of old do not know, and what they are told. */
const OLDER: ReadonlyMap<number, number> = new Map<number, number>([
  [Status.LOCKED, Status.KEY_EEXISTS],
  [Status.CAS_VALUE_INVALID, Status.KEY_EEXISTS],
  [Status.NOT_LOCKED, Status.ETMPFAIL],
  [Status.SYNC_WRITE_IN_PROGRESS, Status.ETMPFAIL],
  [Status.SYNC_WRITE_RE_COMMIT_IN_PROGRESS, Status.ETMPFAIL],
  [Status.RATE_LIMITED_MAX_CONNECTIONS, Status.E2BIG],
]);

/** Statuses that clients of old cannot be told at all: their connection is closed. */
const CLOSING: ReadonlySet<number> = new Set<number>([
  Status.EACCESS,
  Status.NO_BUCKET,
  Status.AUTH_STALE,
  Status.DURABILITY_INVALID_LEVEL,
  Status.DURABILITY_IMPOSSIBLE,
  Status.SYNC_WRITE_AMBIGUOUS,
  Status.DCP_STREAM_ID_INVALID,
  Status.RANGE_SCAN_CANCELLED,
  Status.RANGE_SCAN_MORE,
  Status.RANGE_SCAN_COMPLETE,
  Status.RANGE_SCAN_VB_UUID_NOT_EQUAL,
  Status.CANCELLED,
  Status.CHECKSUM_MISMATCH,
  Status.EXPIRY_OVERFLOW,
  Status.LOCK_EXPIRY_OVERFLOW,
]);

/** The status that a client is told, by what it has agreed on; `undefined` closes its connection. */
export function toldStatus(reply: StatusReply, features: Features): number | undefined {
  const { status } = reply;
  if (features.has(Feature.XERROR)) return status;
  if (reply === LOCK_HELD) return Status.ETMPFAIL;
  if (CLOSING.has(status)) return undefined;
  const unknown = status === Status.UNKNOWN_COLLECTION || status === Status.UNKNOWN_SCOPE;
  if (unknown && !features.collections) return Status.EINVAL;
  return OLDER.get(status) ?? status;
}
