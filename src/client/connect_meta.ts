import { MetaWire } from "../connection/meta_wire.ts";
import { ConnectionError, ProtocolError, StatusError, UnsupportedError } from "../errors.ts";
import type { Address } from "../transport/transport.ts";
import { Client } from "./client.ts";
import { openConnection, type OpenOptions } from "../link/open_connection.ts";

/** The first memcached whose misses say which request they answer. */
const OLDEST = [1, 6, 18] as const;

/** What was asked for. */
export interface MetaChoice {
  /** The protocol, which is not `binary`. */
  readonly protocol: string;
  /** Whether there are credentials to be given. */
  readonly named: boolean;
}

/** Connects with the meta protocol; resolves to nothing where `auto` finds that the server does not speak it. */
export async function connectMeta(
  address: Address,
  options: OpenOptions,
  { protocol, named }: MetaChoice,
): Promise<Client | undefined> {
  if (protocol !== "meta" && protocol !== "auto") {
    throw new TypeError(`Cannot connect with protocol ${JSON.stringify(protocol)}: it is binary, meta or auto`);
  }
  const auto = protocol === "auto";
  if (named) {
    // A server that asks who one is by SASL answers nothing but the binary protocol.
    if (auto) return undefined;
    throw new UnsupportedError('Cannot give credentials over the meta protocol; connect with protocol "binary"', {
      sent: false,
    });
  }
  return await openConnection(address, { ...options, wire: new MetaWire(options) }, async (connection, signal) => {
    const client = new Client(connection);
    if (!auto) return client;
    const version = await client.version({ signal, timeout: 0 }).catch(noText);
    if (version !== undefined && isRecent(version)) return client;
    connection.destroy();
    return undefined;
  });
}

/** A server that does not speak text closes the connection or answers something else; all other failures are none of this. */
function noText(error: unknown): undefined {
  if (error instanceof ConnectionError || error instanceof ProtocolError || error instanceof StatusError) return;
  throw error;
}

function isRecent(version: string): boolean {
  const numbers = /^(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number);
  if (numbers === undefined) return false;
  for (const [i, oldest] of OLDEST.entries()) {
    if (numbers[i] !== oldest) return numbers[i]! > oldest;
  }
  return true;
}
