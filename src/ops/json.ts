/**
 * Values that are JSON and belong to no document: maps, manifests, notices.
 */

import { utf8Decode } from "../bytes.ts";
import type { Frame } from "../frame/frame.ts";
import { Datatype } from "../wire/datatype.ts";
import { decompress } from "../wire/snappy.ts";
import { type Body, expectParts } from "./op.ts";

/** What comes as JSON. */
export interface JsonResponse {
  /** JSON text; empty when the server has nothing to say. */
  readonly json: string;
  /**
   * Bits of {@linkcode Datatype}: JSON when missing, unless the text is empty. Servers leave it out where the client has not asked
   * for the feature.
   */
  readonly datatype?: number;
}

/** The body of an answer that is JSON and nothing else. */
export const jsonResponse: Body<JsonResponse> = {
  write(out, message) {
    out.datatype = message.datatype ?? (message.json === "" ? 0 : Datatype.JSON);
    out.value(message.json);
  },
  read(frame) {
    expectParts(frame, 0, false, true);
    return { json: readJson(frame), datatype: frame.datatype & ~Datatype.SNAPPY };
  },
};

/**
 * The value of a frame as text, decompressed if need be.
 *
 * @throws {ProtocolError} If it cannot be decompressed.
 */
export function readJson(frame: Frame): string {
  const { value } = frame;
  return utf8Decode((frame.datatype & Datatype.SNAPPY) === 0 ? value : decompress(value));
}
