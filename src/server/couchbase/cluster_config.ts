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

/** Writes the cluster map of a bucket on one node. */
export function clusterMap(
  bucket: CouchbaseBucket,
  { hostname, port }: AdvertisedNode,
  version: ConfigVersion,
): ClusterMap {
  const missing: number[] = new Array(bucket.replicas).fill(-1);
  const places = Array.from({ length: bucket.vbucketCount }, (_, id) => {
    const active = bucket.findVbucket(id)?.state === VbucketState.ACTIVE;
    return [active ? 0 : -1, ...missing];
  });
  const json = JSON.stringify({
    rev: Number(version.revision),
    revEpoch: Number(version.epoch),
    name: bucket.name,
    nodeLocator: "vbucket",
    uuid: bucket.uuid,
    bucketCapabilitiesVer: "",
    bucketCapabilities: CAPABILITIES,
    collectionsManifestUid: bucket.manifest.uidText,
    nodes: [{ hostname: `${hostname ?? "$HOST"}:8091`, ports: { direct: port } }],
    nodesExt: [{ services: { kv: port }, thisNode: true, ...(hostname === undefined ? {} : { hostname }) }],
    vBucketServerMap: {
      hashAlgorithm: "CRC",
      numReplicas: bucket.replicas,
      serverList: [`${bracketed(hostname) ?? "$HOST"}:${port}`],
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
