/** A transport over a `Deno.Conn`. */
import { PipeState } from "./pipe_state.ts";
import type { Sink, Transport } from "./transport.ts";

/** One slab a connection; larger frames are read into the room that the sink gives. */
const SLAB_SIZE = 64 * 1024;

/** A transport over a `Deno.Conn`. */
export class DenoTransport implements Transport {
  readonly peer: string;
  readonly secure: boolean;
  readonly #conn: Deno.Conn;
  readonly #state: PipeState;
  #reading = false;
  #paused = false;
  #wake: (() => void) | undefined;

  /** Takes over an open connection. */
  constructor(conn: Deno.Conn, options: { readonly peer: string; readonly secure: boolean }) {
    this.peer = options.peer;
    this.secure = options.secure;
    this.#conn = conn;
    this.#state = new PipeState(options.peer, () => this.#free());
  }

  get closed(): Promise<void> {
    return this.#state.closed;
  }

  start(sink: Sink): void {
    this.#state.start(sink);
    if (!this.#state.over) this.#readAll();
  }

  handOver(sink: Sink): void {
    this.#state.handOver(sink);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#wake?.();
  }

  write(bytes: Uint8Array): Promise<void> | undefined {
    const opened = this.#state.openWrite(bytes);
    return opened === true ? this.#writeAll(bytes) : opened || undefined;
  }

  close(): void {
    this.#state.close();
  }

  /** Ends the pipe with an error of its user. */
  fail(error: unknown): void {
    this.#state.fail(error);
  }

  /** Reads until the end; never rejects, because everything that can throw in it ends the pipe instead. */
  async #readAll(): Promise<void> {
    const conn = this.#conn;
    const state = this.#state;
    const slab = new Uint8Array(SLAB_SIZE);
    this.#reading = true;
    try {
      while (!state.over) {
        while (this.#paused && !state.over) await new Promise<void>((resolve) => this.#wake = resolve);
        const into = state.room() ?? slab;
        if (state.over) break;
        const size = await conn.read(into);
        if (size === null) state.finish();
        else state.deliver(size === into.length ? into : into.subarray(0, size));
      }
    } catch (error) {
      state.broke("reading", error);
    }
    this.#reading = false;
    this.#settleWhenIdle();
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    try {
      let sent = await this.#conn.write(bytes);
      while (sent < bytes.length) sent += await this.#conn.write(bytes.subarray(sent));
    } catch (error) {
      this.#state.broke("writing", error);
      throw this.#state.refusal();
    } finally {
      this.#state.doneWrite();
      this.#settleWhenIdle();
    }
  }

  #free(): void {
    this.#wake?.();
    try {
      this.#conn.close();
    } catch {
      // The system had closed it already, which is what we want.
    }
    this.#settleWhenIdle();
  }

  /** An operation that was cut off still holds its buffer until it comes back. */
  #settleWhenIdle(): void {
    if (this.#state.freed && !this.#reading && !this.#state.writing) this.#state.settle();
  }
}
