import type { Bytes } from "../../frame/frame_writer.ts";
import { NOT_FOUND } from "../status_reply.ts";
import type { CouchbaseBucket, PlaceOptions } from "./bucket.ts";

/** One change of a store that is published. */
export type StoreChange = StoreWrite | StoreDeletion;

/** An entry has a new value. */
export interface StoreWrite extends PlaceOptions {
  /** Key of the entry, 1 to 250 bytes. */
  readonly key: Bytes;
  /** Its value. */
  readonly value: Bytes;
  /** 32 bits to send with the value; 0 by default. */
  readonly flags?: number;
  /** Seconds from now up to 30 days, Unix seconds beyond; 0, the default, for never. */
  readonly expiry?: number;
}

/** An entry is gone. */
export interface StoreDeletion extends PlaceOptions {
  /** Key of the entry, 1 to 250 bytes. */
  readonly key: Bytes;
  /** Tells it from a write. */
  readonly deleted: true;
}

/** How {@linkcode publishChanges} goes on. */
export interface PublishOptions {
  /** Stops it at the next change; what was published stays. */
  readonly signal?: AbortSignal;
}

/** After so many changes others have their turn, so that a source that never waits does not keep its followers from being sent to. */
const TURN = 1024;

/**
 * Publishes the changes of a store of one's own as change feeds: applies them to a bucket, whose followers get them by DCP and TAP.
 *
 * The first changes should be all that the store holds; a deletion of what is not there passes without a word. A bucket holds the
 * last value of each key in memory. Resolves to how many changes there were when there are no more.
 *
 * @throws {StatusReply} If the bucket refuses a change, as for a key that is too long.
 * @throws What the source throws, and the reason of the signal.
 *
 * @example A store that tells of its changes, followed from elsewhere
 * ```ts
 * import { openDcp } from "@memwire/memwire/dcp";
 * import { CouchbaseNode, publishChanges, Server, type StoreChange } from "@memwire/memwire/server";
 * import { assertEquals } from "@std/assert";
 *
 * async function* changes(): AsyncIterable<StoreChange> {
 *   yield { key: "user:1", value: '{"name":"Ada"}' };
 *   yield { key: "user:2", value: '{"name":"Grace"}' };
 *   yield { key: "user:1", deleted: true };
 * }
 *
 * await using server = new Server();
 * const node = new CouchbaseNode({ buckets: [{ name: "users", vbucketCount: 1 }] }).register(server);
 * const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
 * assertEquals(await publishChanges(node.bucket("users"), changes()), 3);
 *
 * await using feed = await openDcp(address, { bucket: "users", from: "beginning", to: "now" });
 * const seen: string[] = [];
 * for await (const event of feed) {
 *   if (event.type === "mutation" || event.type === "deletion") seen.push(`${event.type} ${event.keyText}`);
 * }
 * assertEquals(seen, ["mutation user:2", "deletion user:1"]);
 * ```
 */
export async function publishChanges(
  bucket: CouchbaseBucket,
  changes: Iterable<StoreChange> | AsyncIterable<StoreChange>,
  { signal }: PublishOptions = {},
): Promise<number> {
  signal?.throwIfAborted();
  let count = 0;
  for await (const change of changes) {
    signal?.throwIfAborted();
    apply(bucket, change);
    if (++count % TURN === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  return count;
}

function apply(bucket: CouchbaseBucket, change: StoreChange): void {
  const { key, collection = 0 } = change;
  if (!("deleted" in change)) {
    const { value, flags = 0, expiry = 0 } = change;
    bucket.set(key, value, { collection, flags, expiry });
    return;
  }
  try {
    bucket.delete(key, { collection });
  } catch (error) {
    if (error !== NOT_FOUND) throw error;
  }
}
