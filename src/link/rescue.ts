import type { StrandedCall } from "../connection/stranded.ts";
import type { MemcachedError } from "../errors.ts";
import type { RetryReason } from "./link_status.ts";
import { reasonToRetry, type RetryOptions } from "./retry.ts";

/** What became of the calls of a connection that was lost. */
export interface Rescued {
  /** Those to be made again, in their order. */
  readonly calls: StrandedCall[];
  /** How many they are, by the reason why they may be. */
  readonly retries: Readonly<Record<RetryReason, number>>;
  /** How many failed. */
  readonly failed: number;
}

/** Sorts the calls of a connection that is being lost. */
export class Rescue {
  readonly #options: RetryOptions;
  #calls: StrandedCall[] = [];
  #retries: Record<RetryReason, number> = { "not-sent": 0, "idempotent": 0 };
  #failed = 0;

  /** Starts with none. */
  constructor(options: RetryOptions) {
    this.#options = options;
  }

  /** Takes a call over if it may be made again and there is room for so many more; returns whether it did. */
  take(call: StrandedCall, loss: MemcachedError, room: number): boolean {
    const reason = this.#calls.length < room ? reasonToRetry(call, loss, this.#options) : undefined;
    if (reason === undefined) {
      this.#failed++;
      return false;
    }
    this.#retries[reason]++;
    this.#calls.push(call);
    return true;
  }

  /** Gives what was sorted, and starts anew. */
  end(): Rescued {
    const rescued = { calls: this.#calls, retries: this.#retries, failed: this.#failed };
    this.#calls = [];
    this.#retries = { "not-sent": 0, "idempotent": 0 };
    this.#failed = 0;
    return rescued;
  }
}
