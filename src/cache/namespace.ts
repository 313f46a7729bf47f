import type { Client } from "../client/client.ts";
import type { CallOptions } from "../connection/caller.ts";
import { untilGivenUp } from "../connection/until_aborted.ts";
import { NotStoredError, TimeoutError } from "../errors.ts";

/** What a namespace needs of a client. */
export type NamespaceClient = Pick<Client, "getText" | "add" | "increment">;

/** How a {@linkcode Namespace} is set. */
export interface NamespaceOptions {
  /** For how long the generation is not read again, in milliseconds; 1000 by default: so long others go on after `invalidate`. */
  readonly refresh?: number;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

/**
 * Keys that can all be made invalid at once: a counter at the server, the generation, is part of each. What is of an earlier
 * generation is not found any more, and goes when the server needs the room or its time is over.
 *
 * @example
 * ```ts
 * import { connect } from "@memwire/memwire";
 * import { Namespace } from "@memwire/memwire/cache";
 * import { MemoryStore, Server } from "@memwire/memwire/server";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = new Server();
 * new MemoryStore().register(server);
 * const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
 * await using client = await connect(address);
 *
 * const reports = new Namespace(client, "reports");
 * await client.set(await reports.key("2026"), "…");
 * await reports.invalidate();
 * assertEquals(await client.get(await reports.key("2026")), undefined);
 * ```
 */
export class Namespace {
  /** Its name, which is the key of the generation. */
  readonly name: string;
  readonly #client: NamespaceClient;
  readonly #refresh: number;
  readonly #clock: () => number;
  #generation: Promise<string> | undefined;
  /** The same, once it is known. */
  #known: string | undefined;
  #readAt = -Infinity;

  /** Makes one of that name; it begins at the server with the first use. */
  constructor(client: NamespaceClient, name: string, options: NamespaceOptions = {}) {
    this.name = name;
    this.#client = client;
    this.#refresh = options.refresh ?? 1000;
    this.#clock = options.clock ?? Date.now;
  }

  /** The key at the server for a key in the namespace; asks the server for the generation now and then. */
  async key(key: string, options?: CallOptions): Promise<string> {
    return `${this.name}:${await this.#current(options)}:${key}`;
  }

  /** Makes all keys invalid: here at once, elsewhere when the generation is read again. */
  async invalidate(options?: CallOptions): Promise<void> {
    // Not from 0: a generation whose counter was evicted must not come again.
    const next = await this.#client.increment(this.name, { ...options, by: 1, initial: this.#clock() });
    this.#known = String(next);
    this.#generation = Promise.resolve(this.#known);
    this.#readAt = this.#clock();
  }

  #current(options: CallOptions = {}): string | Promise<string> {
    const shared = this.#shared();
    if (this.#known !== undefined) return this.#known;
    return untilGivenUp(shared, options, () => {
      const what = `Cannot read the generation of namespace ${this.name}: the server did not answer in time`;
      return new TimeoutError(what, { sent: false });
    });
  }

  /** The generation for all who ask at the same time: neither the signal nor the time of one of them counts. */
  #shared(): Promise<string> {
    const age = this.#clock() - this.#readAt;
    // The clock may have been set back.
    if (this.#generation !== undefined && age >= 0 && age < this.#refresh) return this.#generation;
    this.#known = undefined;
    const reading = this.#read();
    this.#generation = reading;
    this.#readAt = this.#clock();
    reading.then((generation) => {
      if (this.#generation === reading) this.#known = generation;
    }, () => {
      if (this.#generation === reading) this.#generation = undefined;
    });
    return reading;
  }

  async #read(): Promise<string> {
    const found = await this.#client.getText(this.name);
    if (found !== undefined) return found;
    const first = String(this.#clock());
    try {
      await this.#client.add(this.name, first);
      return first;
    } catch (error) {
      if (!(error instanceof NotStoredError)) throw error;
      return await this.#client.getText(this.name) ?? first;
    }
  }
}
