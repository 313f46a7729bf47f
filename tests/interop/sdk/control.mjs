/** What the checks can have the embedded node do that no client can: it does so before the write of the order is answered. */

let ahead = 0;

/** Moves the clock of the node on. */
export async function advance(bucket, seconds) {
  ahead += seconds;
  await order(bucket, { order: "advance", seconds });
}

/** What the clock of the node says, in Unix seconds. */
export function nodeTime() {
  return Math.floor(Date.now() / 1000) + ahead;
}

/** Puts the vbucket of a key of the bucket in a state: "active" or "replica". */
export function setVbucketState(bucket, key, state) {
  return order(bucket, { order: "set-vbucket-state", key, state });
}

/** Makes a collection, `scope.collection`. */
export function createCollection(bucket, path) {
  return order(bucket, { order: "create-collection", path });
}

/** Drops a collection, `scope.collection`. */
export function dropCollection(bucket, path) {
  return order(bucket, { order: "drop-collection", path });
}

/** Has the node hang up on everybody; whether the order itself is answered is left open. */
export async function disconnect(bucket) {
  await order(bucket, { order: "disconnect" }).catch(() => {});
}

function order(bucket, value) {
  return bucket.scope("control").collection("orders").upsert("order", value);
}
