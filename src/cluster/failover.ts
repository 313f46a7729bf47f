import { ClosedError, ConnectionError } from "../errors.ts";
import type { Bytes } from "../frame/frame_writer.ts";
import { SkippedError } from "./cluster_errors.ts";

/** The failover policies that have names. */
export type FailoverName = "fail-fast" | "next-node" | "gutter" | "miss-on-down";

/** A call that its server cannot answer, as a {@linkcode FailoverPolicy} is asked about it. */
export interface Failure {
  /** Name of the opcode. */
  readonly op: string;
  /** Whether the call only reads. */
  readonly read: boolean;
  /** What the server was chosen by. */
  readonly key: Bytes;
  /** Name of the server that failed last. */
  readonly server: string;
  /** Names of all servers that were tried for this call, the last one included. */
  readonly tried: readonly string[];
  /** Why it failed. */
  readonly cause: unknown;
  /** Name of the nearest server in the ring that was not tried and does not count as down; nothing if there is none. */
  next(): string | undefined;
  /** Name of the server of the gutter pool that the key falls to; nothing if there is none, or if it was tried. */
  gutter(): string | undefined;
}

/**
 * What becomes of a call that its server cannot answer: it fails with the reason, it is answered as if there were no such key (a
 * write as skipped), or it goes to another server, where what it writes may live shorter.
 */
export type FailoverDecision = "fail" | "miss" | FailoverTarget;

/** Where a call goes instead. */
export interface FailoverTarget {
  /** Name of the server. */
  readonly server: string;
  /** The most that what is written there may live, in seconds; as long as it was to when missing. */
  readonly ttl?: number;
}

/**
 * Decides about calls that their server cannot answer.
 *
 * @example Reads go elsewhere, writes wait for better times
 * ```ts
 * import { connect, type FailoverPolicy } from "@memwire/memwire/cluster";
 * import { MemoryStore, Server } from "@memwire/memwire/server";
 * import { assertEquals } from "@std/assert";
 *
 * const readsOnly: FailoverPolicy = {
 *   decide({ read, next }) {
 *     const server = next();
 *     return read && server !== undefined ? { server } : "fail";
 *   },
 * };
 *
 * const servers = [new Server(), new Server()];
 * const addresses = await Promise.all(servers.map(async (server) => {
 *   new MemoryStore().register(server);
 *   return (await server.listen({ hostname: "127.0.0.1", port: 0 })).address;
 * }));
 * {
 *   await using client = await connect(addresses, { failover: readsOnly });
 *   const away = client.serverOf("k")!;
 *   client.shards.setState(away, "down");
 *   assertEquals(await client.get("k"), undefined);
 *   const error = await client.set("k", "v").catch((error) => error);
 *   assertEquals([error.code, error.node], ["SKIPPED", away]);
 * }
 * await Promise.all(servers.map((server) => server.close()));
 * ```
 */
export interface FailoverPolicy {
  /**
   * Called for each call that failed, or would, since its connection was lost or its server counts as down. A call whose bytes
   * may have left comes here only if doing it twice does no harm.
   */
  decide(failure: Failure): FailoverDecision;
}

/** Seconds that values live in the gutter pool, unless told otherwise. */
export const GUTTER_TTL = 10;

/** The policy of a name; nothing for that which leaves every failure as it is. */
export function policyOf(
  failover: FailoverName | FailoverPolicy,
  ttl: number = GUTTER_TTL,
): FailoverPolicy | undefined {
  if (typeof failover === "object") return failover;
  switch (failover) {
    case "fail-fast":
      return undefined;
    case "next-node":
      return { decide: (failure) => useOrFail(failure.next()) };
    case "gutter":
      return { decide: (failure) => useOrFail(failure.gutter(), ttl) };
    case "miss-on-down":
      return { decide: () => "miss" };
    default:
      throw new TypeError(
        `Cannot use failover ${JSON.stringify(failover)}: it is fail-fast, next-node, gutter, miss-on-down or a policy`,
      );
  }
}

function useOrFail(server: string | undefined, ttl?: number): FailoverDecision {
  if (server === undefined) return "fail";
  return ttl === undefined ? { server } : { server, ttl };
}

/** Whether a failure says that the server is away, and the call may be made elsewhere without being made twice. */
export function mayMove(error: unknown, idempotent: boolean): boolean {
  if (error instanceof SkippedError) return true;
  if (!(error instanceof ConnectionError || error instanceof ClosedError)) return false;
  return idempotent || !error.sent;
}
