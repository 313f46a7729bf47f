/** A client that asks as one that was recorded, and compares the answers: for a server of ours on the other end. */

import type { Transport } from "../../src/transport/transport.ts";
import { type Capture, framesOf, isFrame, type RecordedEnd, type RecordedFrame } from "./capture.ts";
import { type Difference, differences, type Learned } from "./replay_difference.ts";
import { toHex } from "./hex.ts";
import { ScriptedPeer } from "./script.ts";
import { wire, type WireFrame } from "./wire_frame.ts";

export type { Difference } from "./replay_difference.ts";

/** How {@linkcode replayClient} asks. */
export interface ReplayClientOptions {
  /** Requests that are left out, with their answers. */
  readonly skip?: (request: RecordedFrame) => boolean;
  /** How long an answer may take, in ms; 5,000 by default. */
  readonly patience?: number;
}

/** What came of a replay. */
export interface ReplayReport {
  /** How many answers were compared. */
  readonly compared: number;
  /** Where they differ in what the protocol fixes. */
  readonly differences: readonly Difference[];
}

/**
 * Sends the recorded requests, each when all answers that came before it are there, and compares the answers in what the protocol
 * fixes. Versions and histories that the server made up are put into the requests in the place of the recorded ones, and HELLO asks
 * for no more than was granted, so that what follows is meant for the same features.
 *
 * @param open Opens a connection: called once for each that was recorded, with its name.
 */
export async function replayClient(
  capture: Capture,
  open: (connection: string) => Transport | Promise<Transport>,
  options: ReplayClientOptions = {},
): Promise<ReplayReport> {
  const lines = new Map<string, Line>();
  const learned: Learned = { numbers: new Map(), configs: new Set() };
  const found: Difference[] = [];
  let compared = 0;
  try {
    for (const event of capture.events) {
      let line = lines.get(event.connection);
      if (line === undefined) {
        line = new Line(await open(event.connection), options.patience ?? 5000);
        lines.set(event.connection, line);
      }
      if (!isFrame(event)) await line.end(event, found);
      else if (event.sent) await line.ask(event, requestBytes(event, capture, learned), options.skip);
      else if (await line.compare(event, learned, found)) compared++;
    }
  } finally {
    for (const line of lines.values()) await line.close();
  }
  return { compared, differences: found };
}

/** One connection. */
class Line {
  readonly #transport: Transport;
  readonly #peer: ScriptedPeer;
  readonly #patience: number;
  /** Requests by their opaque; nothing for one that was left out. */
  readonly #asked = new Map<number, RecordedFrame | undefined>();
  /** Answers that came earlier than recorded. */
  readonly #early: WireFrame[] = [];
  /** The answer that is waited for. */
  #next: Promise<WireFrame | undefined> | undefined = undefined;
  #ended = false;

  constructor(transport: Transport, patience: number) {
    this.#transport = transport;
    this.#peer = new ScriptedPeer(transport);
    this.#patience = patience;
  }

  async ask(event: RecordedFrame, bytes: Uint8Array, skip: ReplayClientOptions["skip"]): Promise<void> {
    const left = skip?.(event) === true;
    this.#asked.set(event.frame.opaque, left ? undefined : event);
    // Where the server has gone, the answer that does not come says so.
    if (!left) await this.#peer.send(bytes).catch(() => {});
  }

  /** Compares an answer; false if its request was left out. */
  async compare(event: RecordedFrame, learned: Learned, found: Difference[]): Promise<boolean> {
    // What a feed sends by itself is no answer.
    if (event.frame.magic !== 0x81 && event.frame.magic !== 0x18) return false;
    if (this.#asked.get(event.frame.opaque) === undefined) return false;
    const actual = await this.#answer(event.frame.opaque);
    if (actual === undefined) found.push({ line: event.line, what: "answer", recorded: "one", actual: "none" });
    else found.push(...differences(event, actual, learned));
    return true;
  }

  /** Looks whether the server ends the connection where it did, or ends it as the client did. */
  async end(event: RecordedEnd, found: Difference[]): Promise<void> {
    const skipped = [...this.#asked.values()].at(-1) === undefined;
    if (!event.sent && !skipped && !(await this.#within(this.#peer.over.then(() => true)))) {
      found.push({ line: event.line, what: "end", recorded: "closed", actual: "open" });
    }
    await this.close();
  }

  async close(): Promise<void> {
    if (!this.#ended) this.#peer.close();
    this.#ended = true;
    await this.#transport.closed;
  }

  async #answer(opaque: number): Promise<WireFrame | undefined> {
    for (;;) {
      const place = this.#early.findIndex((frame) => frame.opaque === opaque);
      if (place >= 0) return this.#early.splice(place, 1)[0];
      this.#next ??= this.#peer.next().catch(() => undefined);
      const frame = await this.#within(this.#next);
      if (frame === undefined) return undefined;
      this.#next = undefined;
      this.#early.push(frame);
    }
  }

  /** Waits, but not for ever. */
  async #within<T>(promise: Promise<T>): Promise<T | undefined> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<undefined>((resolve) => timer = setTimeout(() => resolve(undefined), this.#patience));
    try {
      return await Promise.race([promise, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

const HELLO = 0x1f;
const OBSERVE_SEQNO = 0x91;
const SET_CLUSTER_CONFIG = 0xb4;

/** A recorded request, as this server must be asked for the same. */
function requestBytes(event: RecordedFrame, capture: Capture, learned: Learned): Uint8Array {
  const { frame } = event;
  if (frame.opcode === HELLO) return wire({ ...frame, value: granted(event, capture) });
  if (frame.opcode === SET_CLUSTER_CONFIG) learned.configs.add(toHex(frame.value));
  const bytes = frame.bytes.slice();
  const view = new DataView(bytes.buffer);
  const put = (at: number): void => {
    const now = learned.numbers.get(view.getBigUint64(at));
    if (now !== undefined) view.setBigUint64(at, now);
  };
  if (frame.cas !== 0n) put(16);
  // Its value is a history.
  if (frame.opcode === OBSERVE_SEQNO && frame.value.length === 8) put(24);
  return bytes;
}

/** The features that a recorded HELLO was granted; what it asked for if it was refused. */
function granted(event: RecordedFrame, capture: Capture): Uint8Array {
  const answer = framesOf(capture, event.connection).find(({ line, sent, frame }) =>
    line > event.line && !sent && frame.opcode === HELLO && frame.opaque === event.frame.opaque
  );
  return answer === undefined || answer.frame.status !== 0 ? event.frame.value : answer.frame.value;
}
