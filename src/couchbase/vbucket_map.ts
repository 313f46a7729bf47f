import { ProtocolError } from "../errors.ts";
import type { ConfigVersion } from "../ops/cluster_config.ts";
import type { Address, TlsOptions } from "../transport/transport.ts";

/** A node of a cluster that serves key-value. */
export interface ClusterNode {
  /** Its host and port as the map has them, by which it is known from map to map. */
  readonly name: string;
  /** Where it is reached from here. */
  readonly address: Address;
}

/** How a map is read. */
export interface VbucketMapOptions {
  /** The host that the map came from, which stands where the map leaves one out. */
  readonly hostname: string;
  /** Reaches the nodes over TLS, by the ports that they have for it. */
  readonly tls?: boolean | TlsOptions;
  /**
   * By which addresses the nodes are reached: `default`, or the name of a network that the map lists, such as `external`. By default
   * the network that lists `hostname`, if one does.
   */
  readonly network?: string;
}

/** The parts of the JSON text that are looked at. */
interface ConfigJson {
  readonly rev?: number;
  readonly revEpoch?: number;
  readonly name?: string;
  readonly uuid?: string;
  readonly nodeLocator?: string;
  readonly collectionsManifestUid?: string;
  readonly nodesExt?: readonly NodeJson[];
  readonly vBucketServerMap?: {
    readonly numReplicas?: number;
    readonly serverList?: readonly string[];
    readonly vBucketMap?: readonly (readonly number[])[];
  };
}

interface NodeJson {
  readonly hostname?: string;
  readonly thisNode?: boolean;
  readonly services?: Ports;
  readonly alternateAddresses?: Readonly<Record<string, { readonly hostname?: string; readonly ports?: Ports }>>;
}

interface Ports {
  readonly kv?: number;
  readonly kvSSL?: number;
}

/** What stands in a map for the host that it came from. */
const SAME_HOST = "$HOST";

/**
 * A cluster map: which node has which vbucket. It never changes; a newer one takes its place.
 *
 * @example
 * ```ts
 * import { VbucketMap } from "@memwire/memwire/couchbase";
 * import { assertEquals } from "@std/assert";
 *
 * const json = JSON.stringify({
 *   rev: 7,
 *   vBucketServerMap: { numReplicas: 1, serverList: ["a:11210", "b:11210"], vBucketMap: [[0, 1], [1, -1]] },
 * });
 * const map = VbucketMap.read(json, { hostname: "a" });
 * assertEquals(map.nodeOf(1)?.name, "b:11210");
 * assertEquals(map.nodeOf(0, 1)?.address, { hostname: "b", port: 11210 });
 * assertEquals(map.nodeOf(1, 1), undefined);
 * ```
 */
export class VbucketMap {
  /** Which of several maps is the newer. */
  readonly version: ConfigVersion;
  /** The name of the bucket; empty in the map of a cluster that has none selected. */
  readonly bucket: string;
  /** The identity of the bucket, 32 hexadecimal digits; empty where the server does not tell. */
  readonly bucketUuid: string;
  /** How many replicas a vbucket should have. */
  readonly replicaCount: number;
  /** The nodes that hold vbuckets. */
  readonly nodes: readonly ClusterNode[];
  /** The node that gave the map, if it says which it is. */
  readonly source: ClusterNode | undefined;
  readonly #places: readonly (readonly number[])[];

  private constructor(config: ConfigJson, nodes: readonly ClusterNode[]) {
    const { rev = 0, revEpoch = -1, name = "", uuid = "", vBucketServerMap = {} } = config;
    this.version = { epoch: BigInt(revEpoch), revision: BigInt(rev) };
    this.bucket = name;
    this.bucketUuid = uuid;
    this.replicaCount = vBucketServerMap.numReplicas ?? 0;
    this.nodes = nodes;
    this.source = nodes.length === 1
      ? nodes[0]
      : nodes[keyValueNodes(config).findIndex(({ thisNode }) => thisNode === true)];
    this.#places = vBucketServerMap.vBucketMap ?? [];
  }

  /**
   * Reads the JSON text that servers give.
   *
   * @throws {ProtocolError} If it is no JSON, or no cluster map.
   */
  static read(json: string, options: VbucketMapOptions): VbucketMap {
    try {
      const config = JSON.parse(json) as ConfigJson;
      if (config === null || typeof config !== "object") throw new TypeError("it is no object");
      return new VbucketMap(config, nodesOf(config, options));
    } catch (cause) {
      throw new ProtocolError(`Cannot read cluster map "${json.slice(0, 60)}…": ${(cause as Error).message}`, {
        cause,
      });
    }
  }

  /** How many vbuckets the bucket has; 0 where the map is not that of a bucket with vbuckets. */
  get vbucketCount(): number {
    return this.#places.length;
  }

  /** The node that has a vbucket: the active one, or its first, second, third replica. */
  nodeOf(vbucket: number, replica = 0): ClusterNode | undefined {
    return this.nodes[this.#places[vbucket]?.[replica] ?? -1];
  }

  /** The vbuckets that are active on a node, by rising number. */
  vbucketsOf(node: string): number[] {
    const found: number[] = [];
    for (let id = 0; id < this.#places.length; id++) if (this.nodeOf(id)?.name === node) found.push(id);
    return found;
  }

  /** Whether it is newer than another: first the epoch counts, then the revision. */
  isNewerThan(other: VbucketMap | undefined): boolean {
    if (other === undefined) return true;
    const { epoch, revision } = this.version;
    return epoch === other.version.epoch ? revision > other.version.revision : epoch > other.version.epoch;
  }
}

/** The nodes in the order of the list that vbuckets refer to; the other list has their TLS ports and other addresses. */
function nodesOf(config: ConfigJson, options: VbucketMapOptions): ClusterNode[] {
  const extended = keyValueNodes(config);
  const network = options.network ?? networkOf(extended, options.hostname);
  return (config.vBucketServerMap?.serverList ?? []).map((entry, i) => {
    const plain = splitHost(entry.replace(SAME_HOST, bracketed(options.hostname)));
    return {
      name: `${bracketed(plain.hostname)}:${plain.port}`,
      address: addressOf(plain, extended[i], { ...options, network }),
    };
  });
}

/** The nodes of the second list that are in the first, too. */
function keyValueNodes({ nodesExt = [] }: ConfigJson): NodeJson[] {
  return nodesExt.filter(({ services }) => services?.kv !== undefined || services?.kvSSL !== undefined);
}

/** Which network lists a host. */
function networkOf(nodes: readonly NodeJson[], hostname: string): string {
  for (const { alternateAddresses = {} } of nodes) {
    for (const [network, { hostname: name }] of Object.entries(alternateAddresses)) {
      if (name === hostname) return network;
    }
  }
  return "default";
}

function addressOf(
  plain: { readonly hostname: string; readonly port: number },
  node: NodeJson | undefined,
  { tls, network }: VbucketMapOptions & { readonly network: string },
): Address {
  const secure = tls !== undefined && tls !== false;
  const other = node?.alternateAddresses?.[network];
  if (other === undefined && network !== "default") {
    throw new TypeError(`node ${plain.hostname}:${plain.port} has no address in the network ${network}`);
  }
  const ports = other?.ports ?? node?.services;
  const hostname = other?.hostname ?? plain.hostname;
  const port = secure ? ports?.kvSSL : other?.ports === undefined ? plain.port : ports?.kv;
  if (port === undefined) {
    throw new TypeError(`node ${plain.hostname}:${plain.port} has no port for ${secure ? "TLS" : network}`);
  }
  return secure ? { hostname, port, tls } : { hostname, port };
}

function splitHost(entry: string): { readonly hostname: string; readonly port: number } {
  const colon = entry.lastIndexOf(":");
  const port = Number(entry.slice(colon + 1));
  if (colon <= 0 || !(Number.isInteger(port) && port > 0 && port <= 0xffff)) {
    throw new TypeError(`"${entry}" is no host and port`);
  }
  return { hostname: entry.slice(0, colon).replace(/^\[(.*)\]$/, "$1"), port };
}

function bracketed(hostname: string): string {
  return hostname.includes(":") ? `[${hostname}]` : hostname;
}
