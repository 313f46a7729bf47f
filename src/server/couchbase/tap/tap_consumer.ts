import {
  TAP_CHECKPOINT_END,
  TAP_CHECKPOINT_START,
  TAP_DELETE,
  TAP_FLUSH,
  TAP_MUTATION,
  TAP_OPAQUE,
  TAP_VBUCKET_SET,
  tapItemFlags,
  type TapMessage,
  TapMessageFlag,
  TapOpaqueCode,
} from "../../../ops/tap.ts";
import { MAX_KEY_LENGTH } from "../../../frame/frame_writer.ts";
import type { Nothing, Op } from "../../../ops/op.ts";
import { VbucketState } from "../../../ops/vbucket.ts";
import type { Exchange } from "../../exchange.ts";
import type { Server } from "../../server.ts";
import type { CouchbaseBucket } from "../bucket.ts";
import type { NodeContext } from "../node_context.ts";
import { INVALID } from "../refusals.ts";
import { acceptValue } from "../stored_value.ts";
import type { Draft, Vbucket } from "../vbucket.ts";
import { bucketOf } from "./tap_bucket.ts";

/** The largest body of a document that is taken. */
const LARGEST = 20 * 1024 * 1024;
const NO_VALUE = new Uint8Array(0);

/** Takes what another node sends of its changes: it is written as it comes, also to vbuckets that are not active. */
export function registerTapConsumer(server: Server, context: NodeContext): void {
  const on = <T extends TapMessage>(
    op: Op<T, Nothing>,
    take: (message: T, place: { readonly bucket: CouchbaseBucket; readonly exchange: Exchange<Nothing> }) => void,
  ): void => {
    server.on(op, (message, exchange) => {
      // It has been passed on too often.
      if (message.ttl === 0) throw INVALID;
      take(message, { bucket: bucketOf(context, exchange), exchange });
      if ((message.messageFlags & TapMessageFlag.ACK) === 0) exchange.silence();
    });
  };
  const vbucketOf = (bucket: CouchbaseBucket, exchange: Exchange<Nothing>): Vbucket => {
    const vbucket = bucket.findVbucket(exchange.vbucket);
    if (vbucket === undefined || vbucket.state === VbucketState.DEAD) throw context.notMyVbucket(exchange);
    return vbucket;
  };
  on(TAP_MUTATION, (message, { bucket, exchange }) => {
    const { value, datatype } = acceptValue({ value: message.value, datatype: 0 }, LARGEST);
    const { expiry } = message;
    put(vbucketOf(bucket, exchange), message, { value, datatype, flags: tapItemFlags(message), expiry });
  });
  on(TAP_DELETE, (message, { bucket, exchange }) => {
    put(vbucketOf(bucket, exchange), message, tombstone(bucket));
  });
  on(TAP_FLUSH, (_, { bucket }) => {
    for (const vbucket of bucket.vbuckets) empty(vbucket, bucket);
  });
  on(TAP_VBUCKET_SET, ({ state }, { bucket, exchange }) => {
    if (state < VbucketState.ACTIVE || state > VbucketState.DEAD) throw INVALID;
    bucket.setVbucketState(exchange.vbucket, state);
  });
  on(TAP_OPAQUE, ({ opaqueCode }, { bucket, exchange }) => {
    if (opaqueCode !== TapOpaqueCode.INITIAL_VBUCKET_STREAM) return;
    const vbucket = vbucketOf(bucket, exchange);
    // All of it comes anew; what clients write to is no copy.
    if (vbucket.state !== VbucketState.ACTIVE) empty(vbucket, bucket);
  });
  // Its own checkpoints are counted from its own changes.
  on(TAP_CHECKPOINT_START, () => {});
  on(TAP_CHECKPOINT_END, () => {});
}

type Content = Pick<Draft, "value" | "datatype" | "flags" | "expiry" | "deleted">;

/** Writes a document with the version and the revision that it has elsewhere, or with new ones if it has none. */
function put(
  vbucket: Vbucket,
  item: { readonly key: Uint8Array; readonly cas: bigint; readonly revision?: bigint },
  content: Content,
): void {
  // Feeds could not send it on.
  if (item.key.length > MAX_KEY_LENGTH) throw INVALID;
  const cas = item.cas === 0n ? vbucket.versions.next() : item.cas;
  const revision = item.revision ?? (vbucket.find(0, item.key)?.revision ?? 0n) + 1n;
  vbucket.put({ ...content, collection: 0, key: item.key.slice(), cas, revision });
}

function tombstone(bucket: CouchbaseBucket): Content {
  const expiry = Math.floor(bucket.clock() / 1000);
  return { value: NO_VALUE, datatype: 0, flags: 0, expiry, deleted: "deletion" };
}

function empty(vbucket: Vbucket, bucket: CouchbaseBucket): void {
  const documents = [...vbucket.since()].filter(({ deleted, collection }) => deleted === undefined && collection === 0);
  for (const { key, revision } of documents) {
    put(vbucket, { key, cas: 0n, revision: revision + 1n }, tombstone(bucket));
  }
}
