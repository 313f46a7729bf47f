import type { Address } from "../transport/transport.ts";
import { checkState, type ShardState } from "./shard_state.ts";

/** A server as users give it: its address, or that and more. */
export type ServerEntry = string | URL | Address | ServerOptions;

/** A server with more than its address. */
export interface ServerOptions {
  /** Where it is: `host:port` or any other address that `connect` takes. */
  readonly address: string | URL | Address;
  /** What is hashed to find out which keys it has; its address as given when missing, without user and password. */
  readonly name?: string;
  /** Its share of the keys compared with the others; 1 by default. */
  readonly weight?: number;
  /** What it may be used for; `active` by default. */
  readonly state?: ShardState;
}

/** A server with all there is to know of it. */
export interface ServerSpec extends Required<ServerOptions> {}

/**
 * Reads what users give.
 *
 * @throws {TypeError} If there is no such state.
 * @throws {RangeError} If the weight is not a number above 0.
 */
export function readServer(entry: ServerEntry): ServerSpec {
  const given: ServerOptions = typeof entry === "object" && "address" in entry ? entry : { address: entry };
  const { address, name = nameOf(address), weight = 1, state = "active" } = given;
  if (!(weight > 0 && weight < Infinity)) {
    throw new RangeError(`Cannot use a weight of ${weight} for ${name}: it is a number above 0`);
  }
  return { address, name, weight, state: checkState(state, name) };
}

/** Reads a list; of servers that have one name only the first counts. */
export function readServers(entries: Iterable<ServerEntry>): ServerSpec[] {
  const servers = new Map<string, ServerSpec>();
  for (const entry of entries) {
    const server = readServer(entry);
    if (!servers.has(server.name)) servers.set(server.name, server);
  }
  return [...servers.values()];
}

/** The name of a server: its address as it was given, without what must not be shown. */
function nameOf(address: string | URL | Address): string {
  if (typeof address === "string" || address instanceof URL) {
    return String(address).replace(/^[a-z][a-z0-9+.-]*:\/\//i, "").replace(/^.*@/s, "").replace(/\/$/, "");
  }
  if ("path" in address) return address.path;
  return address.hostname.includes(":")
    ? `[${address.hostname}]:${address.port}`
    : `${address.hostname}:${address.port}`;
}

/** Whether two servers are reached in the same way, so that the connections to one can be those to the other. */
export function sameAddress(a: ServerSpec, b: ServerSpec): boolean {
  return a.address === b.address || textOf(a.address) === textOf(b.address);
}

function textOf(address: string | URL | Address): string {
  return typeof address === "string" || address instanceof URL ? String(address) : JSON.stringify(address);
}
