import type { Connection } from "../connection/connection.ts";
import type { ClosableCaller } from "../connection/caller.ts";
import type { Address } from "../transport/transport.ts";
import type { ReconnectOptions } from "./link_options.ts";
import { addressName, type OpenOptions } from "./open_connection.ts";

/** How a connection is opened that comes back when it is lost. */
export interface LinkOpenOptions extends OpenOptions {
  /**
   * Connects anew when the connection is lost, with these settings; `true` by default. With `false`, the first loss is the end: all
   * calls then reject.
   */
  readonly reconnect?: boolean | ReconnectOptions;
}

/**
 * Opens a link and waits until it is connected; or the bare connection, if that is wanted. Of a `lazy` link the first connection is
 * not waited for.
 *
 * @throws What went wrong when the server cannot be reached, or not be used.
 */
export async function openLink(
  address: Address,
  options: LinkOpenOptions,
  dial: (options: OpenOptions) => Promise<Connection>,
): Promise<ClosableCaller> {
  const { reconnect = true, signal: _, ...opening } = options;
  if (reconnect === false) return await dial(options);
  const settings = reconnect === true ? {} : reconnect;
  // Loaded only by those who need it, while the first connection is made.
  const loading = import("./link.ts");
  const first = settings.lazy === true ? undefined : await dial(options);
  const { Link } = await loading;
  const { timeout } = options;
  // The signal of the caller is about the first connection only.
  return new Link((signal) => dial({ ...opening, signal }), {
    server: addressName(address),
    ...settings,
    ...(timeout === undefined ? {} : { timeout }),
    ...(first === undefined ? {} : { connection: first }),
  });
}
