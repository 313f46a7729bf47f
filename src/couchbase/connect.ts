import { openConnection } from "../link/open_connection.ts";
import { type LinkOpenOptions, openLink } from "../link/open_link.ts";
import type { Address, TlsOptions } from "../transport/transport.ts";
import { parseCouchbaseAddress } from "./address.ts";
import { CouchbaseClient } from "./couchbase_client.ts";
import { DocumentCaller, type DocumentCallerOptions } from "./document_caller.ts";
import { Feature } from "../wire/features.ts";
import { compress, type CompressOptions } from "./snappy.ts";
import { type Session, type SessionOptions, startSession } from "./session.ts";

/** How {@linkcode connectCouchbase} connects. */
export interface CouchbaseOptions extends LinkOpenOptions, SessionOptions {
  /** Gives up connecting when aborted; it then rejects with the reason of the signal. */
  readonly signal?: AbortSignal;
  /** Encrypts the connection; `true` or what is special about it. */
  readonly tls?: boolean | TlsOptions;
  /** Compresses what is written, from a size on and where it pays; `true` by default, as far as the server has agreed to it. */
  readonly compression?: boolean | CompressOptions;
}

/** A session takes several round trips, and a server that was just started takes its time. */
const CONNECT_TIMEOUT = 10_000;

/**
 * Connects to one Couchbase node and starts a session: features, error map, credentials, bucket, cluster map.
 *
 * The address is `couchbase://user:password@host:port/bucket`, `couchbases://…` (TLS), or an object. Rejects with a
 * {@linkcode ConnectionError}, {@linkcode TimeoutError} or {@linkcode AuthError} that names the step.
 */
export async function connectCouchbase(
  server: string | URL | Address,
  options: CouchbaseOptions = {},
): Promise<CouchbaseClient> {
  const tls = options.tls === true ? {} : options.tls || undefined;
  const where = typeof server === "string" || server instanceof URL
    ? parseCouchbaseAddress(server, tls)
    : { address: tls === undefined || "path" in server ? server : { ...server, tls } };
  const wanted: SessionOptions = { ...where, ...options };
  const opening = { connectTimeout: CONNECT_TIMEOUT, ...options };
  // What the first session came to is what the client goes by; those of later connections ask for the same.
  let session: Session | undefined;
  const caller = await openLink(
    where.address,
    opening,
    (again) =>
      openConnection(where.address, again, async (connection, signal) => {
        // The time for all steps together is limited by the signal.
        const started = await startSession(connection, { stepTimeout: 0, ...wanted, signal });
        session ??= started;
        return connection;
      }),
  );
  const documents = new DocumentCaller(caller, {
    vbucketCount: countVbuckets(session!),
    ...compressorOf(options.compression ?? true, session!),
  });
  return new CouchbaseClient(documents, session!);
}

function compressorOf(wanted: boolean | CompressOptions, session: Session): Pick<DocumentCallerOptions, "compress"> {
  if (wanted === false || !session.features.has(Feature.SNAPPY)) return {};
  const bounds = wanted === true ? {} : wanted;
  return { compress: (value) => compress(value, bounds) };
}

/** How many vbuckets the cluster map has; 0 without one. */
function countVbuckets(session: Session): number {
  if (session.clusterConfig === undefined) return 0;
  const { vBucketServerMap } = JSON.parse(session.clusterConfig) as {
    readonly vBucketServerMap?: { readonly vBucketMap?: readonly unknown[] };
  };
  return vBucketServerMap?.vBucketMap?.length ?? 0;
}
