/**
 * Sub-document: parts of a JSON document and its attributes, by path.
 */

import type { Frame } from "../frame/frame.ts";
import type { Bytes, FrameWriter } from "../frame/frame_writer.ts";
import { Status } from "../wire/status.ts";
import { type Body, failParts, type Op } from "./op.ts";
import { type MutationToken, readToken, writeToken } from "./storage.ts";

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

/** What a call about one path takes. */
export interface SubdocRequest {
  /** Key of the document, 1 to 250 bytes. */
  readonly key: Uint8Array;
  /** Where in the document, at most 1024 bytes; empty for the root where that is allowed. */
  readonly path: Uint8Array;
  /** What to put there, as JSON text; nothing in a read. */
  readonly value?: Uint8Array;
  /** Bits of {@linkcode PathFlag}; none when missing. */
  readonly pathFlags?: number;
  /** Bits of {@linkcode DocumentFlag}; none when missing. */
  readonly documentFlags?: number;
  /** Seconds from now up to 30 days, Unix seconds beyond, 0 for never; left as it is when missing. Writes only. */
  readonly expiry?: number;
  /** 32 bits to keep with a document that is made. Writes only. */
  readonly userFlags?: number;
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

/** One path of a call about many. */
export interface SubdocSpec {
  /** Which call: the opcode of a row of this file, or of GET, SET, DELETE with an empty path for the whole document. */
  readonly opcode: number;
  /** Bits of {@linkcode PathFlag}. */
  readonly pathFlags: number;
  /** Where in the document; empty for the root or the whole document. */
  readonly path: Bytes;
  /** What to put there, as JSON text; nothing in a read. */
  readonly value?: Bytes;
}

/** What a call about many paths takes. */
export interface SubdocMultiRequest {
  /** Key of the document, 1 to 250 bytes. */
  readonly key: Uint8Array;
  /** The paths, at most 16; attributes first. */
  readonly specs: readonly SubdocSpec[];
  /** Bits of {@linkcode DocumentFlag}; none when missing. */
  readonly documentFlags?: number;
  /** Seconds from now up to 30 days, Unix seconds beyond, 0 for never; left as it is when missing. Writes only. */
  readonly expiry?: number;
  /** 32 bits to keep with a document that is made. Writes only. */
  readonly userFlags?: number;
  /** Only if the document still has this version; 0 or nothing for whatever version. */
  readonly cas?: bigint;
}

/** What came of one path. */
export interface SubdocResult {
  /** Which spec, counted from 0. */
  readonly index: number;
  /** Success, or why not. */
  readonly status: number;
  /** What is there, as JSON text. */
  readonly value: Uint8Array;
}

/** What a call about many paths gives. */
export interface SubdocMultiResponse {
  /**
   * Of a read: one for each spec. Of a write that held: those that give a value. Of a write that did not: the first that failed,
   * and nothing was written.
   */
  readonly results: readonly SubdocResult[];
  /** Whether a path failed. */
  readonly failed: boolean;
  /** Whether the document is a tombstone. */
  readonly deleted: boolean;
  /** The version of the document. */
  readonly cas: bigint;
  /** Of a write, when it was asked for at the start. */
  readonly token?: MutationToken;
}

interface DocumentOptions {
  readonly documentFlags?: number;
  readonly expiry?: number;
  readonly userFlags?: number;
}

/** Bytes of `[expiry 4] [user flags 4] [document flags 1]`; user flags never come without expiry. */
function optionsSize(options: DocumentOptions): number {
  const flags = options.documentFlags === undefined ? 0 : 1;
  if (options.userFlags !== undefined) return 8 + flags;
  return (options.expiry === undefined ? 0 : 4) + flags;
}

function writeOptions(out: FrameWriter, at: number, options: DocumentOptions): void {
  const { documentFlags, expiry, userFlags } = options;
  if (expiry !== undefined || userFlags !== undefined) {
    out.view.setUint32(at, expiry ?? 0);
    at += 4;
  }
  if (userFlags !== undefined) {
    out.view.setUint32(at, userFlags);
    at += 4;
  }
  if (documentFlags !== undefined) out.view.setUint8(at, documentFlags);
}

function readOptions(frame: Frame, at: number, size: number): DocumentOptions {
  if (![0, 1, 4, 5, 8, 9].includes(size)) failParts(frame, `${frame.extrasLength} bytes of extras`);
  const { view } = frame;
  return {
    ...(size >= 4 ? { expiry: view.getUint32(at) } : {}),
    ...(size >= 8 ? { userFlags: view.getUint32(at + 4) } : {}),
    ...(size % 4 === 1 ? { documentFlags: view.getUint8(at + size - 1) } : {}),
  };
}

/** Extras: path length u16, path flags u8, options. Body: key, path, value. */
const singleRequest: Body<SubdocRequest> = {
  write(out, message) {
    const at = out.extras(3 + optionsSize(message));
    out.view.setUint8(at + 2, message.pathFlags ?? 0);
    writeOptions(out, at + 3, message);
    out.key(message.key);
    const pathLength = out.append(message.path);
    out.view.setUint16(at, pathLength);
    if (message.value !== undefined) out.append(message.value);
    if (message.cas !== undefined) out.cas = message.cas;
  },
  read(frame) {
    if (frame.extrasLength < 3) failParts(frame, `${frame.extrasLength} bytes of extras, expected 3 to 12`);
    if (frame.keyLength === 0) failParts(frame, "no key");
    const at = frame.extrasAt;
    const pathLength = frame.view.getUint16(at);
    const valueLength = frame.valueLength - pathLength;
    if (valueLength < 0) failParts(frame, `a path of ${pathLength} bytes in ${frame.valueLength} of value`);
    return {
      key: frame.key,
      path: new Uint8Array(frame.buffer, frame.valueAt, pathLength),
      value: new Uint8Array(frame.buffer, frame.valueAt + pathLength, valueLength),
      pathFlags: frame.view.getUint8(at + 2),
      ...readOptions(frame, at + 3, frame.extrasLength - 3),
      cas: frame.cas,
    };
  },
};

const singleResponse: Body<SubdocResponse> = {
  write(out, message) {
    writeToken(out, message.token);
    out.value(message.value);
    out.cas = message.cas;
  },
  read(frame) {
    const token = readToken(frame);
    const answer = { value: frame.value, cas: frame.cas, deleted: frame.status === Status.SUBDOC_SUCCESS_DELETED };
    return token === undefined ? answer : { ...answer, token };
  },
};

/** Lookup spec: opcode u8, path flags u8, path length u16, path. A mutation has the length of its value, u32, behind that of the path. */
function multiRequest(mutates: boolean): Body<SubdocMultiRequest> {
  const headSize = mutates ? 8 : 4;
  return {
    write(out, message) {
      const size = optionsSize(message);
      if (size > 0) {
        const at = out.extras(size);
        writeOptions(out, at, message);
      }
      out.key(message.key);
      for (const spec of message.specs) {
        const at = out.reserve(headSize);
        const pathLength = out.append(spec.path);
        const valueLength = spec.value === undefined ? 0 : out.append(spec.value);
        out.view.setUint8(at, spec.opcode);
        out.view.setUint8(at + 1, spec.pathFlags);
        out.view.setUint16(at + 2, pathLength);
        if (mutates) out.view.setUint32(at + 4, valueLength);
      }
      if (message.cas !== undefined) out.cas = message.cas;
    },
    read(frame) {
      if (frame.keyLength === 0) failParts(frame, "no key");
      const specs: SubdocSpec[] = [];
      const { view, buffer } = frame;
      const end = frame.valueAt + frame.valueLength;
      let at = frame.valueAt;
      while (at < end) {
        if (end - at < headSize) failParts(frame, "a list of paths that ends inside one");
        const pathAt = at + headSize;
        const valueAt = pathAt + view.getUint16(at + 2);
        const next = valueAt + (mutates ? view.getUint32(at + 4) : 0);
        if (next > end) failParts(frame, "a list of paths that ends inside one");
        specs.push({
          opcode: view.getUint8(at),
          pathFlags: view.getUint8(at + 1),
          path: new Uint8Array(buffer, pathAt, valueAt - pathAt),
          ...(mutates ? { value: new Uint8Array(buffer, valueAt, next - valueAt) } : {}),
        });
        at = next;
      }
      return { key: frame.key, specs, ...readOptions(frame, frame.extrasAt, frame.extrasLength), cas: frame.cas };
    },
  };
}

function isFailure(status: number): boolean {
  return status === Status.SUBDOC_MULTI_PATH_FAILURE || status === Status.SUBDOC_MULTI_PATH_FAILURE_DELETED;
}

function isDeleted(status: number): boolean {
  return status === Status.SUBDOC_SUCCESS_DELETED || status === Status.SUBDOC_MULTI_PATH_FAILURE_DELETED;
}

function succeeds(status: number): boolean {
  return isFailure(status) || isDeleted(status);
}

/** For each spec: status u16, length u32, value. */
const lookupResponse: Body<SubdocMultiResponse> = {
  write(out, message) {
    for (const { status, value } of message.results) appendResult(out, status, value);
    out.cas = message.cas;
  },
  read(frame) {
    const results: SubdocResult[] = [];
    const end = frame.valueAt + frame.valueLength;
    let at = frame.valueAt;
    while (at < end) at = readResult(frame, at, end, results, results.length);
    return { results, failed: isFailure(frame.status), deleted: isDeleted(frame.status), cas: frame.cas };
  },
};

/** Held: for each that gives a value, index u8, status u16, length u32, value. Failed: index u8, status u16 of the first that did. */
const mutationResponse: Body<SubdocMultiResponse> = {
  write(out, message) {
    writeToken(out, message.token);
    for (const { index, status, value } of message.results) {
      const at = out.reserve(1);
      out.view.setUint8(at, index);
      if (!message.failed) {
        appendResult(out, status, value);
        continue;
      }
      const statusAt = out.reserve(2);
      out.view.setUint16(statusAt, status);
    }
    out.cas = message.cas;
  },
  read(frame) {
    const { view, cas, status } = frame;
    const results: SubdocResult[] = [];
    const end = frame.valueAt + frame.valueLength;
    let at = frame.valueAt;
    const failed = isFailure(status);
    if (failed) {
      if (frame.valueLength !== 3) failParts(frame, `a value of ${frame.valueLength} bytes, expected 3`);
      results.push({ index: view.getUint8(at), status: view.getUint16(at + 1), value: NO_BYTES });
      at = end;
    }
    while (at < end) at = readResult(frame, at + 1, end, results, view.getUint8(at));
    const token = failed ? undefined : readToken(frame);
    const answer = { results, failed, deleted: isDeleted(status), cas };
    return token === undefined ? answer : { ...answer, token };
  },
};

const NO_BYTES = new Uint8Array(0);

function appendResult(out: FrameWriter, status: number, value: Uint8Array): void {
  const at = out.reserve(6);
  out.view.setUint16(at, status);
  out.view.setUint32(at + 2, value.length);
  out.append(value);
}

function readResult(frame: Frame, at: number, end: number, results: SubdocResult[], index: number): number {
  if (end - at < 6) failParts(frame, "a list of results that ends inside one");
  const length = frame.view.getUint32(at + 2);
  if (end - at - 6 < length) failParts(frame, "a list of results that ends inside one");
  results.push({ index, status: frame.view.getUint16(at), value: new Uint8Array(frame.buffer, at + 6, length) });
  return at + 6 + length;
}

function lookup(name: string, opcode: number): Op<SubdocRequest, SubdocResponse> {
  return {
    name,
    opcode,
    request: singleRequest,
    response: singleResponse,
    idempotent: true,
    inCollection: true,
    succeeds,
  };
}

function mutation(name: string, opcode: number): Op<SubdocRequest, SubdocResponse> {
  return {
    name,
    opcode,
    request: singleRequest,
    response: singleResponse,
    idempotent: false,
    inCollection: true,
    durable: true,
    preservesExpiry: true,
    succeeds,
  };
}

/** Reads what is at a path. */
export const SUBDOC_GET: Op<SubdocRequest, SubdocResponse> = lookup("subdoc-get", 0xc5);

/** Asks whether a path exists: the status is the answer. */
export const SUBDOC_EXISTS: Op<SubdocRequest, SubdocResponse> = lookup("subdoc-exists", 0xc6);

/** Counts the elements of an array or the members of an object. */
export const SUBDOC_GET_COUNT: Op<SubdocRequest, SubdocResponse> = lookup("subdoc-get-count", 0xd2);

/** Puts a member that must not exist. */
export const SUBDOC_DICT_ADD: Op<SubdocRequest, SubdocResponse> = mutation("subdoc-dict-add", 0xc7);

/** Puts a member, whether it exists or not. */
export const SUBDOC_DICT_UPSERT: Op<SubdocRequest, SubdocResponse> = mutation("subdoc-dict-upsert", 0xc8);

/** Removes what is at a path. */
export const SUBDOC_DELETE: Op<SubdocRequest, SubdocResponse> = mutation("subdoc-delete", 0xc9);

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
);

/** Reads many paths of one document at once. */
export const SUBDOC_MULTI_LOOKUP: Op<SubdocMultiRequest, SubdocMultiResponse> = {
  name: "subdoc-multi-lookup",
  opcode: 0xd0,
  request: multiRequest(false),
  response: lookupResponse,
  idempotent: true,
  inCollection: true,
  succeeds,
};

/** Changes many paths of one document at once, all or none. */
export const SUBDOC_MULTI_MUTATION: Op<SubdocMultiRequest, SubdocMultiResponse> = {
  name: "subdoc-multi-mutation",
  opcode: 0xd1,
  request: multiRequest(true),
  response: mutationResponse,
  idempotent: false,
  inCollection: true,
  durable: true,
  preservesExpiry: true,
  succeeds,
};
