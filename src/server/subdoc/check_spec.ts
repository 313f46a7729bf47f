/**
 * What is looked at before a document is: whether flags, paths and values go together. Every function gives a status.
 */

import { DocumentFlag, PathFlag } from "../../ops/subdoc.ts";
import type { SubdocSpec } from "../../ops/subdoc_multi.ts";
import { asBytes } from "../../bytes.ts";
import { Status } from "../../wire/status.ts";
import { hasBrokenBinary } from "./binary_value.ts";
import { checkMacro } from "./macros.ts";
import { OPERATIONS, type SubdocOperation } from "./operations.ts";
import { hasXattrKey } from "./xattr_key.ts";
import { isVirtual } from "./virtual_xattrs.ts";

/** The most paths of one call. */
export const MAX_SPECS = 16;

const EMPTY = new Uint8Array(0);
const NO_BITS = 0;

/** A spec with its operation, path and value looked up. */
export interface CheckedSpec {
  /** What to do. */
  readonly operation: SubdocOperation;
  /** Bits of {@linkcode PathFlag}. */
  readonly pathFlags: number;
  /** Whether the path leads into an attribute. */
  readonly inXattr: boolean;
  /** The path as UTF-8. */
  readonly path: Uint8Array;
  /** The value; empty if there is none. */
  readonly value: Uint8Array;
}

/** What a call is checked against beside its specs. */
export interface CheckOptions {
  /** Bits of {@linkcode DocumentFlag}. */
  readonly documentFlags: number;
  /** The version that the document must have; 0 for whatever. */
  readonly cas: bigint;
  /** Whether attributes were agreed on. */
  readonly xattrs: boolean;
  /** Whether the call writes. */
  readonly mutates: boolean;
}

/** Looks at a whole call: its specs, or the status that refuses it. */
export function checkSpecs(specs: readonly SubdocSpec[], options: CheckOptions): readonly CheckedSpec[] | number {
  if (specs.length === 0 || specs.length > MAX_SPECS) return Status.SUBDOC_INVALID_COMBO;
  const refusal = checkDocumentFlags(options);
  if (refusal !== Status.SUCCESS) return refusal;
  const checked: CheckedSpec[] = [];
  let inBody = false;
  let alone = false;
  for (const spec of specs) {
    const next = checkSpec(spec, options);
    if (typeof next === "number") return next;
    if (inBody && next.inXattr) return Status.SUBDOC_INVALID_XATTR_ORDER;
    // A deletion of the document leaves no body for another to change.
    const deletes = next.operation.action.kind === "delete-document";
    if (alone || (deletes && inBody)) return Status.SUBDOC_INVALID_COMBO;
    inBody = !next.inXattr;
    alone = deletes;
    checked.push(next);
  }
  return checked;
}

function checkDocumentFlags({ documentFlags: flags, cas }: CheckOptions): number {
  const creates = flags & (DocumentFlag.MKDOC | DocumentFlag.ADD);
  const revives = (flags & DocumentFlag.REVIVE_DOCUMENT) !== 0;
  const asDeleted = (flags & DocumentFlag.CREATE_AS_DELETED) !== 0;
  if (creates === (DocumentFlag.MKDOC | DocumentFlag.ADD)) return Status.EINVAL;
  if ((flags & DocumentFlag.ADD) !== 0 && cas !== 0n) return Status.EINVAL;
  if (asDeleted && creates === NO_BITS) return Status.EINVAL;
  if (revives && ((flags & DocumentFlag.ACCESS_DELETED) === 0 || asDeleted)) return Status.EINVAL;
  return Status.SUCCESS;
}

function checkSpec(spec: SubdocSpec, options: CheckOptions): CheckedSpec | number {
  const operation = OPERATIONS.get(spec.opcode);
  if (operation === undefined || operation.mutates !== options.mutates) return Status.SUBDOC_INVALID_COMBO;
  const { pathFlags } = spec;
  const combination = checkPathFlags(pathFlags);
  if (combination !== Status.SUCCESS) return combination;
  if ((pathFlags & ~operation.pathFlags) !== NO_BITS) return Status.EINVAL;
  if ((pathFlags & operation.neededFlags) !== operation.neededFlags) return Status.EINVAL;
  if ((options.documentFlags & ~operation.documentFlags) !== NO_BITS) return Status.EINVAL;
  const inXattr = (pathFlags & PathFlag.XATTR) !== 0;
  const path = asBytes(spec.path);
  const value = spec.value === undefined ? EMPTY : asBytes(spec.value);
  const checked = { operation, pathFlags, inXattr, path, value };
  const refusal = inXattr ? checkXattr(checked, options) : checkEmptyPath(checked);
  if (refusal !== Status.SUCCESS) return refusal;
  return operation.takesValue === value.length > 0 ? checked : Status.EINVAL;
}

function checkPathFlags(flags: number): number {
  const special = flags & (PathFlag.EXPAND_MACROS | PathFlag.BINARY_VALUE);
  const fit = special === NO_BITS || (flags & PathFlag.XATTR) !== 0;
  const both = special === (PathFlag.EXPAND_MACROS | PathFlag.BINARY_VALUE);
  return fit && !both ? Status.SUCCESS : Status.SUBDOC_XATTR_INVALID_FLAG_COMBO;
}

function checkEmptyPath({ operation, path }: CheckedSpec): number {
  if (operation.emptyPath === "allowed") return Status.SUCCESS;
  return (path.length === 0) === (operation.emptyPath === "required") ? Status.SUCCESS : Status.EINVAL;
}

function checkXattr({ operation, pathFlags, path, value }: CheckedSpec, { xattrs }: CheckOptions): number {
  if (!xattrs) return Status.NOT_SUPPORTED;
  if (!hasXattrKey(path)) return Status.XATTR_EINVAL;
  if (operation.mutates && isVirtual(path)) return Status.SUBDOC_XATTR_CANT_MODIFY_VATTR;
  if ((pathFlags & PathFlag.BINARY_VALUE) === 0 && hasBrokenBinary(value)) return Status.XATTR_EINVAL;
  return (pathFlags & PathFlag.EXPAND_MACROS) === 0 ? Status.SUCCESS : checkMacro(value);
}
