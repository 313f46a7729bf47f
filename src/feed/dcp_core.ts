import { COLLECTIONS_GET_SCOPE_ID } from "../ops/collections.ts";
import { CollectionIds } from "../couchbase/collections.ts";
import { UnsupportedError } from "../errors.ts";
import { type StreamFilter, writeStreamFilter } from "../ops/dcp_filter.ts";
import { MAX_SEQNO } from "../ops/dcp_stream.ts";
import type { FailoverEntry } from "../ops/vbucket.ts";
import { wholePosition } from "./dcp_context.ts";
import { DcpError } from "./dcp_error.ts";
import type { DcpEvent } from "./dcp_event.ts";
import type { DcpDialer } from "./dcp_dialer.ts";
import { DcpNodes } from "./dcp_nodes.ts";
import { closedEvent } from "./dcp_notices.ts";
import {
  checkFilter,
  checkVbucket,
  DCP_DEFAULTS,
  type DcpFilter,
  type DcpFrom,
  type DcpOptions,
  type DcpStreamName,
  type DcpStreamOptions,
  type DcpTo,
} from "./dcp_options.ts";
import { type DcpFeedStats, RateMeter } from "./dcp_stats.ts";
import { DcpStream } from "./dcp_stream.ts";
import { FeedQueue } from "./feed_queue.ts";
import { type FeedPosition, NO_POSITION, readFeedPosition, storePosition, type VbucketPosition } from "./position.ts";
import { type FeedClock, SYSTEM_CLOCK } from "./process_clock.ts";

/** What a {@linkcode DcpCore} is made of. */
export interface DcpCoreSettings {
  /** Knows the way to the servers. */
  readonly dialer: DcpDialer;
  /** How the feed is to be. */
  readonly options: DcpOptions;
}

/** What `from` and `to` may be beside a position. */
const WORDS: readonly string[] = ["beginning", "now", "never"];

type Highs = ReadonlyMap<number, bigint>;

interface StreamName {
  readonly vbucket: number;
  readonly streamId?: number | undefined;
}

/** From where to where streams go, and what they are about. */
interface StreamRange {
  readonly from: "beginning" | "now" | ReadonlyMap<number, VbucketPosition>;
  readonly to: "now" | "never" | ReadonlyMap<number, VbucketPosition>;
  readonly highs: Highs;
  readonly filter: StreamFilter | undefined;
}

/** Everything of a feed but the shape in which it is read: one queue, the streams, and the nodes they are had from. */
export class DcpCore {
  /** What came and was not taken. */
  readonly queue: FeedQueue<DcpEvent> = new FeedQueue(() => this.#drained());
  /** Timers and chance. */
  readonly clock: FeedClock;
  /** What the server calls the connection. */
  readonly name: string;
  readonly #options: DcpOptions;
  readonly #nodes: DcpNodes;
  readonly #streams = new Map<string, DcpStream>();
  readonly #rates: RateMeter;
  #bucket = "";
  #manifest = -1n;
  #highs: ReadonlyMap<number, bigint> = new Map();
  #stalls = 0;
  #stopStallWatch: () => void = () => {};
  #unlisten: () => void = () => {};
  /** Where each stream was at the last look, while it lagged. */
  #lagging = new Map<DcpStream, bigint>();

  /** Makes a feed that is not connected yet. */
  constructor({ dialer, options }: DcpCoreSettings) {
    this.clock = options.clock ?? SYSTEM_CLOCK;
    this.name = options.name ?? `memwire-${crypto.randomUUID()}`;
    this.#options = options;
    this.#rates = new RateMeter(() => this.clock.now());
    this.#nodes = new DcpNodes({
      dialer,
      name: this.name,
      options,
      queue: this.queue,
      clock: this.clock,
      failed: (error) => this.#fail(error),
      finished: () => this.#endWhenDone(),
      sawManifest: (manifest) => {
        if (manifest > this.#manifest) this.#manifest = manifest;
      },
      sawBucket: (uuid) => this.#bucket = uuid,
    });
  }

  /** UUID of the bucket; "" when it is not known. */
  get bucket(): string {
    return this.#bucket;
  }

  /** Connects and asks for the streams; nothing stays open when it rejects. */
  async start(): Promise<void> {
    const { signal, vbuckets, from = "now", to = "never", stallTimeout = DCP_DEFAULTS.stallTimeout } = this.#options;
    this.#listen(signal);
    try {
      signal?.throwIfAborted();
      await this.#nodes.start();
      this.#checkBucket(from);
      this.#checkBucket(to);
      await this.#addAll(vbuckets, from, to);
      signal?.throwIfAborted();
    } catch (error) {
      this.#stop(error);
      await this.#nodes.closed;
      throw signal?.aborted === true ? signal.reason : error;
    }
    if (stallTimeout > 0 && this.#isEndless) this.#watchStalls(stallTimeout);
  }

  /** Closes at once and drops what was not taken. */
  async close(): Promise<void> {
    this.#stop(undefined);
    this.queue.clear();
    await this.#nodes.closed;
  }

  /** How far the consumer has got. */
  position(): FeedPosition {
    const vbuckets: Record<number, ReturnType<typeof storePosition>> = {};
    const seen = new Map<number, bigint>();
    for (const { vbucket, position } of this.#streams.values()) {
      // Of several streams of a vbucket the one that is least far: nothing may be missed.
      const other = seen.get(vbucket);
      if (other !== undefined && other <= position.seqno) continue;
      seen.set(vbucket, position.seqno);
      vbuckets[vbucket] = storePosition(position);
    }
    const { bucket } = this;
    const manifest = this.#manifest < 0n ? {} : { manifest: this.#manifest.toString(16) };
    return { version: 1, bucket, ...manifest, vbuckets };
  }

  /** How the feed is doing. */
  stats(): DcpFeedStats {
    const streams = [...this.#streams.values()].map((stream) => {
      const { vbucket, streamId, state, events } = stream;
      const { seqno } = stream.position;
      const known = this.#highs.get(vbucket) ?? 0n;
      const received = stream.received.seqno;
      const highSeqno = known > received ? known : received;
      return { vbucket, streamId, state, seqno, highSeqno, lag: highSeqno - seqno, events };
    });
    const events = streams.reduce((sum, stream) => sum + stream.events, 0);
    const { counts, stats: nodes, refusedControls } = this.#nodes;
    const windowOf = (part: "size" | "used"): number => nodes.reduce((sum, { window }) => sum + window[part], 0);
    return {
      events,
      ...counts,
      ...this.#rates.look(events, counts.bytes),
      window: { size: windowOf("size"), used: windowOf("used") },
      queued: { events: this.queue.length, bytes: this.queue.bytes },
      stalls: this.#stalls,
      refusedControls,
      nodes,
      lag: streams.reduce((sum, { lag }) => sum + lag, 0n),
      streams,
    };
  }

  /** The last write of each active vbucket. */
  async seqnos(): Promise<ReadonlyMap<number, bigint>> {
    return this.#highs = await this.#nodes.seqnos();
  }

  /** The histories of a vbucket. */
  failoverLog(vbucket: number): Promise<readonly FailoverEntry[]> {
    return this.#nodes.failoverLog(checkVbucket(vbucket));
  }

  /** Adds a stream. */
  async addStream(wanted: DcpStreamOptions): Promise<void> {
    const { from = this.#options.from ?? "now", to = this.#options.to ?? "never" } = wanted;
    checkFilter(wanted);
    this.#checkNew(wanted);
    const needsHighs = from === "now" || to === "now";
    const highs = this.#highs = needsHighs ? await this.#nodes.seqnosOf([wanted.vbucket]) : this.#highs;
    const filter = await this.#filterOf(wanted.collections || wanted.scope !== undefined ? wanted : this.#options);
    const stream = await this.#makeStream(wanted, { from: parse(from), to: parse(to), highs, filter });
    if (stream === undefined) return;
    try {
      await this.#nodes.add(stream);
    } catch (error) {
      await this.#nodes.remove(stream);
      this.#streams.delete(keyOf(stream, this.#options));
      throw error;
    }
  }

  /** Ends a stream. */
  async closeStream(name: DcpStreamName): Promise<void> {
    const stream = this.#streams.get(keyOf(name, this.#options));
    if (stream === undefined) {
      throw new TypeError(`Cannot close the stream of vbucket ${name.vbucket}: there is none; add it first`);
    }
    if (stream.finished) return;
    await this.#nodes.remove(stream);
    this.queue.push(closedEvent(stream, stream.received), stream, 0);
  }

  #listen(signal: AbortSignal | undefined): void {
    if (signal === undefined) return;
    const onAbort = (): void => {
      this.queue.discard(() => true);
      this.#fail(signal.reason);
    };
    signal.addEventListener("abort", onAbort);
    this.#unlisten = () => signal.removeEventListener("abort", onAbort);
  }

  #stop(cause: unknown): void {
    this.#unlisten();
    this.#stopStallWatch();
    this.#nodes.close(cause);
  }

  #fail(error: unknown): void {
    this.#stop(error);
    this.queue.end({ error });
  }

  /** A feed without streams waits for some; one whose streams have all come to their end has come to its own. */
  #endWhenDone(): void {
    for (const stream of this.#streams.values()) if (!stream.finished) return;
    this.queue.end();
  }

  /** The consumer has taken all that there was. */
  #drained(): void {
    this.#nodes.flush();
    if (!this.queue.over) return;
    this.#unlisten();
    this.#stopStallWatch();
    this.#nodes.finish();
  }

  #checkBucket(position: DcpFrom | DcpTo): void {
    if (typeof position === "string" || this.bucket === "" || position.bucket === "") return;
    if (position.bucket === this.bucket) return;
    throw new DcpError(
      `Cannot use position: it is of the bucket ${position.bucket}, and this one is ${this.bucket}; begin anew if the bucket was made anew`,
      { sent: false },
    );
  }

  async #addAll(vbuckets: Iterable<number> | undefined, from: DcpFrom, to: DcpTo): Promise<void> {
    const needsHighs = vbuckets === undefined || from === "now" || to === "now";
    const asked = vbuckets === undefined ? this.#nodes.vbuckets : [...vbuckets].map(checkVbucket);
    const highs = needsHighs ? await this.#nodes.seqnosOf(asked) : this.#highs;
    this.#highs = highs;
    const filter = await this.#filterOf(this.#options);
    const wanted = [...new Set(asked ?? highs.keys())];
    const range = { from: parse(from), to: parse(to), highs, filter };
    const streams = await Promise.all(wanted.map((vbucket) => this.#makeStream({ vbucket }, range)));
    const open = streams.filter((stream) => stream !== undefined);
    if (open.length === 0 && wanted.length > 0) this.queue.end();
    await Promise.all(open.map((stream) => this.#nodes.add(stream)));
  }

  async #makeStream(
    name: DcpStreamName,
    { from, to, highs, filter }: StreamRange,
  ): Promise<DcpStream | undefined> {
    const vbucket = checkVbucket(name.vbucket);
    const end = endOf(vbucket, to, highs);
    if (end === undefined) return undefined;
    const streamId = this.#options.streamIds === true ? name.streamId ?? 1 : undefined;
    const begin = await this.#beginning(vbucket, from, highs);
    this.#checkNew(name);
    const stream = new DcpStream({
      vbucket,
      streamId,
      from: begin,
      end,
      filter: textOf(filter, streamId),
      queue: this.queue,
      showAdvanced: this.#options.seqnoAdvanced ?? true,
      verifyOrder: this.#options.verifyOrder ?? false,
    });
    this.#streams.set(keyOf(name, this.#options), stream);
    return stream;
  }

  async #beginning(vbucket: number, from: StreamRange["from"], highs: Highs): Promise<VbucketPosition> {
    if (from === "beginning") return NO_POSITION;
    if (from !== "now") return from.get(vbucket) ?? NO_POSITION;
    const high = highs.get(vbucket) ?? 0n;
    return high === 0n ? NO_POSITION : wholePosition(await this.#nodes.failoverLog(vbucket), high);
  }

  #checkNew(name: DcpStreamName): void {
    if (name.streamId !== undefined && this.#options.streamIds !== true) {
      throw new TypeError("Cannot use a streamId: open the feed with streamIds");
    }
    const other = this.#streams.get(keyOf(name, this.#options));
    if (other === undefined || other.finished) return;
    throw new TypeError(`Cannot add a stream of vbucket ${name.vbucket}: there is one; use streamIds for several`);
  }

  /** Names become numbers here, since streams know nothing else. */
  async #filterOf({ collections, scope }: DcpFilter): Promise<StreamFilter | undefined> {
    if (scope === undefined && collections === undefined) return undefined;
    const connection = this.#nodes.use();
    if (!connection.features.collections) {
      throw new UnsupportedError("Cannot stream by collection or scope: the server has not granted COLLECTIONS", {
        sent: false,
      });
    }
    if (scope !== undefined) {
      if (typeof scope === "number") return { scope };
      const { id } = await connection.call(COLLECTIONS_GET_SCOPE_ID, { path: scope });
      return { scope: id };
    }
    if (collections === undefined) return undefined;
    const ids = new CollectionIds(connection);
    return {
      collections: await Promise.all(collections.map((name) => typeof name === "number" ? name : ids.get(name))),
    };
  }

  get #isEndless(): boolean {
    return (this.#options.to ?? "never") === "never";
  }

  /** Looks twice in the given time: who lags and has not moved in between is asked for anew. */
  #watchStalls(timeout: number): void {
    this.#stopStallWatch = this.clock.after(timeout / 2, () => {
      this.#stopStallWatch = () => {};
      this.#lookForStalls().catch(() => {}).finally(() => {
        if (!this.queue.over) this.#watchStalls(timeout);
      });
    });
  }

  async #lookForStalls(): Promise<void> {
    const highs = this.#highs = new Map([...this.#highs, ...await this.#nodes.seqnos("connected")]);
    const lagging = new Map<DcpStream, bigint>();
    for (const stream of this.#streams.values()) {
      const { seqno } = stream.received;
      if (stream.state !== "streaming" || !stream.caughtUp || !this.#nodes.hasRoom(stream)) continue;
      if (seqno >= (highs.get(stream.vbucket) ?? 0n)) continue;
      if (this.#lagging.get(stream) !== seqno) {
        lagging.set(stream, seqno);
        continue;
      }
      this.#stalls++;
      await this.#nodes.restart(stream);
    }
    this.#lagging = lagging;
  }
}

function keyOf({ vbucket, streamId = 1 }: StreamName, { streamIds = false }: DcpOptions): string {
  return streamIds ? `${vbucket}/${streamId}` : String(vbucket);
}

/** The last seqno that is wanted; nothing if the vbucket is not. */
function endOf(vbucket: number, to: StreamRange["to"], highs: Highs): bigint | undefined {
  if (to === "never") return MAX_SEQNO;
  if (to === "now") return highs.get(vbucket) ?? 0n;
  return to.get(vbucket)?.seqno;
}

/** Positions are checked and read once for all vbuckets. */
function parse<W extends string>(where: W | FeedPosition): W | ReadonlyMap<number, VbucketPosition> {
  return typeof where === "string" && WORDS.includes(where) ? where : readFeedPosition(where);
}

function textOf(filter: StreamFilter | undefined, streamId: number | undefined): string | undefined {
  if (filter === undefined && streamId === undefined) return undefined;
  return writeStreamFilter({ ...filter, ...(streamId === undefined ? {} : { streamId }) });
}
