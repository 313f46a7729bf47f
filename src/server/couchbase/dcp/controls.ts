import { DcpControl } from "../../../ops/dcp_flags.ts";
import { INVALID, invalid, NOT_SUPPORTED } from "../refusals.ts";
import type { DcpSettings } from "./settings.ts";

/** What some controls depend on. */
export interface ControlFacts {
  /** Whether the bucket keeps every version. */
  readonly history: boolean;
  /** Whether there are streams already. */
  readonly streaming: boolean;
}

type Control = (settings: DcpSettings, value: string, facts: ControlFacts) => void;

/** The longest and the shortest time between no-ops, in seconds. */
const LONGEST_INTERVAL = 10_800;
const SHORTEST_INTERVAL = 0.1;

const MAX_WINDOW = 0xffffffff;

/** Retired with the flow control of single streams; told apart from what was never known. */
const STREAM_BUFFER_SIZE = "stream_buffer_size";
const OLD_CURSOR_DROPPING = "supports_cursor_dropping";

const CONTROLS: Readonly<Record<string, Control>> = {
  [DcpControl.ENABLE_NOOP]: (settings, value) => settings.noop = flag(value),
  [DcpControl.SET_NOOP_INTERVAL]: (settings, value) => {
    const seconds = /^\d+(\.\d+)?$/.test(value) ? Number(value) : NaN;
    if (!(seconds >= SHORTEST_INTERVAL && seconds <= LONGEST_INTERVAL)) {
      throw invalid(`The interval is not ${SHORTEST_INTERVAL} to ${LONGEST_INTERVAL} s`);
    }
    settings.noopInterval = seconds * 1000;
  },
  [DcpControl.CONNECTION_BUFFER_SIZE]: (settings, value) => {
    const bytes = /^\d{1,10}$/.test(value) ? Number(value) : NaN;
    if (!(bytes <= MAX_WINDOW)) throw invalid("The size is no number of 32 bits");
    settings.window = bytes;
  },
  [STREAM_BUFFER_SIZE]: () => refuse(),
  [DcpControl.SET_PRIORITY]: (_, value) => oneOf(value, ["high", "medium", "low"]),
  [DcpControl.FORCE_VALUE_COMPRESSION]: (settings, value) => {
    if (!settings.snappy) throw invalid("Compression needs the feature Snappy");
    settings.compress = onlyTrue(value);
  },
  // A reader that falls behind is always sent to disk.
  [OLD_CURSOR_DROPPING]: (_, value) => onlyTrue(value),
  [DcpControl.SUPPORTS_CURSOR_DROPPING]: (_, value) => onlyTrue(value),
  [DcpControl.SUPPORTS_HIFI_MFU]: (settings, value) => settings.frequencies = onlyTrue(value),
  [DcpControl.SEND_STREAM_END_ON_CLOSE]: (settings, value) => settings.endsClosed = onlyTrue(value),
  [DcpControl.ENABLE_EXPIRY_OPCODE]: (settings, value) => settings.expirations = flag(value),
  [DcpControl.ENABLE_STREAM_ID]: (settings, value, { streaming }) => {
    if (streaming || settings.syncWrites) throw invalid("It is too late for numbers of streams");
    settings.streamIds = onlyTrue(value);
  },
  [DcpControl.ENABLE_SYNC_WRITES]: (settings, value) => {
    if (settings.streamIds) throw invalid("Synchronous writes know no numbers of streams");
    settings.syncWrites = onlyTrue(value);
  },
  [DcpControl.CONSUMER_NAME]: (settings, value) => {
    if (value === "") throw INVALID;
    settings.consumerName = value;
  },
  [DcpControl.INCLUDE_DELETED_USER_XATTRS]: (_, value) => onlyTrue(value),
  [DcpControl.ENABLE_OUT_OF_ORDER_SNAPSHOTS]: (settings, value) => {
    oneOf(value, ["true", "true_with_seqno_advanced"]);
    settings.anyOrder = value === "true" ? "yes" : "advanced";
  },
  [DcpControl.BACKFILL_ORDER]: (settings, value) => {
    oneOf(value, ["round-robin", "sequential"]);
    settings.sequential = value === "sequential";
  },
  [DcpControl.V7_DCP_STATUS_CODES]: (_, value) => onlyTrue(value),
  [DcpControl.FLATBUFFERS_SYSTEM_EVENTS]: (settings, value) => settings.flatEvents = onlyTrue(value),
  [DcpControl.CHANGE_STREAMS]: (settings, value, { history }) => {
    if (!history) return refuse();
    settings.history = onlyTrue(value);
  },
  [DcpControl.MAX_MARKER_VERSION]: (settings, value) => {
    if (value !== "2.2" || !settings.collections) throw invalid("Only 2.2, and with collections");
    settings.marker22 = true;
  },
  [DcpControl.CACHE_TRANSFER]: () => refuse(),
};

/**
 * Changes a setting as a consumer asks.
 *
 * @throws {StatusReply} NOT_SUPPORTED for what is not to be had, EINVAL for what is not known or cannot be so.
 */
export function control(
  settings: DcpSettings,
  { name, value }: { readonly name: string; readonly value: string },
  facts: ControlFacts,
): void {
  if (!Object.hasOwn(CONTROLS, name)) throw invalid("There is no such control");
  CONTROLS[name]!(settings, value, facts);
}

function flag(value: string): boolean {
  oneOf(value, ["true", "false"]);
  return value === "true";
}

function onlyTrue(value: string): boolean {
  oneOf(value, ["true"]);
  return true;
}

function oneOf(value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value)) throw invalid(`The value is not one of: ${allowed.join(", ")}`);
}

function refuse(): never {
  throw NOT_SUPPORTED;
}
