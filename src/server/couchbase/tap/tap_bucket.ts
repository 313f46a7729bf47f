import type { Exchange } from "../../exchange.ts";
import type { CouchbaseBucket } from "../bucket.ts";
import type { NodeContext } from "../node_context.ts";
import { NO_ACCESS, NO_BUCKET } from "../refusals.ts";

/** The bucket of clients that select none. */
const USUAL_BUCKET = "default";

/** Clients of the time select their bucket by their name, or have none. */
export function bucketOf(context: NodeContext, exchange: Exchange<never> | Exchange): CouchbaseBucket {
  const { user } = exchange.session;
  if (context.state(exchange.session).bucket !== undefined) return context.bucket(exchange);
  const bucket = context.buckets.get(user ?? USUAL_BUCKET) ?? context.buckets.get(USUAL_BUCKET);
  if (bucket === undefined) throw NO_BUCKET;
  if (!context.mayUse(bucket, user)) throw NO_ACCESS;
  return bucket;
}
