import { ConnectionError, TimeoutError } from "../errors.ts";
import { type LinkClock, SYSTEM_CLOCK } from "../link/clock.ts";
import { readServers, type ServerEntry } from "./server_spec.ts";
import { sameServers, type Topology } from "./topology.ts";

/** How a source is asked again and again. */
export interface PollOptions {
  /** How long to wait between two times, in milliseconds; a tenth more or less, so that processes do not ask in step. */
  readonly everyMs?: number;
  /** The most that asking once may take, in milliseconds; 5000 by default. */
  readonly timeoutMs?: number;
  /** Ends the lists when aborted. */
  readonly signal?: AbortSignal;
  /** Believes the source when it knows of no server at all; otherwise that counts as an error, and the servers stay. */
  readonly acceptEmpty?: boolean;
  /** Another clock, for tests. */
  readonly clock?: LinkClock;
}

/** What a source says. */
export interface Found {
  readonly servers: readonly ServerEntry[];
  readonly version?: bigint;
}

/** How to ask a source, whose name goes into messages. */
export interface Source {
  readonly name: string;
  /** How often it is asked unless told otherwise, in milliseconds. */
  readonly everyMs: number;
  /** Asks once; gives up when the signal is aborted. */
  readonly ask: (signal: AbortSignal) => Promise<Found>;
}

/**
 * The lists of a source that has to be asked: a new one whenever it differs from the last one, or could not be had.
 *
 * - What goes wrong before there is any list is thrown, and ends it. After that, the last servers stay and `error` says why.
 * - A list with a lower version than the last one is older, and is passed over.
 * - `return` and an abort end it at once: nothing stays behind, neither a timer nor a question.
 *
 * @throws {RangeError} If a time is not a number above 0.
 */
export function poll(source: Source, options: PollOptions): AsyncIterable<Topology> {
  for (const name of ["everyMs", "timeoutMs"] as const) {
    const time = options[name];
    if (time !== undefined && !(time > 0)) {
      throw new RangeError(`Cannot look for servers with ${name} ${time}: it is milliseconds, above 0`);
    }
  }
  return { [Symbol.asyncIterator]: () => new Poll(source, options) };
}

class Poll implements AsyncIterator<Topology, undefined> {
  readonly #source: Source;
  readonly #options: PollOptions;
  readonly #clock: LinkClock;
  /** Aborted when it is over. */
  readonly #over = new AbortController();
  readonly #unwatch: () => void;
  #last: Topology | undefined = undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(source: Source, options: PollOptions) {
    this.#source = source;
    this.#options = options;
    this.#clock = options.clock ?? SYSTEM_CLOCK;
    const { signal } = options;
    const end = () => this.#end();
    signal?.addEventListener("abort", end, { once: true });
    this.#unwatch = () => signal?.removeEventListener("abort", end);
    if (signal?.aborted) this.#end();
  }

  next(): Promise<IteratorResult<Topology, undefined>> {
    const turn = this.#turn.then(() => this.#next());
    this.#turn = turn.catch(() => {});
    return turn;
  }

  return(): Promise<IteratorResult<Topology, undefined>> {
    this.#end();
    return Promise.resolve(DONE);
  }

  #end(): void {
    this.#unwatch();
    this.#over.abort();
  }

  async #next(): Promise<IteratorResult<Topology, undefined>> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      if (this.#last !== undefined) await this.#pause();
      if (signal.aborted) break;
      const topology = await this.#ask();
      if (topology === undefined) continue;
      this.#last = topology;
      return { done: false, value: topology };
    }
    return DONE;
  }

  /** The next list, if there is something to tell. */
  async #ask(): Promise<Topology | undefined> {
    const last = this.#last;
    let found: Found;
    try {
      found = await this.#within();
      // A list that nobody could use is none; there may be more than one kind of reason, and this says them all.
      readServers(found.servers);
      if (found.servers.length === 0 && this.#options.acceptEmpty !== true) {
        throw new ConnectionError("it knows of no server", { sent: false });
      }
    } catch (cause) {
      if (this.#over.signal.aborted) return undefined;
      const error = this.#error(cause);
      if (last !== undefined) return { ...last, error };
      this.#end();
      throw error;
    }
    if (this.#over.signal.aborted) return undefined;
    if (last === undefined) return found;
    if (found.version !== undefined && last.version !== undefined && found.version < last.version) return undefined;
    const news = last.error !== undefined || found.version !== last.version ||
      !sameServers(found.servers, last.servers);
    return news ? found : undefined;
  }

  #error(cause: unknown): ConnectionError {
    const said = cause instanceof Error ? cause.message : String(cause);
    return new ConnectionError(`Cannot find servers by ${this.#source.name}: ${said}`, { cause, sent: false });
  }

  /** Asks, and waits no longer than is allowed, nor until after the end. */
  #within(): Promise<Found> {
    const { timeoutMs = 5000 } = this.#options;
    const over = this.#over.signal;
    const asking = new AbortController();
    return new Promise<Found>((resolve, reject) => {
      const giveUp = (reason: unknown) => {
        reject(reason);
        asking.abort(reason);
      };
      const ended = () => giveUp(over.reason);
      const late = () => giveUp(new TimeoutError(`no answer after ${timeoutMs} ms`, { sent: false }));
      const stop = this.#clock.after(timeoutMs, late);
      over.addEventListener("abort", ended, { once: true });
      asking.signal.addEventListener("abort", settled, { once: true });
      this.#source.ask(asking.signal).then(resolve, reject).finally(settled);
      function settled(): void {
        stop();
        over.removeEventListener("abort", ended);
      }
    });
  }

  #pause(): Promise<void> {
    const { everyMs = this.#source.everyMs } = this.#options;
    const over = this.#over.signal;
    return new Promise((resolve) => {
      const ended = () => {
        stop();
        resolve();
      };
      const stop = this.#clock.after(everyMs * (0.9 + 0.2 * this.#clock.random()), () => {
        over.removeEventListener("abort", ended);
        resolve();
      });
      over.addEventListener("abort", ended, { once: true });
    });
  }
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };
