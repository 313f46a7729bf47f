/**
 * What a Couchbase connection says at its start: features, bucket, error map.
 */

import { utf8Decode } from "../bytes.ts";
import type { Frame } from "../frame/frame.ts";
import type { FrameWriter } from "../frame/frame_writer.ts";
import { type Body, expectParts, failParts, NOTHING, type Nothing, type Op } from "./op.ts";
import { type JsonResponse, jsonResponse } from "./json.ts";

/** What HELLO takes. */
export interface HelloRequest {
  /** Name of the client, for the logs of the server; text or JSON `{"a":"name","i":"id/id"}`. */
  readonly agent: string;
  /** The features that are wanted. The whole list: HELLO clears what was agreed on before. */
  readonly features: readonly number[];
}

/** What HELLO gives. */
export interface HelloResponse {
  /** The features that the server grants. */
  readonly features: readonly number[];
}

/** What the choice of a bucket takes. */
export interface SelectBucketRequest {
  /** Name of the bucket; `@no bucket@` for none. */
  readonly bucket: string;
}

/** What a request for the buckets gives. */
export interface ListBucketsResponse {
  /** Names, parted by spaces. */
  readonly buckets: string;
}

/** What a request for the error map takes. */
export interface ErrorMapRequest {
  /** The newest version of the format that is understood: 1 or 2. */
  readonly version: number;
}

const helloRequest: Body<HelloRequest> = {
  write(out, message) {
    out.name(message.agent);
    writeCodes(out, message.features);
  },
  read(frame) {
    if (frame.extrasLength > 0) failParts(frame, `${frame.extrasLength} bytes of extras, expected 0`);
    return { agent: utf8Decode(frame.key), features: readCodes(frame) };
  },
};

const helloResponse: Body<HelloResponse> = {
  write(out, message) {
    writeCodes(out, message.features);
  },
  read(frame) {
    expectParts(frame, 0, false, true);
    return { features: readCodes(frame) };
  },
};

function writeCodes(out: FrameWriter, codes: readonly number[]): void {
  let at = out.reserve(codes.length * 2);
  for (const code of codes) {
    out.view.setUint16(at, code);
    at += 2;
  }
}

function readCodes(frame: Frame): number[] {
  if (frame.valueLength % 2 !== 0) failParts(frame, `a list of features of ${frame.valueLength} bytes, which is odd`);
  const codes: number[] = [];
  const end = frame.valueAt + frame.valueLength;
  for (let at = frame.valueAt; at < end; at += 2) codes.push(frame.view.getUint16(at));
  return codes;
}

const bucketName: Body<SelectBucketRequest> = {
  write(out, message) {
    out.name(message.bucket);
  },
  read(frame) {
    // A name without a byte is for the server to refuse.
    expectParts(frame, 0, frame.keyLength > 0, false);
    return { bucket: utf8Decode(frame.key) };
  },
};

const bucketList: Body<ListBucketsResponse> = {
  write(out, message) {
    out.value(message.buckets);
  },
  read(frame) {
    expectParts(frame, 0, false, true);
    return { buckets: utf8Decode(frame.value) };
  },
};

const errorMapRequest: Body<ErrorMapRequest> = {
  write(out, message) {
    const at = out.reserve(2);
    out.view.setUint16(at, message.version);
  },
  read(frame) {
    expectParts(frame, 0, false, true);
    if (frame.valueLength !== 2) failParts(frame, `a value of ${frame.valueLength} bytes, expected 2`);
    return { version: frame.view.getUint16(frame.valueAt) };
  },
};

/** Says who one is and agrees on features. */
export const HELLO: Op<HelloRequest, HelloResponse> = {
  name: "hello",
  opcode: 0x1f,
  request: helloRequest,
  response: helloResponse,
  idempotent: true,
};

/** Chooses the bucket that the connection is about. */
export const SELECT_BUCKET: Op<SelectBucketRequest, Nothing> = {
  name: "select-bucket",
  opcode: 0x89,
  request: bucketName,
  response: NOTHING,
  idempotent: true,
};

/** Asks which buckets there are. */
export const LIST_BUCKETS: Op<Nothing, ListBucketsResponse> = {
  name: "list-buckets",
  opcode: 0x87,
  request: NOTHING,
  response: bucketList,
  idempotent: true,
};

/** Asks what each status means and what to do about it. */
export const GET_ERROR_MAP: Op<ErrorMapRequest, JsonResponse> = {
  name: "get-error-map",
  opcode: 0xfe,
  request: errorMapRequest,
  response: jsonResponse,
  idempotent: true,
};
