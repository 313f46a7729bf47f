import { GET_KEYS, GET_RANDOM_KEY } from "../../ops/documents.ts";
import { VbucketState } from "../../ops/vbucket.ts";
import { Feature } from "../../wire/features.ts";
import type { Server } from "../server.ts";
import type { CouchbaseBucket } from "./bucket.ts";
import { compareKeys, type CouchbaseDocument } from "./document.ts";
import { documentAnswer, onDocument, shownCas } from "./document_access.ts";
import type { NodeContext } from "./node_context.ts";
import { invalid, NOT_SUPPORTED, UNKNOWN_COLLECTION } from "./refusals.ts";
import { showWhole } from "./stored_value.ts";
import type { Vbucket } from "./vbucket.ts";

/** How many keys are listed when the request does not say, and at the most. */
const USUAL_COUNT = 1000;
const LARGEST_COUNT = 100_000;

/** Answers requests for keys that the client does not know. */
export function registerListings(server: Server, context: NodeContext): void {
  server
    .on(
      GET_KEYS,
      onDocument(context, ({ key, count = USUAL_COUNT }, _, { vbucket, collection }) => {
        const keys = vbucket.inOrder(collection).map((document) => document.key);
        const from = keys.filter((other) => compareKeys(other, key) >= 0);
        return { keys: from.slice(0, Math.min(count, LARGEST_COUNT)) };
      }, { withoutCas: true }),
    )
    .on(GET_RANDOM_KEY, ({ collection, includeXattrs = false }, exchange) => {
      const bucket = context.bucket(exchange);
      const { features } = exchange;
      if ((collection !== undefined) !== features.collections) {
        throw invalid("A collection goes with the feature of collections, and only with that");
      }
      if (includeXattrs && !features.has(Feature.GET_RANDOM_KEY_INCLUDE_XATTR)) throw NOT_SUPPORTED;
      exchange.collection = collection ?? 0;
      if (bucket.manifest.find(exchange.collection) === undefined) throw UNKNOWN_COLLECTION;
      const found = randomDocument(bucket, exchange.collection);
      if (found === undefined) return undefined;
      const { document, vbucket } = found;
      const { key, flags } = document;
      if (!includeXattrs) return { ...documentAnswer(document, vbucket, features), key };
      return { ...showWhole(document, features), key, flags, cas: shownCas(document, vbucket) };
    });
}

function randomDocument(
  bucket: CouchbaseBucket,
  collection: number,
): { readonly document: CouchbaseDocument; readonly vbucket: Vbucket } | undefined {
  const filled = bucket.vbuckets.filter((vbucket) => {
    return vbucket.state === VbucketState.ACTIVE && vbucket.collectionSeqno(collection) > 0n;
  });
  while (filled.length > 0) {
    const [vbucket] = filled.splice(Math.floor(bucket.random() * filled.length), 1);
    const documents = vbucket!.inOrder(collection);
    const document = documents[Math.floor(bucket.random() * documents.length)];
    // All that was there may be deleted.
    if (document !== undefined) return { document, vbucket: vbucket! };
  }
  return undefined;
}
