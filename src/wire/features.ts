/**
 * What two sides can agree on at the start: HELLO. Couchbase only; memcached.org does not know it.
 */

/** The number of every feature by its name. Numbers that are missing here pass through. */
export const Feature = {
  /** No effect any more. */
  TCP_NODELAY: 0x03,
  /** Writes are answered with a mutation token. */
  MUTATION_SEQNO: 0x04,
  /** Extended attributes: the sub-document flag and datatype bit 4. */
  XATTR: 0x06,
  /** Errors by their real status, with JSON beside it. */
  XERROR: 0x07,
  /** SELECT_BUCKET. */
  SELECT_BUCKET: 0x08,
  /** Values of documents may be compressed. */
  SNAPPY: 0x0a,
  /** The JSON bit of the datatype in answers. */
  JSON: 0x0b,
  /** The server may send requests of its own. */
  DUPLEX: 0x0c,
  /** The server tells of a new cluster map; needs `DUPLEX`. */
  CLUSTERMAP_CHANGE_NOTIFICATION: 0x0d,
  /** Answers may come in another order. */
  UNORDERED_EXECUTION: 0x0e,
  /** Every answer says how long the server took. */
  TRACING: 0x0f,
  /** Requests may carry framing extras. */
  ALT_REQUEST_SUPPORT: 0x10,
  /** Durability may be asked for. */
  SYNC_REPLICATION: 0x11,
  /** Keys are prefixed with the collection they are in. */
  COLLECTIONS: 0x12,
  /** Any answer may be compressed, errors and maps too. */
  SNAPPY_EVERYWHERE: 0x13,
  /** A write may keep the expiry. */
  PRESERVE_TTL: 0x14,
  /** Virtual attributes such as `$XTOC`. */
  VATTR: 0x15,
  /** A sub-document write may create a tombstone. */
  SUBDOC_CREATE_AS_DELETED: 0x17,
  /** Macros of the document in sub-document writes. */
  SUBDOC_DOCUMENT_MACRO_SUPPORT: 0x18,
  /** A sub-document write may put an attribute in the place of the body. */
  SUBDOC_REPLACE_BODY_WITH_XATTR: 0x19,
  /** Answers say how many units were read and written. */
  REPORT_UNIT_USAGE: 0x1a,
  /** The server says that it would throttle instead of waiting. */
  NON_BLOCKING_THROTTLING_MODE: 0x1b,
  /** Sub-document reads from a replica. */
  SUBDOC_REPLICA_READ: 0x1c,
  /** The cluster map may be asked for only if it is newer. */
  GET_CLUSTER_CONFIG_WITH_KNOWN_VERSION: 0x1d,
  /** A map that was sent on this connection is not sent again with NOT_MY_VBUCKET. */
  DEDUPE_NOT_MY_VBUCKET_CLUSTERMAP: 0x1e,
  /** The server tells of a new cluster map without sending it; needs `DUPLEX`. */
  CLUSTERMAP_CHANGE_NOTIFICATION_BRIEF: 0x1f,
  /** Several attributes in one sub-document call. */
  SUBDOC_ALLOWS_ACCESS_ON_MULTIPLE_XATTR_KEYS: 0x20,
  /** Attributes that are no JSON. */
  SUBDOC_BINARY_XATTR: 0x21,
  /** Range scans with attributes. */
  RANGE_SCAN_INCLUDE_XATTR: 0x22,
  /** Sub-document reads of tombstones from a replica. */
  SUBDOC_ALLOW_REPLICA_READ_ON_DELETED_DOCS: 0x23,
  /** A random key with attributes. */
  GET_RANDOM_KEY_INCLUDE_XATTR: 0x24,
  /** Writes with their metadata as JSON. */
  MUTATE_WITH_META: 0x25,
  /** DCP may leave deletions out of the first backfill. */
  DCP_SKIP_DELETES_IN_INITIAL_BACKFILL: 0x26,
} as const;

/** The features that both sides have agreed on. */
export class Features {
  /** None: what holds before HELLO and with memcached.org. */
  static readonly NONE: Features = new Features([]);
  readonly #codes: ReadonlySet<number>;
  /** Whether keys are prefixed with their collection. */
  readonly collections: boolean;

  /** Makes a set of its codes. */
  constructor(codes: Iterable<number>) {
    this.#codes = new Set(codes);
    this.collections = this.#codes.has(Feature.COLLECTIONS);
  }

  /** Whether a feature was agreed on. */
  has(code: number): boolean {
    return this.#codes.has(code);
  }

  /** All that were agreed on, as they came. */
  get codes(): number[] {
    return [...this.#codes];
  }
}
