/**
 * Names of the opcodes that have no row: they are shown in traces and pass through as frames.
 *
 * They are spelt as the protocol spells them, in lower case. Where memcached.org and Couchbase give one number to two
 * commands, it is memcached.org's, which has a row.
 */

/** Names of the opcodes that clients send and servers answer, and that have no row. */
export const OTHER_OPCODES: ReadonlyMap<number, string> = new Map([
  // Administration.
  [0x25, "config-validate"],
  [0x26, "config-reload"],
  [0x27, "audit-put"],
  [0x28, "audit-config-reload"],
  [0x29, "shutdown"],
  [0x2a, "set-bucket-throttle-properties"],
  [0x2b, "set-bucket-data-limit-exceeded"],
  [0x2c, "set-node-throttle-properties"],
  [0x2d, "set-active-encryption-keys"],
  [0x2e, "prune-encryption-keys"],
  [0x2f, "register-auth-token"],
  // Range operations: declared once, served by nobody.
  [0x30, "rget"],
  [0x31, "rset"],
  [0x32, "rsetq"],
  [0x33, "rappend"],
  [0x34, "rappendq"],
  [0x35, "rprepend"],
  [0x36, "rprependq"],
  [0x37, "rdelete"],
  [0x38, "rdeleteq"],
  [0x39, "rincr"],
  [0x3a, "rincrq"],
  [0x3b, "rdecr"],
  [0x3c, "rdecrq"],
  // Fusion.
  [0x70, "get-fusion-storage-snapshot"],
  [0x71, "release-fusion-storage-snapshot"],
  [0x72, "mount-fusion-vbucket"],
  [0x73, "unmount-fusion-vbucket"],
  [0x74, "sync-fusion-logstore"],
  [0x75, "start-fusion-uploader"],
  [0x76, "stop-fusion-uploader"],
  [0x77, "delete-fusion-namespaces"],
  [0x78, "get-fusion-namespaces"],
  [0x79, "create-fusion-namespaces"],
  // Buckets and single documents.
  [0x80, "stop-persistence"],
  [0x81, "start-persistence"],
  [0x82, "set-param"],
  [0x84, "set-chronicle-auth-token"],
  [0x85, "create-bucket"],
  [0x86, "delete-bucket"],
  [0x8a, "pause-bucket"],
  [0x8b, "resume-bucket"],
  [0x8c, "validate-bucket-config"],
  [0x9f, "reset-replication-chain"],
  [0xa6, "snapshot-vb-states"],
  [0xa7, "vbucket-batch-count"],
  [0xaa, "create-checkpoint"],
  [0xac, "notify-vbucket-update"],
  [0xad, "enable-traffic"],
  [0xae, "disable-traffic"],
  [0xaf, "ifconfig"],
  [0xb1, "checkpoint-persistence"],
  [0xb3, "compact-db"],
  [0xc1, "set-drift-counter-state"],
  [0xc2, "get-adjusted-time"],
  // Snapshots.
  [0xe0, "prepare-snapshot"],
  [0xe1, "release-snapshot"],
  [0xe2, "download-snapshot"],
  [0xe3, "get-file-fragment"],
  // More administration.
  [0xf0, "scrub"],
  [0xf1, "isasl-refresh"],
  [0xf2, "ssl-certs-refresh"],
  [0xf3, "get-cmd-timer"],
  [0xf4, "set-ctrl-token"],
  [0xf5, "get-ctrl-token"],
  [0xf6, "update-external-user-permissions"],
  [0xf7, "rbac-refresh"],
  [0xf8, "auth-provider"],
  [0xfb, "drop-privilege"],
  [0xfc, "adjust-timeofday"],
  [0xfd, "ewouldblock-ctl"],
]);

/** Names of the opcodes that servers send to clients (magic 0x82 and its answers, 0x83) and that have no row: a space of their own. */
export const OTHER_SERVER_OPCODES: ReadonlyMap<number, string> = new Map([
  [0x02, "authenticate"],
  [0x03, "active-external-users"],
  [0x04, "get-authorization"],
]);
