import type { ClosableCaller } from "../connection/caller.ts";
import type { Connection } from "../connection/connection.ts";
import type { StrandedCall } from "../connection/stranded.ts";
import type { Frame } from "../frame/frame.ts";
import { Link } from "../link/link.ts";
import { addressName, openConnection, type OpenOptions } from "../link/open_connection.ts";
import type { LinkOpenOptions } from "../link/open_link.ts";
import type { Address, TlsOptions } from "../transport/transport.ts";
import { Feature } from "../wire/features.ts";
import { parseCouchbaseAddress } from "./address.ts";
import { CouchbaseClient } from "./couchbase_client.ts";
import { DocumentCaller, type DocumentCallerOptions } from "./document_caller.ts";
import { type CouchbaseServer, firstReached, seedsOf } from "./seeds.ts";
import { type Session, type SessionOptions, startSession } from "./session.ts";
import { compress, type CompressOptions } from "./snappy.ts";
import { VbucketMap } from "./vbucket_map.ts";
import { type NodeHooks, VbucketRouter } from "./vbucket_router.ts";

export type { CouchbaseServer };

/** How {@linkcode connectCouchbase} connects. */
export interface CouchbaseOptions extends LinkOpenOptions, SessionOptions {
  /** Gives up connecting when aborted; it then rejects with the reason of the signal. */
  readonly signal?: AbortSignal;
  /** Encrypts the connection; `true` or what is special about it. */
  readonly tls?: boolean | TlsOptions;
  /**
   * By which addresses the nodes of the map are reached: `default`, or the name of a network that it lists, such as `external`. By
   * default the network that lists the host that was given, if one does.
   */
  readonly network?: string;
  /** Compresses what is written, from a size on and where it pays; `true` by default, as far as the server has agreed to it. */
  readonly compression?: boolean | CompressOptions;
}

/** A session takes several round trips, and a server that was just started takes its time. */
const CONNECT_TIMEOUT = 10_000;

/** How often servers are asked for the map that do not tell of a newer one, in milliseconds. */
const POLL_MAP = 10_000;

/** A node that was reached, and what came of it. */
interface Reached {
  readonly address: Address;
  readonly wanted: SessionOptions;
  readonly session: Session;
  readonly connection: Connection;
  /** Who is to be told of what the node says about vbuckets. */
  readonly hooks: { to: NodeHooks | undefined };
}

/**
 * Connects to a Couchbase cluster and starts a session with one of its nodes: features, error map, credentials, bucket, cluster map.
 * The other nodes are found by the map, and connected to when there is a call for them.
 *
 * An address is `couchbase://user:password@host:port/bucket`, `couchbases://…` (TLS), several hosts as `couchbase://a,b/bucket`, or an
 * object. Of several, the first that answers will do. Rejects with a {@linkcode ConnectionError}, {@linkcode TimeoutError} or
 * {@linkcode AuthError} that names the step.
 *
 * Keys and values given as bytes belong to their call until it has ended: it may be made again by another node.
 *
 * With `reconnect: false` there is one connection to one node, and no other.
 */
export async function connectCouchbase(
  server: CouchbaseServer | readonly CouchbaseServer[],
  options: CouchbaseOptions = {},
): Promise<CouchbaseClient> {
  const reached = await firstReached(seedsOf(server), (one) => reach(one, options), options.signal);
  try {
    return clientOf(reached, options);
  } catch (error) {
    reached.connection.destroy(error);
    throw error;
  }
}

/** A client by way of the node that was reached. */
function clientOf(reached: Reached, options: CouchbaseOptions): CouchbaseClient {
  const { session, address } = reached;
  const hostname = "path" in address ? "localhost" : address.hostname;
  const reading = { tls: "tls" in address ? address.tls : undefined, network: options.network };
  const map = session.clusterConfig === undefined
    ? undefined
    : VbucketMap.read(session.clusterConfig, { hostname, ...defined(reading) });
  const caller = options.reconnect === false ? reached.connection : callerOf(reached, map, options);
  const documents = new DocumentCaller(caller, {
    vbucketCount: map?.vbucketCount ?? 0,
    ...defined({ timeout: options.timeout }),
    ...compressorOf(options.compression ?? true, session),
  });
  return new CouchbaseClient(documents, session);
}

async function reach(server: CouchbaseServer, options: CouchbaseOptions): Promise<Reached> {
  const tls = options.tls === true ? {} : options.tls || undefined;
  const where = typeof server === "string" || server instanceof URL
    ? parseCouchbaseAddress(server, tls)
    : { address: tls === undefined || "path" in server ? server : { ...server, tls } };
  const wanted: SessionOptions = { ...where, ...options };
  const hooks: Reached["hooks"] = { to: undefined };
  const opening = {
    ...options,
    onMoved: (call: StrandedCall, answer: Frame) => hooks.to?.onMoved(call, answer) ?? false,
    onNotice: (request: Frame) => hooks.to?.onNotice(request),
  };
  return { address: where.address, wanted, hooks, ...await open(where.address, opening, wanted) };
}

/** Opens a connection and starts a session on it. */
function open(
  address: Address,
  options: OpenOptions,
  wanted: SessionOptions,
): Promise<{ readonly connection: Connection; readonly session: Session }> {
  const opening = { connectTimeout: CONNECT_TIMEOUT, ...options };
  return openConnection(address, opening, async (connection, signal) => {
    // The time for all steps together is limited by the signal.
    const session = await startSession(connection, { stepTimeout: 0, ...wanted, signal });
    return { connection, session };
  });
}

/** What talks to the node that was reached, and to the others as far as the map knows any. */
function callerOf(reached: Reached, map: VbucketMap | undefined, options: CouchbaseOptions): ClosableCaller {
  const { signal: _, reconnect, ...opening } = options;
  const settings = typeof reconnect === "object" ? reconnect : {};
  const link = (address: Address, name: string, hooks: NodeHooks | undefined) => {
    const first = address === reached.address;
    if (first) reached.hooks.to = hooks;
    const dial = async (signal: AbortSignal) =>
      (await open(address, { ...opening, ...hooks, signal }, reached.wanted)).connection;
    return new Link(dial, {
      // Another node takes the vbuckets over of one that is down.
      whenDown: "wait",
      stableBytes: true,
      ...settings,
      ...defined({ timeout: options.timeout }),
      server: name,
      ...(first ? { connection: reached.connection } : { lazy: true }),
    });
  };
  if (map === undefined || map.nodes.length === 0) {
    return link(reached.address, addressName(reached.address), undefined);
  }
  const told = reached.session.features.has(Feature.CLUSTERMAP_CHANGE_NOTIFICATION);
  const { source } = map;
  const router = new VbucketRouter(map, {
    // The address by which the first node was reached is known to work, whatever the map says of it.
    open: (node, hooks) => link(node.name === source?.name ? reached.address : node.address, node.name, hooks),
    reading: defined({ tls: "tls" in reached.address ? reached.address.tls : undefined, network: options.network }),
    pollMap: told ? 0 : POLL_MAP,
    ...defined({ timeout: options.timeout }),
  });
  if (source === undefined) void reached.connection.close();
  return router;
}

/** The parts of an object that are not `undefined`. */
function defined<T extends object>(parts: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as never;
}

function compressorOf(wanted: boolean | CompressOptions, session: Session): Pick<DocumentCallerOptions, "compress"> {
  if (wanted === false || !session.features.has(Feature.SNAPPY)) return {};
  const bounds = wanted === true ? {} : wanted;
  return { compress: (value) => compress(value, bounds) };
}
