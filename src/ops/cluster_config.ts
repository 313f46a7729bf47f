/**
 * The cluster map: which node has which vbucket, as JSON text with a version of its own.
 */

import { utf8Decode } from "../bytes.ts";
import type { Frame } from "../frame/frame.ts";
import type { FrameWriter } from "../frame/frame_writer.ts";
import { Datatype } from "../wire/datatype.ts";
import { type JsonResponse, jsonResponse, readJson } from "./json.ts";
import { type Body, expectParts, isBare, NOTHING, type Nothing, type Op } from "./op.ts";

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

/** What the map is set by. */
export interface SetClusterConfigRequest {
  /** The version of the map; servers before 7.0 take none. */
  readonly version?: ConfigVersion;
  /** Whose map it is; empty for the whole cluster's, and before 7.0 for that of the bucket that was selected. */
  readonly bucket: string;
  /** The map as JSON text. */
  readonly json: string;
  /** Bits of {@linkcode Datatype}; 0, which every server takes, when missing. */
  readonly datatype?: number;
}

/** What tells of a new map. */
export interface ClusterConfigNotice {
  /** Counts restarts of the revision; missing where the server sends the revision alone, in 32 bits. */
  readonly epoch?: bigint;
  /** Counts changes; 1 or more. */
  readonly revision: bigint;
  /** Whose map it is; empty for the whole cluster's. */
  readonly bucket: string;
  /** The map as JSON text; empty in a brief notice. */
  readonly json: string;
  /** Bits of {@linkcode Datatype}: JSON when missing, unless the text is empty. */
  readonly datatype?: number;
}

const VERSION_SIZE = 16;
const REVISION_SIZE = 4;

const getRequest: Body<ClusterConfigRequest> = {
  write(out, message) {
    if (message.known !== undefined) writeVersion(out, message.known);
  },
  read(frame) {
    if (isBare(frame)) return {};
    expectParts(frame, VERSION_SIZE, false, false);
    return { known: readVersion(frame) };
  },
};

const setRequest: Body<SetClusterConfigRequest> = {
  write(out, message) {
    if (message.version !== undefined) writeVersion(out, message.version);
    out.name(message.bucket);
    out.datatype = message.datatype ?? 0;
    out.value(message.json);
  },
  read(frame) {
    const versioned = frame.extrasLength > 0;
    expectParts(frame, versioned ? VERSION_SIZE : 0, frame.keyLength > 0, true);
    const config = {
      bucket: utf8Decode(frame.key),
      json: readJson(frame),
      datatype: frame.datatype & ~Datatype.SNAPPY,
    };
    return versioned ? { version: readVersion(frame), ...config } : config;
  },
};

const notice: Body<ClusterConfigNotice> = {
  write(out, message) {
    const { epoch, revision, json } = message;
    if (epoch !== undefined) {
      writeVersion(out, { epoch, revision });
    } else {
      const at = out.extras(REVISION_SIZE);
      out.view.setUint32(at, Number(revision));
    }
    out.name(message.bucket);
    out.datatype = message.datatype ?? (json === "" ? 0 : Datatype.JSON);
    out.value(json);
  },
  read(frame) {
    const old = frame.extrasLength === REVISION_SIZE;
    expectParts(frame, old ? REVISION_SIZE : VERSION_SIZE, frame.keyLength > 0, true);
    const version = old ? { revision: BigInt(frame.view.getUint32(frame.extrasAt)) } : readVersion(frame);
    return {
      ...version,
      bucket: utf8Decode(frame.key),
      json: readJson(frame),
      datatype: frame.datatype & ~Datatype.SNAPPY,
    };
  },
};

function writeVersion(out: FrameWriter, version: ConfigVersion): void {
  const at = out.extras(VERSION_SIZE);
  out.view.setBigInt64(at, version.epoch);
  out.view.setBigInt64(at + 8, version.revision);
}

function readVersion(frame: Frame): ConfigVersion {
  const { view, extrasAt: at } = frame;
  return { epoch: view.getBigInt64(at), revision: view.getBigInt64(at + 8) };
}

/** Asks for the cluster map. */
export const GET_CLUSTER_CONFIG: Op<ClusterConfigRequest, JsonResponse> = {
  name: "get-cluster-config",
  opcode: 0xb5,
  request: getRequest,
  response: jsonResponse,
  idempotent: true,
};

/** Gives the server a cluster map; for administrators. */
export const SET_CLUSTER_CONFIG: Op<SetClusterConfigRequest, Nothing> = {
  name: "set-cluster-config",
  opcode: 0xb4,
  request: setRequest,
  response: NOTHING,
  idempotent: true,
};

/** The server tells of a new cluster map; a request from the server, which wants no answer. */
export const CLUSTERMAP_CHANGE_NOTIFICATION: Op<ClusterConfigNotice, Nothing> = {
  name: "clustermap-change-notification",
  opcode: 0x01,
  request: notice,
  response: NOTHING,
  idempotent: true,
};
