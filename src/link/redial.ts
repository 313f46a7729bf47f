import type { CallOptions } from "../connection/caller.ts";
import type { Connection } from "../connection/connection.ts";
import { ConnectionError } from "../errors.ts";
import { NOOP } from "../ops/admin.ts";
import { Backoff } from "./backoff.ts";
import type { LinkClock } from "./clock.ts";
import type { LinkOptions } from "./link_options.ts";
import type { LinkNews } from "./link_status.ts";

/** Makes a connection that is ready for use, with all handshakes done. Its signal is aborted when nobody needs it any more. */
export type DialConnection = (signal: AbortSignal) => Promise<Connection>;

/** Whom a {@linkcode Redial} works for. */
export interface RedialOwner {
  /** There is a connection. */
  connected(connection: Connection): void;
  /** An attempt failed, with nothing to fall back on; `down` if the server counts as down. */
  failed(error: unknown, down: boolean): void;
  /** Whether an attempt would be for somebody. */
  wanted(): boolean;
  /** Whether there is a good connection, which an attempt is only to replace. */
  good(): boolean;
  /** Something happened. */
  tell(news: LinkNews): void;
}

/** Connects, again and again: one attempt at a time, with pauses between them. */
export class Redial {
  /** What failed last, since there was a connection. */
  cause: unknown = undefined;
  readonly #dial: DialConnection;
  readonly #server: string;
  readonly #owner: RedialOwner;
  readonly #clock: LinkClock;
  readonly #backoff: Backoff;
  readonly #downAfter: number;
  readonly #probe: CallOptions;
  #attempt: Promise<void> | undefined = undefined;
  #giveUp: AbortController | undefined = undefined;
  #stopPause: (() => void) | undefined = undefined;
  /** Before when no attempt is made. */
  #notBefore = 0;
  #connectedAt = 0;
  /** Whether the server was away, and has to show that it is back. */
  #wasAway = false;
  #failures = 0;
  #down = false;
  #stopped = false;

  /** Makes one that has not begun. */
  constructor(
    dial: DialConnection,
    { server, clock, options, owner, probe }: {
      readonly server: string;
      readonly clock: LinkClock;
      readonly options: LinkOptions;
      readonly owner: RedialOwner;
      readonly probe: CallOptions;
    },
  ) {
    this.#dial = dial;
    this.#server = server;
    this.#owner = owner;
    this.#clock = clock;
    this.#probe = probe;
    this.#backoff = new Backoff(() => clock.random(), options.backoff);
    this.#downAfter = options.downAfter ?? 3;
  }

  /** The attempt that is under way. */
  get attempt(): Promise<void> | undefined {
    return this.#attempt;
  }

  /** Whether the next attempt is after a pause. */
  get pausing(): boolean {
    return this.#stopPause !== undefined;
  }

  /** Whether so many attempts failed that the server counts as down. */
  get down(): boolean {
    return this.#down;
  }

  /** Whether an attempt could begin now. */
  get free(): boolean {
    return this.#attempt === undefined && this.#clock.now() >= this.#notBefore;
  }

  /** Sees that an attempt is made, as soon as one may be. */
  wake(): void {
    if (this.#attempt !== undefined || this.#stopPause !== undefined) return;
    const pause = this.#notBefore - this.#clock.now();
    if (pause > 0) this.#pause(pause);
    else this.begin();
  }

  /** Begins an attempt, unless one is under way; resolves when it has led to a connection. */
  begin(): Promise<void> {
    if (this.#attempt !== undefined) return this.#attempt;
    this.#stopPause?.();
    this.#stopPause = undefined;
    this.#owner.tell({ type: "connecting", attempt: this.#failures + 1 });
    const attempt = this.#try();
    this.#attempt = attempt;
    // Those who wait for it hear of it; others by the status.
    attempt.catch(() => {});
    return attempt;
  }

  /** Takes a connection as if an attempt had led to it. */
  adopt(connection: Connection): void {
    this.#connectedAt = this.#clock.now();
    this.#failures = 0;
    this.#wasAway = false;
    this.cause = undefined;
    const wasDown = this.#down;
    this.#down = false;
    this.#owner.connected(connection);
    if (wasDown) this.#owner.tell({ type: "up" });
  }

  /** The connection was lost. */
  lost(error: unknown): void {
    this.cause = error;
    this.#wasAway = true;
    if (this.#stopped || this.#attempt !== undefined) return;
    // One that held for a while is followed by short pauses; one that did not, is not.
    if (this.#clock.now() - this.#connectedAt >= this.#backoff.most) this.#backoff.reset();
    this.#goOn(error);
  }

  /** Begins no more attempts. */
  stop(): void {
    this.#stopped = true;
    this.#stopPause?.();
    this.#stopPause = undefined;
  }

  /** Gives up the attempt that is under way. */
  abort(reason: unknown): void {
    this.#giveUp?.abort(reason);
  }

  async #try(): Promise<void> {
    const giveUp = new AbortController();
    this.#giveUp = giveUp;
    let connection: Connection | undefined;
    try {
      connection = await this.#dial(giveUp.signal);
      giveUp.signal.throwIfAborted();
      // An operating system accepts connections for a process that is halted, so a server that was away has to answer first.
      if (this.#wasAway) {
        await connection.call(NOOP, {}, { ...this.#probe, signal: giveUp.signal });
      }
      if (connection.state !== "open") {
        throw new ConnectionError(`Cannot connect to ${this.#server}: the connection was lost at once`, {
          sent: false,
        });
      }
    } catch (error) {
      connection?.destroy(error);
      // Not in the turn in which the attempt began, whatever `dial` throws.
      await Promise.resolve();
      this.#attempt = undefined;
      if (!this.#stopped) this.#failed(error);
      throw error;
    }
    this.#attempt = undefined;
    this.adopt(connection);
  }

  #failed(error: unknown): void {
    if (this.#owner.good()) {
      this.#pause(this.#backoff.next());
      return;
    }
    this.cause = error;
    this.#wasAway = true;
    this.#failures++;
    if (!this.#down && this.#downAfter > 0 && this.#failures >= this.#downAfter) {
      this.#down = true;
      this.#owner.tell({ type: "down", failures: this.#failures, error });
    }
    this.#owner.failed(error, this.#down);
    this.#goOn(error);
  }

  /** Has the next attempt made after a pause, if anybody wants it. */
  #goOn(error: unknown): void {
    const delay = this.#backoff.next();
    this.#notBefore = this.#clock.now() + delay;
    this.#owner.tell({ type: "waiting", delay, error });
    if (this.#owner.wanted()) this.#pause(delay);
  }

  #pause(delay: number): void {
    this.#stopPause?.();
    this.#stopPause = this.#clock.after(delay, () => {
      this.#stopPause = undefined;
      this.begin();
    });
  }
}
