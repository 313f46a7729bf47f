import type { Connection } from "../connection/connection.ts";
import type { CallOptions } from "../connection/caller.ts";
import { answerRequest, tell } from "../connection/server_requests.ts";
import { ProtocolError } from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import { DCP_BUFFER_ACK, DCP_NOOP, DCP_SET_VBUCKET_STATE } from "../ops/dcp.ts";
import { DCP_SNAPSHOT_MARKER } from "../ops/dcp_snapshot.ts";
import { DCP_GET_FAILOVER_LOG } from "../ops/dcp_stream.ts";
import { GET_ALL_VB_SEQNOS } from "../ops/observe.ts";
import { type FailoverEntry, VbucketState } from "../ops/vbucket.ts";
import { isRequest } from "../wire/header.ts";
import { backoff } from "./backoff.ts";
import { DcpError } from "./dcp_error.ts";
import { type DcpAgreement, dcpHandshake, isHopeless, noopPeriod } from "./dcp_handshake.ts";
import type { DcpNodeSettings } from "./dcp_node_settings.ts";
import { DCP_DEFAULTS } from "./dcp_options.ts";
import { DcpRequests } from "./dcp_requests.ts";
import type { DcpCounts, DcpNodeStats } from "./dcp_stats.ts";
import type { DcpStream, DcpStreamHost } from "./dcp_stream.ts";
import { FlowWindow } from "./flow_window.ts";
import { SilenceWatch } from "./silence_watch.ts";

/** How long an answer may take that waits behind what the server is sending, in milliseconds. */
const PATIENCE = 60_000;

/** One node of a feed: its connection, which is made anew whenever it is lost, and the streams that are had from there. */
export class DcpNode implements DcpStreamHost {
  readonly #settings: DcpNodeSettings;
  readonly #streams = new Set<DcpStream>();
  /** The streams of the connection of now, by vbucket; more than one of a vbucket hang on one another. */
  #byVbucket: (DcpStream | undefined)[] = [];
  #connection: Connection | undefined = undefined;
  #window: FlowWindow = new FlowWindow(0, () => {});
  #agreement: DcpAgreement | undefined = undefined;
  #silence: SilenceWatch | undefined = undefined;
  readonly #over = new AbortController();
  readonly #requests: DcpRequests;
  #stopWaiting: (() => void) | undefined = undefined;
  #attempts = 0;
  #connecting: Promise<void> | undefined = undefined;
  #wasConnected = false;
  /** How often in a row it refused to let the feed in. */
  #refusals = 0;
  /** Counts over all connections. */
  #reconnects = 0;
  #noops = 0;
  #strays = 0;
  #bytesBefore = 0;
  #ackedBefore = 0;

  /** Makes a node that is not connected yet. */
  constructor(settings: DcpNodeSettings) {
    this.#settings = settings;
    this.#requests = new DcpRequests({
      options: settings.options,
      clock: settings.clock,
      signal: this.#over.signal,
      opened: (stream, opaque) => this.#register(stream, opaque),
      moves: (stream, error) => settings.moves(stream, error),
      failed: (error) => this.fail(error),
    });
  }

  /** What the node is called. */
  get name(): string {
    return this.#settings.node;
  }

  /** The streams that are had from here. */
  get streams(): ReadonlySet<DcpStream> {
    return this.#streams;
  }

  /** The connection of now. */
  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** What the server has agreed to. */
  get agreement(): DcpAgreement | undefined {
    return this.#agreement;
  }

  /** Whether more could come: the consumer has not left most of the window full. */
  get hasRoom(): boolean {
    const { size, used } = this.#window;
    return size === 0 || 2 * used < size;
  }

  /** What has happened, over all connections. */
  get counts(): DcpCounts {
    return {
      bytes: this.#bytesBefore + this.#window.received,
      ackedBytes: this.#ackedBefore + this.#window.given,
      reconnects: this.#reconnects,
      rollbacks: this.#requests.rollbacks,
      noops: this.#noops,
      strays: this.#strays,
    };
  }

  /** How it stands now. */
  get stats(): DcpNodeStats {
    const { size, used } = this.#window;
    const connected = this.#connection !== undefined;
    return { name: this.name, connected, window: { size, used }, streams: this.#streams.size, ...this.counts };
  }

  /** Connects, unless it is connected; rejects when that cannot be done now. */
  async start(): Promise<void> {
    if (this.#connection !== undefined) return;
    this.#stopWaiting?.();
    this.#stopWaiting = undefined;
    try {
      await this.#attempt();
    } catch (error) {
      if (this.#streams.size > 0 || this.#wasConnected) this.#reconnectLater();
      throw error;
    }
  }

  /** Asks for a stream; resolves with the first answer to it, and rejects if that is one to give up at. */
  async add(stream: DcpStream): Promise<void> {
    this.#streams.add(stream);
    stream.host = this;
    if (this.#connection !== undefined) await this.#requests.open(stream, this.#link());
  }

  /** Asks for a stream as soon as there is a connection. */
  take(stream: DcpStream): void {
    this.#streams.add(stream);
    stream.host = this;
    if (this.#connection !== undefined) this.#requests.open(stream, this.#link()).catch((error) => this.fail(error));
    else if (this.#stopWaiting === undefined && this.#connecting === undefined) void this.#reconnect();
  }

  /** Lets another node have a stream; what came of it and was not taken comes again from there. */
  give(stream: DcpStream): void {
    const open = stream.opaque >= 0;
    this.#streams.delete(stream);
    this.#requests.forget(stream);
    this.#unregister(stream);
    this.#settings.queue.discard((owner, size) => {
      if (owner === stream) this.#window.free(size);
      return owner === stream;
    });
    stream.lost();
    // Who does not have the vbucket any more may have closed it already.
    if (open && this.#connection !== undefined) this.#requests.close(stream, this.#link()).catch(() => {});
  }

  /** Closes for good, and gives its streams away. */
  leave(): readonly DcpStream[] {
    const streams = [...this.#streams];
    this.#end(undefined);
    for (const stream of streams) this.give(stream);
    this.#connection?.destroy();
    return streams;
  }

  /** Asks for no more of a stream, and has the server close it. What came of it can still be taken. */
  async remove(stream: DcpStream): Promise<void> {
    this.#streams.delete(stream);
    this.#requests.forget(stream);
    const open = stream.opaque >= 0;
    this.#unregister(stream);
    stream.finished = true;
    stream.state = "done";
    if (!open || this.#connection === undefined) return;
    await this.#requests.close(stream, this.#link());
  }

  /** The last write of each active vbucket. */
  async seqnos(options?: CallOptions): Promise<ReadonlyMap<number, bigint>> {
    const request = { state: VbucketState.ACTIVE };
    return (await this.use().call(GET_ALL_VB_SEQNOS, request, { timeout: PATIENCE, ...options })).seqnos;
  }

  /** The histories of a vbucket. */
  async failoverLog(vbucket: number, options?: CallOptions): Promise<readonly FailoverEntry[]> {
    const how = { timeout: PATIENCE, ...options, vbucket };
    return (await this.use().call(DCP_GET_FAILOVER_LOG, {}, how)).entries;
  }

  /** Gives back what was taken: nothing waits in the queue. */
  flush(): void {
    if (this.#connection?.state === "open") this.#window.flush();
  }

  /** Has a stream asked for anew. */
  async restart(stream: DcpStream): Promise<void> {
    if (stream.opaque < 0 || this.#connection === undefined) return;
    this.#unregister(stream);
    this.#settings.queue.discard((owner) => owner === stream);
    stream.lost();
    await this.#requests.close(stream, this.#link());
    this.reopen(stream);
  }

  /** Ends everything at once. */
  close(cause?: unknown): void {
    this.#end(cause);
    this.#connection?.destroy(cause);
  }

  /** Ends everything as soon as what was written has left. */
  finish(): void {
    this.#end(undefined);
    void this.#connection?.close();
  }

  #end(cause: unknown): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort(cause ?? new DOMException("The feed is closed", "AbortError"));
    this.#stopWaiting?.();
    this.#silence?.stop();
    this.#window.close();
    for (const stream of this.#streams) this.#requests.forget(stream);
  }

  /** Resolves when the connection is closed. */
  get closed(): Promise<void> {
    return this.#connection?.closed ?? Promise.resolve();
  }

  /** Ends everything because of what cannot be mended. */
  fail(error: unknown): void {
    if (this.#over.signal.aborted) return;
    this.close(error);
    this.#settings.failed(error);
  }

  /** {@inheritDoc DcpStreamHost.ended} */
  ended(stream: DcpStream): void {
    this.#unregister(stream);
  }

  /** {@inheritDoc DcpStreamHost.finished} */
  finished(stream: DcpStream): void {
    this.#streams.delete(stream);
    this.#settings.finished(stream);
  }

  /** {@inheritDoc DcpStreamHost.reopen} */
  reopen(stream: DcpStream): void {
    if (this.#connection === undefined || this.#over.signal.aborted || stream.host !== this) return;
    if (!this.#settings.moves(stream)) this.#requests.later(stream, this.#link());
  }

  /** {@inheritDoc DcpStreamHost.processed} */
  processed(stream: DcpStream): void {
    if (this.#connection?.state !== "open" || stream.opaque < 0) return;
    answerRequest(this.#connection, DCP_SNAPSHOT_MARKER.opcode, stream.opaque);
  }

  /** {@inheritDoc DcpStreamHost.handedOver} */
  handedOver(frame: Frame): void {
    answerRequest(this.#connection!, DCP_SET_VBUCKET_STATE.opcode, frame.opaque);
  }

  /** {@inheritDoc DcpStreamHost.sawManifest} */
  sawManifest(manifest: bigint): void {
    this.#settings.sawManifest(manifest);
  }

  /** The connection of now; throws while there is none. */
  use(): Connection {
    if (this.#connection !== undefined) return this.#connection;
    throw new DcpError("Cannot ask the node: it is being connected to; try again later", { sent: false });
  }

  #link(): { readonly connection: Connection; readonly window: FlowWindow; readonly collections: boolean } {
    return {
      connection: this.#connection!,
      window: this.#window,
      collections: this.#agreement?.collections ?? false,
    };
  }

  /** Connects, and asks for all streams there are. */
  #attempt(): Promise<void> {
    this.#connecting ??= this.#connect().finally(() => this.#connecting = undefined);
    return this.#connecting;
  }

  async #connect(): Promise<void> {
    const { connect, name, options, clock } = this.#settings;
    const { signal } = this.#over;
    const connection = await connect(signal);
    try {
      signal.throwIfAborted();
      const { windowBytes = DCP_DEFAULTS.windowBytes, noopInterval = DCP_DEFAULTS.noopInterval } = options;
      this.#bytesBefore += this.#window.received;
      this.#ackedBefore += this.#window.given;
      this.#window = new FlowWindow(windowBytes, (bytes) => {
        // It may have gone, and nobody was told yet.
        if (connection.state === "open") tell(connection, DCP_BUFFER_ACK, { bytes });
      });
      connection.onRequest((frame) => this.#receive(frame, connection));
      this.#agreement = await dcpHandshake(connection, name, options, { signal, timeout: PATIENCE });
      signal.throwIfAborted();
      const interval = noopPeriod(this.#agreement, noopInterval);
      if (interval > 0) this.#silence = new SilenceWatch(connection, { interval: interval * 1000, clock });
    } catch (error) {
      connection.destroy(error);
      throw error;
    }
    this.#connection = connection;
    this.#attempts = 0;
    this.#refusals = 0;
    if (this.#wasConnected) this.#reconnects++;
    this.#wasConnected = true;
    void connection.closed.then(() => this.#lost());
    const link = this.#link();
    for (const stream of this.#streams) this.#requests.open(stream, link).catch((error) => this.fail(error));
  }

  /** The connection has gone: what was not taken comes again on the next. */
  #lost(): void {
    this.#silence?.stop();
    this.#window.close();
    this.#connection = undefined;
    this.#byVbucket = [];
    if (this.#over.signal.aborted) return;
    this.#settings.queue.discard((owner) => this.#streams.has(owner as DcpStream));
    for (const stream of this.#streams) {
      this.#requests.forget(stream);
      stream.lost();
    }
    this.#settings.lost();
    this.#reconnectLater();
  }

  #reconnectLater(): void {
    if (this.#stopWaiting !== undefined || this.#over.signal.aborted) return;
    const { clock, options } = this.#settings;
    const delay = backoff(clock, this.#attempts++, options.maxBackoff ?? DCP_DEFAULTS.maxBackoff);
    this.#stopWaiting = clock.after(delay, () => {
      this.#stopWaiting = undefined;
      void this.#reconnect();
    });
  }

  async #reconnect(): Promise<void> {
    try {
      await this.#attempt();
    } catch (error) {
      if (this.#over.signal.aborted) return;
      if (isHopeless(error) && !this.#settings.tolerates(++this.#refusals)) return this.fail(error);
      this.#settings.lost();
      this.#reconnectLater();
    }
  }

  #receive(frame: Frame, connection: Connection): void {
    if (frame.opcode === DCP_NOOP.opcode && isRequest(frame.magic)) {
      this.#noops++;
      answerRequest(connection, frame.opcode, frame.opaque);
      return;
    }
    if (!isRequest(frame.magic)) {
      throw new ProtocolError(`Cannot acknowledge bytes: the server refused it with status ${frame.status}`);
    }
    const size = frame.size;
    this.#window.add(size);
    let stream = this.#byVbucket[frame.vbucket];
    while (stream !== undefined && stream.opaque !== frame.opaque) stream = stream.next;
    if (stream === undefined) {
      // Of a stream that was closed, perhaps: nobody waits for it, and the server counts it all the same.
      this.#strays++;
      this.#window.free(size);
      return;
    }
    frame.keep();
    try {
      stream.receive(frame, size);
    } catch (error) {
      // Connecting anew would bring the same again.
      this.fail(error);
      throw error;
    }
  }

  #register(stream: DcpStream, opaque: number): void {
    stream.opaque = opaque;
    stream.next = this.#byVbucket[stream.vbucket];
    this.#byVbucket[stream.vbucket] = stream;
  }

  #unregister(stream: DcpStream): void {
    const { vbucket } = stream;
    const first = this.#byVbucket[vbucket];
    if (first === stream) this.#byVbucket[vbucket] = stream.next;
    for (let other = first; other !== undefined; other = other.next) {
      if (other.next === stream) other.next = stream.next;
    }
    stream.next = undefined;
    stream.opaque = -1;
  }
}
