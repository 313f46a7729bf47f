/** The embedded node that the checks run against, and what clients can order it to do that no protocol has. */

import type { Address } from "../../src/transport/transport.ts";
import { CouchbaseNode, Server } from "../../src/server.ts";
import { VbucketState } from "../../src/ops/vbucket.ts";

/** A node that runs. */
export interface EmbeddedNode extends AsyncDisposable {
  /** Where it listens. */
  readonly address: Address & { readonly port: number };
  /** What went wrong inside it; nothing should. */
  readonly errors: readonly unknown[];
}

/** Who may log in: the names and passwords that the checks use. */
export const USERS: Readonly<Record<string, string>> = { ada: "pencil", "a=b,c": "påss=,wörd" };

/** What a document in the collection `control.orders` can ask for. */
type Order =
  | { readonly order: "advance"; readonly seconds: number }
  | { readonly order: "set-vbucket-state"; readonly key: string; readonly state: "active" | "replica" }
  | { readonly order: "create-collection"; readonly path: string }
  | { readonly order: "drop-collection"; readonly path: string }
  | { readonly order: "disconnect" };

/** Starts a node on a port that is free. */
export async function startNode(): Promise<EmbeddedNode> {
  let ahead = 0;
  const errors: unknown[] = [];
  const server = new Server({ onError: (error) => errors.push(error) });
  const node = new CouchbaseNode({
    users: USERS,
    clock: () => Date.now() + ahead,
    buckets: [
      { name: "default", collections: { _default: ["extra"], shop: ["orders", "scanned"], control: ["orders"] } },
      { name: "replicated", replicas: 1 },
      { name: "private", users: [] },
    ],
  }).register(server);

  const bucket = node.bucket("default");
  const orders = bucket.manifest.collection("control.orders").id;
  bucket.onMutation((_, { collection, value }) => {
    if (collection === orders) obey(JSON.parse(new TextDecoder().decode(value)) as Order);
  });
  const obey = (order: Order): void => {
    switch (order.order) {
      case "advance":
        ahead += order.seconds * 1000;
        break;
      case "set-vbucket-state": {
        const state = order.state === "active" ? VbucketState.ACTIVE : VbucketState.REPLICA;
        bucket.setVbucketState(bucket.vbucketOf(order.key), state);
        break;
      }
      case "create-collection":
        bucket.createCollection(order.path);
        break;
      case "drop-collection":
        bucket.dropCollection(order.path);
        break;
      case "disconnect":
        for (const session of server.sessions) session.close();
        break;
      default:
        throw new TypeError(`There is no order ${JSON.stringify(order)}`);
    }
  };

  const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
  if (!("port" in address)) throw new TypeError("The server listens on no port");
  return { address, errors, [Symbol.asyncDispose]: () => server.close() };
}
