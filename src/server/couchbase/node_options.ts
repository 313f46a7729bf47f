import type { Timers } from "./dcp/noop_timer.ts";
import type { CollectionTree } from "./manifest.ts";
import type { TapServerOptions } from "./tap/tap_settings.ts";
import type { ConflictResolution } from "./meta_store.ts";

/** What a bucket of a {@linkcode CouchbaseNode} is like. */
export interface CouchbaseBucketOptions {
  /** Its name. */
  readonly name: string;
  /** How many vbuckets it has, 1 to 65,536; 1024 by default. */
  readonly vbucketCount?: number;
  /** The collections that it has from the start beside the default one. */
  readonly collections?: CollectionTree;
  /** Who may use it, by their names; every user of the node by default. */
  readonly users?: readonly string[];
  /**
   * How many replicas it should have, 0 to 3; 0 by default. A node alone has none of them, so that with 1 and more no durable
   * write is possible.
   */
  readonly replicas?: number;
  /** After how many seconds documents go at the latest; 0, the default, for never. */
  readonly maxTtl?: number;
  /** Largest body of a document in bytes; 20 MiB by default. */
  readonly itemSizeLimit?: number;
  /** Who wins when a write with metadata meets another; `"seqno"` (who was changed more often) by default. */
  readonly conflictResolution?: ConflictResolution;
  /** Its name among buckets, 32 hexadecimal digits; random by default. */
  readonly uuid?: string;
  /**
   * How many of the last changes of each vbucket feeds get in the order of memory; 10,000 by default. Who is further behind gets
   * them as from disk. References, not copies: 8 bytes each, up to twice as many.
   */
  readonly memoryChanges?: number;
  /**
   * Whether every version of every document is kept for feeds that ask for all of them (`change_streams`); `false` by default.
   * Nothing is ever let go then.
   */
  readonly history?: boolean;
}

/** How a {@linkcode CouchbaseNode} is set. */
export interface CouchbaseNodeOptions {
  /** Its buckets; one with the name `default` by default. */
  readonly buckets?: readonly CouchbaseBucketOptions[];
  /** Users and their passwords: without, whoever comes is let in. */
  readonly users?: Readonly<Record<string, string>>;
  /** Which SASL mechanisms are offered; SCRAM-SHA512, SCRAM-SHA256, SCRAM-SHA1 and PLAIN by default. */
  readonly mechanisms?: readonly string[];
  /** What it calls its version; `7.6.0` by default. */
  readonly version?: string;
  /** Where the cluster map says that it is; where the server listens, and the name that the client has used, by default. */
  readonly advertise?: { readonly hostname?: string; readonly port?: number };
  /** For how many milliseconds a request waits for persistence at the most; 30,000 by default. */
  readonly persistenceTimeout?: number;
  /** After how many milliseconds without a byte a follower is gone that wants no-ops; 360,000 by default. */
  readonly feedIdleTimeout?: number;
  /** What lets time pass for feeds; the timers of the runtime by default. */
  readonly timers?: Timers;
  /** Milliseconds since 1970; the system's by default. */
  readonly clock?: () => number;
  /** Numbers from 0 on and below 1, for all that is random here; `Math.random` by default. */
  readonly random?: () => number;
  /** How TAP is served, the change feed before DCP. */
  readonly tap?: TapServerOptions;
}
