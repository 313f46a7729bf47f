import { equalBytes, utf8Decode } from "../bytes.ts";
import type { Caller } from "../connection/caller.ts";
import type { Frame } from "../frame/frame.ts";
import type { LinkClock } from "../link/clock.ts";
import { CLUSTERMAP_CHANGE_NOTIFICATION, GET_CLUSTER_CONFIG } from "../ops/cluster_config.ts";
import { VbucketMap, type VbucketMapOptions } from "./vbucket_map.ts";

/** A node that can be asked for its map. */
export interface MapSource {
  /** What talks to it. */
  readonly caller: Pick<Caller, "call">;
  /** Its host, which stands where its map leaves one out. */
  readonly hostname: string;
}

/** What a {@linkcode MapKeeper} needs. */
export interface MapKeeperOptions {
  /** How maps are read. */
  readonly reading: Omit<VbucketMapOptions, "hostname">;
  /** Time and chance. */
  readonly clock: Pick<LinkClock, "after" | "random">;
  /** How often the map is asked for without a reason, in milliseconds; 0 for never. */
  readonly pollMap: number;
  /** The nodes to ask, in this order until one answers. */
  readonly ask: () => readonly MapSource[];
  /** Told of a newer map. */
  readonly changed: (map: VbucketMap, older: VbucketMap) => void;
  /** Told whenever the map was asked for, with whatever outcome. */
  readonly asked: () => void;
  /** Told of a map that cannot be read, and of nodes that do not give theirs. */
  readonly failed: (error: unknown) => void;
}

/** The pauses before the map is asked for again, in milliseconds: the first, and the longest. */
const FIRST_PAUSE = 10;
const LONGEST_PAUSE = 500;

/** How long a node may take to give its map, in milliseconds. */
const ASK_TIMEOUT = 1000;

/** Keeps the newest map: takes those that come along, and asks for one when there is a reason. */
export class MapKeeper {
  readonly #options: MapKeeperOptions;
  #map: VbucketMap;
  /** The last map that came along as bytes: a busy node sends the same one with every refusal. */
  #seen: Uint8Array = new Uint8Array(0);
  #asking: Promise<void> | undefined = undefined;
  #pause = FIRST_PAUSE;
  #stopTimer: () => void = () => {};
  #stopPoll: () => void = () => {};
  #stopped = false;

  /** Begins with a map. */
  constructor(map: VbucketMap, options: MapKeeperOptions) {
    this.#map = map;
    this.#options = options;
    this.#poll();
  }

  /** The newest map. */
  get map(): VbucketMap {
    return this.#map;
  }

  /** Takes a map that came with an answer, if it is newer; an empty one is none. The bytes may be overwritten afterwards. */
  read(json: Uint8Array, hostname: string): void {
    if (json.length === 0 || equalBytes(json, this.#seen)) return;
    this.#take(utf8Decode(json), hostname);
    this.#seen = json.slice();
  }

  /** Hears what a node tells on its own; a notice without a map is a reason to ask for it. */
  hear(frame: Frame, hostname: string): void {
    if (frame.opcode !== CLUSTERMAP_CHANGE_NOTIFICATION.opcode) return;
    const { bucket, json } = CLUSTERMAP_CHANGE_NOTIFICATION.request.read(frame);
    if (bucket !== this.#map.bucket) return;
    if (json === "") void this.askSoon();
    else this.#take(json, hostname);
  }

  /**
   * Asks for the map after a pause that is the longer the less the last answers had to say. Resolves when that is done, never
   * rejects; asks once for all who want it meanwhile.
   */
  askSoon(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    this.#asking ??= this.#ask();
    return this.#asking;
  }

  /** Asks no more. */
  stop(): void {
    this.#stopped = true;
    this.#stopTimer();
    this.#stopPoll();
  }

  async #ask(): Promise<void> {
    const { clock } = this.#options;
    const pause = this.#pause * (0.5 + clock.random() / 2);
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
    await new Promise<void>((resolve) => {
      const stop = clock.after(pause, resolve);
      this.#stopTimer = () => {
        stop();
        resolve();
      };
    });
    if (!this.#stopped) await this.#askAround();
    this.#asking = undefined;
    if (!this.#stopped) this.#options.asked();
  }

  async #askAround(): Promise<void> {
    let reason: unknown;
    for (const { caller, hostname } of this.#options.ask()) {
      try {
        const { json } = await caller.call(GET_CLUSTER_CONFIG, {}, { timeout: ASK_TIMEOUT });
        if (this.#stopped) return;
        if (json === "") continue;
        return this.#take(json, hostname);
      } catch (error) {
        if (this.#stopped) return;
        reason = error;
      }
    }
    if (reason !== undefined) this.#options.failed(reason);
  }

  #take(json: string, hostname: string): void {
    let map: VbucketMap;
    try {
      map = VbucketMap.read(json, { ...this.#options.reading, hostname });
    } catch (error) {
      this.#options.failed(error);
      return;
    }
    const older = this.#map;
    if (map.bucket !== older.bucket || !map.isNewerThan(older)) return;
    this.#map = map;
    this.#pause = FIRST_PAUSE;
    this.#options.changed(map, older);
  }

  #poll(): void {
    const { clock, pollMap } = this.#options;
    if (pollMap === 0) return;
    this.#stopPoll = clock.after(pollMap, () => {
      void this.askSoon();
      this.#poll();
    });
  }
}
