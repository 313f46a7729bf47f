/**
 * The table of what may stand in a sub-document call: for each opcode what it does, and which flags, path and value it takes.
 */

import { GET } from "../../ops/retrieval.ts";
import { DELETE, SET } from "../../ops/storage.ts";
import * as subdoc from "../../ops/subdoc.ts";
import { addUnique, insertElements, pushFirst, pushLast } from "./edit_array.ts";
import { addToCounter } from "./edit_counter.ts";
import { addMember, type EditText, removeValue, replaceValue, upsertMember } from "./edit_member.ts";
import { readCount, readExistence, type ReadText, readValue } from "./read_path.ts";

/** What an operation does. */
export type SubdocAction =
  | { readonly kind: "read"; readonly read: ReadText }
  | { readonly kind: "edit"; readonly edit: EditText }
  | { readonly kind: "get-document" | "set-document" | "delete-document" | "replace-body" };

/** A row of the table. */
export interface SubdocOperation {
  /** What it does. */
  readonly action: SubdocAction;
  /** Whether it writes. */
  readonly mutates: boolean;
  /** The bits of `PathFlag` that it takes. */
  readonly pathFlags: number;
  /** The bits of `PathFlag` that it must have. */
  readonly neededFlags: number;
  /** The bits of `DocumentFlag` that a call may have that it stands in. */
  readonly documentFlags: number;
  /** Whether it must have a value; otherwise it must have none. */
  readonly takesValue: boolean;
  /** Whether it takes the empty path, or nothing but it, or none. */
  readonly emptyPath: "allowed" | "required" | "refused";
}

const { MKDIR_P, XATTR, EXPAND_MACROS, BINARY_VALUE } = subdoc.PathFlag;
const { MKDOC, ADD, ACCESS_DELETED, CREATE_AS_DELETED, REVIVE_DOCUMENT, REPLICA_READ } = subdoc.DocumentFlag;

const READS = ACCESS_DELETED | REPLICA_READ;
const CHANGES = ACCESS_DELETED | REVIVE_DOCUMENT;
const CREATES = CHANGES | MKDOC | ADD | CREATE_AS_DELETED;

/** The operations by their opcodes. */
export const OPERATIONS: ReadonlyMap<number, SubdocOperation> = new Map([
  [subdoc.SUBDOC_GET.opcode, read(readValue, { pathFlags: XATTR | BINARY_VALUE })],
  [subdoc.SUBDOC_EXISTS.opcode, read(readExistence)],
  [subdoc.SUBDOC_GET_COUNT.opcode, read(readCount, { emptyPath: "allowed" })],
  [subdoc.SUBDOC_DICT_ADD.opcode, edit(addMember, { pathFlags: MKDIR_P | XATTR | EXPAND_MACROS | BINARY_VALUE })],
  [subdoc.SUBDOC_DICT_UPSERT.opcode, edit(upsertMember, { pathFlags: MKDIR_P | XATTR | EXPAND_MACROS | BINARY_VALUE })],
  [subdoc.SUBDOC_DELETE.opcode, edit(removeValue, { takesValue: false, documentFlags: CHANGES })],
  [
    subdoc.SUBDOC_REPLACE.opcode,
    edit(replaceValue, { pathFlags: XATTR | EXPAND_MACROS | BINARY_VALUE, documentFlags: CHANGES | ADD }),
  ],
  [
    subdoc.SUBDOC_ARRAY_PUSH_LAST.opcode,
    edit(pushLast, { pathFlags: MKDIR_P | XATTR | EXPAND_MACROS, emptyPath: "allowed" }),
  ],
  [
    subdoc.SUBDOC_ARRAY_PUSH_FIRST.opcode,
    edit(pushFirst, { pathFlags: MKDIR_P | XATTR | EXPAND_MACROS, emptyPath: "allowed" }),
  ],
  [
    subdoc.SUBDOC_ARRAY_INSERT.opcode,
    edit(insertElements, { pathFlags: XATTR | EXPAND_MACROS, documentFlags: CHANGES | ADD }),
  ],
  [subdoc.SUBDOC_ARRAY_ADD_UNIQUE.opcode, edit(addUnique, { pathFlags: MKDIR_P | XATTR, emptyPath: "allowed" })],
  [subdoc.SUBDOC_COUNTER.opcode, edit(addToCounter, { pathFlags: MKDIR_P | XATTR })],
  [
    subdoc.SUBDOC_REPLACE_BODY_WITH_XATTR.opcode,
    {
      ...edit(replaceValue, { pathFlags: XATTR | BINARY_VALUE, takesValue: false }),
      action: { kind: "replace-body" },
      neededFlags: XATTR,
    },
  ],
  [GET.opcode, { ...whole("get-document"), mutates: false, documentFlags: READS }],
  [SET.opcode, { ...whole("set-document"), takesValue: true }],
  [DELETE.opcode, { ...whole("delete-document"), documentFlags: CHANGES }],
]);

function read(read: ReadText, differences: Partial<SubdocOperation> = {}): SubdocOperation {
  return {
    action: { kind: "read", read },
    mutates: false,
    pathFlags: XATTR,
    neededFlags: 0,
    documentFlags: READS,
    takesValue: false,
    emptyPath: "refused",
    ...differences,
  };
}

function edit(edit: EditText, differences: Partial<SubdocOperation> = {}): SubdocOperation {
  return {
    action: { kind: "edit", edit },
    mutates: true,
    pathFlags: XATTR,
    neededFlags: 0,
    documentFlags: CREATES,
    takesValue: true,
    emptyPath: "refused",
    ...differences,
  };
}

function whole(kind: "get-document" | "set-document" | "delete-document"): SubdocOperation {
  return {
    action: { kind },
    mutates: true,
    pathFlags: 0,
    neededFlags: 0,
    documentFlags: CREATES,
    takesValue: false,
    emptyPath: "required",
  };
}
