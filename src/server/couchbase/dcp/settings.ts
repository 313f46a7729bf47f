import { DcpOpenFlag } from "../../../ops/dcp_flags.ts";
import { Feature, type Features } from "../../../wire/features.ts";
import { NOT_SUPPORTED } from "../refusals.ts";
import { invalid } from "../refusals.ts";
import { knowsSnappy } from "../stored_value.ts";

/** Every bit that a producer knows. */
const KNOWN_FLAGS = DcpOpenFlag.PRODUCER | DcpOpenFlag.INCLUDE_XATTRS | DcpOpenFlag.NO_VALUE |
  DcpOpenFlag.INCLUDE_DELETE_TIMES | DcpOpenFlag.NO_VALUE_WITH_UNDERLYING_DATATYPE |
  DcpOpenFlag.INCLUDE_DELETED_USER_XATTRS | DcpOpenFlag.SKIP_DELETES_IN_INITIAL_BACKFILL;

const MAX_NAME = 200;

/** How a connection of DCP works: what was said when it was opened, and by controls since. */
export interface DcpSettings {
  /** Bits of {@linkcode DcpOpenFlag}. */
  readonly flags: number;
  /** Whether keys say their collection, and collections are told of. */
  readonly collections: boolean;
  /** Whether values may be compressed. */
  readonly snappy: boolean;
  /** Whether no-ops are sent. */
  noop: boolean;
  /** How often, in milliseconds. */
  noopInterval: number;
  /** Bytes that may be sent and not acknowledged; 0 for any number. */
  window: number;
  /** Whether values are compressed that are not. */
  compress: boolean;
  /** Whether expirations are told as such. */
  expirations: boolean;
  /** Whether the end of a stream is told that the consumer has closed. */
  endsClosed: boolean;
  /** Whether streams have numbers. */
  streamIds: boolean;
  /** Whether the first backfill may come in any order, and whether it tells how far it has gone then. */
  anyOrder: "no" | "yes" | "advanced";
  /** Whether system events have values of version 2. */
  flatEvents: boolean;
  /** Whether every version is sent. */
  history: boolean;
  /** Whether markers of version 2.2 are known. */
  marker22: boolean;
  /** Whether the consumer takes part in synchronous writes, and what it calls itself. */
  syncWrites: boolean;
  consumerName: string;
  /** Whether one backfill comes after the other. */
  sequential: boolean;
  /** How often a document is used is told in more than two bits. */
  frequencies: boolean;
}

/** How long between no-ops when nobody says otherwise, in milliseconds. */
const NOOP_INTERVAL = 120_000;

/**
 * The settings of a connection that is opened.
 *
 * @throws {StatusReply} If it cannot be opened so.
 */
export function openSettings(
  { name, flags, json = "" }: { readonly name: string; readonly flags: number; readonly json?: string },
  features: Features,
): DcpSettings {
  const has = (flag: number): boolean => (flags & flag) !== 0;
  if (features.has(Feature.UNORDERED_EXECUTION)) throw NOT_SUPPORTED;
  if (name === "" || name.length > MAX_NAME) throw invalid(`The name is not 1 to ${MAX_NAME} bytes`);
  if ((flags & ~KNOWN_FLAGS) !== 0) throw invalid("There is no such flag");
  // To follow others is what nodes do among themselves.
  if (!has(DcpOpenFlag.PRODUCER)) throw NOT_SUPPORTED;
  if (json !== "") throw invalid("A producer takes no value");
  if (has(DcpOpenFlag.NO_VALUE) && has(DcpOpenFlag.NO_VALUE_WITH_UNDERLYING_DATATYPE)) {
    throw invalid("Both flags that leave values out");
  }
  if (has(DcpOpenFlag.INCLUDE_DELETED_USER_XATTRS) && !has(DcpOpenFlag.INCLUDE_XATTRS)) {
    throw invalid("Attributes of deleted documents need attributes");
  }
  if (has(DcpOpenFlag.SKIP_DELETES_IN_INITIAL_BACKFILL) && !features.collections) {
    throw invalid("Deletions can be skipped only with collections");
  }
  return {
    flags,
    collections: features.collections,
    snappy: knowsSnappy(features),
    noop: false,
    noopInterval: NOOP_INTERVAL,
    window: 0,
    compress: false,
    expirations: false,
    endsClosed: false,
    streamIds: false,
    anyOrder: "no",
    flatEvents: false,
    history: false,
    marker22: false,
    syncWrites: false,
    consumerName: "",
    sequential: false,
    frequencies: false,
  };
}
