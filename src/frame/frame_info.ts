/**
 * Framing extras: small objects between the header and the extras of the flexible forms (magic 0x08 and 0x18).
 *
 * ```text
 *  byte      0             1                2
 *       +----+----+ +------------+ +----------------+ +------------------+
 *       | id | len| | id - 15    | | length - 15    | | length bytes ... |   and then the next one
 *       +----+----+ +------------+ +----------------+ +------------------+
 *        4 bits each if id is 15    if len is 15
 *                   or more         or more
 * ```
 *
 * Requests and responses number theirs apart. An id that is not known passes through as `{ type: "unknown" }`.
 */

import { ProtocolError } from "../errors.ts";
import {
  type FrameInfo,
  REQUEST_ROWS,
  type RequestFrameInfo,
  RESPONSE_ROWS,
  type ResponseFrameInfo,
  type Row,
  UNKNOWN_ROW,
  type UnknownFrameInfo,
} from "./frame_info_kinds.ts";

export { DurabilityLevel } from "./frame_info_kinds.ts";
export type {
  AuthTokenInfo,
  BarrierInfo,
  DurabilityInfo,
  FrameInfo,
  ImpersonateInfo,
  ImpersonatePrivilegeInfo,
  PreserveExpiryInfo,
  ReadUnitsInfo,
  RequestFrameInfo,
  ResponseFrameInfo,
  ServerDurationInfo,
  StreamIdInfo,
  ThrottleDurationInfo,
  UnknownFrameInfo,
  WriteUnitsInfo,
} from "./frame_info_kinds.ts";

/** The header has one byte for the length of all framing extras. */
const MAX_TOTAL = 255;

// deno-lint-ignore no-explicit-any -- rows of different infos stand in one table; `type` has picked the right one.
type AnyRow = Row<any>;

const BY_TYPE: ReadonlyMap<string, AnyRow> = new Map(Object.entries<AnyRow>({ ...REQUEST_ROWS, ...RESPONSE_ROWS }));
const REQUEST_BY_ID: ReadonlyMap<number, AnyRow> = byId(Object.values<AnyRow>(REQUEST_ROWS));
const RESPONSE_BY_ID: ReadonlyMap<number, AnyRow> = byId(Object.values<AnyRow>(RESPONSE_ROWS));

function byId(rows: AnyRow[]): Map<number, AnyRow> {
  return new Map(rows.map((row) => [row.id, row]));
}

/**
 * How many bytes framing extras take together.
 *
 * @throws {RangeError} If one of them cannot be sent, or they take more than 255 bytes.
 */
export function frameInfosSize(infos: readonly FrameInfo[]): number {
  let total = 0;
  for (const info of infos) {
    const length = rowOf(info).size(info);
    total += headSize(idOf(info), length) + length;
  }
  if (total > MAX_TOTAL) {
    throw new RangeError(`Cannot write framing extras: ${total} bytes exceed the limit of ${MAX_TOTAL}`);
  }
  return total;
}

/**
 * Writes framing extras from an offset on, in the order given; returns the offset behind them.
 *
 * @throws {RangeError} If one of them cannot be sent, they take more than 255 bytes, or the array has no room for them.
 *
 * @example
 * ```ts
 * import { DurabilityLevel, frameInfosSize, type RequestFrameInfo, writeFrameInfos } from "@memwire/memwire/codec";
 * import { assertEquals } from "@std/assert";
 *
 * const infos: RequestFrameInfo[] = [{ type: "durability", level: DurabilityLevel.MAJORITY, timeout: 2500 }];
 * const bytes = new Uint8Array(frameInfosSize(infos));
 * assertEquals(writeFrameInfos(infos, bytes, 0), 4);
 * assertEquals(bytes, new Uint8Array([0x13, 0x01, 0x09, 0xc4]));
 * ```
 */
export function writeFrameInfos(infos: readonly FrameInfo[], target: Uint8Array, at: number): number {
  const total = frameInfosSize(infos);
  if (at + total > target.length) {
    throw new RangeError(`Cannot write framing extras: ${total} bytes at ${at} exceed an array of ${target.length}`);
  }
  for (const info of infos) {
    const row = rowOf(info);
    const id = idOf(info);
    const length = row.size(info);
    target[at++] = (Math.min(id, 15) << 4) | Math.min(length, 15);
    if (id >= 15) target[at++] = id - 15;
    if (length >= 15) target[at++] = length - 15;
    row.write(info, target, at);
    at += length;
  }
  return at;
}

/**
 * Reads the framing extras of a request.
 *
 * - An unknown id, the retired one of tracing (3) among them, passes through as `{ type: "unknown" }`.
 * - What a server would refuse by a status (a durability level that does not exist) is read as it stands.
 *
 * @throws {ProtocolError} If the bytes end inside one of them, or one that is known has a payload that it cannot have.
 *
 * @example
 * ```ts
 * import { readRequestInfos } from "@memwire/memwire/codec";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(readRequestInfos(new Uint8Array([0x50, 0x11, 0x03])), [
 *   { type: "preserve-expiry" },
 *   { type: "durability", level: 3 },
 * ]);
 * ```
 */
export function readRequestInfos(bytes: Uint8Array): RequestFrameInfo[] {
  return readInfos(bytes, REQUEST_BY_ID);
}

/**
 * Reads the framing extras of a response. An unknown id passes through as `{ type: "unknown" }`.
 *
 * @throws {ProtocolError} If the bytes end inside one of them, or one that is known has a payload that it cannot have.
 *
 * @example
 * ```ts
 * import { readResponseInfos } from "@memwire/memwire/codec";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(readResponseInfos(new Uint8Array([0x12, 0x00, 0x03])), [{ type: "read-units", units: 3 }]);
 * ```
 */
export function readResponseInfos(bytes: Uint8Array): ResponseFrameInfo[] {
  return readInfos(bytes, RESPONSE_BY_ID);
}

function readInfos<I extends FrameInfo>(
  bytes: Uint8Array,
  rows: ReadonlyMap<number, Row<I>>,
): (I | UnknownFrameInfo)[] {
  const infos: (I | UnknownFrameInfo)[] = [];
  let at = 0;
  while (at < bytes.length) {
    const start = at;
    const head = bytes[at++]!;
    let id = head >> 4;
    let length = head & 15;
    // The escape byte of the id comes first.
    if (id === 15) id += bytes[at++] ?? fail(bytes, start, "the bytes end inside its id");
    if (length === 15) length += bytes[at++] ?? fail(bytes, start, "the bytes end inside its length");
    const end = at + length;
    if (end > bytes.length) {
      fail(bytes, start, `its ${length} bytes of data exceed the ${bytes.length - at} that follow`);
    }
    const data = bytes.subarray(at, end);
    const row = rows.get(id);
    if (row === undefined) infos.push({ type: "unknown", id, data });
    else infos.push(row.read(data) ?? fail(bytes, start, `id ${id} cannot have these ${length} bytes of data`));
    at = end;
  }
  return infos;
}

function fail(bytes: Uint8Array, at: number, reason: string): never {
  throw new ProtocolError(`Cannot read framing extras at byte ${at} of ${bytes.length}: ${reason}`, {
    bytes: bytes.slice(0, 24),
  });
}

function rowOf(info: FrameInfo): Pick<AnyRow, "size" | "write"> {
  if (info.type === "unknown") return UNKNOWN_ROW;
  const row = BY_TYPE.get(info.type);
  if (row === undefined) throw new TypeError(`Cannot write framing extras: there is no "${info.type}"`);
  return row;
}

function idOf(info: FrameInfo): number {
  return info.type === "unknown" ? info.id : BY_TYPE.get(info.type)!.id;
}

function headSize(id: number, length: number): number {
  return 1 + (id >= 15 ? 1 : 0) + (length >= 15 ? 1 : 0);
}
