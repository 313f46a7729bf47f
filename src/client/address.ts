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
  if (given.startsWith("unix:")) return { address: { path: given.slice(5).replace(/^\/\/(?=\/)/, "") } };
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
  const credentials = { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  return { address, credentials };
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
  const shown = given.replace(/\/\/[^/]*@/, "//…@");
  throw new TypeError(
    `Cannot read address "${shown}": ${reason}; use host:port, unix:/path, memcached://user:password@host:port or memcacheds://…`,
  );
}
