import type { Connection } from "../connection/connection.ts";
import type { CallOptions } from "../connection/caller.ts";
import { AuthError, StatusError } from "../errors.ts";
import { DCP_CONTROL, DCP_OPEN } from "../ops/dcp.ts";
import { DcpControl, DcpOpenFlag } from "../ops/dcp_flags.ts";
import { Feature } from "../wire/features.ts";
import { Status } from "../wire/status.ts";
import { DcpError } from "./dcp_error.ts";
import { DCP_DEFAULTS, type DcpOptions } from "./dcp_options.ts";

/** What a server has agreed to on a connection of DCP. */
export interface DcpAgreement {
  /** The controls that were accepted. */
  readonly accepted: ReadonlySet<string>;
  /** The controls that were refused, all of which the feed can do without. */
  readonly refused: ReadonlySet<string>;
  /** Whether keys begin with the number of their collection. */
  readonly collections: boolean;
}

/** What a server says that does not know a control, or not on this connection. */
const REFUSALS: readonly number[] = [Status.EINVAL, Status.NOT_SUPPORTED, Status.UNKNOWN_COMMAND];

/**
 * The features to ask for: never unordered execution, with which servers refuse DCP. Collections need no-ops, so that they are left out
 * with them unless they are asked for.
 */
export function dcpFeatures({ snappy = true, noopInterval, collections, scope }: DcpOptions): number[] {
  const wanted = noopInterval !== 0 || collections !== undefined || scope !== undefined;
  return [
    Feature.TCP_NODELAY,
    Feature.XATTR,
    Feature.XERROR,
    Feature.SELECT_BUCKET,
    Feature.JSON,
    // Without the first, servers do not grant the second.
    Feature.DUPLEX,
    Feature.CLUSTERMAP_CHANGE_NOTIFICATION,
    Feature.ALT_REQUEST_SUPPORT,
    ...(snappy === false ? [] : [Feature.SNAPPY]),
    ...(wanted ? [Feature.COLLECTIONS] : []),
  ];
}

/** The bits of DCP_OPEN. */
export function openFlags(options: DcpOptions): number {
  const { values = true, xattrs = false, deletedUserXattrs = false, deleteTimes = false, expiryOpcode = false } =
    options;
  let flags: number = DcpOpenFlag.PRODUCER;
  if (values === "datatype") flags |= DcpOpenFlag.NO_VALUE_WITH_UNDERLYING_DATATYPE;
  if (values === false) flags |= DcpOpenFlag.NO_VALUE;
  if (xattrs) flags |= DcpOpenFlag.INCLUDE_XATTRS;
  if (deletedUserXattrs) flags |= DcpOpenFlag.INCLUDE_DELETED_USER_XATTRS;
  if (deleteTimes || expiryOpcode) flags |= DcpOpenFlag.INCLUDE_DELETE_TIMES;
  return flags;
}

interface Control {
  readonly name: string;
  readonly value: string;
  /** Whether the feed cannot keep what it promises without it. */
  readonly needed?: true;
}

function controlsOf(options: DcpOptions, collections: boolean): Control[] {
  const { windowBytes = DCP_DEFAULTS.windowBytes, noopInterval = DCP_DEFAULTS.noopInterval } = options;
  const controls: Control[] = [];
  const add = (name: string, value: string, needed?: true): void => {
    controls.push(needed === true ? { name, value, needed } : { name, value });
  };
  if (noopInterval > 0) {
    add(DcpControl.ENABLE_NOOP, "true");
    add(DcpControl.SET_NOOP_INTERVAL, String(noopInterval));
  }
  if (windowBytes > 0) add(DcpControl.CONNECTION_BUFFER_SIZE, String(windowBytes), true);
  if (options.priority !== undefined) add(DcpControl.SET_PRIORITY, options.priority);
  if (options.snappy === "force") add(DcpControl.FORCE_VALUE_COMPRESSION, "true");
  if (options.expiryOpcode === true) add(DcpControl.ENABLE_EXPIRY_OPCODE, "true");
  if (options.streamIds === true) add(DcpControl.ENABLE_STREAM_ID, "true", true);
  if (options.oso === true) add(DcpControl.ENABLE_OUT_OF_ORDER_SNAPSHOTS, "true_with_seqno_advanced");
  if (options.changeHistory === true) add(DcpControl.CHANGE_STREAMS, "true");
  if (collections) {
    add(DcpControl.FLATBUFFERS_SYSTEM_EVENTS, "true");
    add(DcpControl.MAX_MARKER_VERSION, "2.2");
  }
  for (const [name, value] of Object.entries(options.controls ?? {})) add(name, value);
  return controls;
}

/**
 * Makes a connection one of DCP and sets how it works. Controls that the feed can do without may be refused.
 *
 * @throws {StatusError} If the server refuses the rest.
 */
export async function dcpHandshake(
  connection: Connection,
  name: string,
  options: DcpOptions,
  how: CallOptions,
): Promise<DcpAgreement> {
  const { collections } = connection.features;
  await connection.call(DCP_OPEN, { name, flags: openFlags(options) }, how);
  const accepted = new Set<string>();
  const refused = new Set<string>();
  await Promise.all(
    controlsOf(options, collections).map(async ({ name, value, needed }) => {
      try {
        await connection.call(DCP_CONTROL, { name, value }, how);
        accepted.add(name);
      } catch (error) {
        if (needed || !(error instanceof StatusError) || !REFUSALS.includes(error.status)) throw error;
        refused.add(name);
      }
    }),
  );
  return { accepted, refused, collections };
}

/** How often a server sends no-ops that was not told, in seconds: 20 today, this once. */
const LONGEST_DEFAULT = 180;

/** How often the server really shows that it is alive, in seconds; 0 for never. */
export function noopPeriod({ accepted }: DcpAgreement, asked: number): number {
  if (!accepted.has(DcpControl.ENABLE_NOOP)) return 0;
  return accepted.has(DcpControl.SET_NOOP_INTERVAL) ? asked : Math.max(asked, LONGEST_DEFAULT);
}

/** What another attempt will not change: the server knows who asks, and does not let him. */
export function isHopeless(error: unknown): boolean {
  return error instanceof AuthError || error instanceof DcpError ||
    (error instanceof StatusError && error.status === Status.EACCESS);
}
