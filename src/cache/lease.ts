import type { Client } from "../client/client.ts";
import type { CallOptions } from "../connection/caller.ts";
import { CasMismatchError, NotStoredError } from "../errors.ts";

/** What a lease needs of a client. */
export type LeaseClient = Pick<Client, "add" | "get" | "delete">;

/** What stands behind a key to make the key of its lease. */
const SUFFIX = ":lease";

/**
 * The turn to make the value of a key, as a key of its own beside it: whoever adds it has it, until it is deleted or its time is
 * over.
 */
export class Lease {
  readonly #client: LeaseClient;
  readonly #key: string;
  /** What it is known by, where a server tells writers no version. */
  readonly #token: string;
  readonly #cas: bigint;

  private constructor(
    client: LeaseClient,
    key: string,
    { token, cas }: { readonly token: string; readonly cas: bigint },
  ) {
    this.#client = client;
    this.#key = key;
    this.#token = token;
    this.#cas = cas;
  }

  /** Takes the turn for some seconds; `undefined` if another has it. */
  static async take(
    client: LeaseClient,
    key: string,
    { ttl, ...options }: CallOptions & { readonly ttl: number },
  ): Promise<Lease | undefined> {
    try {
      const token = crypto.randomUUID();
      const { cas } = await client.add(key + SUFFIX, token, { ...options, ttl });
      return new Lease(client, key + SUFFIX, { token, cas });
    } catch (error) {
      if (error instanceof NotStoredError) return undefined;
      throw error;
    }
  }

  /** Takes the turn away from whoever has it, so that the value that is being made is not stored. */
  static async revoke(client: LeaseClient, key: string, options?: CallOptions): Promise<void> {
    await client.delete(key + SUFFIX, options);
  }

  /** Whether the turn is still ours. */
  async isHeld(options?: CallOptions): Promise<boolean> {
    return (await this.#client.get(this.#key, options))?.text() === this.#token;
  }

  /** Gives the turn back, if it is still ours. */
  async release(options?: CallOptions): Promise<void> {
    if (this.#cas === 0n && !await this.isHeld(options)) return;
    try {
      await this.#client.delete(this.#key, { ...options, cas: this.#cas });
    } catch (error) {
      if (!(error instanceof CasMismatchError)) throw error;
    }
  }
}
