import type { Connection } from "../connection/connection.ts";
import type { ClosableCaller } from "../connection/caller.ts";
import type { Address } from "../transport/transport.ts";
import type { ReconnectOptions } from "./link_options.ts";
import type { PoolSettings } from "./pool_options.ts";
import type { DialConnection } from "./redial.ts";
import { addressName, type OpenOptions } from "./open_connection.ts";

/**
 * How a connection is opened that comes back when it is lost.
 *
 * @example
 * ```ts
 * import { connect } from "@memwire/memwire";
 * import { MemoryStore, Server } from "@memwire/memwire/server";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = new Server();
 * new MemoryStore().register(server);
 * const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
 *
 * await using client = await connect(address);
 * for await (const event of client.status()) {
 *   if (event.type === "waiting") console.log(`Connecting again in ${event.delay} ms`);
 *   if (event.type === "connected") break;
 * }
 * assertEquals(await client.get("k"), undefined);
 * ```
 */
export interface LinkOpenOptions extends OpenOptions {
  /**
   * Connects anew when the connection is lost, with these settings; `true` by default. With `false`, the first loss is the end: all
   * calls then reject.
   */
  readonly reconnect?: boolean | ReconnectOptions;
  /** Opens several connections, at most so many, or as the settings of a {@linkcode Pool} say; one by default. */
  readonly pool?: number | PoolSettings;
}

/**
 * Opens a link and waits until it is connected; or the bare connection, if that is wanted. Of a `lazy` link the first connection is
 * not waited for.
 *
 * @throws {RangeError} If a number of the settings cannot be used.
 * @throws What went wrong when the server cannot be reached, or not be used.
 */
export async function openLink(
  address: Address,
  options: LinkOpenOptions,
  dial: (options: OpenOptions) => Promise<Connection>,
): Promise<ClosableCaller> {
  const { reconnect = true, pool, signal: _, ...opening } = options;
  if (reconnect === false) {
    if (pool !== undefined) throw new TypeError("Cannot use a pool with reconnect false: its connections come and go");
    return await dial(options);
  }
  const { lazy, ...settings } = reconnect === true ? {} : reconnect;
  // Loaded only by those who need it, while the first connection is made.
  const loading = pool === undefined ? import("./link.ts") : import("./pool.ts");
  const first = lazy === true ? undefined : await dial(options);
  const { timeout } = options;
  const common = {
    server: addressName(address),
    ...settings,
    ...(timeout === undefined ? {} : { timeout }),
    ...(first === undefined ? {} : { connection: first }),
  };
  // The signal of the caller is about the first connection only.
  const redial: DialConnection = (signal) => dial({ ...opening, signal });
  try {
    const loaded = await loading;
    if ("Link" in loaded) return new loaded.Link(redial, { ...common, ...(lazy === undefined ? {} : { lazy }) });
    const several = typeof pool === "number" ? { connections: pool } : pool;
    return new loaded.Pool(redial, { ...common, ...(lazy === true ? { minConnections: 0 } : {}), ...several });
  } catch (error) {
    first?.destroy(error);
    throw error;
  }
}
