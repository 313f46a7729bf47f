import type { Connection } from "../connection/connection.ts";
import type { CredentialsSource } from "../connection/credentials.ts";
import { beginText, textWire } from "../connection/text_login.ts";
import { detachWhenIdle } from "../link/detach_when_idle.ts";
import { openConnection, type OpenOptions } from "../link/open_connection.ts";
import { TextWriter } from "../text/text_writer.ts";
import type { TextOp } from "../text/text_op.ts";
import type { Address, Dial, TlsOptions, Transport } from "../transport/transport.ts";
import type { Client } from "./client.ts";
import { locate } from "./connect.ts";
import { serverOf } from "./server_of.ts";

/** Where a server is: an address as {@linkcode connect} takes it, or a client that was connected to it, whose options then count, too. */
export type ServerAddress = string | URL | Address | Client;

/** How a connection of its own is opened, for what takes a whole connection. */
export interface SideOptions {
  /** Who one is, for servers with a file of users (`-Y`); or a function that gets it. */
  readonly credentials?: CredentialsSource;
  /** Encrypts the connection; `true` or what is special about it. */
  readonly tls?: boolean | TlsOptions;
  /** Sends the password over a connection that is not encrypted; allowed unless set to `false`. */
  readonly allowPlaintextAuth?: boolean;
  /** How long opening may take, with the login, in milliseconds; 2000 by default, 0 for ever. */
  readonly connectTimeout?: number;
  /** Gives up when aborted; what is under way then rejects with the reason of the signal. */
  readonly signal?: AbortSignal;
  /** Opens the transport; that of the runtime when not given. */
  readonly dial?: Dial;
}

/**
 * Opens a connection that speaks text, logs in where there are credentials, has something asked over it, and gives the transport
 * with what that came to.
 */
export async function openSide<T>(
  server: ServerAddress,
  options: SideOptions,
  prepare: (connection: Connection, signal: AbortSignal) => Promise<T>,
): Promise<{ readonly transport: Transport; readonly prepared: T }> {
  const { address, credentials, allowPlaintext, opening } = sideOf(server, options);
  return await openConnection(address, { ...opening, wire: textWire("text") }, async (connection, signal) => {
    if (credentials !== undefined) {
      await beginText(connection, { protocol: "text", credentials, allowPlaintext, signal });
    }
    const prepared = await prepare(connection, signal);
    return { transport: await detachWhenIdle(connection, signal), prepared };
  });
}

/** Where to connect, and how. */
export interface Side {
  readonly address: Address;
  readonly credentials: CredentialsSource | undefined;
  readonly allowPlaintext: boolean | undefined;
  /** What opening a connection takes. */
  readonly opening: OpenOptions;
}

/**
 * Finds out where a server is and how one connects to it.
 *
 * @throws {TypeError} If the address cannot be read, or a client is given that was not connected to one server.
 */
export function sideOf(server: ServerAddress, options: SideOptions): Side {
  const known = typeof server === "object" ? serverOf(server) : undefined;
  if (known === undefined && typeof server === "object" && "caller" in server) {
    throw new TypeError("Cannot find the server of this client: it was not connected to one; give the address");
  }
  const { connectTimeout, dial, credentials: given, tls, allowPlaintextAuth }: SideOptions = {
    ...known?.options,
    ...options,
  };
  const located = locate(known?.server ?? server as Exclude<ServerAddress, Client>, {
    ...(given !== undefined && { credentials: given }),
    ...(tls !== undefined && { tls }),
  });
  return {
    ...located,
    allowPlaintext: allowPlaintextAuth,
    opening: {
      ...(connectTimeout !== undefined && { connectTimeout }),
      ...(dial !== undefined && { dial }),
      // That of the client has ended its connecting, and nothing else.
      ...(options.signal !== undefined && { signal: options.signal }),
    },
  };
}

/** One command as bytes. */
export function commandBytes<Request>(op: TextOp<Request>, request: Request): Uint8Array {
  const out = new TextWriter();
  op.write(out, request);
  return concat(out.take());
}

/** Several arrays as one. */
export function concat(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
