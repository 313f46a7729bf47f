import type { Credentials } from "../connection/sasl.ts";
import type { Address, TlsOptions } from "../transport/transport.ts";

/** What the text of an address says. */
export interface ParsedAddress {
  /** Where the server is. */
  readonly address: Address;
  /** Who one is there, when the text says so. */
  readonly credentials?: Credentials;
}

const DEFAULT_PORT = 11211;

/**
 * Reads the text of an address: `host`, `host:port`, `[ipv6]:port`, `unix:/path`, `/path`,
 * `memcached://user:password@host:port` or `memcacheds://…` (TLS). The port is 11211 when there is none.
 *
 * @throws {TypeError} If the text is none of these.
 */
export function parseAddress(text: string | URL, tls?: TlsOptions): ParsedAddress {
  const given = String(text);
  if (given.startsWith("unix:")) {
    const path = given.slice(5).replace(/^\/\/(?=\/|$)/, "");
    if (path === "") refuse(given, "it has no path");
    return { address: { path } };
  }
  if (given.startsWith("/")) return { address: { path: given } };
  const url = parseUrl(given.includes("://") ? given : `memcached://${given}`, given);
  const secure = url.protocol === "memcacheds:";
  if (!secure && url.protocol !== "memcached:") refuse(given, `its scheme is ${url.protocol}//`);
  if (url.pathname !== "" && url.pathname !== "/") refuse(given, `it has the path ${url.pathname}`);
  if (url.search !== "" || url.hash !== "") refuse(given, "it has a query or a fragment; use the options");
  const tcp = {
    hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? DEFAULT_PORT : Number(url.port),
  };
  if (tcp.hostname === "") refuse(given, "it has no host name");
  const address: Address = secure || tls !== undefined ? { ...tcp, tls: tls ?? true } : tcp;
  if (url.username === "" && url.password === "") return { address };
  return { address, credentials: { username: decode(url.username, given), password: decode(url.password, given) } };
}

function decode(part: string, given: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return refuse(given, "its user name or password has a % that is not followed by two digits, as %25 would be");
  }
}

function parseUrl(text: string, given: string): URL {
  try {
    return new URL(text);
  } catch {
    // The reason of URL is no more than "invalid".
    return refuse(given, "it is no URL");
  }
}

function refuse(given: string, reason: string): never {
  // Whatever may be a password stays out of messages and logs: all up to the last @, since a password may hold any character.
  const shown = given.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1…@");
  throw new TypeError(
    `Cannot read address "${shown}": ${reason}; use host:port, unix:/path, memcached://user:password@host:port or memcacheds://…`,
  );
}
