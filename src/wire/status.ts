/**
 * The status table: what a response says in bytes 6 and 7 of its header. Nothing about a status stands anywhere else.
 */

/** The number of every status by its name. */
export const Status = {
  SUCCESS: 0x00,
  KEY_ENOENT: 0x01,
  KEY_EEXISTS: 0x02,
  E2BIG: 0x03,
  EINVAL: 0x04,
  NOT_STORED: 0x05,
  DELTA_BADVAL: 0x06,
  NOT_MY_VBUCKET: 0x07,
  NO_BUCKET: 0x08,
  LOCKED: 0x09,
  STREAM_NOT_FOUND: 0x0a,
  OPAQUE_NO_MATCH: 0x0b,
  EWOULD_THROTTLE: 0x0c,
  ECONFIG_ONLY: 0x0d,
  NOT_LOCKED: 0x0e,
  CAS_VALUE_INVALID: 0x0f,
  AUTH_STALE: 0x1f,
  AUTH_ERROR: 0x20,
  AUTH_CONTINUE: 0x21,
  ERANGE: 0x22,
  ROLLBACK: 0x23,
  EACCESS: 0x24,
  NOT_INITIALIZED: 0x25,
  ENCRYPTION_KEY_NOT_AVAILABLE: 0x26,
  CHECKSUM_MISMATCH: 0x27,
  EXPIRY_OVERFLOW: 0x28,
  LOCK_EXPIRY_OVERFLOW: 0x29,
  RATE_LIMITED_NETWORK_INGRESS: 0x30,
  RATE_LIMITED_NETWORK_EGRESS: 0x31,
  RATE_LIMITED_MAX_CONNECTIONS: 0x32,
  RATE_LIMITED_MAX_COMMANDS: 0x33,
  SCOPE_SIZE_LIMIT_EXCEEDED: 0x34,
  BUCKET_SIZE_LIMIT_EXCEEDED: 0x35,
  BUCKET_RESIDENT_RATIO_TOO_LOW: 0x36,
  BUCKET_DATA_SIZE_TOO_BIG: 0x37,
  BUCKET_DISK_SPACE_TOO_LOW: 0x38,
  BUCKET_PAUSED: 0x50,
  CANCELLED: 0x51,
  UNKNOWN_FRAME_INFO: 0x80,
  UNKNOWN_COMMAND: 0x81,
  ENOMEM: 0x82,
  NOT_SUPPORTED: 0x83,
  EINTERNAL: 0x84,
  EBUSY: 0x85,
  ETMPFAIL: 0x86,
  XATTR_EINVAL: 0x87,
  UNKNOWN_COLLECTION: 0x88,
  CANNOT_APPLY_MANIFEST: 0x8a,
  MANIFEST_AHEAD: 0x8b,
  UNKNOWN_SCOPE: 0x8c,
  DCP_STREAM_ID_INVALID: 0x8d,
  DURABILITY_INVALID_LEVEL: 0xa0,
  DURABILITY_IMPOSSIBLE: 0xa1,
  SYNC_WRITE_IN_PROGRESS: 0xa2,
  SYNC_WRITE_AMBIGUOUS: 0xa3,
  SYNC_WRITE_RE_COMMIT_IN_PROGRESS: 0xa4,
  RANGE_SCAN_CANCELLED: 0xa5,
  RANGE_SCAN_MORE: 0xa6,
  RANGE_SCAN_COMPLETE: 0xa7,
  RANGE_SCAN_VB_UUID_NOT_EQUAL: 0xa8,
  SUBDOC_PATH_ENOENT: 0xc0,
  SUBDOC_PATH_MISMATCH: 0xc1,
  SUBDOC_PATH_EINVAL: 0xc2,
  SUBDOC_PATH_E2BIG: 0xc3,
  SUBDOC_DOC_E2DEEP: 0xc4,
  SUBDOC_VALUE_CANTINSERT: 0xc5,
  SUBDOC_DOC_NOTJSON: 0xc6,
  SUBDOC_NUM_ERANGE: 0xc7,
  SUBDOC_DELTA_EINVAL: 0xc8,
  SUBDOC_PATH_EEXISTS: 0xc9,
  SUBDOC_VALUE_ETOODEEP: 0xca,
  SUBDOC_INVALID_COMBO: 0xcb,
  SUBDOC_MULTI_PATH_FAILURE: 0xcc,
  SUBDOC_SUCCESS_DELETED: 0xcd,
  SUBDOC_XATTR_INVALID_FLAG_COMBO: 0xce,
  SUBDOC_XATTR_INVALID_KEY_COMBO: 0xcf,
  SUBDOC_XATTR_UNKNOWN_MACRO: 0xd0,
  SUBDOC_XATTR_UNKNOWN_VATTR: 0xd1,
  SUBDOC_XATTR_CANT_MODIFY_VATTR: 0xd2,
  SUBDOC_MULTI_PATH_FAILURE_DELETED: 0xd3,
  SUBDOC_INVALID_XATTR_ORDER: 0xd4,
  SUBDOC_XATTR_UNKNOWN_VATTR_MACRO: 0xd5,
  SUBDOC_CAN_ONLY_REVIVE_DELETED: 0xd6,
  SUBDOC_DELETED_DOC_CANT_HAVE_VALUE: 0xd7,
  SUBDOC_FIELD_NOT_BINARY: 0xd8,
} as const;

/** The name of a status. */
export type StatusName = keyof typeof Status;

/**
 * What to do about a status.
 *
 * - `success`: it is good news, or part of an exchange that goes on; nothing failed.
 * - `retry-now`: the same request may go through in a moment.
 * - `retry-later`: the same request may go through after a pause that grows.
 * - `topology`: fetch the cluster's map or manifest anew, then send the request where it belongs.
 * - `permanent`: the same request will fail again.
 * - `fatal`: the connection must log in, select a bucket or be made anew before it is of use.
 */
export type StatusClass = "success" | "retry-now" | "retry-later" | "topology" | "permanent" | "fatal";

/** What is known about a status. */
export interface StatusInfo {
  /** The number on the wire, 16 bits. */
  readonly code: number;
  /** The name that {@linkcode Status} has it by, or the number as `0x1234`. */
  readonly name: string;
  /** What it means, in words that fit into an error message. */
  readonly sentence: string;
  /** What to do about it. */
  readonly class: StatusClass;
  /** Whether the same request may succeed later: true for the classes `retry-now`, `retry-later` and `topology`. */
  readonly retryable: boolean;
  /** Whether memcached.org sends it; the others are Couchbase's. */
  readonly memcached: boolean;
  /** The text that memcached.org sends as the value beside it, empty if it sends none. */
  readonly text: string;
}

type Meaning = readonly [kind: StatusClass, sentence: string, text?: string];

/** A text, even an empty one, says that memcached.org has the status. */
const MEANINGS: Readonly<Record<StatusName, Meaning>> = {
  SUCCESS: ["success", "Success", ""],
  KEY_ENOENT: ["permanent", "Key not found", "Not found"],
  KEY_EEXISTS: ["permanent", "Key exists, or its CAS is another", "Data exists for key."],
  E2BIG: ["permanent", "Value too large", "Too large."],
  EINVAL: ["permanent", "Invalid arguments", "Invalid arguments"],
  NOT_STORED: ["permanent", "Not stored", "Not stored."],
  DELTA_BADVAL: ["permanent", "Value is not a number", "Non-numeric server-side value for incr or decr"],
  NOT_MY_VBUCKET: ["topology", "Vbucket is on another server"],
  NO_BUCKET: ["fatal", "No bucket selected"],
  LOCKED: ["retry-now", "Document is locked"],
  STREAM_NOT_FOUND: ["fatal", "No DCP stream for this vbucket"],
  OPAQUE_NO_MATCH: ["fatal", "Opaque is not that of the DCP stream"],
  EWOULD_THROTTLE: ["retry-later", "Request would be throttled"],
  ECONFIG_ONLY: ["topology", "Bucket serves nothing but its configuration on this server"],
  NOT_LOCKED: ["permanent", "Document is not locked"],
  CAS_VALUE_INVALID: ["permanent", "CAS is not valid in this request"],
  AUTH_STALE: ["fatal", "Authentication is out of date"],
  AUTH_ERROR: ["fatal", "Authentication failed", "Auth failure."],
  AUTH_CONTINUE: ["success", "Authentication goes on with another step", ""],
  ERANGE: ["permanent", "Number out of range"],
  ROLLBACK: ["success", "Stream must roll back first"],
  EACCESS: ["permanent", "Access denied"],
  NOT_INITIALIZED: ["fatal", "Server is not initialized"],
  ENCRYPTION_KEY_NOT_AVAILABLE: ["permanent", "Encryption key not available"],
  CHECKSUM_MISMATCH: ["permanent", "Checksum does not match"],
  EXPIRY_OVERFLOW: ["permanent", "Expiry is too far in the future"],
  LOCK_EXPIRY_OVERFLOW: ["permanent", "Lock expiry is too far in the future"],
  RATE_LIMITED_NETWORK_INGRESS: ["retry-later", "Limit of received bytes reached"],
  RATE_LIMITED_NETWORK_EGRESS: ["retry-later", "Limit of sent bytes reached"],
  RATE_LIMITED_MAX_CONNECTIONS: ["fatal", "Limit of connections reached"],
  RATE_LIMITED_MAX_COMMANDS: ["retry-later", "Limit of commands reached"],
  SCOPE_SIZE_LIMIT_EXCEEDED: ["permanent", "Scope holds too much data"],
  BUCKET_SIZE_LIMIT_EXCEEDED: ["permanent", "Bucket is over its size limit"],
  BUCKET_RESIDENT_RATIO_TOO_LOW: ["permanent", "Too little of the bucket's data is in memory"],
  BUCKET_DATA_SIZE_TOO_BIG: ["permanent", "Bucket holds too much data"],
  BUCKET_DISK_SPACE_TOO_LOW: ["permanent", "Too little disk space left for the bucket"],
  BUCKET_PAUSED: ["retry-later", "Bucket is paused"],
  CANCELLED: ["retry-now", "Request was cancelled by the server"],
  UNKNOWN_FRAME_INFO: ["permanent", "Unknown framing extra"],
  UNKNOWN_COMMAND: ["permanent", "Unknown command", "Unknown command"],
  ENOMEM: ["retry-later", "Server is out of memory", "Out of memory"],
  NOT_SUPPORTED: ["permanent", "Not supported"],
  EINTERNAL: ["fatal", "Internal error of the server"],
  EBUSY: ["retry-now", "Server is busy"],
  ETMPFAIL: ["retry-now", "Temporary failure"],
  XATTR_EINVAL: ["permanent", "Malformed extended attributes"],
  UNKNOWN_COLLECTION: ["topology", "Unknown collection"],
  CANNOT_APPLY_MANIFEST: ["permanent", "Collections manifest cannot be applied"],
  MANIFEST_AHEAD: ["retry-later", "Collections manifest is newer than the server's"],
  UNKNOWN_SCOPE: ["topology", "Unknown scope"],
  DCP_STREAM_ID_INVALID: ["permanent", "Invalid DCP stream id"],
  DURABILITY_INVALID_LEVEL: ["permanent", "Invalid durability level"],
  DURABILITY_IMPOSSIBLE: ["permanent", "Too few replicas for the durability level"],
  SYNC_WRITE_IN_PROGRESS: ["retry-later", "A durable write of this key is in progress"],
  SYNC_WRITE_AMBIGUOUS: ["permanent", "Outcome of the durable write is unknown"],
  SYNC_WRITE_RE_COMMIT_IN_PROGRESS: ["retry-later", "A durable write of this key is being committed again"],
  RANGE_SCAN_CANCELLED: ["permanent", "Range scan was cancelled"],
  RANGE_SCAN_MORE: ["success", "Range scan has more to give"],
  RANGE_SCAN_COMPLETE: ["success", "Range scan is complete"],
  RANGE_SCAN_VB_UUID_NOT_EQUAL: ["permanent", "Vbucket uuid is not that of the range scan"],
  SUBDOC_PATH_ENOENT: ["permanent", "Path not found"],
  SUBDOC_PATH_MISMATCH: ["permanent", "Path does not fit the structure of the document"],
  SUBDOC_PATH_EINVAL: ["permanent", "Malformed path"],
  SUBDOC_PATH_E2BIG: ["permanent", "Path too long"],
  SUBDOC_DOC_E2DEEP: ["permanent", "Document is nested too deeply"],
  SUBDOC_VALUE_CANTINSERT: ["permanent", "Value cannot be put there"],
  SUBDOC_DOC_NOTJSON: ["permanent", "Document is not JSON"],
  SUBDOC_NUM_ERANGE: ["permanent", "Existing number does not fit 64 bits"],
  SUBDOC_DELTA_EINVAL: ["permanent", "Delta is zero, not a number, or out of range"],
  SUBDOC_PATH_EEXISTS: ["permanent", "Path exists"],
  SUBDOC_VALUE_ETOODEEP: ["permanent", "Value would make the document nested too deeply"],
  SUBDOC_INVALID_COMBO: ["permanent", "Paths cannot be combined in one request"],
  SUBDOC_MULTI_PATH_FAILURE: ["success", "At least one path failed"],
  SUBDOC_SUCCESS_DELETED: ["success", "Success on a deleted document"],
  SUBDOC_XATTR_INVALID_FLAG_COMBO: ["permanent", "Flags for extended attributes cannot be combined"],
  SUBDOC_XATTR_INVALID_KEY_COMBO: ["permanent", "Extended attributes cannot be combined in one request"],
  SUBDOC_XATTR_UNKNOWN_MACRO: ["permanent", "Unknown macro"],
  SUBDOC_XATTR_UNKNOWN_VATTR: ["permanent", "Unknown virtual attribute"],
  SUBDOC_XATTR_CANT_MODIFY_VATTR: ["permanent", "Virtual attributes cannot be modified"],
  SUBDOC_MULTI_PATH_FAILURE_DELETED: ["success", "At least one path failed on a deleted document"],
  SUBDOC_INVALID_XATTR_ORDER: ["permanent", "Extended attributes must precede paths of the body"],
  SUBDOC_XATTR_UNKNOWN_VATTR_MACRO: ["permanent", "Unknown macro of a virtual attribute"],
  SUBDOC_CAN_ONLY_REVIVE_DELETED: ["permanent", "Only deleted documents can be revived"],
  SUBDOC_DELETED_DOC_CANT_HAVE_VALUE: ["permanent", "Deleted documents cannot have a value"],
  SUBDOC_FIELD_NOT_BINARY: ["permanent", "Extended attribute is not binary"],
};

/** The highest code is small, so the rows stand in an array at their codes. */
const ROWS: readonly (StatusInfo | undefined)[] = rows();

function rows(): (StatusInfo | undefined)[] {
  const names = Object.keys(Status) as StatusName[];
  const rows: (StatusInfo | undefined)[] = new Array(1 + Math.max(...Object.values(Status))).fill(undefined);
  for (const name of names) rows[Status[name]] = row(Status[name], name, MEANINGS[name]);
  return rows;
}

function row(code: number, name: string, [kind, sentence, text]: Meaning): StatusInfo {
  const retryable = kind === "retry-now" || kind === "retry-later" || kind === "topology";
  return { code, name, sentence, class: kind, retryable, memcached: text !== undefined, text: text ?? "" };
}

/** The rows of all known statuses, by rising code. */
export function knownStatuses(): StatusInfo[] {
  return ROWS.filter((row) => row !== undefined);
}

/**
 * What is known about a status. One that nobody knows is named by its number and counts as permanent.
 *
 * @example
 * ```ts
 * import { Status, statusInfo } from "@memwire/memwire/codec";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(statusInfo(Status.KEY_ENOENT).name, "KEY_ENOENT");
 * assertEquals(statusInfo(0x86).class, "retry-now");
 * assertEquals(statusInfo(0x1234).sentence, "Unknown status 0x1234");
 * ```
 */
export function statusInfo(code: number): StatusInfo {
  return ROWS[code] ?? unknown(code);
}

/** Whether the table has a status. */
export function isKnownStatus(code: number): boolean {
  return ROWS[code] !== undefined;
}

function unknown(code: number): StatusInfo {
  const name = `0x${code.toString(16).padStart(2, "0")}`;
  return row(code, name, ["permanent", `Unknown status ${name}`]);
}
