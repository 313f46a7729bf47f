/** A transport over a socket of `node:net` or `node:tls`. */
import type net from "node:net";
import { PipeState } from "./pipe_state.ts";
import type { Sink, Transport } from "./transport.ts";

/** What is below a TLS socket. */
interface ReadHandle {
  readStart?(): void;
  readStop?(): void;
}

/** A transport over a socket of `node:net` or `node:tls`. */
export class NodeTransport implements Transport {
  readonly peer: string;
  readonly secure: boolean;
  readonly #state: PipeState;
  readonly #socket: net.Socket;
  #started = false;
  #paused = false;
  #unwritten = 0;
  #settle: { resolve(): void; reject(error: unknown): void } | undefined;
  readonly #wrote = (error?: Error | null): void => this.#afterWrite(error);

  /** Takes over a connected socket. */
  constructor(socket: net.Socket, options: { readonly state: PipeState; readonly secure: boolean }) {
    const { state, secure } = options;
    this.peer = state.peer;
    this.secure = secure;
    this.#socket = socket;
    this.#state = state;
    this.#flow("pause");
    socket.setNoDelay(true);
    socket.on("data", (chunk: Uint8Array) => state.deliver(chunk));
    socket.on("end", () => state.finish());
    socket.on("error", (error) => state.broke("reading", error));
    socket.on("close", () => state.settle());
  }

  get closed(): Promise<void> {
    return this.#state.closed;
  }

  start(sink: Sink): void {
    this.#state.start(sink);
    this.#started = true;
    if (!this.#paused) this.resume();
  }

  handOver(sink: Sink): void {
    this.#state.handOver(sink);
  }

  pause(): void {
    this.#paused = true;
    this.#flow("pause");
  }

  resume(): void {
    this.#paused = false;
    if (this.#started && !this.#state.over) this.#flow("resume");
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    const opened = this.#state.openWrite(bytes);
    if (opened !== true) return opened || undefined;
    const socket = this.#socket;
    this.#unwritten++;
    socket.write(bytes, this.#wrote);
    // The system took everything at once: nothing to wait for, and no promise to make.
    if (socket.writableLength === 0 && !socket.destroyed && !socket.errored) {
      this.#state.doneWrite();
      return undefined;
    }
    return new Promise((resolve, reject) => this.#settle = { resolve, reject });
  }

  close(): void {
    this.#state.close();
  }

  #flow(to: "pause" | "resume"): void {
    const socket: net.Socket & { readonly _handle?: { readonly _parent?: ReadHandle } | null } = this.#socket;
    socket[to]();
    if (!this.secure || !("Deno" in globalThis)) return;
    // Deno reads on below a paused TLS socket, into memory without end, unless the handle there is stopped.
    const below = socket._handle?._parent;
    if (to === "pause") below?.readStop?.();
    else below?.readStart?.();
  }

  /** Callbacks come in order, those of writes that were done at once a little late: only the last one counts. */
  #afterWrite(error: Error | null | undefined): void {
    this.#unwritten--;
    const settle = this.#settle;
    if (this.#unwritten > 0 || settle === undefined) return;
    this.#settle = undefined;
    this.#state.doneWrite();
    if (error) this.#state.broke("writing", error);
    // Node reports no error to a write that a close cut off.
    if (this.#state.freed) settle.reject(this.#state.refusal());
    else settle.resolve();
  }
}

/** The state of a socket's pipe, which frees the socket when it is over. */
export function stateOf(peer: string, socket: () => net.Socket): PipeState {
  const state: PipeState = new PipeState(peer, () => release(socket(), state));
  return state;
}

/** Frees a socket; the goodbye of TLS goes first, unless unwritten bytes stand in its way. */
function release(socket: net.Socket, state: PipeState): void {
  if (!("encrypted" in socket) || state.writing) {
    socket.destroy();
    return;
  }
  const timer = setTimeout(() => socket.destroy(), 0);
  socket.once("close", () => clearTimeout(timer));
  socket.end();
}
