/** A consumer that asks as one that was recorded, and compares what the producer sends: for a producer of ours on the other end. */

import type { Transport } from "../../src/transport/transport.ts";
import { type Capture, isFrame, type RecordedFrame } from "./capture.ts";
import { toHex } from "./hex.ts";
import { type Difference, differences, type Learned } from "./replay_difference.ts";
import { ScriptedPeer } from "./script.ts";
import { joined, type WireFrame } from "./wire_frame.ts";

const STREAM = 0x53;
const MARKER = 0x56;
const MUTATION = 0x57;
const DELETION = 0x58;
const EXPIRATION = 0x59;
const NOOP = 0x5c;
const OBSERVE_SEQNO = 0x91;
const ROLLBACK = 0x23;

/** How {@linkcode replayFeed} asks. */
export interface ReplayFeedOptions {
  /** How long an answer or a message may take, in ms; 5,000 by default. */
  readonly patience?: number;
  /** Lines of the client that are left out, with their answers, and ends that do not come. */
  readonly skip?: readonly number[];
  /** A request that every client sends first; its answer is not looked at. */
  readonly first?: Uint8Array;
  /** Called before each line. */
  readonly before?: (line: number) => void;
}

/** What came of a replay. */
export interface FeedReport {
  /** How many answers and messages were compared. */
  readonly compared: number;
  /** Where they differ in what the protocol fixes. */
  readonly differences: readonly Difference[];
}

/**
 * Sends the recorded requests, each when all that came before it is there, and compares answers and messages.
 *
 * Which changes a live stream puts into one snapshot is a matter of time: of the markers, only the first of each stream is compared.
 * No-ops are answered when they come, and not compared.
 */
export async function replayFeed(
  capture: Capture,
  open: (connection: string) => Transport,
  options: ReplayFeedOptions = {},
): Promise<FeedReport> {
  const lines = new Map<string, FeedLine>();
  const learned: Learned = { numbers: new Map(), configs: new Set() };
  const found: Difference[] = [];
  let compared = 0;
  try {
    for (const event of capture.events) {
      options.before?.(event.line);
      let line = lines.get(event.connection);
      if (line === undefined) lines.set(event.connection, line = new FeedLine(open(event.connection), options));
      if (!isFrame(event)) await line.end(event.line, event.sent, found);
      else if (event.sent) await line.send(event, learned, isFollowed(capture, event));
      else if (await line.compare(event, learned, found)) compared++;
    }
  } finally {
    for (const line of lines.values()) await line.close();
  }
  return { compared, differences: found };
}

/** Whether the next thing that happened is that the same client sent more. */
function isFollowed(capture: Capture, event: RecordedFrame): boolean {
  const next = capture.events[capture.events.indexOf(event) + 1];
  return next !== undefined && isFrame(next) && next.sent && next.connection === event.connection &&
    next.frame.magic === 0x80;
}

/** One connection. */
class FeedLine {
  readonly #transport: Transport;
  readonly #peer: ScriptedPeer;
  readonly #options: ReplayFeedOptions;
  readonly #came: WireFrame[] = [];
  #bytes: Uint8Array;
  readonly #skipped = new Set<number>();
  /** Streams whose first marker was compared. */
  readonly #marked = new Set<number>();
  #next: Promise<WireFrame | undefined> | undefined = undefined;
  #closed = false;

  constructor(transport: Transport, options: ReplayFeedOptions) {
    this.#transport = transport;
    this.#peer = new ScriptedPeer(transport);
    this.#options = options;
    this.#bytes = options.first ?? new Uint8Array(0);
  }

  /** Sends a request, or keeps it to be sent in one piece with the one that follows. */
  async send(event: RecordedFrame, learned: Learned, followed: boolean): Promise<void> {
    const { frame } = event;
    // Those of ours are answered when they come.
    if (frame.magic === 0x81 && frame.opcode === NOOP) return;
    if (this.#options.skip?.includes(event.line)) return void this.#skipped.add(frame.opaque);
    this.#skipped.delete(frame.opaque);
    if (frame.magic === 0x80 && frame.opcode === STREAM) this.#marked.delete(frame.opaque);
    this.#bytes = joined(this.#bytes, withLearned(frame, learned));
    if (followed) return;
    const bytes = this.#bytes;
    this.#bytes = new Uint8Array(0);
    await this.#peer.send(bytes).catch(() => {});
  }

  async compare(event: RecordedFrame, learned: Learned, found: Difference[]): Promise<boolean> {
    const { frame } = event;
    if (this.#skipped.has(frame.opaque) || (frame.magic === 0x80 && frame.opcode === NOOP)) return false;
    if (frame.magic === 0x80 && frame.opcode === MARKER) {
      if (this.#marked.has(frame.opaque)) return false;
      this.#marked.add(frame.opaque);
    }
    const actual = await this.#take((one) =>
      one.magic === frame.magic && one.opaque === frame.opaque &&
      (frame.magic === 0x81 || (one.opcode === MARKER) === (frame.opcode === MARKER))
    );
    if (actual === undefined) {
      found.push({ line: event.line, what: "frame", recorded: toHex(frame.bytes), actual: "none" });
    } else if (frame.opcode === STREAM && frame.magic === 0x81) {
      found.push(...streamDifferences(event, actual, learned));
    } else if (frame.magic === 0x81) found.push(...differences(event, actual, learned));
    else found.push(...messageDifferences(event, actual, learned));
    return true;
  }

  /** Looks whether the server ends the connection where it did, or ends it as the client did. */
  async end(line: number, sent: boolean, found: Difference[]): Promise<void> {
    if (!sent && !this.#options.skip?.includes(line) && !(await this.#within(this.#peer.over.then(() => true)))) {
      found.push({ line, what: "end", recorded: "closed", actual: "open" });
    }
    await this.close();
  }

  async close(): Promise<void> {
    if (!this.#closed) this.#peer.close();
    this.#closed = true;
    await this.#transport.closed;
  }

  async #take(fits: (frame: WireFrame) => boolean): Promise<WireFrame | undefined> {
    for (;;) {
      const place = this.#came.findIndex(fits);
      if (place >= 0) return this.#came.splice(place, 1)[0];
      this.#next ??= this.#peer.next().catch(() => undefined);
      const frame = await this.#within(this.#next);
      if (frame === undefined) return undefined;
      this.#next = undefined;
      this.#came.push(frame);
    }
  }

  /** Waits, but not for ever. */
  async #within<T>(promise: Promise<T>): Promise<T | undefined> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), this.#options.patience ?? 5000);
    });
    try {
      return await Promise.race([promise, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** A recorded request with the versions and histories of the server of now. */
function withLearned(frame: WireFrame, { numbers }: Learned): Uint8Array {
  const bytes = frame.bytes.slice();
  const view = new DataView(bytes.buffer);
  const put = (at: number): void => {
    const now = numbers.get(view.getBigUint64(at));
    if (now !== undefined) view.setBigUint64(at, now);
  };
  if (frame.cas !== 0n) put(16);
  if (frame.opcode === STREAM && frame.extras.length === 48) put(24 + 24);
  if (frame.opcode === OBSERVE_SEQNO && frame.value.length === 8) put(24);
  return bytes;
}

/** What differs between two answers to a request for a stream: a rollback says where to, a success in which histories. */
function streamDifferences(event: RecordedFrame, actual: WireFrame, { numbers }: Learned): Difference[] {
  const [recorded, now] = [event.frame, actual].map(({ status, value }) => {
    if (status === ROLLBACK) return `rollback to ${u64(value, 0)}`;
    const seqnos = [];
    for (let at = 0; status === 0 && at < value.length; at += 16) seqnos.push(u64(value, at + 8));
    return `status ${status}, histories from ${seqnos.join(", ")}`;
  });
  if (recorded !== now) return [{ line: event.line, what: "answer", recorded: recorded!, actual: now! }];
  for (let at = 0; actual.status === 0 && at + 16 <= actual.value.length; at += 16) {
    numbers.set(u64(event.frame.value, at), u64(actual.value, at));
  }
  return [];
}

function u64(bytes: Uint8Array, at: number): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(at);
}

/** What differs between two messages of a stream. */
function messageDifferences(event: RecordedFrame, actual: WireFrame, { numbers }: Learned): Difference[] {
  const { frame } = event;
  const pairs: [string, unknown, unknown][] = [
    ["opcode", frame.opcode, actual.opcode],
    ["vbucket", frame.status, actual.status],
    ["datatype", frame.datatype, actual.datatype],
    ["key", frame.key, actual.key],
    ["value", toHex(frame.value), toHex(actual.value)],
    // That of a write that nobody saw is not known.
    ["cas", numbers.get(frame.cas) ?? actual.cas, actual.cas],
    ["has a CAS", frame.cas !== 0n, actual.cas !== 0n],
    ["extras", stableExtras(frame, actual), stableExtras(actual, frame)],
  ];
  return pairs.filter(([, recorded, now]) => recorded !== now)
    .map(([what, recorded, now]) => ({ line: event.line, what, recorded: String(recorded), actual: String(now) }));
}

/** Extras without what depends on the time and the age of the server. */
function stableExtras({ opcode, extras }: WireFrame, other: WireFrame): string {
  const stable = extras.slice();
  const view = new DataView(stable.buffer);
  if (opcode === MARKER && extras.length === 20) {
    // What is still in memory is the server's own business, and where a checkpoint begins of what is not.
    const flags = [view, new DataView(other.extras.buffer, other.extras.byteOffset)].map((one) => one.getUint32(16));
    if (flags.some((one) => (one & 2) !== 0)) view.setUint32(16, view.getUint32(16) & ~7);
  }
  if (opcode === MUTATION || opcode === DELETION || opcode === EXPIRATION) {
    // How far new keys begin behind those that were deleted is the server's own business.
    const revisions = [stable, other.extras].map((bytes) =>
      new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(8)
    );
    if (revisions.every((revision) => revision > 2n)) view.setBigUint64(8, 0n);
  }
  if (opcode === MUTATION && view.getUint32(20) !== 0) view.setUint32(20, 1);
  if ((opcode === DELETION || opcode === EXPIRATION) && extras.length > 18) view.setUint32(16, 1);
  return toHex(stable);
}
