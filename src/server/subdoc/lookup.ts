/**
 * Sub-document reads: many paths, or one.
 */

import { DocumentFlag, PathFlag } from "../../ops/subdoc.ts";
import type { SubdocResult, SubdocSpec } from "../../ops/subdoc_multi.ts";
import { Status } from "../../wire/status.ts";
import { unpackBinary } from "./binary_value.ts";
import { type CheckedSpec, checkSpecs } from "./check_spec.ts";
import type { SubdocDocument } from "./document.ts";
import type { SubdocOptions } from "./options.ts";
import { isKey, parsePath, type PathKey } from "./path.ts";
import type { ReadText } from "./read_path.ts";
import { isVirtual, virtualXattr } from "./virtual_xattrs.ts";
import { xattrText } from "./xattr_text.ts";

const NOTHING = new Uint8Array(0);

/** What a read of many paths gives. */
export interface SubdocLookup {
  /** Of the call: `SUCCESS`, `SUBDOC_MULTI_PATH_FAILURE` if a path failed, both in their `DELETED` form on a tombstone, or a refusal. */
  readonly status: number;
  /** One for each spec; none if the call was refused. */
  readonly results: readonly SubdocResult[];
}

/** What a call about one path gives. */
export interface SubdocAnswer {
  /** `SUCCESS`, `SUBDOC_SUCCESS_DELETED` on a tombstone, or why not. */
  readonly status: number;
  /** What is there, as it stands in the document, a view. */
  readonly value: Uint8Array;
}

/**
 * Reads many paths of one document. A path that fails does not keep the others from being read.
 *
 * Values are views into the document. Nothing is thrown: whatever is wrong has a status.
 *
 * @param document The document or its tombstone; `undefined` if there is neither.
 */
export function lookup(
  document: SubdocDocument | undefined,
  specs: readonly SubdocSpec[],
  options: SubdocOptions = {},
): SubdocLookup {
  const { documentFlags = 0, cas = 0n, xattrs = true } = options;
  const checked = checkSpecs(specs, { documentFlags, cas, xattrs, mutates: false });
  if (typeof checked === "number") return { status: checked, results: [] };
  const visible = visibleDocument(document, documentFlags);
  if (visible === undefined) return { status: Status.KEY_ENOENT, results: [] };
  if (cas !== 0n && cas !== visible.cas) return { status: Status.KEY_EEXISTS, results: [] };
  const results = checked.map((spec, index) => {
    const value = readSpec(visible, spec, options);
    if (typeof value === "number") return { index, status: value, value: NOTHING };
    return { index, status: Status.SUCCESS, value };
  });
  const failed = results.some(({ status }) => status !== Status.SUCCESS);
  const alive = failed ? Status.SUBDOC_MULTI_PATH_FAILURE : Status.SUCCESS;
  const dead = failed ? Status.SUBDOC_MULTI_PATH_FAILURE_DELETED : Status.SUBDOC_SUCCESS_DELETED;
  return { status: visible.deleted ? dead : alive, results };
}

/** Reads one path, as {@linkcode lookup} does for a call with an opcode of its own: the status of the path is that of the call. */
export function lookupOne(
  document: SubdocDocument | undefined,
  spec: SubdocSpec,
  options: SubdocOptions = {},
): SubdocAnswer {
  const { status, results } = lookup(document, [spec], options);
  const [result] = results;
  if (result === undefined) return { status, value: NOTHING };
  return { status: result.status === Status.SUCCESS ? status : result.status, value: result.value };
}

/** The document as a call sees it: a tombstone only if it asks for such. */
export function visibleDocument(
  document: SubdocDocument | undefined,
  documentFlags: number,
): SubdocDocument | undefined {
  const hidden = document?.deleted === true && (documentFlags & DocumentFlag.ACCESS_DELETED) === 0;
  return hidden ? undefined : document;
}

function readSpec(document: SubdocDocument, spec: CheckedSpec, options: SubdocOptions): Uint8Array | number {
  const { action } = spec.operation;
  if (action.kind === "read") {
    return spec.inXattr ? readXattr(document, spec, action.read, options) : readBody(document, spec, action.read);
  }
  return document.body.length > 0 ? document.body : Status.SUBDOC_PATH_ENOENT;
}

function readBody({ body, isJson }: SubdocDocument, spec: CheckedSpec, read: ReadText): Uint8Array | number {
  if (!isJson) return Status.SUBDOC_DOC_NOTJSON;
  const path = parsePath(spec.path);
  return typeof path === "number" ? path : read(body, path);
}

/** Reads a path that leads into an attribute, stored or virtual; bytes are unpacked if the spec asks for bytes. */
export function readXattr(
  document: SubdocDocument,
  spec: CheckedSpec,
  read: ReadText,
  options: SubdocOptions,
): Uint8Array | number {
  const path = parsePath(spec.path);
  if (typeof path === "number") return path;
  const [name] = path;
  if (name === undefined || !isKey(name)) return Status.SUBDOC_PATH_MISMATCH;
  const stored = isVirtual(spec.path) ? virtualOf(document, name, options) : document.xattrs.get(name.key);
  if (stored === undefined && isVirtual(spec.path)) return Status.SUBDOC_XATTR_UNKNOWN_VATTR;
  const value = read(xattrText(stored, name), path);
  if (typeof value === "number" || (spec.pathFlags & PathFlag.BINARY_VALUE) === 0) return value;
  return unpackBinary(value) ?? Status.SUBDOC_FIELD_NOT_BINARY;
}

function virtualOf(document: SubdocDocument, name: PathKey, options: SubdocOptions): Uint8Array | undefined {
  return virtualXattr(name.key, document, options.vbucket ?? {});
}
