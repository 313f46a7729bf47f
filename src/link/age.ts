import type { LinkClock } from "./clock.ts";

/** How long a connection is used before another one takes its place; longer while it is pinned. */
export class Age {
  readonly #clock: LinkClock;
  readonly #most: number;
  readonly #over: () => void;
  #stop: (() => void) | undefined = undefined;
  #pinned = false;
  #overdue = false;

  /** Starts with no connection; `most` is in milliseconds, 0 for ever. */
  constructor(clock: LinkClock, most: number, over: () => void) {
    this.#clock = clock;
    this.#most = most;
    this.#over = over;
  }

  /** Whether the connection has to stay. */
  get pinned(): boolean {
    return this.#pinned;
  }

  /** Begins for a new connection: up to a tenth less by chance, so that not all are replaced at once. */
  start(): void {
    this.stop();
    if (this.#most === 0) return;
    this.#stop = this.#clock.after(this.#most * (1 - this.#clock.random() / 10), () => this.end());
  }

  /** There is no connection any more. */
  stop(): void {
    this.#stop?.();
    this.#overdue = false;
  }

  /** Its time is over: now, or when it is let go. */
  end(): void {
    this.#overdue = this.#pinned;
    if (!this.#pinned) this.#over();
  }

  /** Has it stay, or lets it go with `false`. */
  pin(on: boolean): void {
    this.#pinned = on;
    if (!on && this.#overdue) this.end();
  }
}
