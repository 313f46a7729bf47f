/**
 * Every row by its number.
 */

import { hexByte } from "../bytes.ts";
import type { Frame } from "../frame/frame.ts";
import { formatFrame as formatFrameWith } from "../frame/format_frame.ts";
import { Magic } from "../wire/header.ts";
import { FLUSH, NOOP, QUIT, STAT, VERBOSITY, VERSION } from "./admin.ts";
import { SASL_AUTH, SASL_LIST_MECHS, SASL_STEP } from "./auth.ts";
import { CLUSTERMAP_CHANGE_NOTIFICATION, GET_CLUSTER_CONFIG, SET_CLUSTER_CONFIG } from "./cluster_config.ts";
import {
  COLLECTIONS_GET_ID,
  COLLECTIONS_GET_MANIFEST,
  COLLECTIONS_GET_SCOPE_ID,
  COLLECTIONS_SET_MANIFEST,
} from "./collections.ts";
import { DECREMENT, INCREMENT } from "./counter.ts";
import { DCP_BUFFER_ACK, DCP_CONTROL, DCP_FLUSH, DCP_NOOP, DCP_OPEN, DCP_SET_VBUCKET_STATE } from "./dcp.ts";
import { DCP_CACHE_TRANSFER, DCP_CACHE_TRANSFER_END } from "./dcp_cache_transfer.ts";
import {
  DCP_ABORT,
  DCP_COMMIT,
  DCP_DELETION,
  DCP_EXPIRATION,
  DCP_MUTATION,
  DCP_OSO_SNAPSHOT,
  DCP_PREPARE,
  DCP_SEQNO_ACKNOWLEDGED,
  DCP_SEQNO_ADVANCED,
} from "./dcp_events.ts";
import { DCP_SNAPSHOT_MARKER } from "./dcp_snapshot.ts";
import {
  DCP_ADD_STREAM,
  DCP_CLOSE_STREAM,
  DCP_GET_FAILOVER_LOG,
  DCP_STREAM_END,
  DCP_STREAM_REQUEST,
} from "./dcp_stream.ts";
import { DCP_SYSTEM_EVENT } from "./dcp_system.ts";
import {
  EVICT_KEY,
  GET_EX,
  GET_EX_REPLICA,
  GET_KEYS,
  GET_LOCKED,
  GET_RANDOM_KEY,
  GET_REPLICA,
  UNLOCK_KEY,
} from "./documents.ts";
import { ADD_WITH_META, DEL_WITH_META, GET_META, MUTATE_WITH_META, RETURN_META, SET_WITH_META } from "./meta.ts";
import { OTHER_OPCODES, OTHER_SERVER_OPCODES } from "./names.ts";
import { GET_ALL_VB_SEQNOS, OBSERVE, OBSERVE_SEQNO, SEQNO_PERSISTENCE } from "./observe.ts";
import type { Op } from "./op.ts";
import { RANGE_SCAN_CANCEL, RANGE_SCAN_CONTINUE, RANGE_SCAN_CREATE } from "./range_scan.ts";
import { GAT, GATK, GET, GETK, TOUCH } from "./retrieval.ts";
import { GET_ERROR_MAP, HELLO, LIST_BUCKETS, SELECT_BUCKET } from "./session.ts";
import { ADD, APPEND, DELETE, PREPEND, REPLACE, SET } from "./storage.ts";
import {
  SUBDOC_ARRAY_ADD_UNIQUE,
  SUBDOC_ARRAY_INSERT,
  SUBDOC_ARRAY_PUSH_FIRST,
  SUBDOC_ARRAY_PUSH_LAST,
  SUBDOC_COUNTER,
  SUBDOC_DELETE,
  SUBDOC_DICT_ADD,
  SUBDOC_DICT_UPSERT,
  SUBDOC_EXISTS,
  SUBDOC_GET,
  SUBDOC_GET_COUNT,
  SUBDOC_REPLACE,
  SUBDOC_REPLACE_BODY_WITH_XATTR,
} from "./subdoc.ts";
import { SUBDOC_MULTI_LOOKUP, SUBDOC_MULTI_MUTATION } from "./subdoc_multi.ts";
import {
  CHANGE_VB_FILTER,
  DEREGISTER_TAP_CLIENT,
  LAST_CLOSED_CHECKPOINT,
  TAP_CHECKPOINT_END,
  TAP_CHECKPOINT_START,
  TAP_CONNECT,
  TAP_DELETE,
  TAP_FLUSH,
  TAP_MUTATION,
  TAP_OPAQUE,
  TAP_VBUCKET_SET,
} from "./tap.ts";
import { DEL_VBUCKET, GET_FAILOVER_LOG, GET_VBUCKET, SET_VBUCKET } from "./vbucket.ts";

/** A row of which only the number and the shape matter. */
// deno-lint-ignore no-explicit-any -- rows of different messages stand in one table.
export type AnyOp = Op<any, any>;

/** What a number on the wire means. */
export interface OpcodeMeaning {
  /** The row. */
  readonly op: AnyOp;
  /** Whether the number is that of its quiet twin. */
  readonly quiet: boolean;
}

/** All rows of what clients send and servers answer, by rising opcode. */
export const OPS: readonly AnyOp[] = [
  GET,
  SET,
  ADD,
  REPLACE,
  DELETE,
  INCREMENT,
  DECREMENT,
  QUIT,
  FLUSH,
  NOOP,
  VERSION,
  GETK,
  APPEND,
  PREPEND,
  STAT,
  VERBOSITY,
  TOUCH,
  GAT,
  HELLO,
  SASL_LIST_MECHS,
  SASL_AUTH,
  SASL_STEP,
  GATK,
  SET_VBUCKET,
  GET_VBUCKET,
  DEL_VBUCKET,
  TAP_CONNECT,
  TAP_MUTATION,
  TAP_DELETE,
  TAP_FLUSH,
  TAP_OPAQUE,
  TAP_VBUCKET_SET,
  TAP_CHECKPOINT_START,
  TAP_CHECKPOINT_END,
  GET_ALL_VB_SEQNOS,
  GET_EX,
  GET_EX_REPLICA,
  MUTATE_WITH_META,
  DCP_OPEN,
  DCP_ADD_STREAM,
  DCP_CLOSE_STREAM,
  DCP_STREAM_REQUEST,
  DCP_GET_FAILOVER_LOG,
  DCP_STREAM_END,
  DCP_SNAPSHOT_MARKER,
  DCP_MUTATION,
  DCP_DELETION,
  DCP_EXPIRATION,
  DCP_FLUSH,
  DCP_SET_VBUCKET_STATE,
  DCP_NOOP,
  DCP_BUFFER_ACK,
  DCP_CONTROL,
  DCP_SYSTEM_EVENT,
  DCP_PREPARE,
  DCP_SEQNO_ACKNOWLEDGED,
  DCP_COMMIT,
  DCP_ABORT,
  DCP_SEQNO_ADVANCED,
  DCP_OSO_SNAPSHOT,
  DCP_CACHE_TRANSFER,
  DCP_CACHE_TRANSFER_END,
  GET_REPLICA,
  LIST_BUCKETS,
  SELECT_BUCKET,
  OBSERVE_SEQNO,
  OBSERVE,
  EVICT_KEY,
  GET_LOCKED,
  UNLOCK_KEY,
  GET_FAILOVER_LOG,
  LAST_CLOSED_CHECKPOINT,
  DEREGISTER_TAP_CLIENT,
  GET_META,
  SET_WITH_META,
  ADD_WITH_META,
  DEL_WITH_META,
  CHANGE_VB_FILTER,
  RETURN_META,
  SET_CLUSTER_CONFIG,
  GET_CLUSTER_CONFIG,
  GET_RANDOM_KEY,
  SEQNO_PERSISTENCE,
  GET_KEYS,
  COLLECTIONS_SET_MANIFEST,
  COLLECTIONS_GET_MANIFEST,
  COLLECTIONS_GET_ID,
  COLLECTIONS_GET_SCOPE_ID,
  SUBDOC_GET,
  SUBDOC_EXISTS,
  SUBDOC_DICT_ADD,
  SUBDOC_DICT_UPSERT,
  SUBDOC_DELETE,
  SUBDOC_REPLACE,
  SUBDOC_ARRAY_PUSH_LAST,
  SUBDOC_ARRAY_PUSH_FIRST,
  SUBDOC_ARRAY_INSERT,
  SUBDOC_ARRAY_ADD_UNIQUE,
  SUBDOC_COUNTER,
  SUBDOC_MULTI_LOOKUP,
  SUBDOC_MULTI_MUTATION,
  SUBDOC_GET_COUNT,
  SUBDOC_REPLACE_BODY_WITH_XATTR,
  RANGE_SCAN_CREATE,
  RANGE_SCAN_CONTINUE,
  RANGE_SCAN_CANCEL,
  GET_ERROR_MAP,
];

/** All rows of what servers send and clients may answer: a space of opcodes of its own. */
export const SERVER_OPS: readonly AnyOp[] = [CLUSTERMAP_CHANGE_NOTIFICATION];

const BY_OPCODE: readonly (OpcodeMeaning | undefined)[] = index(OPS);
const BY_SERVER_OPCODE: readonly (OpcodeMeaning | undefined)[] = index(SERVER_OPS);

function index(ops: readonly AnyOp[]): (OpcodeMeaning | undefined)[] {
  const meanings: (OpcodeMeaning | undefined)[] = new Array(256).fill(undefined);
  for (const op of ops) {
    take(meanings, op.opcode, { op, quiet: false });
    if (op.quiet !== undefined) take(meanings, op.quiet.opcode, { op, quiet: true });
  }
  return meanings;
}

function take(meanings: (OpcodeMeaning | undefined)[], opcode: number, meaning: OpcodeMeaning): void {
  const other = meanings[opcode];
  if (other !== undefined) throw new Error(`Rows ${other.op.name} and ${meaning.op.name} both have opcode ${opcode}`);
  meanings[opcode] = meaning;
}

/** Finds the row of a number that clients send, or nothing. */
export function findOp(opcode: number): OpcodeMeaning | undefined {
  return BY_OPCODE[opcode];
}

/** Finds the row of a number that servers send by themselves (magic 0x82), or nothing. */
export function findServerOp(opcode: number): AnyOp | undefined {
  return BY_SERVER_OPCODE[opcode]?.op;
}

/** The name of an opcode: `getq`, `dcp-mutation`, or `0xee` for one that nobody knows. */
export function opcodeName(opcode: number, magic: number = Magic.CLIENT_REQUEST): string {
  if (magic === Magic.SERVER_REQUEST || magic === Magic.CLIENT_RESPONSE) {
    return findServerOp(opcode)?.name ?? OTHER_SERVER_OPCODES.get(opcode) ?? hexByte(opcode);
  }
  const meaning = BY_OPCODE[opcode];
  if (meaning === undefined) return OTHER_OPCODES.get(opcode) ?? hexByte(opcode);
  const { name, quiet } = meaning.op;
  return meaning.quiet ? quiet!.name ?? `${name}q` : name;
}

/**
 * One line of text for a frame, for traces and for differences in tests.
 *
 * @example
 * ```ts
 * import { formatFrame, Frame } from "@memwire/memwire/codec";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const bytes = new Uint8Array(24);
 * bytes.set([0x80, 0x0a]);
 * assertStringIncludes(formatFrame(Frame.from(bytes)), "noop");
 * ```
 */
export function formatFrame(frame: Frame): string {
  return formatFrameWith(frame, opcodeName);
}
