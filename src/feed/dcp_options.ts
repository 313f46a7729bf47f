/** What a DCP feed can be asked for. */

import type { SessionOptions } from "../couchbase/session.ts";
import type { OpenOptions } from "../link/open_connection.ts";
import type { TlsOptions } from "../transport/transport.ts";
import type { FeedPosition } from "./position.ts";
import type { FeedClock } from "./process_clock.ts";

/** Where a stream begins: at the first change, behind the last, or behind a position. */
export type DcpFrom = "beginning" | "now" | FeedPosition;

/** Where a stream ends: at the last change that there is when it begins, at a position, or never. */
export type DcpTo = "now" | "never" | FeedPosition;

/** What streams are about. */
export interface DcpFilter {
  /** Only these collections: numbers, or `scope.collection`. Not together with `scope`. */
  readonly collections?: readonly (number | string)[];
  /** Only the collections of this scope, those that come later too: its number or its name. */
  readonly scope?: number | string;
}

/** How {@linkcode openDcp} opens a feed. */
export interface DcpOptions extends OpenOptions, Omit<SessionOptions, "features" | "stepTimeout">, DcpFilter {
  /** Gives everything up when aborted, at any time: opening rejects, and reading rejects, with the reason of the signal. */
  readonly signal?: AbortSignal;
  /** Encrypts the connection; `true` or what is special about it. */
  readonly tls?: boolean | TlsOptions;
  /**
   * By which addresses the nodes of the cluster map are reached: `default`, or the name of a network that it lists, such as `external`. By
   * default the network that lists the host that was given, if one does.
   */
  readonly network?: string;
  /** Which vbuckets to stream; by default all. */
  readonly vbuckets?: Iterable<number>;
  /** Where to begin; `"now"` by default. Vbuckets that a position does not name begin at the first change. */
  readonly from?: DcpFrom;
  /**
   * Where to end; `"never"` by default. A snapshot is always sent whole, so a little more may come. Vbuckets that a position does not name
   * are not streamed.
   */
  readonly to?: DcpTo;
  /**
   * What the server calls the connection, 1 to 200 bytes; a new one each time by default. A second of the same name closes the first. With
   * many nodes, a slash and the node follow behind it.
   */
  readonly name?: string;
  /** How many bytes each node may send ahead of the consumer; 10 MiB by default, 0 for any number. */
  readonly windowBytes?: number;
  /**
   * How often the server shows that it is alive, in seconds; 20 by default. Whoever is silent twice as long is given up and connected to
   * anew. 0 switches it off, which servers refuse for `xattrs` and collections.
   */
  readonly noopInterval?: number;
  /** How the server ranks this feed among others. */
  readonly priority?: "high" | "medium" | "low";
  /** Whether values come: `true` by default; `"datatype"` leaves them out, but tells how they would have been read. */
  readonly values?: boolean | "datatype";
  /** Whether values come with their extended attributes; `false` by default. */
  readonly xattrs?: boolean;
  /** Whether deletions keep the attributes of users; needs `xattrs`. */
  readonly deletedUserXattrs?: boolean;
  /** Whether deletions say when they happened; `false` by default. */
  readonly deleteTimes?: boolean;
  /** Whether expirations are told as such, where the server can; brings `deleteTimes`. */
  readonly expiryOpcode?: boolean;
  /** Whether several streams a vbucket may be open, told apart by a number; they are opened by `addStream`. */
  readonly streamIds?: boolean;
  /** Whether values may come compressed; `true` by default. `"force"` has the server compress all of them. */
  readonly snappy?: boolean | "force";
  /** Whether the first backfill may come in any order; only with a filter and from the beginning. */
  readonly oso?: boolean;
  /** Whether every change comes and not only the last of each key, where the bucket keeps them. */
  readonly changeHistory?: boolean;
  /** Whether events of type `seqno-advanced` are shown; `true` by default. Positions move in any case. */
  readonly seqnoAdvanced?: boolean;
  /** Whether to fail when the seqnos of a vbucket do not rise, or lie outside of their snapshot; `false` by default. */
  readonly verifyOrder?: boolean;
  /**
   * What to do when the server's history is another: `"emit"` shows an event of type `rollback` and goes on, the default; `"auto"` goes on in
   * silence; `"fail"` ends the feed with a {@linkcode DcpRollbackError}.
   */
  readonly onRollback?: "emit" | "auto" | "fail";
  /** After how many milliseconds without progress a stream that lags behind is asked for anew; 60,000 by default, 0 for never. */
  readonly stallTimeout?: number;
  /** The longest wait between two attempts to connect or to stream, in milliseconds; 2000 by default. It is random up to there. */
  readonly maxBackoff?: number;
  /** Further controls, by name; the server may refuse them. See {@linkcode DcpControl}. */
  readonly controls?: Readonly<Record<string, string>>;
  /** Timers and chance, for tests. */
  readonly clock?: FeedClock;
}

/** A stream that is added to a feed. */
export interface DcpStreamOptions extends DcpFilter {
  /** The vbucket. */
  readonly vbucket: number;
  /** Where to begin; as the feed by default. */
  readonly from?: DcpFrom;
  /** Where to end; as the feed by default. */
  readonly to?: DcpTo;
  /** Which of several streams of the vbucket it is, 1 to 65535; only for feeds with `streamIds`, 1 by default there. */
  readonly streamId?: number;
}

/** Which stream of a feed is meant. */
export interface DcpStreamName {
  /** The vbucket. */
  readonly vbucket: number;
  /** Which of several streams of the vbucket. */
  readonly streamId?: number;
}

/** What holds unless told otherwise. */
export const DCP_DEFAULTS = {
  windowBytes: 10_485_760,
  noopInterval: 20,
  stallTimeout: 60_000,
  maxBackoff: 2000,
} as const;

/** How long opening a connection may take, in milliseconds: a session takes several round trips, and a server that was just started its time. */
export const CONNECT_TIMEOUT = 10_000;

const MAX_U32 = 0xffffffff;

/**
 * Looks whether options make sense.
 *
 * @throws {RangeError} If a number is out of range.
 * @throws {TypeError} If two options exclude each other.
 */
export function checkDcpOptions(options: DcpOptions): void {
  const { windowBytes = 0, noopInterval = 0, stallTimeout = 0, maxBackoff = 0, name } = options;
  checkNumber("windowBytes", windowBytes, "bytes, 0 to 4294967295", MAX_U32);
  if (!Number.isInteger(windowBytes)) throw new RangeError(`Cannot use windowBytes of ${windowBytes}: they are whole`);
  checkNumber("noopInterval", noopInterval, "seconds, 0 to 10800", 10800);
  checkNumber("stallTimeout", stallTimeout, "milliseconds, 0 for never", Infinity);
  checkNumber("maxBackoff", maxBackoff, "milliseconds", Infinity);
  if (name !== undefined && (name.length < 1 || new TextEncoder().encode(name).length > 200)) {
    throw new RangeError(`Cannot use name ${JSON.stringify(name)}: it has 1 to 200 bytes`);
  }
  checkFilter(options);
  if (options.deletedUserXattrs === true && options.xattrs !== true) {
    throw new TypeError("Cannot use deletedUserXattrs without xattrs: set both");
  }
}

/**
 * Looks whether a filter makes sense.
 *
 * @throws {TypeError} If it names collections and a scope.
 */
export function checkFilter({ collections, scope }: DcpFilter): void {
  if (collections === undefined || scope === undefined) return;
  throw new TypeError("Cannot use both collections and a scope: a stream is about one of them");
}

function checkNumber(name: string, value: number, what: string, max: number): void {
  if (value >= 0 && value <= max) return;
  throw new RangeError(`Cannot use ${name} of ${value}: it is ${what}`);
}

/**
 * Checks the number of a vbucket.
 *
 * @throws {RangeError} If it is none.
 */
export function checkVbucket(vbucket: number): number {
  if (Number.isInteger(vbucket) && vbucket >= 0 && vbucket <= 0xffff) return vbucket;
  throw new RangeError(`Cannot use vbucket ${vbucket}: it is 0 to 65535`);
}
