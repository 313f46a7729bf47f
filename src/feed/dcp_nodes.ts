import type { Connection } from "../connection/connection.ts";
import { ConnectionError, NotMyVbucketError } from "../errors.ts";
import type { FailoverEntry } from "../ops/vbucket.ts";
import type { DcpDialer, DcpDialOptions, DcpReached } from "./dcp_dialer.ts";
import { DcpError } from "./dcp_error.ts";
import { DcpMap } from "./dcp_map.ts";
import { DcpNode } from "./dcp_node.ts";
import type { DcpNodeSettings } from "./dcp_node_settings.ts";
import { CONNECT_TIMEOUT } from "./dcp_options.ts";
import { type DcpCounts, type DcpNodeStats, sumOf } from "./dcp_stats.ts";
import type { DcpStream } from "./dcp_stream.ts";

/** What {@linkcode DcpNodes} are made of. */
export interface DcpNodesSettings
  extends Pick<DcpNodeSettings, "name" | "options" | "queue" | "clock" | "failed" | "finished" | "sawManifest"> {
  /** Knows the way to the servers. */
  readonly dialer: DcpDialer;
  /** The bucket is this one. */
  readonly sawBucket: (uuid: string) => void;
}

/** How long a node may go on with a vbucket that the map gives to another, in milliseconds: it has the end of the stream to tell. */
const GRACE = 2000;

/** So often in a row a node may refuse to let a feed in: it may be about to leave the cluster. */
const MOST_REFUSALS = 5;

const MOST_NAME_BYTES = 200;

/** The nodes that the streams of a feed are had from, each from the one that has its vbucket now. */
export class DcpNodes {
  readonly #settings: DcpNodesSettings;
  readonly #nodes = new Map<string, DcpNode>();
  /** The streams of vbuckets that no node has for the moment. */
  readonly #homeless = new Set<DcpStream>();
  /** Nothing where the server has no map, or whoever opened the feed brings the connections. */
  #map: DcpMap | undefined = undefined;
  /** The connection by which the first node was found, until that node uses it. */
  #found: DcpReached | undefined = undefined;
  readonly #over = new AbortController();
  /** The counts of nodes that have left. */
  #before: DcpCounts = sumOf([]);
  readonly #leaving = new Set<Promise<void>>();
  #stopGrace: () => void = () => {};

  /** Makes nodes none of which is known yet. */
  constructor(settings: DcpNodesSettings) {
    this.#settings = settings;
  }

  /** All vbuckets; nothing where the only node has to be asked which it has. */
  get vbuckets(): readonly number[] | undefined {
    return this.#map?.hasMany ? [...Array(this.#map.vbucketCount).keys()] : undefined;
  }

  /** The nodes that there are now. */
  get stats(): readonly DcpNodeStats[] {
    return [...this.#nodes.values()].map((node) => node.stats);
  }

  /** What has happened on all nodes, those that have left too. */
  get counts(): DcpCounts {
    return sumOf([this.#before, ...[...this.#nodes.values()].map((node) => node.counts)]);
  }

  /** The controls that a server has refused. */
  get refusedControls(): readonly string[] {
    return [...new Set([...this.#nodes.values()].flatMap(({ agreement }) => [...agreement?.refused ?? []]))];
  }

  /** Reaches the first node and learns of the others; nothing stays open when it rejects and `close` is called. */
  async start(): Promise<void> {
    const { dialer, clock } = this.#settings;
    const { signal } = this.#over;
    const reached = this.#found = await dialer.first({
      signal,
      onNotice: (frame, place) => this.#map?.hear(frame, place),
    });
    signal.throwIfAborted();
    this.#map = DcpMap.from(reached, {
      dialer,
      clock,
      signal,
      connections: () => this.#connections(),
      changed: () => this.#follow(),
      asked: () => this.#homeless.size > 0 && void this.#map!.askSoon(),
    });
    this.#learn(reached);
    if (this.#map !== undefined && this.#map.firstName === undefined) {
      // It does not say which of the nodes it is.
      this.#found = undefined;
      void reached.connection.close();
      await this.#reach(() => this.#nodeOf(0));
      return;
    }
    await this.#node(this.#map?.firstName ?? reached.connection.peer).start();
  }

  /** Asks for a stream where its vbucket is; resolves with the first answer, and rejects if that is one to give up at. */
  async add(stream: DcpStream): Promise<void> {
    const { vbucket } = stream;
    const count = this.#map?.hasMany ? this.#map.vbucketCount : Infinity;
    if (vbucket >= count) throw new RangeError(`Cannot stream vbucket ${vbucket}: the bucket has ${count}`);
    const node = await this.#reach(() => this.#nodeOf(vbucket));
    if (stream.finished) return;
    if (node === undefined) this.#place(stream);
    else await node.add(stream);
  }

  /** Asks for no more of a stream, and has the server close it. What came of it can still be taken. */
  async remove(stream: DcpStream): Promise<void> {
    this.#homeless.delete(stream);
    if (stream.host instanceof DcpNode) return await stream.host.remove(stream);
    stream.finished = true;
    stream.state = "done";
  }

  /** Has a stream asked for anew. */
  async restart(stream: DcpStream): Promise<void> {
    if (stream.host instanceof DcpNode) await stream.host.restart(stream);
  }

  /** Whether more of a stream could come: it is not the consumer who holds it up. */
  hasRoom({ host }: DcpStream): boolean {
    return host instanceof DcpNode && host.hasRoom;
  }

  /** The last write of each active vbucket; of all nodes, or of those that are connected now. */
  async seqnos(of: "all" | "connected" = "all"): Promise<Map<number, bigint>> {
    const all = new Map<number, bigint>();
    const names = this.#map?.owners ?? this.#nodes.keys();
    await Promise.all([...names].map(async (name) => {
      if (of === "connected" && this.#nodes.get(name)?.connection === undefined) return;
      // A node that has left meanwhile has nothing to say.
      const node = await this.#reach(() => this.#map?.has(name) === false ? undefined : this.#node(name));
      if (node === undefined) return;
      for (const [vbucket, seqno] of await node.seqnos()) {
        // While a vbucket moves, two may say that they have it.
        if (!all.has(vbucket) || this.#map?.ownerOf(vbucket) === name) all.set(vbucket, seqno);
      }
    }));
    return all;
  }

  /** The last write of each active vbucket, of those that are wanted and have a node without exception. */
  async seqnosOf(vbuckets: Iterable<number> | undefined): Promise<Map<number, bigint>> {
    const wanted = [...vbuckets ?? this.vbuckets ?? []];
    const deadline = this.#deadline();
    for (;;) {
      const all = await this.#seqnosNow(deadline);
      const missing = wanted.filter((id) => !all?.has(id) && this.#map?.hasMany && this.#map.ownerOf(id) !== undefined);
      if (all !== undefined && missing.length === 0) return all;
      if (this.#settings.clock.now() >= deadline) {
        throw new DcpError(
          `Cannot find the last write of vbucket ${
            missing[0]
          }: the node that has it by the map does not say; try again later`,
          { sent: false, vbucket: missing[0]! },
        );
      }
      await this.#map!.askSoon();
    }
  }

  /** Nothing if a node was lost meanwhile, of many. */
  async #seqnosNow(deadline: number): Promise<Map<number, bigint> | undefined> {
    try {
      return await this.seqnos();
    } catch (error) {
      const isLost = error instanceof ConnectionError && this.#map?.hasMany === true;
      if (!isLost || this.#over.signal.aborted || this.#settings.clock.now() >= deadline) throw error;
      return undefined;
    }
  }

  /** The histories of a vbucket, from the node that has it. */
  async failoverLog(vbucket: number): Promise<readonly FailoverEntry[]> {
    const deadline = this.#deadline();
    for (;;) {
      const node = await this.#reach(() => this.#nodeOf(vbucket));
      try {
        if (node !== undefined) return await node.failoverLog(vbucket);
        throw new DcpError(`Cannot ask for the histories of vbucket ${vbucket}: no node has it`, { vbucket });
      } catch (error) {
        if (!this.#map?.hasMany || this.#settings.clock.now() >= deadline) throw error;
        if (error instanceof NotMyVbucketError) this.#map.heed(error, node!.name);
        else if (node?.connection !== undefined) throw error;
        await this.#map.askSoon();
      }
    }
  }

  /** A connection; throws while there is none. */
  use(): Connection {
    for (const [, connection] of this.#connections()) return connection;
    throw new DcpError("Cannot ask the node: it is being connected to; try again later", { sent: false });
  }

  /** Gives back what was taken: nothing waits in the queue. */
  flush(): void {
    for (const node of this.#nodes.values()) node.flush();
  }

  /** Ends everything at once. */
  close(cause?: unknown): void {
    this.#end(cause);
    for (const node of this.#nodes.values()) node.close(cause);
    this.#found?.connection.destroy(cause);
  }

  /** Ends everything as soon as what was written has left. */
  finish(): void {
    this.#end(undefined);
    for (const node of this.#nodes.values()) node.finish();
  }

  /** Resolves when all connections are closed. */
  get closed(): Promise<void> {
    const all = [...this.#nodes.values()].map((node) => node.closed);
    return Promise.all([...all, ...this.#leaving]).then(() => {});
  }

  #end(cause: unknown): void {
    if (!this.#over.signal.aborted) this.#over.abort(cause ?? new DOMException("The feed is closed", "AbortError"));
    this.#map?.stop();
    this.#stopGrace();
  }

  *#connections(): IterableIterator<readonly [string, Connection]> {
    for (const [name, { connection }] of this.#nodes) if (connection?.state === "open") yield [name, connection];
  }

  #deadline(): number {
    const { clock, options } = this.#settings;
    const { connectTimeout = CONNECT_TIMEOUT } = options;
    return connectTimeout === 0 ? Infinity : clock.now() + connectTimeout;
  }

  #learn(reached: DcpReached): void {
    const uuid = uuidOf(reached.clusterConfig);
    if (uuid !== undefined) this.#settings.sawBucket(uuid);
    this.#map?.learn(reached);
  }

  /** A node as soon as it is connected; the map may show meanwhile that it is another one, or none. */
  async #reach(find: () => DcpNode | undefined): Promise<DcpNode | undefined> {
    const deadline = this.#deadline();
    for (;;) {
      const node = find();
      if (node === undefined || node.connection !== undefined || !this.#map?.hasMany) return node;
      try {
        await node.start();
      } catch (error) {
        if (this.#over.signal.aborted) throw this.#over.signal.reason;
        if (this.#settings.clock.now() >= deadline) throw error;
        await this.#map.askSoon();
      }
    }
  }

  #nodeOf(vbucket: number): DcpNode | undefined {
    if (this.#map === undefined) return this.#nodes.values().next().value;
    const name = this.#map.ownerOf(vbucket);
    return name === undefined ? undefined : this.#node(name);
  }

  #node(name: string): DcpNode {
    const known = this.#nodes.get(name);
    if (known !== undefined) return known;
    const { options, queue, clock, failed, finished, sawManifest } = this.#settings;
    const node: DcpNode = new DcpNode({
      node: name,
      connect: (signal) => this.#connect(name, signal),
      name: this.#map?.hasMany ? joinedName(this.#settings.name, name) : this.#settings.name,
      options,
      queue,
      clock,
      failed,
      finished,
      sawManifest,
      moves: (stream, error) => this.#moves(stream, node, error),
      lost: () => void this.#map?.askSoon(),
      tolerates: (refusals) => this.#map?.hasMany === true && refusals < MOST_REFUSALS,
    });
    this.#nodes.set(name, node);
    return node;
  }

  async #connect(name: string, signal: AbortSignal): Promise<Connection> {
    const found = this.#found;
    this.#found = undefined;
    if (found !== undefined && found.connection.state === "open") return found.connection;
    const { dialer } = this.#settings;
    const how: DcpDialOptions = { signal, onNotice: (frame, place) => this.#map?.hear(frame, place) };
    const reached = await (this.#map === undefined ? dialer.first(how) : dialer.at(this.#map.placeOf(name), how));
    this.#learn(reached);
    return reached.connection;
  }

  /** Gives a stream to the node that has its vbucket; until there is one, the map is asked for. */
  #place(stream: DcpStream): void {
    if (this.#over.signal.aborted || stream.finished) return;
    const node = this.#nodeOf(stream.vbucket);
    if (node !== undefined) return node.take(stream);
    this.#homeless.add(stream);
    stream.host = undefined;
    stream.state = "reopening";
    void this.#map!.askSoon();
  }

  /** A stream has ended, or was refused: perhaps its vbucket is elsewhere. */
  #moves(stream: DcpStream, node: DcpNode, error: NotMyVbucketError | undefined): boolean {
    const map = this.#map;
    if (map === undefined) return false;
    if (error !== undefined) map.heed(error, node.name);
    // The map that has just come may have moved it already.
    if (stream.host !== node) return true;
    if (map.ownerOf(stream.vbucket) !== node.name) {
      node.give(stream);
      this.#place(stream);
      return true;
    }
    void map.askSoon();
    return false;
  }

  /** There is a newer map. */
  #follow(): void {
    const map = this.#map!;
    for (const [name, node] of this.#nodes) {
      if (map.has(name)) continue;
      this.#nodes.delete(name);
      this.#before = sumOf([this.#before, node.counts]);
      const left = node.closed.finally(() => this.#leaving.delete(left));
      this.#leaving.add(left);
      for (const stream of node.leave()) this.#place(stream);
    }
    for (const stream of [...this.#homeless]) {
      if (map.ownerOf(stream.vbucket) === undefined) continue;
      this.#homeless.delete(stream);
      this.#place(stream);
    }
    // Those that wait for their next attempt are had from the right node at once, those that run when they have ended.
    if (this.#moveAll((stream) => stream.isWaiting)) {
      this.#stopGrace();
      this.#stopGrace = this.#settings.clock.after(
        GRACE,
        () => void this.#moveAll(({ state }) => state === "streaming"),
      );
    }
  }

  /** Moves those streams of a kind that the map gives to another node; returns whether there are others. */
  #moveAll(isMeant: (stream: DcpStream) => boolean): boolean {
    let others = false;
    for (const [name, node] of this.#nodes) {
      for (const stream of [...node.streams]) {
        if (this.#map!.ownerOf(stream.vbucket) === name) continue;
        others ||= !isMeant(stream);
        if (!isMeant(stream)) continue;
        node.give(stream);
        this.#place(stream);
      }
    }
    return others;
  }
}

/** What the connection to one of many nodes is called. */
function joinedName(name: string, node: string): string {
  const joined = `${name}/${node}`;
  if (new TextEncoder().encode(joined).length <= MOST_NAME_BYTES) return joined;
  throw new RangeError(
    `Cannot use name ${
      JSON.stringify(name)
    }: with the node behind it, ${joined}, it has more than ${MOST_NAME_BYTES} bytes`,
  );
}

function uuidOf(clusterConfig: string | undefined): string | undefined {
  try {
    const { uuid } = JSON.parse(clusterConfig ?? "{}") as { readonly uuid?: unknown };
    return typeof uuid === "string" ? uuid : undefined;
  } catch {
    return undefined;
  }
}
