/** One side of a pipe inside the process. */
import { PipeState } from "./pipe_state.ts";
import type { Sink, Transport } from "./transport.ts";

/** What {@linkcode memoryPair} can be told. */
export interface MemoryPairOptions {
  /** What each side calls the other, the first side's word first; by default `memory:b` and `memory:a`. */
  readonly peers?: readonly [string, string];
  /** What `secure` says on both sides; nothing is encrypted. By default false. */
  readonly secure?: boolean;
  /** The most bytes that one `data` delivers, unless the sink gives larger room; 64 KiB by default. */
  readonly chunkSize?: number;
}

const CHUNK_SIZE = 64 * 1024;
/** Delivered bytes are overwritten with this, so that a sink that keeps a chunk without copying it is found out. */
const GONE = 0xee;
/** After so many deliveries timers and sockets get a turn: microtasks alone would never let them in. */
const TURN = 1024;

/** The bytes of a write that its receiver has not yet taken. */
interface Incoming {
  readonly bytes: Uint8Array;
  at: number;
}

/** One side; of use when joined with another. */
export class MemoryTransport implements Transport {
  readonly peer: string;
  readonly secure: boolean;
  readonly #state: PipeState;
  readonly #slab: Uint8Array;
  #other: MemoryTransport | undefined;
  #started = false;
  #paused = false;
  #incoming: Incoming | undefined;
  #ended = false;
  #scheduled = false;
  #turn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #settle: { resolve(): void; reject(error: unknown): void } | undefined;

  /** Makes a side that is joined with nobody. */
  constructor(peer: string, options: MemoryPairOptions) {
    this.peer = peer;
    this.secure = options.secure ?? false;
    this.#slab = new Uint8Array(options.chunkSize ?? CHUNK_SIZE);
    this.#state = new PipeState(peer, () => this.#free());
  }

  get closed(): Promise<void> {
    return this.#state.closed;
  }

  /** Says which side is the other. */
  join(other: MemoryTransport): void {
    this.#other = other;
  }

  start(sink: Sink): void {
    this.#state.start(sink);
    this.#started = true;
    this.#schedule();
  }

  handOver(sink: Sink): void {
    this.#state.handOver(sink);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#schedule();
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    const opened = this.#state.openWrite(bytes);
    if (opened !== true) return opened || undefined;
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      if (this.#other === undefined) this.#cutWrite();
      else this.#other.#offer(bytes);
    });
  }

  close(): void {
    this.#state.close();
  }

  /** Ends the pipe with an error of its user. */
  fail(error: unknown): void {
    this.#state.fail(error);
  }

  #offer(bytes: Uint8Array): void {
    this.#incoming = { bytes, at: 0 };
    this.#schedule();
  }

  #schedule(): void {
    const wanted = this.#incoming !== undefined || this.#ended;
    if (this.#scheduled || !wanted || !this.#started || this.#paused || this.#state.over) return;
    this.#scheduled = true;
    this.#turn = (this.#turn + 1) % TURN;
    if (this.#turn === 0) this.#timer = setTimeout(this.#deliver, 0);
    else queueMicrotask(this.#deliver);
  }

  readonly #deliver = (): void => {
    this.#scheduled = false;
    if (this.#paused || this.#state.over) return;
    const incoming = this.#incoming;
    if (incoming === undefined) return this.#state.finish({ gone: true });
    const into = this.#state.room() ?? this.#slab;
    const { bytes, at } = incoming;
    const size = Math.min(into.length, bytes.length - at);
    const chunk = into.subarray(0, size);
    chunk.set(bytes.subarray(at, at + size));
    incoming.at += size;
    this.#state.deliver(chunk);
    if (into === this.#slab) chunk.fill(GONE);
    if (incoming.at === bytes.length && this.#incoming === incoming) {
      this.#incoming = undefined;
      if (this.#other !== undefined) this.#other.#taken();
    }
    this.#schedule();
  };

  /** The other side has taken the whole write. */
  #taken(): void {
    this.#state.doneWrite();
    this.#settle?.resolve();
    this.#settle = undefined;
  }

  #cutWrite(): void {
    if (this.#settle === undefined) return;
    this.#state.doneWrite();
    this.#settle.reject(this.#state.refusal());
    this.#settle = undefined;
  }

  /** As with TCP, who closes with bytes unread resets the connection. */
  #free(): void {
    clearTimeout(this.#timer);
    const other = this.#other;
    const unread = this.#incoming !== undefined;
    this.#incoming = undefined;
    this.#other = undefined;
    this.#cutWrite();
    if (other !== undefined) other.#leave(unread);
    this.#state.settle();
  }

  /** The other side is gone. */
  #leave(reset: boolean): void {
    this.#other = undefined;
    this.#incoming = undefined;
    if (reset) this.#state.broke("reading", new Error("Connection reset by peer"));
    this.#cutWrite();
    this.#ended = true;
    this.#schedule();
  }
}

/** Makes two sides and joins them. */
export function joined(options: MemoryPairOptions): [MemoryTransport, MemoryTransport] {
  const [toB, toA] = options.peers ?? ["memory:b", "memory:a"];
  const a = new MemoryTransport(toB, options);
  const b = new MemoryTransport(toA, options);
  a.join(b);
  b.join(a);
  return [a, b];
}
