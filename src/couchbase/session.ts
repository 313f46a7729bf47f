import { writeCallExtras } from "../connection/call_extras.ts";
import type { CallOptions } from "../connection/caller.ts";
import type { Connection } from "../connection/connection.ts";
import type { CredentialsSource } from "../connection/credentials.ts";
import { authenticate } from "../connection/sasl.ts";
import { AuthError, ConnectionError, StatusError, TimeoutError } from "../errors.ts";
import { GET_CLUSTER_CONFIG } from "../ops/cluster_config.ts";
import { GET_ERROR_MAP, HELLO, SELECT_BUCKET } from "../ops/session.ts";
import { ErrorMap } from "../wire/error_map.ts";
import { Feature, Features } from "../wire/features.ts";
import { decompress } from "../wire/snappy.ts";
import { Status } from "../wire/status.ts";

/** What a session with a Couchbase server begins with. */
export interface SessionOptions {
  /** What the server's logs call this client: text, or JSON `{"a":"name","i":"id/id"}`; `memwire` by default. */
  readonly agent?: string;
  /** The features to ask for; {@linkcode DEFAULT_FEATURES} by default. */
  readonly features?: readonly number[];
  /** Who one is, or a function that says so at every connect. */
  readonly credentials?: CredentialsSource;
  /** Which SASL mechanisms may be used; the strongest that is offered by default. */
  readonly mechanisms?: readonly string[];
  /** Lets PLAIN send the password over a connection that is not encrypted; `false` by default. */
  readonly allowPlaintextAuth?: boolean;
  /** The bucket that the connection is about. */
  readonly bucket?: string;
  /** How long a step may take, in milliseconds: as long as any call of the connection by default, 0 for as long as `signal` lets it. */
  readonly stepTimeout?: number;
  /** Gives up when aborted. */
  readonly signal?: AbortSignal;
}

/** What came of the start of a session. */
export interface Session {
  /** What was agreed on. */
  readonly features: Features;
  /** What the server says its statuses mean. */
  readonly errorMap?: ErrorMap;
  /** The mechanism by which the credentials were shown. */
  readonly mechanism?: string;
  /** The bucket that was selected. */
  readonly bucket?: string;
  /** The cluster map as JSON text, if the server has one. */
  readonly clusterConfig?: string;
}

/** One step of the start: what it adds to the session. Steps are run again on every connect. */
export interface SessionStep {
  /** What the step does, for messages. */
  readonly name: string;
  /** Does it. */
  run(connection: Connection, options: SessionOptions, session: Session): Promise<Partial<Session>>;
}

/** The features that a client of this package knows how to use. */
export const DEFAULT_FEATURES: readonly number[] = [
  Feature.TCP_NODELAY,
  Feature.MUTATION_SEQNO,
  Feature.XATTR,
  Feature.XERROR,
  Feature.SELECT_BUCKET,
  Feature.SNAPPY,
  Feature.SNAPPY_EVERYWHERE,
  Feature.JSON,
  Feature.DUPLEX,
  Feature.CLUSTERMAP_CHANGE_NOTIFICATION,
  Feature.UNORDERED_EXECUTION,
  Feature.TRACING,
  Feature.ALT_REQUEST_SUPPORT,
  Feature.SYNC_REPLICATION,
  Feature.COLLECTIONS,
  Feature.PRESERVE_TTL,
  Feature.VATTR,
  Feature.SUBDOC_CREATE_AS_DELETED,
  Feature.SUBDOC_DOCUMENT_MACRO_SUPPORT,
  Feature.SUBDOC_REPLACE_BODY_WITH_XATTR,
  Feature.SUBDOC_REPLICA_READ,
  Feature.GET_CLUSTER_CONFIG_WITH_KNOWN_VERSION,
  Feature.SUBDOC_ALLOWS_ACCESS_ON_MULTIPLE_XATTR_KEYS,
  Feature.SUBDOC_BINARY_XATTR,
  Feature.RANGE_SCAN_INCLUDE_XATTR,
  Feature.GET_RANDOM_KEY_INCLUDE_XATTR,
];

const NEWEST_ERROR_MAP = 2;

const hello: SessionStep = {
  name: "HELLO",
  async run(connection, options) {
    const request = { agent: options.agent ?? "memwire", features: options.features ?? DEFAULT_FEATURES };
    const granted = await connection.call(HELLO, request, callOptions(options));
    const features = new Features(granted.features);
    connection.adopt({ features, writeExtras: writeCallExtras, inflate: decompress });
    return { features };
  },
};

const errorMap: SessionStep = {
  name: "GET_ERROR_MAP",
  async run(connection, options, session) {
    if (!session.features.has(Feature.XERROR)) return {};
    const { json } = await connection.call(GET_ERROR_MAP, { version: NEWEST_ERROR_MAP }, callOptions(options));
    const map = new ErrorMap(json);
    connection.adopt({ errorMap: map });
    return { errorMap: map };
  },
};

const logIn: SessionStep = {
  name: "SASL",
  async run(connection, options) {
    if (options.credentials === undefined) return {};
    const { mechanisms, allowPlaintextAuth } = options;
    const mechanism = await authenticate(connection, options.credentials, {
      ...callOptions(options),
      ...(mechanisms === undefined ? {} : { mechanisms }),
      ...(allowPlaintextAuth === undefined ? {} : { allowPlaintext: allowPlaintextAuth }),
    });
    return { mechanism };
  },
};

const selectBucket: SessionStep = {
  name: "SELECT_BUCKET",
  async run(connection, options) {
    const { bucket } = options;
    if (bucket === undefined) return {};
    await connection.call(SELECT_BUCKET, { bucket }, callOptions(options));
    return { bucket };
  },
};

/** A server without a map, or one that shows it only to a bucket's users, is a server all the same. */
const WITHOUT_MAP: readonly number[] = [
  Status.KEY_ENOENT,
  Status.NO_BUCKET,
  Status.EACCESS,
  Status.NOT_SUPPORTED,
  Status.UNKNOWN_COMMAND,
];

const clusterConfig: SessionStep = {
  name: "GET_CLUSTER_CONFIG",
  async run(connection, options) {
    try {
      const { json } = await connection.call(GET_CLUSTER_CONFIG, {}, callOptions(options));
      return json === "" ? {} : { clusterConfig: json };
    } catch (error) {
      if (error instanceof StatusError && WITHOUT_MAP.includes(error.status)) return {};
      throw error;
    }
  },
};

/** The steps of the start, in their order. */
export const SESSION_STEPS: readonly SessionStep[] = [hello, errorMap, logIn, selectBucket, clusterConfig];

/**
 * Starts a session with a Couchbase server: features, error map, credentials, bucket, cluster map.
 *
 * @throws {AuthError} If the credentials or the bucket are not to be had.
 * @throws {ConnectionError} If the server cannot do a step; the message names it.
 */
export async function startSession(connection: Connection, options: SessionOptions = {}): Promise<Session> {
  let session: Session = { features: Features.NONE };
  for (const step of SESSION_STEPS) {
    try {
      session = { ...session, ...await step.run(connection, options, session) };
    } catch (cause) {
      throw explain(cause, step.name, connection.peer);
    }
  }
  return session;
}

function explain(cause: unknown, step: string, peer: string): unknown {
  if (cause instanceof StatusError) {
    const message = `Cannot start the session with ${peer}: ${step} failed: ${cause.message}`;
    const denied = cause.status === Status.EACCESS || cause.status === Status.AUTH_ERROR;
    return denied ? new AuthError(message, { cause }) : new ConnectionError(message, { cause });
  }
  if (cause instanceof TimeoutError) {
    // A memcached loses its place on a HELLO that names its client, and says nothing.
    const hint = step === hello.name ? "; is it a Couchbase server?" : "";
    return new TimeoutError(`Cannot start the session with ${peer}: ${step} was not answered in time${hint}`, {
      cause,
    });
  }
  if (cause instanceof SyntaxError) {
    return new ConnectionError(`Cannot start the session with ${peer}: ${step} was answered with what is no JSON`, {
      cause,
    });
  }
  return cause;
}

function callOptions({ signal, stepTimeout }: SessionOptions): CallOptions {
  return {
    ...(signal === undefined ? {} : { signal }),
    ...(stepTimeout === undefined ? {} : { timeout: stepTimeout }),
  };
}
