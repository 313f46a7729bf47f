import { VbucketState } from "../../ops/vbucket.ts";
import type { ConfigVersion } from "../../ops/cluster_config.ts";
import type { CouchbaseBucket } from "./bucket.ts";

/** What servers of today can do, and clients ask for before they use it. */
const CAPABILITIES: readonly string[] = [
  "collections",
  "durableWrite",
  "tombstonedUserXAttrs",
  "couchapi",
  "subdoc.ReplaceBodyWithXattr",
  "subdoc.DocumentMacroSupport",
  "subdoc.ReviveDocument",
  "dcp",
  "cbhello",
  "touch",
  "cccp",
  "xdcrCheckpointing",
  "nodesExt",
  "xattr",
  "preserveExpiry",
  "rangeScan",
  "subdoc.ReplicaRead",
  "subdoc.BinaryXattr",
  "subdoc.AccessDeleted",
];

/** Where the node is, as the map says. */
export interface AdvertisedNode {
  /** The host; the one that the client has used when missing. */
  readonly hostname: string | undefined;
  /** The port of key-value. */
  readonly port: number;
}

/** A cluster map and its version. */
export interface ClusterMap extends ConfigVersion {
  /** The JSON text. */
  readonly json: string;
}

/** The nodes of a map, and which of them has what. */
export interface MapParts {
  /** The nodes, in the order in which vbuckets refer to them. */
  readonly nodes: readonly AdvertisedNode[];
  /** The node that gives the map, by its place. */
  readonly thisNode: number;
  /** For each vbucket the node that has it, by its place, and those that have its replicas; -1 for none. */
  readonly places: readonly (readonly number[])[];
}

/** Writes the cluster map of a bucket on one node. */
export function clusterMap(bucket: CouchbaseBucket, node: AdvertisedNode, version: ConfigVersion): ClusterMap {
  const missing: number[] = new Array(bucket.replicas).fill(-1);
  const places = Array.from({ length: bucket.vbucketCount }, (_, id) => {
    const active = bucket.findVbucket(id)?.state === VbucketState.ACTIVE;
    return [active ? 0 : -1, ...missing];
  });
  return writeClusterMap(bucket, version, { nodes: [node], thisNode: 0, places });
}

/** Writes a cluster map. */
export function writeClusterMap(
  bucket: CouchbaseBucket,
  version: ConfigVersion,
  { nodes, thisNode, places }: MapParts,
): ClusterMap {
  const json = JSON.stringify({
    rev: Number(version.revision),
    revEpoch: Number(version.epoch),
    name: bucket.name,
    nodeLocator: "vbucket",
    uuid: bucket.uuid,
    bucketCapabilitiesVer: "",
    bucketCapabilities: CAPABILITIES,
    collectionsManifestUid: bucket.manifest.uidText,
    nodes: nodes.map(({ hostname, port }) => ({ hostname: `${hostname ?? "$HOST"}:8091`, ports: { direct: port } })),
    nodesExt: nodes.map(({ hostname, port }, i) => ({
      services: { kv: port },
      ...(i === thisNode ? { thisNode: true } : {}),
      ...(hostname === undefined ? {} : { hostname }),
    })),
    vBucketServerMap: {
      hashAlgorithm: "CRC",
      numReplicas: bucket.replicas,
      serverList: nodes.map(({ hostname, port }) => `${bracketed(hostname) ?? "$HOST"}:${port}`),
      vBucketMap: places,
    },
    clusterCapabilitiesVer: [1, 0],
    clusterCapabilities: {},
  });
  return { ...version, json };
}

/** Whether a version is newer than another: first the epoch counts. */
export function isNewer(a: ConfigVersion, b: ConfigVersion): boolean {
  return a.epoch === b.epoch ? a.revision > b.revision : a.epoch > b.epoch;
}

function bracketed(hostname: string | undefined): string | undefined {
  return hostname?.includes(":") ? `[${hostname}]` : hostname;
}
