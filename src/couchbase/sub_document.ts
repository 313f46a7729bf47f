import { utf8Decode, utf8Encode } from "../bytes.ts";
import type { CallOptions } from "../connection/caller.ts";
import type { ExpiryOptions } from "../client/expiry.ts";
import { StatusError } from "../errors.ts";
import { GET } from "../ops/retrieval.ts";
import { DELETE, type MutationToken, SET } from "../ops/storage.ts";
import {
  DocumentFlag,
  PathFlag,
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
} from "../ops/subdoc.ts";
import type { SubdocMultiResponse, SubdocResult, SubdocSpec } from "../ops/subdoc_multi.ts";
import { Status, statusInfo } from "../wire/status.ts";

/** A path of a document, and what to read there. */
export type LookupSpec =
  | { readonly get: string; readonly xattr?: boolean }
  | { readonly exists: string; readonly xattr?: boolean }
  | { readonly count: string; readonly xattr?: boolean }
  | { readonly document: true };

/** A JSON value, or the text of one in `{ json }`, or bytes for a binary attribute. */
export type SubdocValue = unknown;

/** How a path is written. */
export interface PathOptions {
  /** The path is in an attribute. */
  readonly xattr?: boolean;
  /** Makes the objects on the way that are missing. */
  readonly createPath?: boolean;
  /** The value is a macro such as `${Mutation.CAS}`. */
  readonly expandMacros?: boolean;
}

/** A path of a document, and what to change there. Attributes come first in a list. */
export type MutateSpec =
  & PathOptions
  & (
    | { readonly upsert: string; readonly value: SubdocValue }
    | { readonly insert: string; readonly value: SubdocValue }
    | { readonly replace: string; readonly value: SubdocValue }
    | { readonly remove: string }
    | { readonly arrayAppend: string; readonly values: readonly SubdocValue[] }
    | { readonly arrayPrepend: string; readonly values: readonly SubdocValue[] }
    | { readonly arrayInsert: string; readonly values: readonly SubdocValue[] }
    | { readonly arrayAddUnique: string; readonly value: SubdocValue }
    | { readonly counter: string; readonly by: number | bigint }
    | { readonly replaceBodyWithXattr: string }
    | { readonly document: SubdocValue }
    | { readonly removeDocument: true }
  );

/** How a document is read by paths. */
export interface LookupInOptions extends CallOptions {
  /** Tombstones count as documents. */
  readonly accessDeleted?: boolean;
}

/** How a document is changed by paths. */
export interface MutateInOptions extends CallOptions, ExpiryOptions {
  /** Only if the document still has this version. */
  readonly cas?: bigint;
  /** What the document must be: `replace` must exist (the default), `upsert` may, `insert` must not. */
  readonly store?: "replace" | "upsert" | "insert";
  /** Tombstones count as documents. */
  readonly accessDeleted?: boolean;
  /** Makes the document as a tombstone; with `insert` or `upsert`. */
  readonly createAsDeleted?: boolean;
  /** Makes a document of a tombstone. */
  readonly revive?: boolean;
  /** 32 bits to keep with a document that is made. */
  readonly flags?: number;
}

/** What is at one path. */
export class PathResult {
  /** Success, or why not. */
  readonly status: number;
  /** What is there, as it came. */
  readonly value: Uint8Array;

  /** Made of one result of a call. */
  constructor({ status, value }: { readonly status: number; readonly value: Uint8Array }) {
    this.status = status;
    this.value = value;
  }

  /** Whether there is something. */
  get exists(): boolean {
    return this.status === Status.SUCCESS;
  }

  /**
   * What is there, parsed; `undefined` if there is nothing.
   *
   * @throws {StatusError} If the path could not be read for another reason.
   */
  // deno-lint-ignore no-explicit-any -- as JSON.parse: the caller knows what was stored.
  json(): any {
    if (this.status === Status.SUBDOC_PATH_ENOENT) return undefined;
    if (!this.exists) throw pathError("read path", this.status);
    return this.value.length === 0 ? undefined : JSON.parse(utf8Decode(this.value));
  }
}

/** What a document has at the paths that were asked for. */
export interface LookupInResult {
  /** One for each spec, in its place. */
  readonly results: readonly PathResult[];
  /** The version of the document. */
  readonly cas: bigint;
  /** Whether it is a tombstone. */
  readonly deleted: boolean;
}

/** What a change by paths gave. */
export interface MutateInResult {
  /** The value of each spec that gives one, in its place: the new number of a counter. */
  readonly values: readonly unknown[];
  /** The new version of the document. */
  readonly cas: bigint;
  /** Whether it is a tombstone. */
  readonly deleted: boolean;
  /** Where the write stands in the history of its vbucket, when it was asked for at the start. */
  readonly token?: MutationToken;
}

/** Thrown when a path of a change did not hold; nothing was changed. */
export class PathError extends StatusError {
  /** Which spec, counted from 0. */
  readonly index: number;

  /** Made of the answer's first failure. */
  constructor(index: number, status: number) {
    const info = statusInfo(status);
    super(`Cannot change path ${index} of the document: ${info.name} (${info.sentence}); nothing was changed`, {
      op: "subdoc-multi-mutation",
      status,
      statusName: info.name,
      retryable: info.retryable,
      opaque: 0,
    });
    this.index = index;
  }
}

/** Turns what a caller wants to read into paths on the wire. */
export function lookupSpecs(specs: readonly LookupSpec[]): SubdocSpec[] {
  return specs.map((spec) => {
    if ("document" in spec) return { opcode: GET.opcode, pathFlags: 0, path: "" };
    const pathFlags = spec.xattr === true ? PathFlag.XATTR : 0;
    if ("get" in spec) return { opcode: SUBDOC_GET.opcode, pathFlags, path: spec.get };
    if ("exists" in spec) return { opcode: SUBDOC_EXISTS.opcode, pathFlags, path: spec.exists };
    return { opcode: SUBDOC_GET_COUNT.opcode, pathFlags, path: spec.count };
  });
}

/** Turns what a caller wants to change into paths on the wire. */
export function mutateSpecs(specs: readonly MutateSpec[]): SubdocSpec[] {
  return specs.map((spec) => {
    const given = operationOf(spec);
    const binary = given.value instanceof Uint8Array && spec.xattr === true ? PathFlag.BINARY_VALUE : 0;
    const pathFlags = (spec.xattr === true ? PathFlag.XATTR : 0) | (spec.createPath === true ? PathFlag.MKDIR_P : 0) |
      (spec.expandMacros === true ? PathFlag.EXPAND_MACROS | PathFlag.XATTR : 0) | given.flags | binary;
    const body = { opcode: given.opcode, pathFlags, path: given.path };
    return given.value === undefined ? body : { ...body, value: encode(given.value) };
  });
}

interface Operation {
  readonly opcode: number;
  readonly path: string;
  readonly flags: number;
  readonly value?: unknown;
}

function operationOf(spec: MutateSpec): Operation {
  if ("upsert" in spec) return { opcode: SUBDOC_DICT_UPSERT.opcode, path: spec.upsert, flags: 0, value: spec.value };
  if ("insert" in spec) return { opcode: SUBDOC_DICT_ADD.opcode, path: spec.insert, flags: 0, value: spec.value };
  if ("replace" in spec) return { opcode: SUBDOC_REPLACE.opcode, path: spec.replace, flags: 0, value: spec.value };
  if ("remove" in spec) return { opcode: SUBDOC_DELETE.opcode, path: spec.remove, flags: 0 };
  if ("arrayAppend" in spec) return list(SUBDOC_ARRAY_PUSH_LAST.opcode, spec.arrayAppend, spec.values);
  if ("arrayPrepend" in spec) return list(SUBDOC_ARRAY_PUSH_FIRST.opcode, spec.arrayPrepend, spec.values);
  if ("arrayInsert" in spec) return list(SUBDOC_ARRAY_INSERT.opcode, spec.arrayInsert, spec.values);
  if ("arrayAddUnique" in spec) {
    return { opcode: SUBDOC_ARRAY_ADD_UNIQUE.opcode, path: spec.arrayAddUnique, flags: 0, value: spec.value };
  }
  if ("counter" in spec) {
    return { opcode: SUBDOC_COUNTER.opcode, path: spec.counter, flags: 0, value: utf8Encode(String(BigInt(spec.by))) };
  }
  if ("replaceBodyWithXattr" in spec) {
    const { opcode } = SUBDOC_REPLACE_BODY_WITH_XATTR;
    return { opcode, path: spec.replaceBodyWithXattr, flags: PathFlag.XATTR };
  }
  if ("document" in spec) return { opcode: SET.opcode, path: "", flags: 0, value: spec.document };
  return { opcode: DELETE.opcode, path: "", flags: 0 };
}

/** Several elements go as their JSON texts with commas between them. */
function list(opcode: number, path: string, values: readonly unknown[]): Operation {
  if (values.length === 0) throw new TypeError(`Cannot change array "${path}": there are no values`);
  return { opcode, path, flags: 0, value: utf8Encode(values.map((value) => JSON.stringify(value)).join(",")) };
}

function encode(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  const json = JSON.stringify(value);
  if (json === undefined) throw new TypeError(`Cannot write a ${typeof value} into a document: it has no JSON form`);
  return utf8Encode(json);
}

/** The bits of how the document is meant; nothing when there are none. */
export function documentFlags(options: MutateInOptions & LookupInOptions): number | undefined {
  const flags = (options.store === "upsert" ? DocumentFlag.MKDOC : 0) |
    (options.store === "insert" ? DocumentFlag.ADD : 0) |
    (options.accessDeleted === true ? DocumentFlag.ACCESS_DELETED : 0) |
    (options.createAsDeleted === true ? DocumentFlag.CREATE_AS_DELETED : 0) |
    (options.revive === true ? DocumentFlag.REVIVE_DOCUMENT : 0) |
    (Number(options.replica ?? 0) > 0 ? DocumentFlag.REPLICA_READ : 0);
  return flags === 0 ? undefined : flags;
}

/** Reads the answer to a lookup. */
export function lookupResult(response: SubdocMultiResponse): LookupInResult {
  const { cas, deleted, results } = response;
  return { cas, deleted, results: results.map((result) => new PathResult(result)) };
}

/** Reads the answer to a change; throws what did not hold. */
export function mutateResult(response: SubdocMultiResponse, count: number): MutateInResult {
  const { cas, deleted, results, token } = response;
  if (response.failed) throw failure(results);
  const values: unknown[] = new Array(count).fill(undefined);
  for (const { index, value } of results) values[index] = JSON.parse(utf8Decode(value));
  return token === undefined ? { cas, deleted, values } : { cas, deleted, values, token };
}

function failure(results: readonly SubdocResult[]): PathError {
  const [first] = results;
  return new PathError(first?.index ?? 0, first?.status ?? Status.SUBDOC_MULTI_PATH_FAILURE);
}

function pathError(what: string, status: number): StatusError {
  const info = statusInfo(status);
  return new StatusError(`Cannot ${what}: ${info.name} (${info.sentence})`, {
    op: "subdoc-multi-lookup",
    status,
    statusName: info.name,
    retryable: info.retryable,
    opaque: 0,
  });
}
