import { utf8Encode } from "../../bytes.ts";
import { DocumentFlag, PathFlag } from "../../ops/subdoc.ts";
import { Status } from "../../wire/status.ts";
import { packBinary } from "./binary_value.ts";
import type { CheckedSpec } from "./check_spec.ts";
import { BLANK, type SubdocDocument } from "./document.ts";
import type { EditText } from "./edit_member.ts";
import { isJson } from "./json_value.ts";
import { readXattr } from "./lookup.ts";
import type { Macros } from "./macros.ts";
import { isKey, parsePath } from "./path.ts";
import { readValue } from "./read_path.ts";
import type { Edit } from "./splice.ts";
import { withXattrText, xattrText } from "./xattr_text.ts";
import { isSystemXattr } from "./xattr_key.ts";

/** A document between the paths of one change. */
export interface Draft {
  /** The value. */
  readonly body: Uint8Array;
  /** Whether the value is JSON. */
  readonly isJson: boolean;
  /** The attributes. */
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
  /** Whether it was a tombstone before, or is made as one. */
  readonly wasDeleted: boolean;
  /** Whether a path deletes it. */
  readonly deletes: boolean;
}

/** What a path makes of a draft. */
export interface DraftStep {
  /** The draft behind it. */
  readonly draft: Draft;
  /** What to answer with, if anything. */
  readonly result?: Uint8Array;
}

/** What all paths of a change share. */
export interface DraftContext {
  /** What macros become; `undefined` if no path has one. */
  readonly macros: Macros | undefined;
  /** Whether the objects on the way are made, whatever a path says. */
  readonly makePath: boolean;
}

const OPEN_BRACKET = 0x5b;

/** What a change begins with: the document, or an empty one of the kind that the first path into it needs. */
export function startDraft(
  document: SubdocDocument | undefined,
  specs: readonly CheckedSpec[],
  documentFlags: number,
): Draft {
  if (document !== undefined) {
    const { body, isJson, xattrs, deleted } = document;
    return { body, isJson, xattrs, wasDeleted: deleted, deletes: false };
  }
  const asDeleted = (documentFlags & DocumentFlag.CREATE_AS_DELETED) !== 0;
  const body = asDeleted ? BLANK.body : utf8Encode(emptyBody(specs));
  return { body, isJson: body.length > 0, xattrs: BLANK.xattrs, wasDeleted: asDeleted, deletes: false };
}

/** Takes a change one path further; a status when it cannot. */
export function stepDraft(draft: Draft, spec: CheckedSpec, context: DraftContext): DraftStep | number {
  const { action } = spec.operation;
  switch (action.kind) {
    case "edit":
      return (spec.inXattr ? editXattr : editBody)(draft, spec, { edit: action.edit, context });
    case "set-document":
      return { draft: { ...draft, body: spec.value.slice(), isJson: isJson(spec.value) } };
    case "replace-body":
      return replaceBody(draft, spec);
    case "delete-document": {
      const xattrs = new Map(Array.from(draft.xattrs).filter(([name]) => isSystemXattr(name)));
      return { draft: { ...draft, body: BLANK.body, isJson: false, xattrs, deletes: true } };
    }
    default:
      return Status.SUBDOC_INVALID_COMBO;
  }
}

interface EditStep {
  readonly edit: EditText;
  readonly context: DraftContext;
}

function editBody(draft: Draft, spec: CheckedSpec, { edit, context }: EditStep): DraftStep | number {
  if (!draft.isJson) return Status.SUBDOC_DOC_NOTJSON;
  const path = parsePath(spec.path);
  if (typeof path === "number") return path;
  const done = edit({ text: draft.body, path, value: spec.value, makePath: makesPath(spec, context) });
  if (typeof done === "number") return done;
  return { draft: { ...draft, body: done.text }, ...resultOf(done) };
}

function editXattr(draft: Draft, spec: CheckedSpec, { edit, context }: EditStep): DraftStep | number {
  const path = parsePath(spec.path);
  if (typeof path === "number") return path;
  const [name] = path;
  if (name === undefined || !isKey(name)) return Status.SUBDOC_PATH_MISMATCH;
  const value = valueOf(spec, context.macros);
  if (value === undefined) return Status.SUBDOC_XATTR_UNKNOWN_VATTR_MACRO;
  const text = xattrText(draft.xattrs.get(name.key), name);
  const done = edit({ text, path, value, makePath: makesPath(spec, context) });
  if (typeof done === "number") return done;
  return { draft: { ...draft, xattrs: withXattrText(draft.xattrs, name, done.text) }, ...resultOf(done) };
}

function replaceBody(draft: Draft, spec: CheckedSpec): DraftStep | number {
  const value = readXattr({ ...BLANK, xattrs: draft.xattrs }, spec, readValue, {});
  if (typeof value === "number") return value;
  return { draft: { ...draft, body: value.slice(), isJson: isJson(value) } };
}

function makesPath({ pathFlags }: CheckedSpec, { makePath }: DraftContext): boolean {
  return makePath || (pathFlags & PathFlag.MKDIR_P) !== 0;
}

/** What a spec puts into an attribute; `undefined` for a macro that shows what there is not. */
function valueOf({ pathFlags, value }: CheckedSpec, macros: Macros | undefined): Uint8Array | undefined {
  if ((pathFlags & PathFlag.BINARY_VALUE) !== 0) return packBinary(value);
  return (pathFlags & PathFlag.EXPAND_MACROS) !== 0 ? macros?.expand(value) : value;
}

function resultOf({ result }: Edit): { readonly result?: Uint8Array } {
  return result === undefined ? {} : { result };
}

/** A document that is made for its attributes alone is an empty object. */
function emptyBody(specs: readonly CheckedSpec[]): string {
  const edits = specs.filter(({ operation }) => operation.action.kind === "edit");
  const first = edits.find(({ inXattr }) => !inXattr);
  if (first === undefined) return edits.length > 0 ? "{}" : "";
  return first.path.length === 0 || first.path[0] === OPEN_BRACKET ? "[]" : "{}";
}
