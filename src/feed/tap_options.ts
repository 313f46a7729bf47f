import type { CredentialsSource } from "../connection/sasl.ts";
import { type TapCheckpoint, TapConnectFlag, type TapConnectRequest } from "../ops/tap.ts";
import type { Dial, TlsOptions } from "../transport/transport.ts";

/** What a TAP feed is asked for, and how. */
export interface TapOptions {
  /**
   * What to send of what there is already: `none`, the default, or `all`, the default of a dump. Servers only look whether a date
   * lies in the future: any other is a full backfill. With `none` Couchbase 2.0 to 4.x still sends the open checkpoint.
   */
  readonly backfill?: "none" | "all" | Date;
  /** Ends the feed when all that there is has been sent; `false` by default. */
  readonly dump?: boolean;
  /** Only these vbuckets; all by default. */
  readonly vbuckets?: readonly number[];
  /** Takes the given vbuckets over: they are **dead on the server afterwards**. Never in a client that only listens. */
  readonly takeover?: boolean;
  /**
   * `true`, the default, acknowledges an event when the next one is taken; `manual` leaves it to `feed.ack`; `false` does without:
   * then nothing but TCP slows the server down, and a cut dump cannot be told from a whole one.
   */
  readonly ack?: boolean | "manual";
  /** Asks for keys without values; no known server does it, so look at `keyOnly`. */
  readonly keysOnly?: boolean;
  /** Asks for marks of checkpoints; a list says where to go on, such as the `position` of an earlier feed of the same name. */
  readonly checkpoints?: boolean | readonly TapCheckpoint[];
  /** What the server calls the feed; another feed of that name is closed. Without a name the server makes one up. */
  readonly name?: string;
  /** Has the server keep the place of this name when one is away, which costs it memory: see {@linkcode deregisterTap}. */
  readonly registered?: boolean | "closed-only";
  /** Asks for flags of items in network byte order; `true` by default. They are right in events either way. */
  readonly fixFlagByteOrder?: boolean;
  /**
   * After how many milliseconds without a byte, keep-alives included, the server is taken for gone; 420,000 by default, which is
   * more than twice the interval of Couchbase, 0 for never.
   */
  readonly idleTimeout?: number;
  /** How many bytes may wait to be taken before the transport is paused; 4 MiB by default. */
  readonly maxQueuedBytes?: number;
  /** Largest body in bytes that is accepted; 20 MiB + 64 KiB by default. */
  readonly maxBody?: number;
  /** Who one is. To servers before Couchbase 5.0 that is the name of the bucket. */
  readonly credentials?: CredentialsSource;
  /** The SASL mechanisms that may be used; the strongest offered by default. */
  readonly mechanisms?: readonly string[];
  /** Sends the password over a connection that is not encrypted, as servers of the time know no better; `true` by default. */
  readonly allowPlaintextAuth?: boolean;
  /** The bucket to select, with Couchbase 3.0 and later; before that the credentials do it. */
  readonly bucket?: string;
  /** Encrypts the connection; `true` or what is special about it. */
  readonly tls?: boolean | TlsOptions;
  /** How long opening may take, with the handshakes, in milliseconds; 2000 by default, 0 for ever. */
  readonly connectTimeout?: number;
  /** Ends the feed when aborted, the opening too, with the reason of the signal. */
  readonly signal?: AbortSignal;
  /** Opens the transport; that of the runtime when not given. */
  readonly dial?: Dial;
}

/** A date that no server lies behind. */
const NEVER = 0xffffffffffffffffn;

const { DUMP, TAKEOVER_VBUCKETS, SUPPORT_ACK, REQUEST_KEYS_ONLY, CHECKPOINT, REGISTERED_CLIENT, FIX_FLAG_BYTEORDER } =
  TapConnectFlag;

/**
 * The request that the options make.
 *
 * @throws {TypeError} If they contradict each other.
 * @throws {RangeError} If a vbucket or the date cannot be.
 */
export function tapConnectRequest(options: TapOptions): TapConnectRequest {
  const { vbuckets, checkpoints, registered, name = "", idleTimeout = 0, maxQueuedBytes = 0 } = options;
  if (!(idleTimeout >= 0)) {
    throw new RangeError(`Cannot use an idleTimeout of ${idleTimeout}: it is milliseconds, 0 for never`);
  }
  if (!(maxQueuedBytes >= 0)) {
    throw new RangeError(`Cannot use maxQueuedBytes of ${maxQueuedBytes}: it is bytes, 0 or more`);
  }
  if (options.takeover === true && !(vbuckets !== undefined && vbuckets.length > 0)) {
    throw new TypeError("Cannot open TAP feed: takeover needs the vbuckets that are to be taken over");
  }
  if (registered !== undefined && registered !== false && name === "") {
    throw new TypeError("Cannot open TAP feed: a registered feed needs a name");
  }
  const checked = vbuckets?.map(checkVbucket);
  const backfill = backfillDate(options);
  return {
    name: new TextEncoder().encode(name),
    flags: plainFlags(options),
    ...(backfill === undefined ? {} : { backfill }),
    ...(checked === undefined ? {} : { vbuckets: checked }),
    ...(typeof checkpoints === "object" ? { checkpoints } : {}),
    ...(registered === "closed-only" ? { closedOnly: true } : {}),
  };
}

function plainFlags(options: TapOptions): number {
  const { registered, checkpoints, ack = true, fixFlagByteOrder = true } = options;
  return (options.dump === true ? DUMP : 0) |
    (options.takeover === true ? TAKEOVER_VBUCKETS : 0) |
    (ack === false ? 0 : SUPPORT_ACK) |
    (options.keysOnly === true ? REQUEST_KEYS_ONLY : 0) |
    (checkpoints === undefined || checkpoints === false ? 0 : CHECKPOINT) |
    (registered === undefined || registered === false ? 0 : REGISTERED_CLIENT) |
    (fixFlagByteOrder ? FIX_FLAG_BYTEORDER : 0);
}

function backfillDate({ backfill, dump = false }: TapOptions): bigint | undefined {
  if (backfill instanceof Date) {
    const seconds = Math.floor(backfill.getTime() / 1000);
    if (!(seconds >= 0)) {
      throw new RangeError("Cannot open TAP feed: the date of the backfill lies before 1970, or is none");
    }
    return BigInt(seconds);
  }
  // What is not said is a full backfill, and a dump without one is nothing.
  if (backfill === undefined && dump) return undefined;
  return backfill === "all" ? 0n : NEVER;
}

function checkVbucket(vbucket: number): number {
  if ((vbucket & 0xffff) === vbucket) return vbucket;
  throw new RangeError(`Cannot use vbucket ${vbucket}: it is 0 to 65535`);
}
