/** How a {@linkcode MemoryStore} is set. */
export interface MemoryStoreOptions {
  /** The time in milliseconds since 1970; `Date.now` by default. Tests let it jump. */
  readonly clock?: () => number;
  /**
   * How many bytes all items may take, as memcached counts them, before those not used for longest go; 64 MiB by default. The process
   * needs up to 1 KB more for each item.
   */
  readonly memoryLimit?: number;
  /** How many bytes one item may take: its key, its value and some 60 bytes; 1 MiB by default. */
  readonly itemSizeLimit?: number;
  /**
   * Who may log in, with their passwords: by SASL PLAIN, and in the text protocols by a first `set` of any key whose value is the name
   * and the password, parted by a blank. When given, others may ask for nothing but the version, and in text for nothing at all.
   *
   * @example A text client that logs in, and one that says what it likes
   * ```ts
   * import { connect } from "@memwire/memwire";
   * import { MemoryStore, Server } from "@memwire/memwire/server";
   * import { sendCommand } from "@memwire/memwire/text";
   * import { assertEquals } from "@std/assert";
   *
   * await using server = new Server();
   * const store = new MemoryStore({ users: { ada: "secret" } });
   * store.register(server);
   * const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
   *
   * const credentials = { username: "ada", password: "secret" };
   * await using mc = await connect(address, { protocol: "meta", credentials });
   * await mc.set("user:1", "Ada");
   * assertEquals((await mc.get("user:1"))?.text(), "Ada");
   *
   * const [reply] = await sendCommand(mc, "cache_memlimit 32");
   * assertEquals([reply?.text, store.memoryLimit], ["OK", 32 * 1024 * 1024]);
   * ```
   */
  readonly users?: Readonly<Record<string, string>>;
  /** What the server calls its version; `"1.6.18"` by default, the memcached that it is compared with in tests. */
  readonly version?: string;
  /** Takes the level of a VERBOSITY request; without it the server does not know the opcode, as memcached does not. */
  readonly onVerbosity?: (level: number) => void;
  /**
   * Takes a `shutdown` of the text protocols, and whether clients should be let finish first; the connection that it came on is closed.
   * Without it, the default, the command is refused.
   *
   * @example
   * ```ts
   * import { MemoryStore, Server } from "@memwire/memwire/server";
   *
   * const server = new Server();
   * new MemoryStore({ onShutdown: () => void server.close() }).register(server);
   * ```
   */
  readonly onShutdown?: (graceful: boolean) => void;
}

/** What a write of a whole value may say. */
export interface StoreOptions {
  /** 32 bits to keep with the value; 0 by default. */
  readonly flags?: number;
  /** Seconds from now up to 30 days, Unix seconds beyond; 0, the default, for never. */
  readonly expiry?: number;
  /** Only if the item still has this version; 0, the default, for whatever version. */
  readonly cas?: bigint;
}

/** What a write may say that changes an item or removes it. */
export interface CasOptions {
  /** Only if the item still has this version; 0, the default, for whatever version. */
  readonly cas?: bigint;
}

/** What counting may say. */
export interface CountOptions {
  /** By how much, 0 to 2⁶⁴ − 1; 1 by default. */
  readonly delta?: bigint;
  /** What a missing counter begins with, 0 to 2⁶⁴ − 1; it is not created when this is left out. */
  readonly initial?: bigint;
  /** Expiry of a counter that is created: seconds from now up to 30 days, Unix seconds beyond; 0, the default, for never. */
  readonly expiry?: number;
  /** Only if the item still has this version; 0, the default, for whatever version. */
  readonly cas?: bigint;
}
