/**
 * The bits, numbers and names that messages of DCP are made of.
 */

/** Bits of {@linkcode DCP_OPEN}: what the connection is for, and what its events carry. */
export const DcpOpenFlag = {
  /** The server is the producer, as a client wants it; without this bit it becomes a consumer. */
  PRODUCER: 0x001,
  /** Tells of changes only; retired, refused by servers of today. */
  NOTIFIER: 0x002,
  /** Values may begin with extended attributes. Makes no-ops mandatory. */
  INCLUDE_XATTRS: 0x004,
  /** Values are left out, with a datatype of 0. */
  NO_VALUE: 0x008,
  /** Keys carry collections; of servers that were never released. */
  COLLECTIONS: 0x010,
  /** Deletions say when they happened. */
  INCLUDE_DELETE_TIMES: 0x020,
  /** Values are left out, the datatype is that of what was left out; not together with `NO_VALUE`. */
  NO_VALUE_WITH_UNDERLYING_DATATYPE: 0x040,
  /** Point-in-time recovery; retired. */
  PITR: 0x080,
  /** Deletions keep the attributes of users; needs `INCLUDE_XATTRS`. */
  INCLUDE_DELETED_USER_XATTRS: 0x100,
  /** Leaves deletions out of the first backfill; only for producers with collections. */
  SKIP_DELETES_IN_INITIAL_BACKFILL: 0x200,
} as const;

/** Bits of {@linkcode DCP_STREAM_REQUEST}: from where, up to where, and from whom. */
export const DcpStreamFlag = {
  /** Moves the ownership of the vbucket; between nodes only. */
  TAKEOVER: 0x01,
  /** Ends at the last change on disk. */
  DISK_ONLY: 0x02,
  /** Ends at the last change that there is when it is asked for. */
  TO_LATEST: 0x04,
  /** Leaves values out; retired, refused. */
  NO_VALUE: 0x08,
  /** Refused unless the vbucket is active. */
  ACTIVE_VB_ONLY: 0x10,
  /** Has the history compared also where the stream begins at 0. */
  STRICT_VB_UUID: 0x20,
  /** Begins at the last change that there is when it is asked for. */
  FROM_LATEST: 0x40,
  /** Goes on although deletions behind the start have been purged; they are then missed. */
  IGNORE_PURGED_TOMBSTONES: 0x80,
  /** Sends what is in memory first; needs the control `cache_transfer`. */
  CACHE_TRANSFER: 0x100,
} as const;

/** Bits of the type of a {@linkcode DCP_SNAPSHOT_MARKER}. */
export const SnapshotFlag = {
  /** From memory. */
  MEMORY: 0x01,
  /** From disk: only the last change of each key, in the order of seqnos. */
  DISK: 0x02,
  /** Begins a checkpoint. */
  CHECKPOINT: 0x04,
  /** Wants an answer when all of the snapshot is processed. */
  ACK: 0x08,
  /** Holds all changes, not only the last one of each key. */
  HISTORY: 0x10,
  /** The same key may come more than once. */
  MAY_CONTAIN_DUPLICATES: 0x20,
} as const;

/** Why a stream ended: what {@linkcode DCP_STREAM_END} says. */
export const StreamEndReason = {
  /** All that was asked for was sent. */
  OK: 0,
  /** It was closed by {@linkcode DCP_CLOSE_STREAM}. */
  CLOSED: 1,
  /** The vbucket has moved or rolled back. */
  STATE_CHANGED: 2,
  /** The bucket or the connection goes away. */
  DISCONNECTED: 3,
  /** The consumer is too slow. */
  SLOW: 4,
  /** The backfill could not be read. */
  BACKFILL_FAIL: 5,
  /** The producer rolled back; told as `STATE_CHANGED` on the wire. */
  ROLLBACK: 6,
  /** All collections of the filter were dropped. */
  FILTER_EMPTY: 7,
  /** The rights to read were taken away. */
  LOST_PRIVILEGES: 8,
} as const;

/** Bits of {@linkcode DCP_OSO_SNAPSHOT}. */
export const OsoFlag = {
  /** Changes follow in any order. */
  START: 1,
  /** All of them have come. */
  END: 2,
} as const;

/** Names that {@linkcode DCP_CONTROL} takes. Most values are `true`; servers refuse names that they do not know. */
export const DcpControl = {
  /** `true` has the server send no-ops. */
  ENABLE_NOOP: "enable_noop",
  /** How often it sends them, in seconds. */
  SET_NOOP_INTERVAL: "set_noop_interval",
  /** How many bytes may be sent and not acknowledged; 0 for any number. */
  CONNECTION_BUFFER_SIZE: "connection_buffer_size",
  /** `high`, `medium` or `low`. */
  SET_PRIORITY: "set_priority",
  /** Compresses every value; needs the feature SNAPPY. */
  FORCE_VALUE_COMPRESSION: "force_value_compression",
  /** The server may drop a slow reader's place in memory and read from disk again. */
  SUPPORTS_CURSOR_DROPPING: "supports_cursor_dropping_vulcan",
  /** The byte `nru` carries how often a document is used. */
  SUPPORTS_HIFI_MFU: "supports_hifi_MFU",
  /** Tells the end of a stream that the consumer closed. */
  SEND_STREAM_END_ON_CLOSE: "send_stream_end_on_client_close_stream",
  /** Sends expirations as such; needs `INCLUDE_DELETE_TIMES`. */
  ENABLE_EXPIRY_OPCODE: "enable_expiry_opcode",
  /** Several streams a vbucket, told apart by a number. */
  ENABLE_STREAM_ID: "enable_stream_id",
  /** The consumer understands prepares, commits and aborts. */
  ENABLE_SYNC_WRITES: "enable_sync_writes",
  /** The name of a consumer, with synchronous writes. */
  CONSUMER_NAME: "consumer_name",
  /** Deleted documents keep the attributes of users; told by consumers. */
  INCLUDE_DELETED_USER_XATTRS: "include_deleted_user_xattrs",
  /** `true` or `true_with_seqno_advanced`: the first backfill may come in any order. */
  ENABLE_OUT_OF_ORDER_SNAPSHOTS: "enable_out_of_order_snapshots",
  /** `round-robin` or `sequential`. */
  BACKFILL_ORDER: "backfill_order",
  /** Consumers may answer with the statuses of version 7. */
  V7_DCP_STATUS_CODES: "v7_dcp_status_codes",
  /** System events have values of version 2. */
  FLATBUFFERS_SYSTEM_EVENTS: "flatbuffers_system_events",
  /** Sends every change, not only the last one of each key. */
  CHANGE_STREAMS: "change_streams",
  /** The newest snapshot marker that is understood: `2.2`. */
  MAX_MARKER_VERSION: "max_marker_version",
  /** Streams may begin with what is in memory. */
  CACHE_TRANSFER: "cache_transfer",
} as const;
