import type { Server } from "../server.ts";
import { CouchbaseBucket } from "./bucket.ts";
import type { AdvertisedNode, ClusterMap } from "./cluster_config.ts";
import { ClusterMaps } from "./cluster_maps.ts";
import { registerCollections } from "./collection_handlers.ts";
import { CouchbaseDialect } from "./couchbase_dialect.ts";
import { registerDcp } from "./dcp/dcp_handlers.ts";
import { registerDocuments } from "./document_handlers.ts";
import { registerHello } from "./hello_handler.ts";
import { registerListings } from "./listing_handlers.ts";
import { registerMeta } from "./meta_handlers.ts";
import { NodeContext } from "./node_context.ts";
import type { CouchbaseNodeOptions } from "./node_options.ts";
import { registerNodeSasl } from "./sasl_handlers.ts";
import { registerScans } from "./scan_handlers.ts";
import { registerClusterMaps, registerSession } from "./session_handlers.ts";
import { registerNodeStats } from "./stat_handlers.ts";
import { registerSubdoc } from "./subdoc_handlers.ts";
import { registerTap } from "./tap/tap_handlers.ts";
import { tapSettings } from "./tap/tap_settings.ts";
import { registerVbuckets } from "./vbucket_handlers.ts";

/** Where clients look for key-value when nobody says otherwise. */
const USUAL_PORT = 11210;

/**
 * One node of Couchbase in memory: buckets with vbuckets, collections, locks, attributes, tombstones and histories, and all of the
 * key-value protocol to reach them by.
 *
 * - `register` lets a {@linkcode Server} answer from it. Clients find it by key-value alone: `couchbase://127.0.0.1:PORT`.
 * - The buckets may also be used directly: see {@linkcode CouchbaseBucket}.
 * - All is kept until it is deleted or expires; nothing is evicted, and tombstones stay. What is written is on disk at once, so to
 *   say, unless a bucket was told otherwise.
 * - It produces DCP: streams of changes, from memory and as from disk, with rollback, filters, flow control and no-ops. What is
 *   to go wrong for those who follow, a test says by {@linkcode CouchbaseBucket.dcp}; a program publishes a store of its own by
 *   {@linkcode publishChanges}.
 * - There is one node: replicas are those vbuckets that were made so.
 * - Answers keep the order of the requests, also where the client has allowed another; so a barrier is nothing special.
 * - Values stay compressed as they came, and are inflated for clients that did not agree on it; the node compresses nothing itself.
 * - It serves change feeds: DCP, and TAP for clients of old, which servers from Couchbase 5.0 on refuse. One that sends no
 *   checkpoint gets all that there is from the beginning, in the order of the writes, unless it asks for what is new only.
 * - A request for another user (impersonation) is answered if there is such a user, who may use the bucket; else EACCESS. There are
 *   no other privileges.
 *
 * @example
 * ```ts
 * import { connectCouchbase } from "@memwire/memwire/couchbase";
 * import { CouchbaseNode, Server } from "@memwire/memwire/server";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = new Server();
 * const node = new CouchbaseNode({ users: { ada: "pencil" } }).register(server);
 * const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
 *
 * const credentials = { username: "ada", password: "pencil" };
 * await using bucket = await connectCouchbase(address, { credentials, bucket: "default" });
 * await bucket.set("user:1", JSON.stringify({ name: "Ada" }), { durability: "majority" });
 * assertEquals((await bucket.get("user:1"))?.json(), { name: "Ada" });
 * assertEquals(node.bucket("default").get("user:1")?.revision, 1n);
 * ```
 */
export class CouchbaseNode {
  readonly #options: CouchbaseNodeOptions;
  readonly #buckets: ReadonlyMap<string, CouchbaseBucket>;
  readonly #maps: ClusterMaps;
  readonly #context: NodeContext;
  #server: Server | undefined;

  /**
   * Makes a node with its buckets.
   *
   * @throws {RangeError} If a bucket has no or too many vbuckets.
   */
  constructor(options: CouchbaseNodeOptions = {}) {
    this.#options = options;
    this.#maps = new ClusterMaps(() => this.#where());
    const { buckets = [{ name: "default" }] } = options;
    const made = buckets.map((bucket) => {
      const one: CouchbaseBucket = new CouchbaseBucket(bucket, options, () => this.#maps.changed(one));
      return one;
    });
    this.#buckets = new Map(made.map((bucket) => [bucket.name, bucket]));
    this.#context = new NodeContext(options, this.#buckets, this.#maps);
  }

  /** The buckets. */
  get buckets(): readonly CouchbaseBucket[] {
    return [...this.#buckets.values()];
  }

  /**
   * A bucket by its name.
   *
   * @throws {RangeError} If there is none.
   */
  bucket(name: string): CouchbaseBucket {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) throw new RangeError(`Cannot find bucket ${JSON.stringify(name)}: there is none`);
    return bucket;
  }

  /** Lets a server answer from this node, in the manner of Couchbase. One server at a time. */
  register(server: Server): this {
    this.#server = server;
    server.speak(new CouchbaseDialect(this.#context));
    registerHello(server, this.#context);
    registerNodeSasl(server, this.#context);
    registerSession(server, this.#context);
    registerClusterMaps(server, this.#context);
    registerDocuments(server, this.#context);
    registerSubdoc(server, this.#context);
    registerMeta(server, this.#context);
    registerListings(server, this.#context);
    registerVbuckets(server, this.#context);
    registerCollections(server, this.#context);
    registerScans(server, this.#context);
    registerNodeStats(server, this.#context);
    registerTap(server, this.#context, tapSettings(this.#options.tap, this.#options.timers));
    registerDcp(server, this.#context);
    return this;
  }

  /** The cluster map of a bucket, as clients are given it. */
  clusterMap(bucket: string): ClusterMap {
    return this.#maps.of(this.bucket(bucket));
  }

  /** Puts a cluster map in the place of the node's own and tells it to clients; returns `false` if it is not newer than the last one. */
  setClusterMap(bucket: string, map: ClusterMap): boolean {
    return this.#maps.set(this.bucket(bucket), map);
  }

  #where(): AdvertisedNode {
    const { hostname, port } = this.#options.advertise ?? {};
    return { hostname, port: port ?? this.#listeningPort() ?? USUAL_PORT };
  }

  #listeningPort(): number | undefined {
    for (const address of this.#server?.addresses ?? []) {
      if ("port" in address) return address.port;
    }
    return undefined;
  }
}
