import type { ConfigVersion } from "../../ops/cluster_config.ts";
import type { CouchbaseBucket } from "./bucket.ts";
import { type AdvertisedNode, type ClusterMap, clusterMap, isNewer } from "./cluster_config.ts";

/** Told when the cluster map of a bucket is another. */
export type MapListener = (bucket: CouchbaseBucket, map: ClusterMap) => void;

interface Kept {
  version: ConfigVersion;
  /** What somebody else has set in the place of the node's own. */
  given: ClusterMap | undefined;
  /** The node's own as it was last written, and where the node was then. */
  written: ClusterMap | undefined;
  where: string;
}

const FIRST: ConfigVersion = { epoch: 1n, revision: 1n };

/** The cluster maps of all buckets, written when they are asked for and when something has changed. */
export class ClusterMaps {
  readonly #where: () => AdvertisedNode;
  readonly #kept = new WeakMap<CouchbaseBucket, Kept>();
  readonly #listeners = new Set<MapListener>();

  /** Takes what says where the node is now. */
  constructor(where: () => AdvertisedNode) {
    this.#where = where;
  }

  /** The map of a bucket. */
  of(bucket: CouchbaseBucket): ClusterMap {
    const kept = this.#get(bucket);
    if (kept.given !== undefined) return kept.given;
    const node = this.#where();
    const where = JSON.stringify(node);
    if (kept.written === undefined || kept.where !== where) {
      kept.written = clusterMap(bucket, node, kept.version);
      kept.where = where;
    }
    return kept.written;
  }

  /** Something that the map of a bucket says is not so any more. */
  changed(bucket: CouchbaseBucket): void {
    const kept = this.#get(bucket);
    kept.version = { epoch: kept.version.epoch, revision: kept.version.revision + 1n };
    kept.written = undefined;
    if (kept.given === undefined) this.#tell(bucket);
  }

  /** Puts a map in the place of the node's own, if it is newer; returns whether it was. */
  set(bucket: CouchbaseBucket, map: ClusterMap): boolean {
    const kept = this.#get(bucket);
    if (kept.given !== undefined && !isNewer(map, kept.given)) return false;
    kept.given = map;
    this.#tell(bucket);
    return true;
  }

  /** Is told of every other map; returns what ends it. */
  listen(listener: MapListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #get(bucket: CouchbaseBucket): Kept {
    let kept = this.#kept.get(bucket);
    if (kept === undefined) {
      kept = { version: FIRST, given: undefined, written: undefined, where: "" };
      this.#kept.set(bucket, kept);
    }
    return kept;
  }

  #tell(bucket: CouchbaseBucket): void {
    if (this.#listeners.size === 0) return;
    const map = this.of(bucket);
    for (const listener of this.#listeners) listener(bucket, map);
  }
}
