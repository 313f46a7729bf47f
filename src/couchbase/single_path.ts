import { utf8Decode } from "../bytes.ts";
import type { Settle } from "../connection/caller.ts";
import type { Bytes } from "../frame/frame_writer.ts";
import type { Op, Outgoing } from "../ops/op.ts";
import { statusError } from "../ops/status_error.ts";
import type { MutationToken } from "../ops/storage.ts";
import * as rows from "../ops/subdoc.ts";
import type { SubdocSpec } from "../ops/subdoc_multi.ts";
import { Status } from "../wire/status.ts";
import { type LookupSpec, type MutateSpec, PathResult } from "./sub_document.ts";

/** A path and what to read there; the whole document is read by `get`. */
export type PathLookup = Exclude<LookupSpec, { readonly document: true }>;

/** A path and what to change there; the whole document is written by `set` and `delete`. */
export type PathMutation = Exclude<MutateSpec, { readonly document: unknown } | { readonly removeDocument: true }>;

/** What is at one path. */
export interface LookupPathResult {
  /** What was found there. */
  readonly result: PathResult;
  /** The version of the document. */
  readonly cas: bigint;
  /** Whether it is a tombstone. */
  readonly deleted: boolean;
}

/** What a change of one path gave. */
export interface MutatePathResult {
  /** The new number of a counter. */
  readonly value: unknown;
  /** The new version of the document. */
  readonly cas: bigint;
  /** Whether it is a tombstone. */
  readonly deleted: boolean;
  /** Where the write stands in the history of its vbucket, when it was asked for at the start. */
  readonly token?: MutationToken;
}

type SingleOp = Op<rows.SubdocRequest, rows.SubdocResponse>;

const BY_OPCODE: ReadonlyMap<number, SingleOp> = new Map(
  [
    rows.SUBDOC_GET,
    rows.SUBDOC_EXISTS,
    rows.SUBDOC_GET_COUNT,
    rows.SUBDOC_DICT_ADD,
    rows.SUBDOC_DICT_UPSERT,
    rows.SUBDOC_DELETE,
    rows.SUBDOC_REPLACE,
    rows.SUBDOC_ARRAY_PUSH_LAST,
    rows.SUBDOC_ARRAY_PUSH_FIRST,
    rows.SUBDOC_ARRAY_INSERT,
    rows.SUBDOC_ARRAY_ADD_UNIQUE,
    rows.SUBDOC_COUNTER,
    rows.SUBDOC_REPLACE_BODY_WITH_XATTR,
  ].map((op) => [op.opcode, op]),
);

/** Makes the request about one path of what would be one of many. */
export function pathRequest(
  key: Bytes,
  spec: SubdocSpec,
  about: {
    readonly documentFlags: number | undefined;
    readonly expiry?: number | undefined;
    readonly userFlags?: number | undefined;
    readonly cas?: bigint | undefined;
  },
): { readonly op: SingleOp; readonly request: Outgoing<rows.SubdocRequest> } {
  const { opcode, pathFlags, path, value } = spec;
  const op = BY_OPCODE.get(opcode);
  if (op === undefined) throw new TypeError("Cannot do this with one path alone: it is about the whole document");
  const { documentFlags, expiry, userFlags, cas } = about;
  const request = {
    key,
    path,
    pathFlags,
    ...(value === undefined ? {} : { value }),
    ...(documentFlags === undefined ? {} : { documentFlags }),
    ...(expiry === undefined ? {} : { expiry }),
    ...(userFlags === undefined ? {} : { userFlags }),
    ...(cas === undefined ? {} : { cas }),
  };
  return { op, request };
}

/** Reads the answer to a lookup: neither a missing document nor a missing path is an error. */
export const lookupPathResult: Settle<LookupPathResult | undefined> = (frame, op, request) => {
  const { status } = frame;
  if (status === Status.KEY_ENOENT) return undefined;
  const deleted = status === Status.SUBDOC_SUCCESS_DELETED;
  if (status !== Status.SUCCESS && status !== Status.SUBDOC_PATH_ENOENT && !deleted) {
    throw statusError(op, frame, request);
  }
  frame.keep();
  const found = status === Status.SUBDOC_PATH_ENOENT ? status : Status.SUCCESS;
  return { result: new PathResult({ status: found, value: frame.value }), cas: frame.cas, deleted };
};

/** Reads the answer to a change. */
export function mutatePathResult({ value, ...rest }: rows.SubdocResponse): MutatePathResult {
  return { ...rest, value: value.length === 0 ? undefined : JSON.parse(utf8Decode(value)) };
}
