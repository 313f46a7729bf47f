/**
 * What a Couchbase connection says at its start: features, bucket, error map, cluster map.
 */

import { utf8Decode } from "../bytes.ts";
import type { Frame } from "../frame/frame.ts";
import type { FrameWriter } from "../frame/frame_writer.ts";
import { Datatype } from "../wire/datatype.ts";
import { type Body, expectParts, failParts, NOTHING, type Nothing, type Op } from "./op.ts";

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
  /** Name of the bucket. */
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

/** What comes as JSON. */
export interface JsonResponse {
  /** JSON text; empty when the server has nothing to say. */
  readonly json: string;
}

/** A version of a cluster map: first the epoch counts, then the revision. */
export interface ConfigVersion {
  /** Counts restarts of the revision; 1 or more, -1 from servers that know none. */
  readonly epoch: bigint;
  /** Counts changes; 1 or more. */
  readonly revision: bigint;
}

/** What a request for the cluster map takes. */
export interface ClusterConfigRequest {
  /** Asks for the map only if it is newer than this. */
  readonly known?: ConfigVersion;
}

/** What tells of a cluster map: the request that sets it, and the one that the server sends when it has changed. */
export interface ClusterConfigNotice extends ConfigVersion {
  /** Whose map it is; empty for the whole cluster's. */
  readonly bucket: string;
  /** The map as JSON text; empty in a brief notice. */
  readonly json: string;
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
    expectParts(frame, 0, true, false);
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

/** The body of an answer that is JSON and nothing else. */
export const jsonResponse: Body<JsonResponse> = {
  write(out, message) {
    if (message.json !== "") out.datatype = Datatype.JSON;
    out.value(message.json);
  },
  read(frame) {
    expectParts(frame, 0, false, true);
    return { json: utf8Decode(frame.value) };
  },
};

const configRequest: Body<ClusterConfigRequest> = {
  write(out, message) {
    if (message.known !== undefined) writeVersion(out, message.known);
  },
  read(frame) {
    if (frame.bodyLength === 0) return {};
    expectParts(frame, VERSION_SIZE, false, false);
    return { known: readVersion(frame) };
  },
};

const configNotice: Body<ClusterConfigNotice> = {
  write(out, message) {
    writeVersion(out, message);
    out.name(message.bucket);
    if (message.json !== "") out.datatype = Datatype.JSON;
    out.value(message.json);
  },
  read(frame) {
    const { epoch, revision } = readVersion(frame);
    return { epoch, revision, bucket: utf8Decode(frame.key), json: utf8Decode(frame.value) };
  },
};

const VERSION_SIZE = 16;

function writeVersion(out: FrameWriter, version: ConfigVersion): void {
  const at = out.extras(VERSION_SIZE);
  out.view.setBigInt64(at, version.epoch);
  out.view.setBigInt64(at + 8, version.revision);
}

function readVersion(frame: Frame): ConfigVersion {
  const at = frame.extrasAt;
  // Servers that know no epoch send the revision alone, in 32 bits.
  if (frame.extrasLength === 4) return { epoch: -1n, revision: BigInt(frame.view.getUint32(at)) };
  if (frame.extrasLength !== VERSION_SIZE) failParts(frame, `${frame.extrasLength} bytes of extras, expected 16`);
  return { epoch: frame.view.getBigInt64(at), revision: frame.view.getBigInt64(at + 8) };
}

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

/** Asks for the cluster map. */
export const GET_CLUSTER_CONFIG: Op<ClusterConfigRequest, JsonResponse> = {
  name: "get-cluster-config",
  opcode: 0xb5,
  request: configRequest,
  response: jsonResponse,
  idempotent: true,
};

/** Gives the server a cluster map; for administrators. */
export const SET_CLUSTER_CONFIG: Op<ClusterConfigNotice, Nothing> = {
  name: "set-cluster-config",
  opcode: 0xb4,
  request: configNotice,
  response: NOTHING,
  idempotent: true,
};

/** The server tells of a new cluster map; a request from the server, which wants no answer. */
export const CLUSTERMAP_CHANGE_NOTIFICATION: Op<ClusterConfigNotice, Nothing> = {
  name: "clustermap-change-notification",
  opcode: 0x01,
  request: configNotice,
  response: NOTHING,
  idempotent: true,
};
