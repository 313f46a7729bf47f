import { ProtocolError } from "../errors.ts";

/** What a stream is about: all of the bucket, some collections, or one scope. */
export interface StreamFilter {
  /** The collections to include, by number; not together with `scope`. */
  readonly collections?: readonly number[];
  /** The scope to include, by number, with the collections that it gets later. */
  readonly scope?: number;
  /** Which of several streams of the vbucket it is, 1 to 65535. */
  readonly streamId?: number;
  /** The manifest that the consumer has seen last. */
  readonly manifest?: bigint;
  /** The purge seqno that the consumer has seen last. */
  readonly purgeSeqno?: bigint;
}

/**
 * The text by which {@linkcode DCP_STREAM_REQUEST} carries a filter.
 *
 * @throws {RangeError} If a number is out of range, or both collections and a scope are given.
 *
 * @example
 * ```ts
 * import { writeStreamFilter } from "@memwire/memwire/codec";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(writeStreamFilter({ collections: [8, 0x1f], streamId: 5 }), '{"collections":["8","1f"],"sid":5}');
 * ```
 */
export function writeStreamFilter(filter: StreamFilter): string {
  const { collections, scope, streamId, manifest, purgeSeqno } = filter;
  if (collections !== undefined && scope !== undefined) {
    throw new RangeError("Cannot write a stream filter with both collections and a scope: use one of them");
  }
  return JSON.stringify({
    ...(manifest === undefined ? {} : { uid: manifest.toString(16) }),
    ...(collections === undefined ? {} : { collections: collections.map((id) => hexId(id, "collection")) }),
    ...(scope === undefined ? {} : { scope: hexId(scope, "scope") }),
    ...(streamId === undefined ? {} : { sid: checkStreamId(streamId) }),
    ...(purgeSeqno === undefined ? {} : { purge_seqno: String(purgeSeqno) }),
  });
}

function hexId(id: number, what: string): string {
  if (id !== id >>> 0) throw new RangeError(`Cannot use ${what} ${id}: it is 0 to 4294967295`);
  return id.toString(16);
}

function checkStreamId(id: number): number {
  if (!isStreamId(id)) throw new RangeError(`Cannot use stream id ${id}: it is 1 to 65535`);
  return id;
}

function isStreamId(id: unknown): id is number {
  return Number.isInteger(id) && (id as number) >= 1 && (id as number) <= 0xffff;
}

/**
 * Reads the text of a filter; members that are not known are passed over.
 *
 * @throws {ProtocolError} If it is no JSON object, or a member is not what it must be.
 *
 * @example
 * ```ts
 * import { readStreamFilter } from "@memwire/memwire/codec";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(readStreamFilter('{"scope":"81"}'), { scope: 0x81 });
 * ```
 */
export function readStreamFilter(json: string): StreamFilter {
  const { uid, collections, scope, sid, purge_seqno: purge } = parseObject(json);
  if (collections !== undefined && scope !== undefined) fail(json, "it has both collections and a scope");
  if (collections !== undefined && !Array.isArray(collections)) fail(json, "collections is no array");
  if (sid !== undefined && !isStreamId(sid)) fail(json, "sid is not 1 to 65535");
  return {
    ...(uid === undefined ? {} : { manifest: readHex(json, "uid", uid, 16) }),
    ...(collections === undefined
      ? {}
      : { collections: (collections as unknown[]).map((id) => Number(readHex(json, "a collection", id, 8))) }),
    ...(scope === undefined ? {} : { scope: Number(readHex(json, "scope", scope, 8)) }),
    ...(sid === undefined ? {} : { streamId: sid }),
    ...(purge === undefined ? {} : { purgeSeqno: readDecimal(json, purge) }),
  };
}

function parseObject(json: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    fail(json, "it is no JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) fail(json, "it is no object");
  return value as Record<string, unknown>;
}

function readHex(json: string, name: string, text: unknown, digits: number): bigint {
  if (typeof text !== "string" || !/^[0-9a-f]+$/i.test(text) || text.length > digits) {
    fail(json, `${name} is not 1 to ${digits} hexadecimal digits`);
  }
  return BigInt(`0x${text}`);
}

function readDecimal(json: string, text: unknown): bigint {
  const value = typeof text === "string" && /^[0-9]{1,20}$/.test(text) ? BigInt(text) : undefined;
  if (value === undefined || value > 0xffffffffffffffffn) fail(json, "purge_seqno is no decimal number of 64 bits");
  return value;
}

function fail(json: string, reason: string): never {
  throw new ProtocolError(`Cannot read stream filter ${JSON.stringify(json.slice(0, 80))}: ${reason}`);
}
