import { ConnectionError, TimeoutError } from "../errors.ts";
import type { Transport } from "../transport/transport.ts";

/** How an {@linkcode Intake} reads. */
export interface IntakeOptions<T> {
  /** What is being done, for messages: `dump keys`. */
  readonly what: string;
  /** Reads a chunk, and gives what is whole; returns whether no more will come. */
  read(chunk: Uint8Array, give: (item: T) => void): boolean;
  /** How many may wait to be taken before the transport is paused. */
  readonly limit: number;
  /** How long nothing may come while it is waited for, in ms; 0 for ever. */
  readonly timeout: number;
  /** Ends it when aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** Takes what a transport brings and holds no more of it than may be: then the transport is paused, and the server waits or drops. */
export class Intake<T> {
  readonly #transport: Transport;
  readonly #options: IntakeOptions<T>;
  #items: T[] = [];
  #over = false;
  #error: unknown = undefined;
  #wake: () => void = () => {};
  readonly #onAbort = (): void => this.#end(this.#options.signal?.reason);

  /** Starts to read. */
  constructor(transport: Transport, options: IntakeOptions<T>) {
    this.#transport = transport;
    this.#options = options;
    const { signal } = options;
    const give = (item: T): void => void this.#items.push(item);
    transport.start({
      data: (chunk) => {
        // A read that was under way may still deliver what nobody wants.
        if (this.#over) return;
        try {
          if (options.read(chunk, give)) this.#end(undefined);
          else if (this.#items.length >= options.limit) transport.pause();
        } catch (error) {
          this.#end(error);
        }
        this.#wake();
      },
      end: (error) => this.#end(error ?? this.#cut()),
    });
    if (signal?.aborted === true) this.#onAbort();
    else signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** All that has come; waits for something. Nothing when it is over; rejects with what ended it too early, behind what came before. */
  async take(): Promise<readonly T[] | undefined> {
    if (this.#items.length === 0 && !this.#over) await this.#wait();
    const items = this.#items;
    if (items.length > 0) {
      this.#items = [];
      if (!this.#over) this.#transport.resume();
      return items;
    }
    if (!this.#over) return this.take();
    if (this.#error !== undefined) throw this.#error;
    return undefined;
  }

  /** Ends it: no more is wanted. */
  close(): void {
    this.#items = [];
    this.#end(undefined);
  }

  async #wait(): Promise<void> {
    const { timeout, what } = this.#options;
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (timeout === 0) return;
      timer = setTimeout(() => {
        const message = `Cannot ${what}: nothing came from ${this.#transport.peer} for ${timeout} ms`;
        this.#end(new TimeoutError(message, { sent: true }));
      }, timeout);
    });
    clearTimeout(timer);
  }

  #cut(): ConnectionError {
    const { what } = this.#options;
    return new ConnectionError(`Cannot ${what}: ${this.#transport.peer} closed the connection before the end`);
  }

  #end(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    this.#error = error;
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#transport.close();
    this.#wake();
  }
}
