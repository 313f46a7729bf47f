import type { Exchange } from "./exchange.ts";
import type { Route } from "./route.ts";

/** A request in the hands of a handler, or whose answer waits for one before it. */
export class Turn {
  /** The request and its answer. */
  readonly exchange: Exchange;
  /** What answers it. */
  readonly route: Route | undefined;
  /** Its body, if it could be read. */
  request: unknown = undefined;
  /** What it pushed before its turn came. */
  pushed: unknown[] = [];
  /** Whether the handler is done. */
  settled = false;
  /** Whether `outcome` was thrown. */
  failed = false;
  /** What the handler returned or threw. */
  outcome: unknown = undefined;

  /** Begins with nothing answered. */
  constructor(exchange: Exchange, route: Route | undefined) {
    this.exchange = exchange;
    this.route = route;
  }

  /** The handler is done. */
  settle(request: unknown, outcome: unknown, failed: boolean): void {
    this.request = request;
    this.outcome = outcome;
    this.failed = failed;
    this.settled = true;
  }

  /** Gives what it pushed, once. */
  takePushed(): unknown[] {
    const pushed = this.pushed;
    this.pushed = [];
    return pushed;
  }
}

/** Requests that are not answered yet, in the order in which they must be. */
export class Turns {
  #turns: Turn[] = [];

  /** How many there are. */
  get length(): number {
    return this.#turns.length;
  }

  /** The one that is to be answered next. */
  get first(): Turn | undefined {
    return this.#turns[0];
  }

  /** Adds a request behind the others. */
  add(exchange: Exchange, route: Route | undefined): Turn {
    const turn = new Turn(exchange, route);
    this.#turns.push(turn);
    return turn;
  }

  /** The first has been answered. */
  shift(): void {
    this.#turns.shift();
  }

  /** The turn of a request that has others before it; `undefined` if there is none to wait for. */
  findWaiting(exchange: Exchange): Turn | undefined {
    for (let i = 1; i < this.#turns.length; i++) {
      if (this.#turns[i]!.exchange === exchange) return this.#turns[i];
    }
    return undefined;
  }

  /** Forgets all. */
  clear(): void {
    this.#turns = [];
  }
}
