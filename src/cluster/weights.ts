import type { RingServer } from "./ring.ts";

/** The weight of a server; 1 by default. */
export function weightOf(server: RingServer): number {
  return server.weight ?? 1;
}

/** The weights of all servers together. */
export function totalWeight(servers: readonly RingServer[]): number {
  return servers.reduce((sum, server) => sum + weightOf(server), 0);
}

/** Whether all servers have the same weight. */
export function equalWeights(servers: readonly RingServer[]): boolean {
  return servers.every((server) => weightOf(server) === weightOf(servers[0]!));
}

/**
 * Makes sure that servers can be placed.
 *
 * @throws {TypeError} If two have the same name, or one has none.
 * @throws {RangeError} If a weight is not a number above 0.
 */
export function checkServers(servers: readonly RingServer[]): void {
  const names = new Set<string>();
  for (const server of servers) {
    const { name } = server;
    const weight = weightOf(server);
    if (name === "") throw new TypeError("Cannot make a ring: a server has an empty name");
    if (names.has(name)) throw new TypeError(`Cannot make a ring: ${name} is listed twice`);
    if (!(weight > 0 && weight < Infinity)) {
      throw new RangeError(`Cannot use a weight of ${weight} for ${name}: it is a number above 0`);
    }
    names.add(name);
  }
}
