/** Load on a server that is harmed meanwhile: no call may stay without an end, and no read may see what nobody wrote. */

import { deadline } from "@std/async";
import { assert, assertInstanceOf } from "@std/assert";
import type { Client } from "../../mod.ts";
import { MemcachedError } from "../../src/errors.ts";

/** A call that takes longer than its deadline by this has been forgotten, in ms. */
const FORGOTTEN = 30_000;

/** Workers that write and read, each its own keys. */
export class LinkLoad {
  /** Calls that were answered. */
  answered = 0;
  /** Calls that failed, by the code of their errors. */
  readonly failed: Map<string, number> = new Map();
  #deaths = 0;
  #dying = false;
  #stopped = false;
  #failure: { readonly error: unknown } | undefined = undefined;
  readonly #workers: Promise<void>[] = [];

  /** Starts so many workers, whose calls take so long at most, in ms. */
  constructor(client: Client, { workers, timeout }: { readonly workers: number; readonly timeout: number }) {
    for (let i = 0; i < workers; i++) {
      this.#workers.push(
        this.#work(client, `worker ${i}`, timeout).catch((error) => {
          this.#failure ??= { error };
          this.#stopped = true;
        }),
      );
    }
  }

  /** Does something to the server by which it forgets everything. */
  async forgetting<T>(run: () => Promise<T>): Promise<T> {
    this.#dying = true;
    const result = await run();
    this.#deaths++;
    this.#dying = false;
    return result;
  }

  /** Ends the load; rejects with what went wrong. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#workers);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Waits until so many more calls were answered. */
  async answers(count: number): Promise<void> {
    const wanted = this.answered + count;
    while (this.answered < wanted) {
      if (this.#stopped) return await this.stop();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async #work(client: Client, key: string, timeout: number): Promise<void> {
    // What may be there: a write whose answer was lost was done or not.
    let possible: (string | undefined)[] = [undefined];
    for (let round = 0; !this.#stopped; round++) {
      const before = this.#deaths;
      const value = `${key}: round ${round}`;
      const stored = await this.#end(client.set(key, value, { timeout }), timeout);
      if (stored === "sent") possible.push(value);
      else if (stored === "done") possible = [value];
      let found: string | undefined;
      const read = await this.#end(
        client.getText(key, { timeout }).then((text) => found = text),
        timeout,
      );
      if (this.#dying || this.#deaths !== before) possible.push(undefined);
      if (read !== "done") continue;
      assert(possible.includes(found), `read ${found}, expected one of ${possible}`);
      possible = [found];
    }
  }

  /** How a call ended: done, failed when it may have been done, failed when it was not. */
  async #end(call: Promise<unknown>, timeout: number): Promise<"done" | "sent" | "unsent"> {
    try {
      await deadline(call, timeout + FORGOTTEN);
      this.answered++;
      return "done";
    } catch (error) {
      assertInstanceOf(error, MemcachedError);
      this.failed.set(error.code, (this.failed.get(error.code) ?? 0) + 1);
      // Down: let others do something.
      await new Promise((resolve) => setTimeout(resolve, 1));
      return error.sent ? "sent" : "unsent";
    }
  }
}
