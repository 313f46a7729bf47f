/**
 * Addresses as text and their checks, and the error of a dial that failed: what all transports say in the same words.
 */
import { ConnectionError } from "../errors.ts";
import type { Address, TlsOptions } from "./transport.ts";

/** Writes an address the way it is written in messages: `host:port`, `[::1]:11211` or `unix:/path`. */
export function formatAddress(address: Address): string {
  if ("path" in address) return `unix:${address.path}`;
  const { hostname, port } = address;
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/**
 * Throws when an address can never work, before the system is asked.
 *
 * @throws {TypeError} On an empty host name or path.
 * @throws {RangeError} On a port that is no integer from `lowestPort` to 65535.
 */
export function checkAddress(address: Address, lowestPort: 0 | 1): void {
  if ("path" in address) {
    if (address.path === "") throw new TypeError("Cannot use an empty path as the address of a unix socket");
    return;
  }
  const { hostname, port } = address;
  if (hostname === "") throw new TypeError("Cannot use an empty host name as an address");
  if (!Number.isInteger(port) || port < lowestPort || port > 65535) {
    throw new RangeError(`Cannot use port ${port} of ${hostname}: it must be an integer from ${lowestPort} to 65535`);
  }
}

/** The TLS options of an address, or `undefined` when it asks for none. */
export function tlsOf(address: Address): TlsOptions | undefined {
  if ("path" in address || address.tls === undefined || address.tls === false) return undefined;
  return address.tls === true ? {} : address.tls;
}

/** The error of a dial that failed: where to, what came, and what to look at. */
export function dialError(address: Address, cause: unknown, step?: "TLS handshake"): ConnectionError {
  const what = describe(cause);
  const failed = step === undefined ? "" : `${step} failed: `;
  const message = `Cannot connect to ${formatAddress(address)}: ${failed}${what}; ${hint(what, step)}`;
  return new ConnectionError(message, { cause, sent: false });
}

/** The error of a listener that could not be opened. */
export function listenError(address: Address, cause: unknown): ConnectionError {
  const message = `Cannot listen on ${formatAddress(address)}: ${describe(cause)}`;
  return new ConnectionError(message, { cause, sent: false });
}

/** What an unknown error says; an aggregate of one attempt per address often has no words of its own. */
export function describe(cause: unknown): string {
  if (cause instanceof AggregateError && cause.message === "") return cause.errors.map(describe).join(", ");
  if (cause instanceof Error) return cause.message || cause.name;
  return String(cause);
}

function hint(what: string, step: string | undefined): string {
  if (step === "TLS handshake") return "check that the server speaks TLS there, and caCerts and serverName";
  if (/lookup|ENOTFOUND|EAI_AGAIN/.test(what)) return "check the host name";
  return "check the address and that the server is running";
}
