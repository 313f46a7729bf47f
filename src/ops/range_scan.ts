/**
 * Scans over the keys of a vbucket.
 */

import { asBytes, utf8Decode } from "../bytes.ts";
import type { Frame } from "../frame/frame.ts";
import type { Bytes, FrameWriter } from "../frame/frame_writer.ts";
import { Datatype } from "../wire/datatype.ts";
import { leb128Size, readLeb128, writeLeb128 } from "../wire/leb128.ts";
import { Status } from "../wire/status.ts";
import { type Body, expectParts, failParts, NOTHING, type Nothing, type Op } from "./op.ts";

/** What the creation of a scan takes. */
export interface CreateRangeScanRequest {
  /** What to scan, as JSON text. */
  readonly json: string;
}

/** What the creation of a scan gives. */
export interface CreateRangeScanResponse {
  /** The scan, 16 bytes. */
  readonly id: Uint8Array;
}

/** What the continuation of a scan takes. */
export interface ContinueRangeScanRequest {
  /** The scan, 16 bytes. */
  readonly id: Uint8Array;
  /** How many items at the most; 0 for no limit. */
  readonly itemLimit: number;
  /** For how many milliseconds at the most; 0 for no limit. */
  readonly timeLimit: number;
  /** How many bytes at the most; 0 for no limit. */
  readonly byteLimit: number;
}

/** One key of a scan, with its document if documents were asked for. */
export interface ScannedItem {
  /** The key, without the number of its collection. */
  readonly key: Uint8Array;
  /** The document. */
  readonly document?: ScannedDocument;
}

/** One document of a scan. */
export interface ScannedDocument {
  /** The 32 bits stored with the value. */
  readonly flags: number;
  /** Unix seconds; 0 for never. */
  readonly expiry: number;
  /** Its place in the history of the vbucket. */
  readonly seqno: bigint;
  /** Its version. */
  readonly cas: bigint;
  /** How to read the value. */
  readonly datatype: number;
  /** The value. */
  readonly value: Uint8Array;
}

/** What one answer of a scan gives; any, the last too, may have items. */
export interface ContinueRangeScanResponse {
  /** Items, in the order of their keys. */
  readonly items: readonly ScannedItem[];
  /** Success: more answers follow. `RANGE_SCAN_MORE`: the last one, and the scan can go on. `RANGE_SCAN_COMPLETE`: the last one. */
  readonly status: number;
}

/** What the end of a scan takes. */
export interface CancelRangeScanRequest {
  /** The scan, 16 bytes. */
  readonly id: Uint8Array;
}

const ID_SIZE = 16;
/** Bytes of a document's record before its key. */
const DOCUMENT_SIZE = 25;
const KEYS_ONLY = 0;
const WITH_DOCUMENTS = 1;

const createRequest: Body<CreateRangeScanRequest> = {
  write(out, message) {
    out.datatype = Datatype.JSON;
    out.value(message.json);
  },
  read(frame) {
    expectParts(frame, 0, false, true);
    return { json: utf8Decode(frame.value) };
  },
};

const createResponse: Body<CreateRangeScanResponse> = {
  write(out, message) {
    out.value(checkId(message.id));
  },
  read(frame) {
    expectParts(frame, 0, false, true);
    if (frame.valueLength !== ID_SIZE) failParts(frame, `a value of ${frame.valueLength} bytes, expected ${ID_SIZE}`);
    return { id: frame.value };
  },
};

const continueRequest: Body<ContinueRangeScanRequest> = {
  write(out, message) {
    const id = checkId(message.id);
    const at = out.extras(ID_SIZE + 12);
    out.bytes.set(id, at);
    out.view.setUint32(at + 16, message.itemLimit);
    out.view.setUint32(at + 20, message.timeLimit);
    out.view.setUint32(at + 24, message.byteLimit);
  },
  read(frame) {
    expectParts(frame, ID_SIZE + 12, false, false);
    const { view, extrasAt: at } = frame;
    return {
      id: new Uint8Array(frame.buffer, at, ID_SIZE),
      itemLimit: view.getUint32(at + 16),
      timeLimit: view.getUint32(at + 20),
      byteLimit: view.getUint32(at + 24),
    };
  },
};

function checkId(id: Bytes): Uint8Array {
  const bytes = asBytes(id);
  if (bytes.length !== ID_SIZE) {
    throw new RangeError(`Cannot use a scan id of ${bytes.length} bytes: it has ${ID_SIZE}`);
  }
  return bytes;
}

/** Extras say whether the records are keys (0) or documents (1); an answer without items has none. */
const continueResponse: Body<ContinueRangeScanResponse> = {
  write(out, message) {
    if (message.items.length === 0) return;
    const format = message.items[0]!.document === undefined ? KEYS_ONLY : WITH_DOCUMENTS;
    const at = out.extras(4);
    out.view.setUint32(at, format);
    for (const { key, document } of message.items) {
      if (document !== undefined) {
        const documentAt = out.reserve(DOCUMENT_SIZE);
        out.view.setUint32(documentAt, document.flags);
        out.view.setUint32(documentAt + 4, document.expiry);
        out.view.setBigUint64(documentAt + 8, document.seqno);
        out.view.setBigUint64(documentAt + 16, document.cas);
        out.view.setUint8(documentAt + 24, document.datatype);
      }
      appendCounted(out, key);
      if (document !== undefined) appendCounted(out, document.value);
    }
  },
  read(frame) {
    const items: ScannedItem[] = [];
    const hasExtras = frame.extrasLength > 0 || frame.valueLength > 0;
    expectParts(frame, hasExtras ? 4 : 0, false, true);
    const format = hasExtras ? frame.view.getUint32(frame.extrasAt) : KEYS_ONLY;
    if (format > WITH_DOCUMENTS) failParts(frame, `records of a scan in format ${format}, expected 0 or 1`);
    const cursor = new Cursor(frame);
    while (!cursor.done) items.push(format === WITH_DOCUMENTS ? cursor.document() : { key: cursor.counted() });
    return { items, status: frame.status };
  },
};

function appendCounted(out: FrameWriter, part: Uint8Array): void {
  const at = out.reserve(leb128Size(part.length));
  writeLeb128(out.bytes, at, part.length);
  out.append(part);
}

/** Reads the records of a scan one behind the other. */
class Cursor {
  readonly #frame: Frame;
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(frame: Frame) {
    this.#frame = frame;
    this.#bytes = frame.value;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  counted(): Uint8Array {
    const { value: length, length: size } = readLeb128(this.#bytes, this.#at);
    return this.#take(size, length);
  }

  document(): ScannedItem {
    const at = this.#frame.valueAt + this.#at;
    this.#take(0, DOCUMENT_SIZE);
    const { view } = this.#frame;
    const key = this.counted();
    const value = this.counted();
    return {
      key,
      document: {
        flags: view.getUint32(at),
        expiry: view.getUint32(at + 4),
        seqno: view.getBigUint64(at + 8),
        cas: view.getBigUint64(at + 16),
        datatype: view.getUint8(at + 24),
        value,
      },
    };
  }

  #take(skip: number, length: number): Uint8Array {
    const from = this.#at + skip;
    if (this.#bytes.length - from < length) failParts(this.#frame, "records of a scan that end too early");
    this.#at = from + length;
    return this.#bytes.subarray(from, from + length);
  }
}

const cancelRequest: Body<CancelRangeScanRequest> = {
  write(out, message) {
    const id = checkId(message.id);
    const at = out.extras(ID_SIZE);
    out.bytes.set(id, at);
  },
  read(frame) {
    expectParts(frame, ID_SIZE, false, false);
    return { id: frame.extras };
  },
};

/** Makes a scan of a vbucket. */
export const RANGE_SCAN_CREATE: Op<CreateRangeScanRequest, CreateRangeScanResponse> = {
  name: "range-scan-create",
  opcode: 0xda,
  request: createRequest,
  response: createResponse,
  idempotent: false,
};

/** Goes on with a scan: any number of answers with success, then one with another status. */
export const RANGE_SCAN_CONTINUE: Op<ContinueRangeScanRequest, ContinueRangeScanResponse> = {
  name: "range-scan-continue",
  opcode: 0xdb,
  request: continueRequest,
  response: continueResponse,
  idempotent: false,
  last: (frame) => frame.status !== Status.SUCCESS,
  succeeds: (status) => status === Status.RANGE_SCAN_MORE || status === Status.RANGE_SCAN_COMPLETE,
};

/** Ends a scan. */
export const RANGE_SCAN_CANCEL: Op<CancelRangeScanRequest, Nothing> = {
  name: "range-scan-cancel",
  opcode: 0xdc,
  request: cancelRequest,
  response: NOTHING,
  idempotent: true,
};
