/** A server of DCP in the hands of a test: it does what every server does by itself, unless the test says otherwise. */

import type { Dial, Transport } from "../../src/transport/transport.ts";
import { memoryPair } from "../../src/transport/memory.ts";
import { answer, joined, readWire, wire, type WireFrame, type WireParts } from "./wire_frame.ts";

/** What a peer answers to a request: frames, nothing for silence, or what comes of a promise. */
export type Reply = Uint8Array | readonly Uint8Array[] | undefined;

/** What a peer does with a request. */
export type Handler = (request: WireFrame, peer: DcpPeer) => Reply;

/** How a peer is. */
export interface DcpPeerOptions {
  /** The features that it grants, of those that are asked for; XATTR, SNAPPY, JSON, COLLECTIONS and framing extras by default. */
  readonly features?: readonly number[];
  /** The last write of each vbucket. */
  readonly seqnos?: ReadonlyMap<number, bigint>;
  /** The histories of every vbucket. */
  readonly log?: readonly (readonly [vbuuid: bigint, seqno: bigint])[];
  /** The cluster map as JSON text. */
  readonly config?: string;
  /** What to do otherwise, by opcode. */
  readonly handlers?: Readonly<Record<number, Handler>>;
}

const FEATURES = [0x06, 0x0a, 0x0b, 0x10, 0x12];

/** Eight bytes of an unsigned number. */
export function u64(value: bigint): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
}

/** Four bytes of an unsigned number. */
export function u32(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function u16(value: number): Uint8Array {
  return new Uint8Array([value >> 8, value & 0xff]);
}

/** One end of a connection of DCP. */
export class DcpPeer {
  /** All that came, in its order. */
  readonly requests: WireFrame[] = [];
  /** Bytes that were acknowledged. */
  acked = 0;
  /** Each acknowledgement. */
  readonly acks: number[] = [];
  /** Bytes of messages of streams that were sent. */
  sent = 0;
  /** Resolves when the connection is over. */
  readonly over: Promise<void>;
  /** Whether it is. */
  isOver = false;
  readonly #options: DcpPeerOptions;
  readonly #transport: Transport;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #wake: () => void = () => {};

  constructor(transport: Transport, options: DcpPeerOptions) {
    this.#transport = transport;
    this.#options = options;
    this.over = new Promise((resolve) => {
      transport.start({
        data: (chunk) => this.#take(chunk),
        end: () => {
          this.isOver = true;
          transport.close();
          this.#wake();
          resolve();
        },
      });
    });
  }

  /** Waits until something holds; looks whenever a request came. Rejects when the connection ends before. */
  async until(holds: (peer: DcpPeer) => boolean): Promise<void> {
    while (!holds(this)) {
      if (this.isOver) throw new Error("the connection has ended");
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** All requests of an opcode. */
  of(opcode: number): WireFrame[] {
    return this.requests.filter((request) => request.opcode === opcode);
  }

  /** Waits for the request of an opcode that is the nth, counted from 1. */
  async expect(opcode: number, nth = 1): Promise<WireFrame> {
    await this.until(() => this.of(opcode).length >= nth);
    return this.of(opcode)[nth - 1]!;
  }

  /** Sends bytes in one chunk; resolves when they have been read. */
  async send(...frames: readonly Uint8Array[]): Promise<void> {
    for (const frame of frames) if (isCounted(frame)) this.sent += frame.length;
    await this.#transport.write(joined(...frames));
  }

  /** Sends bytes in chunks of their own. */
  async sendInPieces(bytes: Uint8Array, size: number): Promise<void> {
    for (let at = 0; at < bytes.length; at += size) await this.#transport.write(bytes.slice(at, at + size));
  }

  /** Closes the connection in order. */
  close(): void {
    this.#transport.close();
  }

  #take(chunk: Uint8Array): void {
    this.#bytes = joined(this.#bytes, chunk);
    const replies: Uint8Array[] = [];
    for (let frame = readWire(this.#bytes); frame !== undefined; frame = readWire(this.#bytes)) {
      this.#bytes = this.#bytes.slice(frame.bytes.length);
      this.requests.push(frame);
      if (frame.magic === 0x81) continue;
      const reply = (this.#options.handlers?.[frame.opcode] ?? this.#usual)(frame, this);
      if (reply === undefined) continue;
      replies.push(...(reply instanceof Uint8Array ? [reply] : reply));
    }
    if (replies.length > 0) void this.send(...replies).catch(() => {});
    this.#wake();
  }

  readonly #usual = (request: WireFrame): Reply => {
    const { features = FEATURES, seqnos = new Map([[0, 0n]]), log = [[0xabcn, 0n]], config } = this.#options;
    const entries = joined(...log.flatMap(([vbuuid, seqno]) => [u64(vbuuid), u64(seqno)]));
    switch (request.opcode) {
      case 0x1f: {
        const asked = Array.from(
          { length: request.value.length / 2 },
          (_, i) => (request.value[2 * i]! << 8) | request.value[2 * i + 1]!,
        );
        return answer(request, { value: joined(...asked.filter((code) => features.includes(code)).map(u16)) });
      }
      case 0xb5:
        return config === undefined ? answer(request, { status: 1 }) : answer(request, { value: config, datatype: 1 });
      case 0x48:
        return answer(request, {
          value: joined(...[...seqnos].flatMap(([vbucket, seqno]) => [u16(vbucket), u64(seqno)])),
        });
      case 0x54:
      case 0x53:
        return answer(request, { value: entries });
      case 0x5d: {
        const bytes = new DataView(request.extras.buffer).getUint32(0);
        this.acked += bytes;
        this.acks.push(bytes);
        return undefined;
      }
      default:
        return answer(request);
    }
  };
}

/** Whether a message counts in the window: requests of streams do. */
function isCounted(frame: Uint8Array): boolean {
  return (frame[0] === 0x80 || frame[0] === 0x08) && frame[1] !== 0x5c;
}

/** The peers that a feed connects to, one after the other. */
export class DcpScene {
  readonly peers: DcpPeer[] = [];
  /** How the next peer is. */
  options: DcpPeerOptions;
  /** While set, connecting fails with it. */
  refuse: Error | undefined = undefined;
  #wake: () => void = () => {};

  constructor(options: DcpPeerOptions = {}) {
    this.options = options;
  }

  readonly dial: Dial = async () => {
    await Promise.resolve();
    if (this.refuse !== undefined) throw this.refuse;
    const [here, there] = memoryPair({ peers: ["node:11210", "feed:1"] });
    this.peers.push(new DcpPeer(there, this.options));
    this.#wake();
    return here;
  };

  /** The nth peer, counted from 1, as soon as it is connected to. */
  async peer(nth = 1): Promise<DcpPeer> {
    while (this.peers.length < nth) await new Promise<void>((resolve) => this.#wake = resolve);
    return this.peers[nth - 1]!;
  }
}

/** A clock in the hands of a test: nothing rings until it is told to. */
export class ManualClock {
  time = 0;
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>();
  /** What `random` gives. */
  chance = 1;

  now(): number {
    return this.time;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.time + ms, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  random(): number {
    return this.chance;
  }

  /** In how many ms each timer rings. */
  get waiting(): number[] {
    return [...this.#timers].map(({ at }) => at - this.time).toSorted((a, b) => a - b);
  }

  /** Lets so much time pass, in ms; timers ring in their order. */
  pass(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#timers.delete(next);
      this.time = next.at;
      next.run();
    }
    this.time = end;
  }

  /** Waits for the next timer to be set, then lets it ring. */
  async ring(ms: number = Infinity): Promise<void> {
    for (;;) {
      const [first] = this.waiting;
      if (first !== undefined && first <= ms) return this.pass(first);
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
}

type StreamParts = Partial<WireParts> & { readonly vbucket?: number };

/** A message of a stream: the opaque and vbucket are those of the request for it. */
export function told(request: WireFrame, opcode: number, parts: StreamParts = {}): Uint8Array<ArrayBuffer> {
  return wire({ magic: 0x80, opcode, status: request.status, opaque: request.opaque, ...parts });
}

/** A snapshot marker of the first version. */
export function marker(request: WireFrame, start: bigint, end: bigint, flags = 1): Uint8Array<ArrayBuffer> {
  return told(request, 0x56, { extras: joined(u64(start), u64(end), u32(flags)) });
}

/** A mutation; the key is without a collection. */
export function mutation(
  request: WireFrame,
  seqno: bigint,
  parts: StreamParts & { readonly text?: string } = {},
): Uint8Array<ArrayBuffer> {
  const extras = joined(u64(seqno), u64(1n), new Uint8Array(15));
  return told(request, 0x57, { extras, key: `\0${parts.text ?? `k${seqno}`}`, value: "v", cas: seqno, ...parts });
}

/** The end of a stream. */
export function streamEnd(request: WireFrame, reason: number): Uint8Array<ArrayBuffer> {
  return told(request, 0x55, { extras: u32(reason) });
}
