import type { ConfigVersion } from "../../ops/cluster_config.ts";
import type { SaslExchange } from "../sasl_answer.ts";
import type { SessionFeed } from "../session_feed.ts";
import type { CouchbaseBucket } from "./bucket.ts";

/** What a node remembers of one connection, beside the features and the user. */
export class ConnectionState {
  /** What the client calls itself. */
  agent = "";
  /** The bucket that was selected. */
  bucket: CouchbaseBucket | undefined = undefined;
  /** The SASL exchange that waits for another step. */
  sasl: SaslExchange | undefined = undefined;
  /** The change feed that it carries. It is about one bucket and one user, who cannot be others any more. */
  feed: SessionFeed | undefined = undefined;
  /** The newest cluster map of the bucket that was sent here. */
  sentMap: ConfigVersion | undefined = undefined;
}
