import { Connection } from "../connection/connection.ts";
import { parseCouchbaseAddress } from "../couchbase/address.ts";
import { type CouchbaseServer, firstReached, seedsOf } from "../couchbase/seeds.ts";
import { type SessionOptions, startSession } from "../couchbase/session.ts";
import type { VbucketMapOptions } from "../couchbase/vbucket_map.ts";
import type { Frame } from "../frame/frame.ts";
import { openConnection } from "../link/open_connection.ts";
import type { Address } from "../transport/transport.ts";
import { DcpError } from "./dcp_error.ts";
import { dcpFeatures } from "./dcp_handshake.ts";
import { CONNECT_TIMEOUT, type DcpOptions } from "./dcp_options.ts";

/**
 * What a feed may be opened on: the text of an address, which may name several hosts, an address, several of these, a connection whose
 * session has begun without unordered execution and without DCP, or a function that makes such connections.
 */
export type DcpTarget =
  | CouchbaseServer
  | readonly CouchbaseServer[]
  | Connection
  | ((signal: AbortSignal) => Promise<Connection>);

/** Where a node is, and what a session there begins with. */
export interface DcpPlace {
  /** Where it is reached from here. */
  readonly address: Address;
  /** Who one is there, and the bucket. */
  readonly session: SessionOptions;
}

/** A connection whose session has begun, and what came of that. */
export interface DcpReached {
  /** The connection. */
  readonly connection: Connection;
  /** Where it leads; unknown where whoever opened the feed brings the connections. */
  readonly place?: DcpPlace;
  /** The cluster map as JSON text, if the server has one. */
  readonly clusterConfig?: string;
}

/** How a connection is opened. */
export interface DcpDialOptions {
  /** Gives up when aborted. */
  readonly signal: AbortSignal;
  /** Is shown what the server tells on its own, such as that there is a new cluster map. */
  readonly onNotice?: (frame: Frame, place: DcpPlace) => void;
}

/** What knows the way to the servers of a feed. */
export interface DcpDialer {
  /** Where to begin; nothing where whoever opened the feed brings the connections. */
  readonly seeds: readonly DcpPlace[];
  /** How the maps of the servers are read. */
  readonly reading: Omit<VbucketMapOptions, "hostname">;
  /** Connects to the first place to begin at that can be reached. */
  first(options: DcpDialOptions): Promise<DcpReached>;
  /** Connects to a node. */
  at(place: DcpPlace, options: DcpDialOptions): Promise<DcpReached>;
}

/**
 * Finds the way to what a feed is to be opened on.
 *
 * @throws {TypeError} If an address makes no sense.
 */
export function dialerOf(target: DcpTarget, options: DcpOptions): DcpDialer {
  if (typeof target === "function") return broughtBy(target);
  if (target instanceof Connection) return broughtBy(once(target));
  const tls = options.tls === true ? {} : options.tls || undefined;
  const { network } = options;
  const seeds = seedsOf(target).map((server): DcpPlace => {
    const where = typeof server === "string" || server instanceof URL
      ? parseCouchbaseAddress(server, tls)
      : { address: tls === undefined || "path" in server ? server : { ...server, tls } };
    return { address: where.address, session: { ...where, ...options, features: dcpFeatures(options) } };
  });
  if (seeds.length === 0) throw new TypeError("Cannot open a feed: the list of addresses is empty");
  const opening = { connectTimeout: CONNECT_TIMEOUT, ...options };
  const at: DcpDialer["at"] = async (place, { signal, onNotice }) => {
    const how = {
      ...opening,
      signal,
      ...(onNotice === undefined ? {} : { onNotice: (frame: Frame) => onNotice(frame, place) }),
    };
    return await openConnection(place.address, how, async (connection, limit) => {
      // The time for all steps together is limited by the signal.
      const { clusterConfig } = await startSession(connection, { ...place.session, stepTimeout: 0, signal: limit });
      return { connection, place, ...(clusterConfig === undefined ? {} : { clusterConfig }) };
    });
  };
  const first = seeds[0]!.address;
  return {
    seeds,
    reading: {
      ...("tls" in first && first.tls !== undefined ? { tls: first.tls } : {}),
      ...(network === undefined ? {} : { network }),
    },
    at,
    first: (how) => firstReached(seeds, (place) => at(place, how), how.signal),
  };
}

/** The host of an address, which stands where a map leaves one out. */
export function hostOf(address: Address): string {
  return "path" in address ? "localhost" : address.hostname;
}

function broughtBy(bring: (signal: AbortSignal) => Promise<Connection>): DcpDialer {
  const first: DcpDialer["first"] = async ({ signal }) => ({ connection: await bring(signal) });
  return { seeds: [], reading: {}, first, at: (_, how) => first(how) };
}

/** Whoever opened the connection knows how to open another; the feed does not. */
function once(connection: Connection): () => Promise<Connection> {
  let used = false;
  return () => {
    if (used) {
      const lost = new DcpError(
        "Cannot go on: the connection that was given is lost; open another feed from the position of this one",
      );
      return Promise.reject(lost);
    }
    used = true;
    return Promise.resolve(connection);
  };
}
