import {
  type NameServer,
  type RecordType,
  type Resolve,
  resolve as resolveHere,
  type ResolvedRecord,
} from "../transport/resolve.ts";
import { poll, type PollOptions } from "./poll.ts";
import type { ServerEntry } from "./server_spec.ts";
import type { Topology } from "./topology.ts";

/** How {@linkcode dnsServers} asks. */
export interface DnsOptions extends PollOptions {
  /** Which records say where the servers are; `A` by default. */
  readonly type?: RecordType;
  /** The port of servers found by address; 11211 by default. SRV records have their own. */
  readonly port?: number;
  /** How long to wait between two times, in milliseconds; 30,000 by default. */
  readonly everyMs?: number;
  /** Which name server to ask, as that of Consul; those that the system is set to when missing. */
  readonly nameServer?: NameServer;
  /** Asks for the records; the runtime does when missing. */
  readonly resolve?: Resolve;
}

/**
 * The servers that a name stands for, asked for again and again: one for each address (`A`, `AAAA`), or for each name and port (`SRV`).
 *
 * - What is hashed is `address:port`, or `name:port` of a SRV record, so that SRV records are the better choice where addresses
 *   change: keys then stay with their server. Priorities and weights of SRV records are not looked at.
 * - Servers are sorted by name, since name servers shuffle: every process then has the same ring.
 * - A name that is gone, no answer and an empty one leave the servers as they are; a list with `error` tells.
 *
 * @throws {RangeError} If a time is not above 0, or the port is none.
 *
 * @example With answers of our own
 * ```ts
 * import { dnsServers } from "@memwire/memwire/cluster";
 * import { assertEquals } from "@std/assert";
 *
 * const resolve = () => Promise.resolve([{ hostname: "cache-2.local", port: 11211 }, { hostname: "cache-1.local", port: 11211 }]);
 * for await (const { servers } of dnsServers("_memcached._tcp.cache.local", { type: "SRV", resolve })) {
 *   assertEquals(servers.map((server) => typeof server === "object" && "name" in server && server.name), [
 *     "cache-1.local:11211",
 *     "cache-2.local:11211",
 *   ]);
 *   break; // or go on and hear of changes
 * }
 * ```
 */
export function dnsServers(name: string, options: DnsOptions = {}): AsyncIterable<Topology> {
  const { type = "A", port = 11211, nameServer, resolve = resolveHere } = options;
  const where = nameServer === undefined ? { type } : { type, nameServer };
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new RangeError(`Cannot use port ${port} for the servers of ${name}: it must be an integer from 1 to 65535`);
  }
  return poll({
    name: `the ${type} records of ${name}`,
    everyMs: 30_000,
    ask: async (signal) => {
      const records = await resolve(name, { ...where, signal });
      const servers = new Map(records.map((record) => {
        const server = serverOf(record, port);
        return [server.name, server];
      }));
      return { servers: [...servers.values()].sort((a, b) => (a.name < b.name ? -1 : 1)) };
    },
  }, options);
}

function serverOf({ hostname, port: own }: ResolvedRecord, port: number): ServerEntry & { readonly name: string } {
  const address = { hostname, port: own ?? port };
  return { name: hostname.includes(":") ? `[${hostname}]:${address.port}` : `${hostname}:${address.port}`, address };
}
