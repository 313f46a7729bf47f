import type { Address } from "../transport/transport.ts";
import type { Client } from "./client.ts";
import type { ConnectOptions } from "./connect.ts";

/** Where the server of a client is, and how one connects to it. */
export interface ClientServer {
  /** Its address, as it was given. */
  readonly server: string | URL | Address;
  /** How the client was connected. */
  readonly options: ConnectOptions;
}

/** The servers of the clients that were connected to one; not a field, since a client over a caller of one's own has none. */
const servers = new WeakMap<object, ClientServer>();

/** Remembers the server of a client, for what needs another connection to it; returns the client. */
export function withServer(client: Client, server: ClientServer): Client {
  servers.set(client, server);
  return client;
}

/** The server of a client; `undefined` for one that was not connected to one server, and for what is no client. */
export function serverOf(client: object): ClientServer | undefined {
  return servers.get(client);
}
