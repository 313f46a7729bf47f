import type { ConfigVersion } from "../../ops/cluster_config.ts";
import type { SaslExchange } from "../sasl_answer.ts";
import type { CouchbaseBucket } from "./bucket.ts";

/** What a node remembers of one connection, beside the features and the user. */
export class ConnectionState {
  /** What the client calls itself. */
  agent = "";
  /** The bucket that was selected. */
  bucket: CouchbaseBucket | undefined = undefined;
  /** The SASL exchange that waits for another step. */
  sasl: SaslExchange | undefined = undefined;
  /** The newest cluster map of the bucket that was sent here. */
  sentMap: ConfigVersion | undefined = undefined;
}
