import type { ClusterEvent } from "../cluster/cluster_event.ts";
import type { BatchResult, CallOptions, ClosableCaller, Settle } from "../connection/caller.ts";
import type { ConnectionOptions } from "../connection/connection_options.ts";
import type { FrameListener } from "../connection/frame_listeners.ts";
import type { StrandedCall } from "../connection/stranded.ts";
import type { Frame } from "../frame/frame.ts";
import { type LinkClock, SYSTEM_CLOCK } from "../link/clock.ts";
import { EventHub } from "../link/event_hub.ts";
import { giveTime, type Hold, holdCall, holdStream } from "../link/held_calls.ts";
import type { LinkStatus } from "../link/link_status.ts";
import { WaitingCalls } from "../link/waiting_calls.ts";
import type { Op, Outgoing } from "../ops/op.ts";
import { statusError } from "../ops/status_error.ts";
import { MapKeeper } from "./map_keeper.ts";
import { closedCluster, lateVbucket, noReplica } from "./router_errors.ts";
import { VbucketBatch } from "./vbucket_batch.ts";
import type { ClusterNode, VbucketMap, VbucketMapOptions } from "./vbucket_map.ts";

/** What connects to one node: a {@linkcode Link}. */
export interface NodeLink extends ClosableCaller {
  /** Whether calls go to a connection at once. */
  readonly ready: boolean;
  /** Makes a call that another node could not answer; nothing is thrown. */
  resume(call: StrandedCall): void;
  /** Gives away the calls that wait for a connection. */
  takeWaiting(): StrandedCall[];
  /** Closes, and gives away the calls that it can do nothing for any more. */
  leave(elsewhere: (call: StrandedCall) => void): Promise<void>;
  /** What happens between the link and its node. */
  status(): AsyncIterableIterator<LinkStatus>;
}

/** What the connections to a node tell the router. */
export type NodeHooks = Pick<Required<ConnectionOptions>, "onMoved" | "onNotice">;

/** What a {@linkcode VbucketRouter} needs beside its map. */
export interface VbucketRouterOptions {
  /** Makes what talks to a node; it need not connect yet. */
  readonly open: (node: ClusterNode, hooks: NodeHooks) => NodeLink;
  /** How maps are read that come from a node. */
  readonly reading: Omit<VbucketMapOptions, "hostname">;
  /** How long a call may take that does not say so, in milliseconds; 1000 by default, 0 for ever. */
  readonly timeout?: number;
  /** How often the map is asked for, in milliseconds; 0, the default, for when there is a reason only. */
  readonly pollMap?: number;
  /** Another clock, for tests. */
  readonly clock?: LinkClock;
}

/** Someone who watches frames, with what ends it at each node. */
interface Watching {
  readonly listener: FrameListener;
  readonly stops: (() => void)[];
}

/**
 * The nodes of a Couchbase cluster as one caller: each call goes to the node that has its vbucket.
 *
 * - A node that says that a vbucket is elsewhere is believed: its map is taken if it is newer, and the call is made again where the
 *   map says, within its deadline. So are calls about a vbucket that no node has for the moment.
 * - Newer maps come with such answers, by notice of the servers, and when a node is lost, are asked for. Nodes that are in no map any
 *   more end their calls, then their connections are closed.
 * - A call without a vbucket goes to any node.
 */
export class VbucketRouter implements ClosableCaller {
  readonly #options: VbucketRouterOptions;
  readonly #clock: LinkClock;
  readonly #links = new Map<string, NodeLink>();
  /** Who watches frames. */
  readonly #watching = new Set<Watching>();
  readonly #leaving = new Set<Promise<void>>();
  readonly #waiting: WaitingCalls;
  /** How a node has refused a call for which there is no better one. */
  readonly #refusals = new WeakMap<StrandedCall, unknown>();
  readonly #hub: EventHub<ClusterEvent> = new EventHub();
  readonly #maps: MapKeeper;
  #closed = false;

  /** Makes one that begins with a map, which must have nodes. */
  constructor(map: VbucketMap, options: VbucketRouterOptions) {
    const { clock = SYSTEM_CLOCK, pollMap = 0, reading } = options;
    this.#options = options;
    this.#clock = clock;
    this.#waiting = new WaitingCalls(clock, (call) => this.#refusals.get(call) ?? lateVbucket(call));
    this.#maps = new MapKeeper(map, {
      reading,
      clock,
      pollMap,
      ask: () => this.#inOrder(),
      changed: (newer, older) => this.#follow(newer, older),
      asked: () => this.#makeAgain(),
      failed: (error) => this.#hub.emit({ type: "discovery", at: clock.wall(), error }),
    });
    for (const node of map.nodes) this.#linkTo(node);
  }

  /** The map that is gone by. */
  get map(): VbucketMap {
    return this.#maps.map;
  }

  /** {@inheritDoc Caller.call} */
  call<Req, Res, T = Res>(
    op: Op<Req, Res>,
    request: Outgoing<Req>,
    options?: CallOptions,
    settle?: Settle<T>,
  ): Promise<T> {
    const link = this.#linkFor(options);
    return link === undefined
      ? holdCall(this.#hold, op, request, { options, settle })
      : link.call(op, request, options, settle);
  }

  /** {@inheritDoc Caller.batch} */
  batch<Req, Res, T = Res>(
    op: Op<Req, Res>,
    requests: readonly Outgoing<Req>[],
    options?: CallOptions,
    settle?: Settle<T>,
  ): Promise<BatchResult<T>> {
    const { timeout = 1000 } = this.#options;
    const isClosed = () => this.#closed;
    const host = {
      clock: this.#clock,
      get closed(): boolean {
        return isClosed();
      },
      nodeOf: (vbucket: number | undefined) => this.#linkFor({ ...options, vbucket: vbucket! }),
      newerMap: () => this.#maps.askSoon(),
    };
    return new VbucketBatch({ op, requests, options, settle }, host).run(options?.timeout ?? timeout);
  }

  /** {@inheritDoc Caller.open} */
  open<Req, Res>(op: Op<Req, Res>, request: Outgoing<Req>, options?: CallOptions): AsyncIterableIterator<Res> {
    const link = this.#linkFor(options);
    return link === undefined ? holdStream(this.#hold, op, request, { options }) : link.open(op, request, options);
  }

  /** The nodes that there are now, by their names, with what talks to them. */
  get nodes(): ReadonlyMap<string, ClosableCaller> {
    return new Map(this.map.nodes.map((node) => [node.name, this.#linkTo(node)]));
  }

  /** What happens to the map, and between each node and its connections, until left or until the router is closed. */
  status(): AsyncIterableIterator<ClusterEvent> {
    return this.#hub.read();
  }

  /** Watches the frames that are sent to all nodes and received from them; returns what ends it. */
  observe(listener: FrameListener): () => void {
    const watching: Watching = { listener, stops: [...this.#links.values()].map((link) => link.observe(listener)) };
    this.#watching.add(watching);
    return () => {
      this.#watching.delete(watching);
      for (const stop of watching.stops) stop();
    };
  }

  /** Lets the calls under way end, then closes. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#maps.stop();
    this.#waiting.failAll(closedCluster);
    await Promise.all([...this.#leaving, ...[...this.#links.values()].map((link) => link.close())]);
    this.#hub.close();
  }

  /** The node that a call goes to: one that has its vbucket, or any, which will say what there is to say. Nothing where there is none. */
  #linkFor(options: CallOptions | undefined): NodeLink | undefined {
    if (this.#closed) return undefined;
    const vbucket = options?.vbucket;
    if (vbucket === undefined || this.map.vbucketCount === 0) return this.#anyLink();
    const replica = Number(options?.replica ?? 0);
    const node = this.map.nodeOf(vbucket, replica);
    if (node !== undefined) return this.#linkTo(node);
    return replica === 0 || this.map.nodeOf(vbucket) === undefined ? this.#anyLink() : undefined;
  }

  #anyLink(): NodeLink | undefined {
    for (const link of this.#links.values()) if (link.ready) return link;
    const node = this.map.nodes[0];
    return node === undefined ? undefined : this.#linkTo(node);
  }

  #linkTo(node: ClusterNode): NodeLink {
    const known = this.#links.get(node.name);
    if (known !== undefined) return known;
    const hostname = "path" in node.address ? "localhost" : node.address.hostname;
    const link = this.#options.open(node, {
      onMoved: (call, frame) => this.#moved(call, frame, { node, hostname }),
      onNotice: (frame) => this.#maps.hear(frame, hostname),
    });
    this.#links.set(node.name, link);
    for (const { listener, stops } of this.#watching) stops.push(link.observe(listener));
    void this.#retell(link);
    return link;
  }

  /** Tells what happens between a node and its connections; a node that is lost is a reason to ask for the map. */
  async #retell(link: NodeLink): Promise<void> {
    for await (const event of link.status()) {
      this.#hub.emit(event);
      if (event.type === "disconnected" || event.type === "down") void this.#maps.askSoon();
    }
  }

  /** A node has answered that a vbucket is elsewhere. Whoever asked waits on, until the time is over. */
  #moved(
    call: StrandedCall,
    frame: Frame,
    { node, hostname }: { readonly node: ClusterNode; readonly hostname: string },
  ): boolean {
    if (this.#closed || !(call.left > 0)) return false;
    this.#maps.read(frame.plainValue, hostname);
    const next = this.#linkFor(call.options);
    // Not in the middle of what is being read: the answers behind this one belong to others.
    if (next !== undefined && next !== this.#links.get(node.name)) {
      queueMicrotask(() => next.resume(call));
      return true;
    }
    this.#refusals.set(call, statusError(call.op, frame, call.request));
    this.#wait(call);
    return true;
  }

  readonly #hold: Hold = (call) => {
    if (!this.#closed && Number(call.options?.replica ?? 0) > 0) return call.fail(noReplica(call), true);
    try {
      giveTime(call, this.#options.timeout ?? 1000);
    } catch (error) {
      return call.fail(error, true);
    }
    this.#wait(call);
  };

  /** Has a call wait until the map was asked for. */
  #wait(call: StrandedCall): void {
    if (this.#closed) return call.fail(closedCluster(call), true);
    this.#waiting.add(call);
    void this.#maps.askSoon();
  }

  /** The map was asked for, whether there is a newer one or not: those who wait try again. */
  #makeAgain(): void {
    for (const call of this.#waiting.take()) this.#route(call);
  }

  /** Has a call made by the node that has its vbucket now. */
  #route(call: StrandedCall): void {
    const link = this.#linkFor(call.options);
    if (link === undefined) this.#wait(call);
    else link.resume(call);
  }

  #follow(map: VbucketMap, older: VbucketMap): void {
    const waiting = [...this.#links.values()].flatMap((link) => link.takeWaiting());
    const names = new Set(map.nodes.map(({ name }) => name));
    const before = new Set(older.nodes.map(({ name }) => name));
    for (const [name, link] of this.#links) {
      if (names.has(name)) continue;
      this.#links.delete(name);
      const left = link.leave((call) => this.#route(call)).finally(() => this.#leaving.delete(left));
      this.#leaving.add(left);
    }
    for (const node of map.nodes) this.#linkTo(node);
    this.#hub.emit({
      type: "topology",
      at: this.#clock.wall(),
      added: [...names].filter((name) => !before.has(name)),
      removed: [...before].filter((name) => !names.has(name)),
      servers: [...names],
    });
    // Calls that wait for a node may have another by now.
    for (const call of waiting) this.#route(call);
  }

  /** The nodes to ask for a map: those that are connected first. */
  #inOrder(): { readonly caller: NodeLink; readonly hostname: string }[] {
    const nodes = this.map.nodes.map((node) => ({
      caller: this.#linkTo(node),
      hostname: "path" in node.address ? "localhost" : node.address.hostname,
    }));
    return nodes.sort((a, b) => Number(b.caller.ready) - Number(a.caller.ready));
  }
}
