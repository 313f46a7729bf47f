import type { ServerList } from "./follow.ts";
import { readServers, sameAddress, type ServerEntry, type ServerSpec } from "./server_spec.ts";

/** Which servers there are, as a discovery found them. */
export interface Topology extends ServerList {
  /** All of them, in the order that the ring sees them in. */
  readonly servers: readonly ServerEntry[];
  /** The number that the source gives to this list, where it does: a list with a lower one is older. */
  readonly version?: bigint;
  /** Why the source could not be asked this time; the servers are then those of before. */
  readonly error?: unknown;
}

/** What {@linkcode diffTopology} finds. */
export interface TopologyDiff {
  /** Servers that stay: their connections can. As the new list has them. */
  readonly keep: readonly ServerSpec[];
  /** Servers that are new, or have another address under the name of an old one. */
  readonly add: readonly ServerSpec[];
  /** Servers that are gone, or were at another address. As the old list had them. */
  readonly remove: readonly ServerSpec[];
}

/**
 * Compares two lists of servers, by name and address; weight and state do not make another server.
 *
 * @throws {TypeError} If a state is none.
 * @throws {RangeError} If a weight is not a number above 0.
 *
 * @example
 * ```ts
 * import { diffTopology } from "@memwire/memwire/cluster";
 * import { assertEquals } from "@std/assert";
 *
 * const { keep, add, remove } = diffTopology({ servers: ["a:11211", "b:11211"] }, { servers: ["b:11211", "c:11211"] });
 * assertEquals([keep, add, remove].map((list) => list.map(({ name }) => name)), [["b:11211"], ["c:11211"], ["a:11211"]]);
 * ```
 */
export function diffTopology(from: ServerList, to: ServerList): TopologyDiff {
  const before = readServers(from.servers);
  const after = readServers(to.servers);
  return {
    keep: after.filter((server) => isAmong(before, server)),
    add: after.filter((server) => !isAmong(before, server)),
    remove: before.filter((server) => !isAmong(after, server)),
  };
}

function isAmong(list: readonly ServerSpec[], server: ServerSpec): boolean {
  return list.some((other) => other.name === server.name && sameAddress(other, server));
}

/** Whether two lists are the same in all: order, names, addresses, weights and states. */
export function sameServers(a: readonly ServerEntry[], b: readonly ServerEntry[]): boolean {
  const before = readServers(a);
  const after = readServers(b);
  return before.length === after.length && before.every((one, i) => {
    const other = after[i]!;
    return one.name === other.name && one.weight === other.weight && one.state === other.state &&
      sameAddress(one, other);
  });
}

/**
 * Servers that stay what they are: one list, and then the end.
 *
 * @throws {TypeError} If a state is none.
 * @throws {RangeError} If a weight is not a number above 0.
 *
 * @example
 * ```ts
 * import { staticServers } from "@memwire/memwire/cluster";
 * import { assertEquals } from "@std/assert";
 *
 * for await (const { servers } of staticServers(["a:11211", "b:11211"])) assertEquals(servers, ["a:11211", "b:11211"]);
 * ```
 */
export function staticServers(servers: Iterable<ServerEntry>): AsyncIterable<Topology> {
  const list = [...servers];
  readServers(list);
  return {
    async *[Symbol.asyncIterator]() {
      await undefined;
      yield { servers: list };
    },
  };
}
