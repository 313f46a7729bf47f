import { utf8Encode } from "../bytes.ts";
import type { Caller } from "../connection/caller.ts";
import type { Connection } from "../connection/connection.ts";
import { MapKeeper, type MapSource } from "../couchbase/map_keeper.ts";
import { VbucketMap } from "../couchbase/vbucket_map.ts";
import type { NotMyVbucketError } from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import { Feature } from "../wire/features.ts";
import { type DcpDialer, type DcpPlace, type DcpReached, hostOf } from "./dcp_dialer.ts";
import type { FeedClock } from "./process_clock.ts";

/** What a {@linkcode DcpMap} is made of. */
export interface DcpMapSettings {
  /** Knows the way to the servers. */
  readonly dialer: DcpDialer;
  /** Timers and chance. */
  readonly clock: FeedClock;
  /** Is aborted with the feed. */
  readonly signal: AbortSignal;
  /** The connections that there are now, by the names of their nodes. */
  readonly connections: () => Iterable<readonly [name: string, connection: Connection]>;
  /** Told of a newer map. */
  readonly changed: () => void;
  /** Told whenever the map was asked for, with whatever outcome. */
  readonly asked: () => void;
}

/** How often servers are asked for the map that do not tell of a newer one, in milliseconds. */
const POLL_MAP = 10_000;

/** Which node has which vbucket, and how nodes are reached: from the first map on always by the newest. */
export class DcpMap {
  readonly #settings: DcpMapSettings;
  readonly #keeper: MapKeeper;
  /** The node that was reached first: its address is known to work, whatever maps say of it. */
  readonly #first: { readonly name: string | undefined; readonly place: DcpPlace };

  private constructor(settings: DcpMapSettings, map: VbucketMap, reached: DcpReached) {
    this.#settings = settings;
    this.#first = { name: map.source?.name, place: reached.place! };
    this.#keeper = new MapKeeper(map, {
      reading: settings.dialer.reading,
      clock: settings.clock,
      pollMap: reached.connection.features.has(Feature.CLUSTERMAP_CHANGE_NOTIFICATION) ? 0 : POLL_MAP,
      ask: () => this.#sources(),
      changed: () => settings.changed(),
      asked: () => settings.asked(),
      // Whoever needs a map asks again, and fails by himself if none comes.
      failed: () => {},
    });
  }

  /**
   * Begins with the map of the first node; `undefined` if it has none that says where vbuckets are.
   *
   * @throws {ProtocolError} If it has one that cannot be read.
   */
  static from(reached: DcpReached, settings: DcpMapSettings): DcpMap | undefined {
    const { clusterConfig, place } = reached;
    if (clusterConfig === undefined || place === undefined) return undefined;
    const hostname = hostOf(place.address);
    const map = VbucketMap.read(clusterConfig, { ...settings.dialer.reading, hostname });
    return map.vbucketCount === 0 || map.nodes.length === 0 ? undefined : new DcpMap(settings, map, reached);
  }

  /** The name of the node that was reached first, if it says which it is. */
  get firstName(): string | undefined {
    return this.#first.name;
  }

  /** Whether there is more than one node. */
  get hasMany(): boolean {
    return this.#map.nodes.length > 1;
  }

  /** How many vbuckets there are. */
  get vbucketCount(): number {
    return this.#map.vbucketCount;
  }

  /** Whether a node is part of the cluster. */
  has(name: string): boolean {
    return this.#map.nodes.some((node) => node.name === name);
  }

  /** The name of the node that has a vbucket. Where there is only one node, it is that one. */
  ownerOf(vbucket: number): string | undefined {
    const { nodes } = this.#map;
    return nodes.length === 1 ? nodes[0]!.name : this.#map.nodeOf(vbucket)?.name;
  }

  /** The names of the nodes that have vbuckets. */
  get owners(): Set<string> {
    const names = new Set<string>();
    for (let vbucket = 0; vbucket < this.vbucketCount; vbucket++) {
      const name = this.ownerOf(vbucket);
      if (name !== undefined) names.add(name);
    }
    return names;
  }

  /** Where a node is, and what a session there begins with. */
  placeOf(name: string): DcpPlace {
    const { place } = this.#first;
    const node = this.#map.nodes.find((other) => other.name === name);
    return name === this.#first.name || node === undefined ? place : { ...place, address: node.address };
  }

  /** Takes the map of a session that has begun. */
  learn({ clusterConfig, place }: DcpReached): void {
    if (clusterConfig !== undefined && place !== undefined) this.#read(clusterConfig, hostOf(place.address));
  }

  /** Takes the map that came with the answer that a vbucket is elsewhere. */
  heed({ config }: NotMyVbucketError, name: string): void {
    if (config !== undefined) this.#read(config, hostOf(this.placeOf(name).address));
  }

  /** Hears what a node tells on its own. */
  hear(frame: Frame, place: DcpPlace): void {
    this.#keeper.hear(frame, hostOf(place.address));
  }

  /** Asks for the map after a pause that is the longer the less the last answers had to say. Resolves when that is done, never rejects. */
  askSoon(): Promise<void> {
    return this.#keeper.askSoon();
  }

  /** Asks no more. */
  stop(): void {
    this.#keeper.stop();
  }

  get #map(): VbucketMap {
    return this.#keeper.map;
  }

  #read(json: string, hostname: string): void {
    this.#keeper.read(utf8Encode(json), hostname);
  }

  /** Whom to ask: the nodes that are connected; if none is, those that the feed began at. */
  #sources(): MapSource[] {
    const { connections, dialer, signal } = this.#settings;
    const connected = [...connections()].map(([name, caller]) => ({
      caller,
      hostname: hostOf(this.placeOf(name).address),
    }));
    if (connected.length > 0) return connected;
    return dialer.seeds.map((seed) => {
      // A session begins with that question.
      const call = async (): Promise<{ readonly json: string }> => {
        const { connection, clusterConfig = "" } = await dialer.at(seed, { signal });
        void connection.close();
        return { json: clusterConfig };
      };
      return { caller: { call } as unknown as Pick<Caller, "call">, hostname: hostOf(seed.address) };
    });
  }
}
