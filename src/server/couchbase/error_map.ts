import { knownStatuses, type StatusClass, type StatusInfo, type StatusName } from "../../wire/status.ts";

/** What the classes of statuses are in the words of the protocol. */
const BY_CLASS: { readonly [C in StatusClass]: readonly string[] } = {
  success: ["success"],
  "retry-now": ["temp", "retry-now"],
  "retry-later": ["temp", "retry-later"],
  topology: ["fetch-config", "invalid-input"],
  permanent: ["invalid-input"],
  fatal: ["conn-state-invalidated"],
};

const ITEM = ["item-only"];
const AUTH = ["conn-state-invalidated", "auth"];
const SPECIAL = ["special-handling"];
const SUPPORT = ["support"];
const RATE = ["rate-limit", "retry-later"];
const SUBDOC_ITEM = ["subdoc", "item-only"];

/** Those that are more special than their class; as kv_engine 6.0.5 says them, where it knows them. */
const SPECIALLY: { readonly [N in StatusName]?: readonly string[] } = {
  KEY_ENOENT: ITEM,
  KEY_EEXISTS: ITEM,
  E2BIG: ["item-only", "invalid-input"],
  EINVAL: ["internal", "invalid-input"],
  NOT_STORED: ["internal", "item-only"],
  DELTA_BADVAL: ["item-only", "invalid-input"],
  LOCKED: ["item-locked", "item-only", "retry-now"],
  NOT_LOCKED: ITEM,
  AUTH_STALE: AUTH,
  AUTH_ERROR: AUTH,
  AUTH_CONTINUE: SPECIAL,
  ROLLBACK: ["dcp", "special-handling"],
  STREAM_NOT_FOUND: ["dcp", "conn-state-invalidated"],
  OPAQUE_NO_MATCH: ["dcp", "conn-state-invalidated"],
  EACCESS: SUPPORT,
  RATE_LIMITED_NETWORK_INGRESS: RATE,
  RATE_LIMITED_NETWORK_EGRESS: RATE,
  RATE_LIMITED_MAX_CONNECTIONS: RATE,
  RATE_LIMITED_MAX_COMMANDS: RATE,
  SCOPE_SIZE_LIMIT_EXCEEDED: ["system-constraint"],
  BUCKET_SIZE_LIMIT_EXCEEDED: ["system-constraint"],
  BUCKET_RESIDENT_RATIO_TOO_LOW: ["system-constraint"],
  BUCKET_DATA_SIZE_TOO_BIG: ["system-constraint"],
  BUCKET_DISK_SPACE_TOO_LOW: ["system-constraint"],
  UNKNOWN_COMMAND: SUPPORT,
  NOT_SUPPORTED: SUPPORT,
  EINTERNAL: ["internal", "conn-state-invalidated"],
  UNKNOWN_COLLECTION: ["invalid-input"],
  UNKNOWN_SCOPE: ["invalid-input"],
  SYNC_WRITE_IN_PROGRESS: ["item-only", "retry-later"],
  SYNC_WRITE_AMBIGUOUS: ITEM,
  SYNC_WRITE_RE_COMMIT_IN_PROGRESS: ["item-only", "retry-later"],
  SUBDOC_PATH_ENOENT: SUBDOC_ITEM,
  SUBDOC_PATH_MISMATCH: SUBDOC_ITEM,
  SUBDOC_DOC_NOTJSON: SUBDOC_ITEM,
  SUBDOC_NUM_ERANGE: SUBDOC_ITEM,
  SUBDOC_DELTA_EINVAL: SUBDOC_ITEM,
  SUBDOC_PATH_EEXISTS: SUBDOC_ITEM,
  SUBDOC_VALUE_ETOODEEP: ["subdoc", "invalid-input", "item-only"],
  SUBDOC_MULTI_PATH_FAILURE: ["subdoc", "special-handling"],
  SUBDOC_SUCCESS_DELETED: ["item-deleted", "success", "subdoc"],
  SUBDOC_MULTI_PATH_FAILURE_DELETED: ["item-deleted", "subdoc", "special-handling"],
};

/** Words that only version 2 of the format has. */
const NEW_WORDS: readonly string[] = ["rate-limit", "system-constraint"];

/** The newest version of the format. */
export const ERROR_MAP_VERSION = 2;

/** Writes what all statuses mean as the JSON text of an error map, in a version of the format. */
export function errorMapJson(version: number): string {
  const errors: Record<string, { name: string; desc: string; attrs: readonly string[] }> = {};
  for (const info of knownStatuses()) {
    const attrs = attributesOf(info).filter((word) => version >= 2 || !NEW_WORDS.includes(word));
    errors[info.code.toString(16)] = { name: info.name, desc: info.sentence, attrs };
  }
  return JSON.stringify({ version, revision: 1, errors });
}

function attributesOf(info: StatusInfo): readonly string[] {
  const special = SPECIALLY[info.name as StatusName];
  if (special !== undefined) return special;
  return info.name.startsWith("SUBDOC_") ? ["subdoc", "invalid-input"] : BY_CLASS[info.class];
}
