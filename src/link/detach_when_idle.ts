import type { Connection } from "../connection/connection.ts";
import type { Transport } from "../transport/transport.ts";

/** Gives the transport of a connection away as soon as it can: an answer may come before its write has settled. */
export async function detachWhenIdle(connection: Connection, signal: AbortSignal): Promise<Transport> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return connection.detach().transport;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      // A turn or two later it has.
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }
}
