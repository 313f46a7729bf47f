/**
 * Scopes and collections: which there are, and their numbers.
 */

import { utf8Decode } from "../bytes.ts";
import { struct, u32, u64 } from "../wire/fields.ts";
import { type Body, body, expectParts, NOTHING, type Nothing, type Op } from "./op.ts";
import { type JsonResponse, jsonResponse } from "./json.ts";

/** What asks for a number takes. */
export interface PathRequest {
  /** `scope.collection`, or `scope` alone for a scope; an empty part is `_default`. */
  readonly path: string;
}

/** The number of a collection or of a scope. */
export interface IdResponse {
  /** Which version of the manifest says so. */
  readonly manifest: bigint;
  /** The number. */
  readonly id: number;
}

/** What the manifest is set by. */
export interface ManifestRequest {
  /** The manifest as JSON text. */
  readonly json: string;
}

/** The path goes as the value; servers take it as the key as well, as early clients sent it. */
const pathRequest: Body<PathRequest> = {
  write(out, message) {
    out.value(message.path);
  },
  read(frame) {
    expectParts(frame, 0, frame.keyLength > 0, frame.keyLength === 0);
    return { path: utf8Decode(frame.keyLength > 0 ? frame.key : frame.value) };
  },
};

const idResponse: Body<IdResponse> = body({ extras: struct({ manifest: u64, id: u32 }) });

/** Without the bit for JSON, which servers refuse here. */
const manifestRequest: Body<ManifestRequest> = {
  write(out, message) {
    out.value(message.json);
  },
  read(frame) {
    expectParts(frame, 0, false, true);
    return { json: utf8Decode(frame.value) };
  },
};

/** Gives the server a manifest; for administrators. */
export const COLLECTIONS_SET_MANIFEST: Op<ManifestRequest, Nothing> = {
  name: "collections-set-manifest",
  opcode: 0xb9,
  request: manifestRequest,
  response: NOTHING,
  idempotent: true,
};

/** Asks which scopes and collections there are. */
export const COLLECTIONS_GET_MANIFEST: Op<Nothing, JsonResponse> = {
  name: "collections-get-manifest",
  opcode: 0xba,
  request: NOTHING,
  response: jsonResponse,
  idempotent: true,
};

/** Asks for the number of a collection. */
export const COLLECTIONS_GET_ID: Op<PathRequest, IdResponse> = {
  name: "collections-get-id",
  opcode: 0xbb,
  request: pathRequest,
  response: idResponse,
  idempotent: true,
};

/** Asks for the number of a scope. */
export const COLLECTIONS_GET_SCOPE_ID: Op<PathRequest, IdResponse> = {
  name: "collections-get-scope-id",
  opcode: 0xbc,
  request: pathRequest,
  response: idResponse,
  idempotent: true,
};
