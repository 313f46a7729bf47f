/**
 * Sub-document: many paths of one document in one call.
 */

import type { Frame } from "../frame/frame.ts";
import type { Bytes, FrameWriter } from "../frame/frame_writer.ts";
import { type Body, expectKey, expectParts, failParts, type Op } from "./op.ts";
import { type MutationToken, readToken, writeToken } from "./storage.ts";
import {
  type DocumentOptions,
  isDeleted,
  isFailure,
  optionsSize,
  readOptions,
  writeOptions,
  writePathLength,
} from "./subdoc_options.ts";

/** One path of a call about many. */
export interface SubdocSpec {
  /** Which call: the opcode of a row about one path, or of GET, SET, DELETE with an empty path for the whole document. */
  readonly opcode: number;
  /** Bits of {@linkcode PathFlag}. */
  readonly pathFlags: number;
  /** Where in the document; empty for the root or the whole document. */
  readonly path: Bytes;
  /** What to put there, as JSON text; nothing in a read. */
  readonly value?: Bytes;
}

/** What a read of many paths takes. */
export interface SubdocMultiLookupRequest {
  /** Key of the document, 1 to 250 bytes. */
  readonly key: Uint8Array;
  /** The paths, at most 16; attributes first. */
  readonly specs: readonly SubdocSpec[];
  /** Bits of {@linkcode DocumentFlag}; none when missing. */
  readonly documentFlags?: number;
}

/** What a change of many paths takes. */
export interface SubdocMultiRequest extends SubdocMultiLookupRequest, DocumentOptions {
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

/**
 * Spec of a lookup: opcode u8, path flags u8, path length u16, path. That of a mutation has the length of its value, u32, behind
 * that of the path.
 */
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
        // Behind the calls that append, since the slab may move.
        out.view.setUint8(at, spec.opcode);
        out.view.setUint8(at + 1, spec.pathFlags);
        writePathLength(out, at + 2, pathLength);
        if (mutates) out.view.setUint32(at + 4, valueLength);
      }
      if (message.cas !== undefined) out.cas = message.cas;
    },
    read(frame) {
      expectKey(frame);
      const options = readOptions(frame, frame.extrasLength, mutates);
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
      return { key: frame.key, specs, ...options, ...(mutates ? { cas: frame.cas } : {}) };
    },
  };
}

const lookupRequest: Body<SubdocMultiLookupRequest> = multiRequest(false);

/** For each spec: status u16, length u32, value. */
const lookupResponse: Body<SubdocMultiResponse> = {
  write(out, message) {
    for (const { status, value } of message.results) appendResult(out, status, value);
    out.cas = message.cas;
  },
  read(frame) {
    expectParts(frame, 0, false, true);
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
    const { view, cas, status, valueAt } = frame;
    const failed = isFailure(status);
    const deleted = isDeleted(status);
    const results: SubdocResult[] = [];
    if (failed) {
      expectParts(frame, 0, false, true);
      if (frame.valueLength !== 3) failParts(frame, `a value of ${frame.valueLength} bytes, expected 3`);
      results.push({ index: view.getUint8(valueAt), status: view.getUint16(valueAt + 1), value: NO_BYTES });
      return { results, failed, deleted, cas };
    }
    const token = readToken(frame);
    expectParts(frame, frame.extrasLength, false, true);
    const end = valueAt + frame.valueLength;
    let at = valueAt;
    while (at < end) at = readResult(frame, at + 1, end, results, view.getUint8(at));
    const answer = { results, failed, deleted, cas };
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

function succeeds(status: number): boolean {
  return isFailure(status) || isDeleted(status);
}

/** Reads many paths of one document at once. */
export const SUBDOC_MULTI_LOOKUP: Op<SubdocMultiLookupRequest, SubdocMultiResponse> = {
  name: "subdoc-multi-lookup",
  opcode: 0xd0,
  request: lookupRequest,
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
