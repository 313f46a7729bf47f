/**
 * Sub-document: parts of a JSON document and its attributes, by path. One path at a time.
 */

import { Status } from "../wire/status.ts";
import { type Body, expectKey, expectParts, failParts, type Op } from "./op.ts";
import { type MutationToken, readToken, writeToken } from "./storage.ts";
import {
  type DocumentOptions,
  isDeleted,
  optionsSize,
  readOptions,
  writeOptions,
  writePathLength,
} from "./subdoc_options.ts";

/** Bits that say how a path is meant. */
export const PathFlag = {
  /** Makes the objects on the way that are missing. */
  MKDIR_P: 0x01,
  /** The path is in an attribute and not in the body. */
  XATTR: 0x04,
  /** The value is a macro such as `"${Mutation.CAS}"`; attributes only. */
  EXPAND_MACROS: 0x10,
  /** The value is bytes and no JSON; attributes only. */
  BINARY_VALUE: 0x20,
} as const;

/** Bits that say how the document is meant. */
export const DocumentFlag = {
  /** Makes the document if it is missing. */
  MKDOC: 0x01,
  /** Makes the document, which must be missing. */
  ADD: 0x02,
  /** Tombstones count as documents. */
  ACCESS_DELETED: 0x04,
  /** Makes the document as a tombstone. */
  CREATE_AS_DELETED: 0x08,
  /** Makes a document of a tombstone. */
  REVIVE_DOCUMENT: 0x10,
  /** Reads from a replica. */
  REPLICA_READ: 0x20,
} as const;

/** What a read of one path takes. */
export interface SubdocLookupRequest {
  /** Key of the document, 1 to 250 bytes. */
  readonly key: Uint8Array;
  /** Where in the document, at most 1024 bytes; empty for the root where that is allowed. */
  readonly path: Uint8Array;
  /** Bits of {@linkcode PathFlag}; none when missing. */
  readonly pathFlags?: number;
  /** Bits of {@linkcode DocumentFlag}; none when missing. */
  readonly documentFlags?: number;
}

/** What a change of one path takes. */
export interface SubdocRequest extends SubdocLookupRequest, DocumentOptions {
  /** What to put there, as JSON text; nothing in a removal. */
  readonly value?: Uint8Array;
  /** Only if the document still has this version; 0 or nothing for whatever version. */
  readonly cas?: bigint;
}

/** What a call about one path gives. */
export interface SubdocResponse {
  /** What is there, as JSON text: of a read, or the new number of a counter. */
  readonly value: Uint8Array;
  /** The version of the document. */
  readonly cas: bigint;
  /** Whether the document is a tombstone. */
  readonly deleted: boolean;
  /** Of a write, when it was asked for at the start. */
  readonly token?: MutationToken;
}

/** Extras: path length u16, path flags u8, options. Body: key, path, value. */
function singleRequest(kind: { readonly mutates: boolean; readonly hasValue: boolean }): Body<SubdocRequest> {
  return {
    write(out, message) {
      const at = out.extras(3 + optionsSize(message));
      out.view.setUint8(at + 2, message.pathFlags ?? 0);
      writeOptions(out, at + 3, message);
      out.key(message.key);
      const pathLength = out.append(message.path);
      writePathLength(out, at, pathLength);
      if (message.value !== undefined) out.append(message.value);
      if (message.cas !== undefined) out.cas = message.cas;
    },
    read(frame) {
      if (frame.extrasLength < 3) failParts(frame, `${frame.extrasLength} bytes of extras, expected at least 3`);
      expectKey(frame);
      const { view, extrasAt: at, valueAt } = frame;
      const options = readOptions(frame, frame.extrasLength - 3, kind.mutates);
      const pathLength = view.getUint16(at);
      const valueLength = frame.valueLength - pathLength;
      if (valueLength < 0) failParts(frame, `a path of ${pathLength} bytes in ${frame.valueLength} of value`);
      if (!kind.hasValue && valueLength > 0) failParts(frame, `${valueLength} bytes behind the path`);
      return {
        key: frame.key,
        path: new Uint8Array(frame.buffer, valueAt, pathLength),
        pathFlags: view.getUint8(at + 2),
        ...options,
        ...(kind.hasValue ? { value: new Uint8Array(frame.buffer, valueAt + pathLength, valueLength) } : {}),
        ...(kind.mutates ? { cas: frame.cas } : {}),
      };
    },
  };
}

const lookupRequest: Body<SubdocLookupRequest> = singleRequest({ mutates: false, hasValue: false });
const writeRequest: Body<SubdocRequest> = singleRequest({ mutates: true, hasValue: true });
const removeRequest: Body<SubdocRequest> = singleRequest({ mutates: true, hasValue: false });

const lookupResponse: Body<SubdocResponse> = {
  write(out, message) {
    out.value(message.value);
    out.cas = message.cas;
  },
  read(frame) {
    expectParts(frame, 0, false, true);
    return { value: frame.value, cas: frame.cas, deleted: isDeleted(frame.status) };
  },
};

const writeResponse: Body<SubdocResponse> = {
  write(out, message) {
    writeToken(out, message.token);
    out.value(message.value);
    out.cas = message.cas;
  },
  read(frame) {
    const token = readToken(frame);
    expectParts(frame, frame.extrasLength, false, true);
    const answer = { value: frame.value, cas: frame.cas, deleted: isDeleted(frame.status) };
    return token === undefined ? answer : { ...answer, token };
  },
};

function succeeds(status: number): boolean {
  return status === Status.SUBDOC_SUCCESS_DELETED;
}

function lookup(name: string, opcode: number): Op<SubdocLookupRequest, SubdocResponse> {
  return {
    name,
    opcode,
    request: lookupRequest,
    response: lookupResponse,
    idempotent: true,
    inCollection: true,
    succeeds,
  };
}

function mutation(name: string, opcode: number, request = writeRequest): Op<SubdocRequest, SubdocResponse> {
  return {
    name,
    opcode,
    request,
    response: writeResponse,
    idempotent: false,
    inCollection: true,
    durable: true,
    preservesExpiry: true,
    succeeds,
  };
}

/** Reads what is at a path. */
export const SUBDOC_GET: Op<SubdocLookupRequest, SubdocResponse> = lookup("subdoc-get", 0xc5);

/** Asks whether a path exists: the status is the answer. */
export const SUBDOC_EXISTS: Op<SubdocLookupRequest, SubdocResponse> = lookup("subdoc-exists", 0xc6);

/** Counts the elements of an array or the members of an object. */
export const SUBDOC_GET_COUNT: Op<SubdocLookupRequest, SubdocResponse> = lookup("subdoc-get-count", 0xd2);

/** Puts a member that must not exist. */
export const SUBDOC_DICT_ADD: Op<SubdocRequest, SubdocResponse> = mutation("subdoc-dict-add", 0xc7);

/** Puts a member, whether it exists or not. */
export const SUBDOC_DICT_UPSERT: Op<SubdocRequest, SubdocResponse> = mutation("subdoc-dict-upsert", 0xc8);

/** Removes what is at a path. */
export const SUBDOC_DELETE: Op<SubdocRequest, SubdocResponse> = mutation("subdoc-delete", 0xc9, removeRequest);

/** Puts something in the place of what is at a path. */
export const SUBDOC_REPLACE: Op<SubdocRequest, SubdocResponse> = mutation("subdoc-replace", 0xca);

/** Adds elements behind the last of an array. */
export const SUBDOC_ARRAY_PUSH_LAST: Op<SubdocRequest, SubdocResponse> = mutation("subdoc-array-push-last", 0xcb);

/** Adds elements before the first of an array. */
export const SUBDOC_ARRAY_PUSH_FIRST: Op<SubdocRequest, SubdocResponse> = mutation("subdoc-array-push-first", 0xcc);

/** Adds elements at a place of an array. */
export const SUBDOC_ARRAY_INSERT: Op<SubdocRequest, SubdocResponse> = mutation("subdoc-array-insert", 0xcd);

/** Adds an element to an array that does not have it. */
export const SUBDOC_ARRAY_ADD_UNIQUE: Op<SubdocRequest, SubdocResponse> = mutation("subdoc-array-add-unique", 0xce);

/** Adds to the number at a path. */
export const SUBDOC_COUNTER: Op<SubdocRequest, SubdocResponse> = mutation("subdoc-counter", 0xcf);

/** Puts the value of an attribute in the place of the body. */
export const SUBDOC_REPLACE_BODY_WITH_XATTR: Op<SubdocRequest, SubdocResponse> = mutation(
  "subdoc-replace-body-with-xattr",
  0xd3,
  removeRequest,
);
