import type { Address, TlsOptions } from "../transport/transport.ts";

/** What the text of a Couchbase address says. */
export interface CouchbaseAddress {
  /** Where the node is. */
  readonly address: Address;
  /** Who one is there, when the text says so. */
  readonly credentials?: { readonly username: string; readonly password: string };
  /** The bucket, when the text names one. */
  readonly bucket?: string;
}

const PLAIN_PORT = 11210;
const TLS_PORT = 11207;

/**
 * Reads the text of an address: `couchbase://user:password@host:port/bucket`, or `couchbases://…` (TLS). The port is that of
 * key-value, 11210 or 11207 with TLS when there is none.
 *
 * @throws {TypeError} If the text is neither.
 */
export function parseCouchbaseAddress(text: string | URL, tls?: TlsOptions): CouchbaseAddress {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return refuse("it is no URL");
  }
  const secure = url.protocol === "couchbases:" || tls !== undefined;
  if (url.protocol !== "couchbase:" && url.protocol !== "couchbases:") refuse(`its scheme is ${url.protocol}//`);
  const hostname = url.hostname.replace(/^\[(.*)\]$/, "$1");
  if (hostname === "") refuse("it has no host name");
  if (url.search !== "" || url.hash !== "") refuse("it has a query or a fragment; use the options");
  const port = url.port === "" ? (secure ? TLS_PORT : PLAIN_PORT) : Number(url.port);
  const bucket = decode(url.pathname.replace(/^\//, ""));
  const username = decode(url.username);
  const password = decode(url.password);
  return {
    address: secure ? { hostname, port, tls: tls ?? true } : { hostname, port },
    ...(username === "" && password === "" ? {} : { credentials: { username, password } }),
    ...(bucket === "" ? {} : { bucket }),
  };
}

/** The addresses in a text that names several hosts, as `couchbase://a,b:11210/bucket` does, one text each. */
export function splitCouchbaseHosts(text: string): string[] {
  const [, scheme, hosts, rest = ""] = /^([a-z]+:\/\/(?:[^@/]*@)?)([^/?#]+)(.*)$/i.exec(text) ?? [];
  if (scheme === undefined || hosts === undefined) return [text];
  return hosts.split(",").map((host) => `${scheme}${host}${rest}`);
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return refuse("it has a % that is not followed by two digits, as %25 would be");
  }
}

/** The text itself stays out of the message, since it may hold a password. */
function refuse(reason: string): never {
  throw new TypeError(
    `Cannot read Couchbase address: ${reason}; use couchbase://user:password@host:port/bucket or couchbases://…`,
  );
}
