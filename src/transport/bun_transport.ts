/** A transport over a socket of Bun, and the handler that feeds it. */
import type { BunHandler, BunSocket } from "./bun_runtime.ts";
import { PipeState } from "./pipe_state.ts";
import type { Sink, Transport } from "./transport.ts";

/** A socket of ours; its data is set when it is ready. */
export type Socket = BunSocket<BunTransport | undefined>;

/** A transport over a socket of Bun. */
export class BunTransport implements Transport {
  readonly peer: string;
  readonly secure: boolean;
  readonly #socket: Socket;
  readonly #state: PipeState;
  #started = false;
  #paused = false;
  /** What Bun delivered while nothing was to be read, in order; the end, if it came then, is behind it. */
  readonly #held: Uint8Array[] = [];
  #heldEnd: (() => void) | undefined;
  #rest: Uint8Array | undefined;
  #settle: { resolve(): void; reject(error: unknown): void } | undefined;

  /** Takes over an open socket. */
  constructor(socket: Socket, options: { readonly peer: string; readonly secure: boolean }) {
    this.peer = options.peer;
    this.secure = options.secure;
    this.#socket = socket;
    this.#state = new PipeState(options.peer, () => this.#free());
    socket.data = this;
    socket.setNoDelay(true);
    socket.pause();
  }

  get closed(): Promise<void> {
    return this.#state.closed;
  }

  start(sink: Sink): void {
    this.#state.start(sink);
    this.#started = true;
    if (!this.#paused) this.#flow();
  }

  handOver(sink: Sink): void {
    this.#state.handOver(sink);
  }

  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    if (this.#started) this.#flow();
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    const opened = this.#state.openWrite(bytes);
    if (opened !== true) return opened || undefined;
    const taken = this.#socket.write(bytes);
    if (taken === bytes.length) {
      this.#state.doneWrite();
      return undefined;
    }
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      if (taken < 0) this.#writeFailed();
      else this.#rest = bytes.subarray(taken);
    });
  }

  close(): void {
    this.#state.close();
  }

  /** Ends the pipe with an error of its user. */
  fail(error: unknown): void {
    this.#state.fail(error);
  }

  /** Bun has read a chunk. */
  read(chunk: Uint8Array): void {
    if (this.#holds) this.#held.push(chunk.slice());
    else this.#state.deliver(chunk);
  }

  /** The system can take bytes again. */
  drained(): void {
    const rest = this.#rest;
    if (rest === undefined) return;
    const taken = this.#socket.write(rest);
    if (taken < 0) {
      this.#writeFailed();
    } else if (taken < rest.length) {
      this.#rest = rest.subarray(taken);
    } else {
      this.#rest = undefined;
      this.#state.doneWrite();
      this.#settle?.resolve();
      this.#settle = undefined;
    }
  }

  /** The peer will send no more. */
  finished(): void {
    if (this.#holds) this.#heldEnd ??= () => this.#state.finish();
    else this.#state.finish();
  }

  /** Bun has closed the socket. */
  gone(error: Error | undefined): void {
    const end = () => {
      if (error !== undefined) this.#state.broke("reading", error);
      this.#state.settle();
    };
    if (this.#state.over || this.#held.length === 0) end();
    else this.#heldEnd = end;
  }

  get #holds(): boolean {
    return !this.#started || this.#paused || this.#held.length > 0;
  }

  /** Reads on, after what is held. */
  #flow(): void {
    if (this.#held.length > 0 || this.#heldEnd !== undefined) queueMicrotask(() => this.#release());
    else this.#socket.resume();
  }

  #release(): void {
    while (!this.#paused && this.#held.length > 0 && !this.#state.over) this.#state.deliver(this.#held.shift()!);
    if (this.#paused || this.#state.over) return;
    const end = this.#heldEnd;
    this.#heldEnd = undefined;
    if (end !== undefined) end();
    else this.#socket.resume();
  }

  /** Never by `end`, which with TLS waits up to 12 s for the goodbye of a peer that perhaps does not read. */
  #hangUp(cut: boolean): void {
    if (!this.secure) return this.#socket.close();
    // Half a record is stuck: a goodbye behind it would wait as long.
    if (cut) return this.#socket.terminate();
    this.#socket.shutdown();
    this.#socket.close();
  }

  #writeFailed(): void {
    this.#state.broke("writing", new Error("Socket is closed"));
    this.#rejectWrite();
  }

  #rejectWrite(): void {
    this.#rest = undefined;
    if (this.#settle === undefined) return;
    this.#state.doneWrite();
    this.#settle.reject(this.#state.refusal());
    this.#settle = undefined;
  }

  #free(): void {
    const cut = this.#rest !== undefined;
    this.#rejectWrite();
    this.#held.length = 0;
    this.#hangUp(cut);
    // Bun had closed it before what was held could be delivered.
    this.#heldEnd?.();
  }
}

/** What Bun calls for every socket of ours. */
export const HANDLER: BunHandler<BunTransport | undefined> = {
  data: (socket, chunk) => socket.data?.read(chunk),
  drain: (socket) => socket.data?.drained(),
  end: (socket) => socket.data?.finished(),
  close: (socket, error) => socket.data?.gone(error),
  error: (socket, error) => socket.data?.fail(error),
  timeout: (socket) => socket.terminate(),
};
