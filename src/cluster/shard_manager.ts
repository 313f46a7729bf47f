import type { FrameListener } from "../connection/frame_listeners.ts";
import type { Bytes } from "../frame/frame_writer.ts";
import type { ClusterListener } from "./cluster_event.ts";
import type { LinkStatus } from "../link/link_status.ts";
import { KnownPlaces } from "./known_places.ts";
import { ringOf, type RingOptions } from "./make_ring.ts";
import { makeElsewhere } from "./removed.ts";
import type { Ring, RingFactory } from "./ring.ts";
import type { RingName } from "./ring_names.ts";
import {
  readServer,
  readServers,
  sameAddress,
  type ServerEntry,
  type ServerOptions,
  type ServerSpec,
} from "./server_spec.ts";
import { type NodeCaller, Shard } from "./shard.ts";
import type { ShardState } from "./shard_state.ts";

/** How keys are shared out. */
export interface ShardManagerOptions extends RingOptions {
  /**
   * What says which server a key belongs to: a name, or {@linkcode customRing} with a function of your own; `ketama-weighted` by
   * default, which places keys as libmemcached, php-memcached and pylibmc do with their ketama.
   */
  readonly ring?: RingName | RingFactory;
}

/** What a manager works for, once it is in use. */
export interface ShardUser {
  /** Makes what talks to a server. */
  readonly open: (server: ServerSpec) => NodeCaller;
  /** Whether calls to active servers need another look. */
  readonly careful: boolean;
  /** Is told of what changed. */
  readonly listener: ClusterListener;
}

/**
 * The servers there are, what each may be used for, and which keys each has. All of it may be changed while calls are under way:
 * servers that stay keep their connections, those that go are drained. Calls that wait for a server that goes are made at the one that
 * has their key then.
 *
 * - What is hashed is the name of a server. One that is renumbered under its old name keeps its keys; its connections are made anew.
 * - A manager belongs to one client; give it to `connect` in place of the servers, or take the one that the client has made.
 *
 * @example
 * ```ts
 * import { connect, ShardManager } from "@memwire/memwire/cluster";
 * import { MemoryStore, Server } from "@memwire/memwire/server";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = new Server();
 * new MemoryStore().register(server);
 * const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
 *
 * const shards = new ShardManager([{ name: "cache-1", address }]);
 * await using client = await connect(shards);
 * await client.set("k", "v");
 * shards.setState("cache-1", "down");
 * assertEquals(await client.get("k"), undefined);
 * shards.setState("cache-1", "active");
 * assertEquals(await client.getText("k"), "v");
 * ```
 */
export class ShardManager {
  readonly #makeRing: RingFactory;
  #servers: readonly ServerSpec[];
  #ring: Ring;
  #places: KnownPlaces;
  #shards: readonly Shard[] = [];
  #user: ShardUser | undefined = undefined;
  #closed = false;
  readonly #draining: Set<Promise<unknown>> = new Set();
  /** Who watches frames, with what ends it at each shard. */
  readonly #watching: Map<object, { readonly listener: FrameListener; readonly stops: Map<Shard, () => void> }> =
    new Map();

  /**
   * Makes one with some servers. Of servers with one name only the first counts.
   *
   * @throws {TypeError} If a server or its state cannot be used.
   */
  constructor(servers: Iterable<ServerEntry>, options: ShardManagerOptions = {}) {
    const { ring = "ketama-weighted" } = options;
    this.#makeRing = typeof ring === "function" ? ring : ringOf(ring, options);
    this.#servers = readServers(servers);
    this.#ring = this.#makeRing(this.#servers);
    this.#places = new KnownPlaces(this.#ring);
  }

  /** The servers there are, in their order. */
  get servers(): readonly ServerSpec[] {
    return this.#servers;
  }

  /** The servers with what talks to them, in their order; none before the manager is in use. */
  get shards(): readonly Shard[] {
    return this.#shards;
  }

  /** The place among {@linkcode ShardManager.shards} of the one that has a key; −1 if none has. */
  placeOf(key: Bytes): number {
    return this.#places.locate(key);
  }

  /** The one that has a key. */
  shardOf(key: Bytes): Shard | undefined {
    return this.#shards[this.#places.locate(key)];
  }

  /** The ones to turn to without it, nearest first. */
  *next(key: Bytes): Generator<Shard, void, void> {
    for (const place of this.#ring.next(key)) {
      const shard = this.#shards[place];
      if (shard !== undefined) yield shard;
    }
  }

  /** The one with a name. */
  named(name: string): Shard | undefined {
    return this.#shards.find((shard) => shard.name === name);
  }

  /**
   * Replaces the servers. Those that stay keep their connections, new ones are connected to, and those that go are closed when
   * their calls under way have ended. If one cannot be used, nothing changes.
   *
   * @throws {TypeError} If a server or its state cannot be used.
   */
  update(servers: Iterable<ServerEntry>): void {
    this.#apply(readServers(servers));
  }

  /**
   * The same with what each server may be used for, as a shard manager tells: servers that are not in the list are not used any
   * more, and of those that stay only the state changes.
   *
   * @throws {TypeError} If a server or its state cannot be used.
   */
  updateShardStates(states: Iterable<ServerOptions>): void {
    const servers = Array.from(states, (entry) => {
      const server = readServer(entry);
      const known = this.#servers.find((other) =>
        entry.name === undefined ? sameAddress(other, server) : other.name === entry.name
      );
      return known === undefined ? server : { ...known, state: server.state };
    });
    this.#apply(readServers(servers));
  }

  /**
   * Changes what one server may be used for.
   *
   * @throws {RangeError} If there is no such server.
   */
  setState(name: string, state: ShardState): void {
    if (!this.#servers.some((server) => server.name === name)) {
      throw new RangeError(`Cannot set the state of ${name}: the servers are ${namesOf(this.#servers).join(", ")}`);
    }
    this.#apply(readServers(this.#servers.map((server) => server.name === name ? { ...server, state } : server)));
  }

  /** Begins to work for somebody; a manager does so once. */
  start(user: ShardUser): void {
    if (this.#user !== undefined) throw new TypeError("Cannot use a ShardManager twice: make one for each client");
    const shards: Shard[] = [];
    try {
      for (const server of this.#servers) shards.push(new Shard(server, user.open(server)));
    } catch (error) {
      for (const shard of shards) this.#drain(shard);
      throw error;
    }
    this.#user = user;
    this.#adopt(shards);
  }

  /** Watches the frames of all servers, also of those to come; returns what ends it. */
  observe(listener: FrameListener): () => void {
    const entry = { listener, stops: new Map<Shard, () => void>() };
    this.#watching.set(entry, entry);
    for (const shard of this.#shards) entry.stops.set(shard, shard.caller.observe(listener));
    return () => {
      this.#watching.delete(entry);
      for (const stop of entry.stops.values()) stop();
    };
  }

  /** Lets the calls under way end, then closes; there will be no more servers. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const shard of this.#shards) {
      shard.direct = false;
      this.#drain(shard);
    }
    await Promise.all(this.#draining);
  }

  #apply(servers: readonly ServerSpec[]): void {
    const user = this.#user;
    const ring = this.#makeRing(servers);
    if (user === undefined || this.#closed) {
      this.#servers = servers;
      this.#setRing(ring);
      return;
    }
    const before = new Map(this.#shards.map((shard) => [shard.name, shard]));
    const added: Shard[] = [];
    const shards: Shard[] = [];
    try {
      for (const server of servers) {
        const known = before.get(server.name);
        const shard = known !== undefined && sameAddress(known.server, server)
          ? known
          : new Shard(server, user.open(server));
        if (shard !== known) added.push(shard);
        shards.push(shard);
      }
    } catch (error) {
      for (const shard of added) this.#drain(shard);
      throw error;
    }
    const changed = servers.flatMap((server, i) => {
      const shard = shards[i]!;
      const from = shard.state;
      shard.server = server;
      return from === server.state ? [] : [{ type: "state", server: server.name, from, to: server.state } as const];
    });
    const removed = this.#shards.filter((shard) => !shards.includes(shard));
    this.#servers = servers;
    this.#setRing(ring);
    this.#adopt(shards);
    for (const shard of removed) this.#drain(shard);
    if (added.length > 0 || removed.length > 0) {
      user.listener({
        type: "topology",
        added: added.map(({ name }) => name),
        removed: removed.map(({ name }) => name),
        servers: namesOf(servers),
      });
    }
    for (const event of changed) user.listener(event);
  }

  #setRing(ring: Ring): void {
    this.#ring = ring;
    this.#places = new KnownPlaces(ring);
  }

  #adopt(shards: readonly Shard[]): void {
    const known = new Set(this.#shards);
    this.#shards = shards;
    for (const shard of shards) {
      shard.direct = shard.state === "active" && !this.#user!.careful;
      if (known.has(shard)) continue;
      this.#report(shard);
      for (const { listener, stops } of this.#watching.values()) stops.set(shard, shard.caller.observe(listener));
    }
  }

  /** Tells what happens at a server, until it is closed. */
  async #report({ caller }: Shard): Promise<void> {
    const { listener } = this.#user!;
    for await (const status of caller.status?.() ?? []) listener(status as LinkStatus);
  }

  #drain(shard: Shard): void {
    for (const { stops } of this.#watching.values()) stops.delete(shard);
    // A connection that cannot be closed in order is gone all the same.
    const { caller } = shard;
    const leaving = this.#closed || caller.leave === undefined
      ? caller.close()
      : caller.leave((call) => makeElsewhere(call, shard.name, (key) => this.shardOf(key)));
    const closing: Promise<unknown> = leaving.catch(() => {}).then(() => this.#draining.delete(closing));
    this.#draining.add(closing);
  }
}

function namesOf(servers: readonly ServerSpec[]): string[] {
  return servers.map(({ name }) => name);
}
