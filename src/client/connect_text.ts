import { Connection } from "../connection/connection.ts";
import type { CredentialsSource } from "../connection/credentials.ts";
import { type BeginOptions, beginText, OLDEST_META, type TextProtocol, textWire } from "../connection/text_login.ts";
import { AuthError, ConnectionError, ProtocolError, StatusError, TimeoutError } from "../errors.ts";
import { openConnection, type OpenOptions } from "../link/open_connection.ts";
import type { Address } from "../transport/transport.ts";

/** How a client of a text protocol, or of whichever will do, is connected. */
export interface TextChoice {
  /** The protocol, which is not `binary`. */
  readonly protocol: string;
  /** Who one is. */
  readonly credentials: CredentialsSource | undefined;
  /** Whether a password may go over a connection that is not encrypted. */
  readonly allowPlaintext: boolean | undefined;
  /** Connects with the binary protocol; `probe` is how long a server may take to show that it speaks that, in ms. */
  binary(probe?: number): Promise<Connection>;
}

/** How long a server that speaks text may take to show that it speaks binary too, when there is no limit for connecting, in ms. */
const PROBE = 1000;

/**
 * Connects with a text protocol, or with the best that the server speaks.
 *
 * @throws {TypeError} If there is no such protocol.
 */
export function connectText(address: Address, options: OpenOptions, choice: TextChoice): Promise<Connection> {
  switch (choice.protocol) {
    case "meta":
    case "text":
      return open(address, options, choice.protocol, choice);
    case "auto":
      return choose(address, options, choice);
  }
  const found = JSON.stringify(choice.protocol);
  throw new TypeError(`Cannot connect with protocol ${found}: it is binary, meta, text or auto`);
}

function open(address: Address, options: OpenOptions, protocol: TextProtocol, choice: TextChoice): Promise<Connection> {
  const wire = textWire(protocol, options);
  return openConnection(address, { ...options, wire }, async (connection, signal) => {
    await beginText(connection, begin(protocol, choice, signal));
    return connection;
  });
}

function begin(protocol: TextProtocol, choice: TextChoice, signal: AbortSignal): BeginOptions {
  const { credentials, allowPlaintext } = choice;
  return { protocol, credentials, allowPlaintext, signal };
}

/** Meta where the server has it, else binary, else text. */
async function choose(address: Address, options: OpenOptions, choice: TextChoice): Promise<Connection> {
  const found = await askInText(address, options, choice);
  if (found instanceof Connection) return found;
  if (found === "no text") return await choice.binary();
  const { connectTimeout } = options;
  try {
    return await choice.binary(connectTimeout ? connectTimeout / 2 : PROBE);
  } catch (error) {
    // It speaks text, so what it did not understand was the binary protocol.
    if (error instanceof AuthError || !isOther(error)) throw error;
    return await open(address, options, "text", choice);
  }
}

/** Resolves to a connection where meta will do, and otherwise to whether the server speaks text at all. */
async function askInText(
  address: Address,
  options: OpenOptions,
  choice: TextChoice,
): Promise<Connection | "text" | "no text"> {
  const wire = textWire("meta", options);
  return await openConnection(address, { ...options, wire }, async (connection, signal) => {
    try {
      const version = await beginText(connection, begin("text", choice, signal));
      if (version?.atLeast(OLDEST_META) === true) return connection;
      connection.destroy();
      return version === undefined ? "no text" : "text";
    } catch (error) {
      // Without a login over text, credentials are for SASL, which only the binary protocol has.
      const elsewhere = error instanceof AuthError && !error.sent && choice.credentials !== undefined;
      if (!elsewhere && !isOther(error)) throw error;
      connection.destroy();
      return "no text";
    }
  });
}

/** A server that does not speak a protocol closes the connection, answers something else or nothing; all other failures are none of this. */
function isOther(error: unknown): boolean {
  return error instanceof ConnectionError || error instanceof ProtocolError || error instanceof StatusError ||
    error instanceof TimeoutError;
}
