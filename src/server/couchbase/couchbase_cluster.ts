import { toHex } from "../../bytes.ts";
import { ConnectionError } from "../../errors.ts";
import type { Bytes } from "../../frame/frame_writer.ts";
import { VbucketState } from "../../ops/vbucket.ts";
import { memoryPair } from "../../transport/memory.ts";
import type { Address, Dial } from "../../transport/transport.ts";
import { vbucketOf } from "../../wire/vbucket_hash.ts";
import { Server, type ServerOptions } from "../server.ts";
import type { CouchbaseBucket } from "./bucket.ts";
import { type AdvertisedNode, writeClusterMap } from "./cluster_config.ts";
import { CouchbaseNode } from "./couchbase_node.ts";
import type { CouchbaseBucketOptions, CouchbaseNodeOptions } from "./node_options.ts";
import type { VbucketCopy } from "./vbucket_copy.ts";

/** How a {@linkcode CouchbaseCluster} is set. */
export interface CouchbaseClusterOptions extends Omit<CouchbaseNodeOptions, "advertise"> {
  /** How many nodes it begins with; 3 by default. */
  readonly nodes?: number;
  /** How the servers of the nodes are set. */
  readonly server?: ServerOptions;
}

/** One node of a {@linkcode CouchbaseCluster}. */
export interface ClusterMember {
  /** Its place among all nodes that there ever were. */
  readonly id: number;
  /** Its buckets. */
  readonly node: CouchbaseNode;
  /** What answers from them. */
  readonly server: Server;
  /** Where it is: a name for {@linkcode CouchbaseCluster.dial}, or a socket. */
  readonly address: Address;
}

interface Member extends ClusterMember {
  address: Address;
  at: AdvertisedNode;
  /** Whether it takes connections. */
  up: boolean;
}

/** Where the vbuckets of a bucket are: the member that has it, then those that have its replicas. */
type Places = Member[][];

/** A port that no node listens on is still a name for it. */
const MEMORY_PORT = 11210;

/**
 * Several nodes of Couchbase in one process, for tests: each has its part of the vbuckets, and all give one cluster map.
 *
 * - Vbuckets move from node to node, nodes come, go, and fail, with or without the loss of what their replicas had not got.
 * - Replicas are brought up to date only by {@linkcode CouchbaseCluster.replicate}, so that a test says how far they are behind.
 * - Nodes are reached by {@linkcode CouchbaseCluster.dial} in the process, or over sockets after {@linkcode CouchbaseCluster.listen}.
 *
 * @example
 * ```ts
 * import { connectCouchbase } from "@memwire/memwire/couchbase";
 * import { CouchbaseCluster } from "@memwire/memwire/server";
 * import { assertEquals } from "@std/assert";
 *
 * await using cluster = new CouchbaseCluster({ nodes: 2, buckets: [{ name: "shop", vbucketCount: 64 }] });
 * await using bucket = await connectCouchbase(cluster.addresses[0]!, { dial: cluster.dial, bucket: "shop" });
 * await bucket.set("user:1", "Ada");
 *
 * for (let vbucket = 0; vbucket < 64; vbucket++) cluster.moveVbucket("shop", vbucket, 1);
 * assertEquals(await bucket.getText("user:1"), "Ada");
 * ```
 */
export class CouchbaseCluster implements AsyncDisposable {
  readonly #options: CouchbaseClusterOptions;
  readonly #members: Member[] = [];
  readonly #places = new Map<string, Places>();
  /** What the replicas of a vbucket have. */
  readonly #copies = new Map<string, VbucketCopy>();
  /** Servers of nodes that have failed, which close. */
  readonly #gone: Promise<void>[] = [];
  #revision = 1n;
  #listening = false;

  /** Makes a cluster whose vbuckets are spread over its nodes in turn. */
  constructor(options: CouchbaseClusterOptions = {}) {
    const { nodes = 3, buckets = [{ name: "default" }] } = options;
    const random = options.random ?? Math.random;
    const uuid = () => toHex(Uint8Array.from({ length: 16 }, () => Math.floor(random() * 256)));
    // A bucket is the same one on all nodes.
    this.#options = { ...options, buckets: buckets.map((bucket) => ({ uuid: uuid(), ...bucket })) };
    for (let i = 0; i < nodes; i++) this.#make();
    for (const bucket of this.#options.buckets!) this.#spread(bucket);
    this.#publish();
  }

  /** The nodes that are part of the cluster. */
  get members(): readonly ClusterMember[] {
    return this.#members;
  }

  /** Where the nodes are. */
  get addresses(): readonly Address[] {
    return this.#members.map(({ address }) => address);
  }

  /** Connects to a node by its address without sockets: to be given to `connectCouchbase` and `openDcp` as `dial`. */
  readonly dial: Dial = (address) => {
    const name = "path" in address ? address.path : address.hostname;
    const member = this.#members.find(({ id }) => name === `node-${id}`);
    if (member === undefined || !member.up) {
      return Promise.reject(new ConnectionError(`Cannot connect to ${name}: no node there is up`, { sent: false }));
    }
    const [here, there] = memoryPair({ peers: [name, "client"] });
    member.server.serve(there);
    return Promise.resolve(here);
  };

  /** Has all nodes, those to come too, listen on ports of their own. */
  async listen(hostname = "127.0.0.1"): Promise<void> {
    this.#listening = true;
    for (const member of this.#members) await this.#listenAt(member, { hostname, port: 0 });
    this.#publish();
  }

  /** The bucket on the node that has a vbucket. */
  bucket(name: string, vbucket: number): CouchbaseBucket {
    return this.#find(name, vbucket)[0]!.node.bucket(name);
  }

  /** The bucket on the node that has the vbucket of a key, to read and write it directly. */
  bucketOf(name: string, key: Bytes): CouchbaseBucket {
    return this.bucket(name, vbucketOf(key, this.#all(name).length));
  }

  /** The node that has a vbucket, by its id. */
  activeOf(name: string, vbucket: number): number {
    return this.#find(name, vbucket)[0]!.id;
  }

  /** Moves a vbucket with all that is in it to another node: streams of it end, and a new history begins. */
  moveVbucket(name: string, vbucket: number, to: number): void {
    const places = this.#find(name, vbucket);
    const target = this.#member(to);
    const [from, ...replicas] = places;
    if (from === target) return;
    const copy = from!.node.bucket(name).copyVbucket(vbucket);
    this.#take(target, name, { vbucket, copy });
    from!.node.bucket(name).deleteVbucket(vbucket);
    // Who had it has none of it any more; who gets it needs no replica of it.
    places.splice(0, places.length, target, ...replicas.filter((one) => one !== target));
    this.#publish();
  }

  /** Brings the replicas of a bucket up to date with what was written. */
  replicate(name: string): void {
    for (const [vbucket, [active, ...replicas]] of this.#all(name).entries()) {
      const copy = active!.node.bucket(name).copyVbucket(vbucket);
      this.#copies.set(`${name}:${vbucket}`, copy);
      for (const replica of replicas) this.#take(replica, name, { vbucket, copy, state: VbucketState.REPLICA });
    }
  }

  /**
   * Lets a node fail: its connections break, and others take its vbuckets over, those with a replica first. They have what was
   * replicated last and nothing else with `lose`, and all that the node had without.
   *
   * @throws {RangeError} If there is no such node, or no other.
   */
  failover(id: number, { lose = false }: { readonly lose?: boolean } = {}): void {
    const failed = this.#member(id);
    if (this.#members.length === 1) throw new RangeError(`Cannot fail node ${id} over: it is the last one`);
    this.stop(id);
    this.#members.splice(this.#members.indexOf(failed), 1);
    for (const [name, all] of this.#places) {
      for (const [vbucket, places] of all.entries()) {
        const wasActive = places[0] === failed;
        const left = places.filter((one) => one !== failed);
        const next = left[0] ?? this.#members[vbucket % this.#members.length]!;
        places.splice(0, places.length, next, ...left.filter((one) => one !== next));
        if (!wasActive) continue;
        const kept = lose ? this.#copies.get(`${name}:${vbucket}`) : failed.node.bucket(name).copyVbucket(vbucket);
        this.#take(next, name, { vbucket, copy: kept });
      }
    }
    this.#gone.push(failed.server.close());
    this.#publish();
  }

  /** Adds an empty node; give it vbuckets by {@linkcode CouchbaseCluster.moveVbucket}. Resolves to its id. */
  async add(): Promise<number> {
    const member = this.#make();
    for (const { name } of this.#options.buckets!) this.#empty(member, name);
    if (this.#listening) await this.#listenAt(member, { hostname: "127.0.0.1", port: 0 });
    this.#publish();
    return member.id;
  }

  /** Takes a node out that has no vbucket any more. */
  async remove(id: number): Promise<void> {
    const member = this.#member(id);
    for (const [name, all] of this.#places) {
      if (all.some(([active]) => active === member)) {
        throw new Error(`Cannot remove node ${id}: it has vbuckets of ${name}`);
      }
      for (const places of all) if (places.includes(member)) places.splice(places.indexOf(member), 1);
    }
    this.#members.splice(this.#members.indexOf(member), 1);
    this.#publish();
    await member.server.close();
  }

  /** Breaks the connections of a node and takes no new ones; it keeps its vbuckets. */
  stop(id: number): void {
    const member = this.#member(id);
    member.up = false;
    for (const session of member.server.sessions) session.close();
  }

  /** Lets a node that was stopped take connections again. */
  start(id: number): void {
    this.#member(id).up = true;
  }

  /** Closes all nodes. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#gone, ...this.#members.map(({ server }) => server.close())]);
  }

  #make(): Member {
    const id = this.#members.reduce((last, member) => Math.max(last, member.id), -1) + 1;
    const server = new Server(this.#options.server);
    const at = { hostname: `node-${id}`, port: MEMORY_PORT };
    const node = new CouchbaseNode({ ...this.#options, advertise: at }).register(server);
    const member: Member = { id, node, server, address: at, at, up: true };
    this.#members.push(member);
    return member;
  }

  async #listenAt(member: Member, address: Address): Promise<void> {
    const listener = await member.server.listen(address);
    member.address = listener.address;
    if ("port" in listener.address) member.at = { hostname: listener.address.hostname, port: listener.address.port };
  }

  /** Gives each vbucket of a bucket to a node, and its replicas to the next ones. */
  #spread({ name, vbucketCount = 1024, replicas = 0 }: CouchbaseBucketOptions): void {
    const count = this.#members.length;
    const all = Array.from(
      { length: vbucketCount },
      (_, vbucket) =>
        Array.from({ length: Math.min(1 + replicas, count) }, (_, i) => this.#members[(vbucket + i) % count]!),
    );
    this.#places.set(name, all);
    for (const member of this.#members) {
      const bucket = member.node.bucket(name);
      for (const [vbucket, places] of all.entries()) {
        const place = places.indexOf(member);
        if (place < 0) bucket.deleteVbucket(vbucket);
        else if (place > 0) bucket.setVbucketState(vbucket, VbucketState.REPLICA);
      }
    }
  }

  #empty(member: Member, name: string): void {
    const bucket = member.node.bucket(name);
    for (const { id } of bucket.vbuckets) bucket.deleteVbucket(id);
  }

  /** Has a node take what another had, or what is there already, and begin a history of its own. */
  #take(
    member: Member,
    name: string,
    { vbucket, copy, state = VbucketState.ACTIVE }: {
      readonly vbucket: number;
      readonly copy: VbucketCopy | undefined;
      readonly state?: number;
    },
  ): void {
    const bucket = member.node.bucket(name);
    bucket.setVbucketState(vbucket, VbucketState.REPLICA);
    if (copy !== undefined) bucket.failover(vbucket, { to: copy });
    if (state !== VbucketState.REPLICA) bucket.setVbucketState(vbucket, state);
  }

  /** Tells all nodes the map of today. */
  #publish(): void {
    const version = { epoch: 1n, revision: ++this.#revision };
    const nodes = this.#members.map(({ at }) => at);
    for (const [name, all] of this.#places) {
      const places = all.map((members) => {
        const replicas = this.#members[0]!.node.bucket(name).replicas;
        return Array.from({ length: 1 + replicas }, (_, i) => this.#members.indexOf(members[i]!));
      });
      for (const [thisNode, { node }] of this.#members.entries()) {
        node.setClusterMap(name, writeClusterMap(node.bucket(name), version, { nodes, thisNode, places }));
      }
    }
  }

  #all(name: string): Places {
    const all = this.#places.get(name);
    if (all === undefined) throw new RangeError(`Cannot find bucket ${JSON.stringify(name)}: there is none`);
    return all;
  }

  #find(name: string, vbucket: number): Member[] {
    const places = this.#all(name)[vbucket];
    if (places === undefined) throw new RangeError(`Cannot find vbucket ${vbucket} of ${name}: there is none`);
    return places;
  }

  #member(id: number): Member {
    const member = this.#members.find((one) => one.id === id);
    if (member === undefined) throw new RangeError(`Cannot find node ${id}: it is not in the cluster`);
    return member;
  }
}
