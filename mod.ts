/**
 * A memcached client for Deno, Bun, Node and edge runtimes: pipelined, typed, and without a static import of any runtime.
 *
 * @example
 * ```ts
 * import { connect } from "@memwire/memwire";
 * import { MemoryStore, Server } from "@memwire/memwire/server";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = new Server();
 * new MemoryStore().register(server);
 * const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
 *
 * await using mc = await connect(address);
 * await mc.set("user:1", "Ada", { ttl: 60 });
 * const item = await mc.get("user:1");
 * assertEquals(item?.text(), "Ada");
 * ```
 *
 * @module
 */

export * from "./src/errors.ts";
export * from "./src/client/client.ts";
export { connect, type ConnectOptions, type ProtocolName } from "./src/client/connect.ts";
export type { OpenOptions } from "./src/link/open_connection.ts";
export type { LinkOpenOptions } from "./src/link/open_link.ts";
export type { PoolSettings } from "./src/link/pool_options.ts";
export type { ReconnectOptions } from "./src/link/link_options.ts";
export type { BackoffOptions } from "./src/link/backoff.ts";
export type { Retry, RetryOptions } from "./src/link/retry.ts";
export type * from "./src/link/link_status.ts";
export type { ExpiryOptions } from "./src/client/expiry.ts";
export type { MultiResult } from "./src/client/multi.ts";
export type { CasEntry } from "./src/client/multi_calls.ts";
export {
  CasAttempt,
  DELETE_ITEM,
  type UpdateCalls,
  type UpdateFunction,
  type UpdateOptions,
  type UpdateOutcome,
  type UpdateResult,
} from "./src/client/update.ts";
export * from "./src/connection/caller.ts";
export * from "./src/connection/connection.ts";
export type { Detached } from "./src/connection/detached.ts";
export type { Keeper, StrandedCall } from "./src/connection/stranded.ts";
export type { Waiter } from "./src/connection/pipeline.ts";
export type {
  Credentials,
  CredentialsSource,
  PasswordCredentials,
  TokenCredentials,
} from "./src/connection/credentials.ts";
export type { Bytes } from "./src/frame/frame_writer.ts";
export { Item } from "./src/ops/item.ts";
export type { Op, Outgoing } from "./src/ops/op.ts";
export { dial, listen } from "./src/transport/detect.ts";
export { type ByteStreams, fromStreams, type StreamTransportOptions, toStreams } from "./src/transport/streams.ts";
export type * from "./src/transport/transport.ts";
