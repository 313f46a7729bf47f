import type { Connection } from "../connection/connection.ts";
import type { CallOptions } from "../connection/caller.ts";
import { answerRequest, tell } from "../connection/server_requests.ts";
import { AuthError, ProtocolError, StatusError } from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import { DCP_BUFFER_ACK, DCP_NOOP, DCP_SET_VBUCKET_STATE } from "../ops/dcp.ts";
import { DcpControl } from "../ops/dcp_flags.ts";
import { DCP_SNAPSHOT_MARKER } from "../ops/dcp_snapshot.ts";
import { DCP_CLOSE_STREAM, DCP_GET_FAILOVER_LOG } from "../ops/dcp_stream.ts";
import { GET_ALL_VB_SEQNOS } from "../ops/observe.ts";
import { type FailoverEntry, VbucketState } from "../ops/vbucket.ts";
import { isRequest } from "../wire/header.ts";
import { Status } from "../wire/status.ts";
import { backoff } from "./backoff.ts";
import { DcpError } from "./dcp_error.ts";
import type { DcpEvent } from "./dcp_event.ts";
import { type DcpAgreement, dcpHandshake } from "./dcp_handshake.ts";
import { DCP_DEFAULTS, type DcpOptions } from "./dcp_options.ts";
import { DcpRequests } from "./dcp_requests.ts";
import type { DcpStream, DcpStreamHost } from "./dcp_stream.ts";
import type { FeedQueue } from "./feed_queue.ts";
import { FlowWindow } from "./flow_window.ts";
import type { FeedClock } from "./process_clock.ts";
import { SilenceWatch } from "./silence_watch.ts";

/** What a {@linkcode DcpNode} is made of. */
export interface DcpNodeSettings {
  /** Connects to the node and starts a session there, without unordered execution. */
  readonly connect: (signal: AbortSignal) => Promise<Connection>;
  /** What the server calls the connection. */
  readonly name: string;
  /** How the feed is to be. */
  readonly options: DcpOptions;
  /** Where events go. */
  readonly queue: FeedQueue<DcpEvent>;
  /** Timers and chance. */
  readonly clock: FeedClock;
  /** Nothing is to be had of this node any more. */
  failed(error: unknown): void;
  /** A stream has come to an end behind which nothing is asked for. */
  finished(stream: DcpStream): void;
  /** A newer manifest of collections was seen. */
  sawManifest(manifest: bigint): void;
}

/** How often a server sends no-ops that was not told, in seconds: 20 today, this once. */
const LONGEST_DEFAULT = 180;

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
  /** Counts over all connections. */
  reconnects = 0;
  noops = 0;
  strays = 0;
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
      failed: (error) => this.fail(error),
    });
  }

  /** The connection of now. */
  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** What the server has agreed to. */
  get agreement(): DcpAgreement | undefined {
    return this.#agreement;
  }

  /** How much of the window is with the consumer. */
  get window(): FlowWindow {
    return this.#window;
  }

  /** How many streams went back in history. */
  get rollbacks(): number {
    return this.#requests.rollbacks;
  }

  /** Bytes of messages of streams, and how many of them were given back, over all connections. */
  get bytes(): { readonly received: number; readonly acked: number } {
    return { received: this.#bytesBefore + this.#window.received, acked: this.#ackedBefore + this.#window.given };
  }

  /** Connects for the first time; rejects when that cannot be done. */
  async start(): Promise<void> {
    await this.#connect();
  }

  /** Asks for a stream; resolves with the first answer to it, and rejects if that is one to give up at. */
  async add(stream: DcpStream): Promise<void> {
    this.#streams.add(stream);
    stream.host = this;
    if (this.#connection !== undefined) await this.#requests.open(stream, this.#link());
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
    await this.#closeStream(stream);
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
    await this.#closeStream(stream);
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
    if (this.#connection === undefined || this.#over.signal.aborted) return;
    this.#requests.later(stream, this.#link());
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
    void connection.closed.then(() => this.#lost());
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
    this.#reconnectLater();
  }

  #reconnectLater(): void {
    const { clock, options } = this.#settings;
    const delay = backoff(clock, this.#attempts++, options.maxBackoff ?? DCP_DEFAULTS.maxBackoff);
    this.#stopWaiting = clock.after(delay, () => {
      this.#stopWaiting = undefined;
      void this.#reconnect();
    });
  }

  async #reconnect(): Promise<void> {
    try {
      await this.#connect();
    } catch (error) {
      if (this.#over.signal.aborted) return;
      if (isHopeless(error)) this.fail(error);
      else this.#reconnectLater();
      return;
    }
    this.reconnects++;
    const link = this.#link();
    for (const stream of this.#streams) this.#requests.open(stream, link).catch((error) => this.fail(error));
  }

  #receive(frame: Frame, connection: Connection): void {
    if (frame.opcode === DCP_NOOP.opcode && isRequest(frame.magic)) {
      this.noops++;
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
      this.strays++;
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

  /** A stream that the server does not know any more is closed as well. */
  async #closeStream({ vbucket, streamId }: DcpStream): Promise<void> {
    const how = { vbucket, timeout: PATIENCE, ...(streamId === undefined ? {} : { streamId }) };
    try {
      await this.#connection!.call(DCP_CLOSE_STREAM, {}, how);
    } catch (error) {
      if (!(error instanceof StatusError)) return;
      if (error.status !== Status.KEY_ENOENT && error.status !== Status.NOT_MY_VBUCKET) throw error;
    }
  }
}

/** How often the server really shows that it is alive, in seconds; 0 for never. */
function noopPeriod({ accepted }: DcpAgreement, asked: number): number {
  if (!accepted.has(DcpControl.ENABLE_NOOP)) return 0;
  return accepted.has(DcpControl.SET_NOOP_INTERVAL) ? asked : Math.max(asked, LONGEST_DEFAULT);
}

/** What another attempt will not change: the server knows who asks, and does not let him. */
function isHopeless(error: unknown): boolean {
  return error instanceof AuthError || error instanceof DcpError ||
    (error instanceof StatusError && error.status === Status.EACCESS);
}
