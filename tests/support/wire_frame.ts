/** Frames as a test writes and reads them, by hand: nothing of the codec under test is used. */

import { assertEquals } from "@std/assert";
import { toHex } from "./hex.ts";

/** The parts of a frame that are not zero. */
export interface WireParts {
  readonly magic?: number;
  readonly opcode: number;
  /** The vbucket of a request, the status of a response. */
  readonly status?: number;
  readonly opaque?: number;
  readonly cas?: bigint;
  readonly datatype?: number;
  readonly framing?: Uint8Array;
  readonly extras?: Uint8Array;
  readonly key?: Uint8Array | string;
  readonly value?: Uint8Array | string;
}

/** A frame taken apart; everything in it is its own. */
export interface WireFrame extends Required<WireParts> {
  readonly framing: Uint8Array;
  readonly extras: Uint8Array;
  /** The key as text. */
  readonly key: string;
  readonly value: Uint8Array;
  /** The whole frame. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const NOTHING = new Uint8Array(0);

/** Bytes, also of a text. */
export function bytesOf(part: Uint8Array | string): Uint8Array {
  return typeof part === "string" ? encoder.encode(part) : part;
}

/** The bytes of a frame: an answer of a server unless `magic` says otherwise. */
export function wire(parts: WireParts): Uint8Array<ArrayBuffer> {
  const { magic = 0x81, opcode, status = 0, opaque = 0, cas = 0n, datatype = 0 } = parts;
  const framing = parts.framing ?? NOTHING;
  const extras = parts.extras ?? NOTHING;
  const key = bytesOf(parts.key ?? NOTHING);
  const value = bytesOf(parts.value ?? NOTHING);
  const body = framing.length + extras.length + key.length + value.length;
  const bytes = new Uint8Array(24 + body);
  const view = new DataView(bytes.buffer);
  bytes[0] = magic;
  bytes[1] = opcode;
  if (magic === 0x08 || magic === 0x18) {
    bytes[2] = framing.length;
    bytes[3] = key.length;
  } else {
    view.setUint16(2, key.length);
  }
  bytes[4] = extras.length;
  bytes[5] = datatype;
  view.setUint16(6, status);
  view.setUint32(8, body);
  view.setUint32(12, opaque);
  view.setBigUint64(16, cas);
  let at = 24;
  for (const part of [framing, extras, key, value]) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Takes the frame at the beginning of bytes apart; nothing if it is not whole. */
export function readWire(bytes: Uint8Array): WireFrame | undefined {
  if (bytes.length < 24) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const size = 24 + view.getUint32(8);
  if (bytes.length < size) return undefined;
  const magic = view.getUint8(0);
  const flexible = magic === 0x08 || magic === 0x18;
  const framingEnd = 24 + (flexible ? view.getUint8(2) : 0);
  const extrasEnd = framingEnd + view.getUint8(4);
  const keyEnd = extrasEnd + (flexible ? view.getUint8(3) : view.getUint16(2));
  return {
    magic,
    opcode: view.getUint8(1),
    status: view.getUint16(6),
    opaque: view.getUint32(12),
    cas: view.getBigUint64(16),
    datatype: view.getUint8(5),
    framing: bytes.slice(24, framingEnd),
    extras: bytes.slice(framingEnd, extrasEnd),
    key: decoder.decode(bytes.subarray(extrasEnd, keyEnd)),
    value: bytes.slice(keyEnd, size),
    bytes: Uint8Array.from(bytes.subarray(0, size)),
  };
}

/** Takes apart all frames that lie end to end in bytes. */
export function readAllWire(bytes: Uint8Array): WireFrame[] {
  const frames: WireFrame[] = [];
  let rest = bytes;
  for (let frame = readWire(rest); frame !== undefined; frame = readWire(rest)) {
    frames.push(frame);
    rest = rest.subarray(frame.bytes.length);
  }
  if (rest.length > 0) throw new Error(`${rest.length} bytes are no whole frame`);
  return frames;
}

/** The bytes of an answer: opcode and opaque are those of the request unless told otherwise. */
export function answer(request: WireFrame, parts: Partial<WireParts> = {}): Uint8Array<ArrayBuffer> {
  return wire({ opcode: request.opcode, opaque: request.opaque, ...parts });
}

/** The answer to a read that found something. */
export function hit(
  request: WireFrame,
  value: Uint8Array | string,
  parts: Partial<WireParts> = {},
): Uint8Array<ArrayBuffer> {
  return answer(request, { extras: new Uint8Array(4), value, cas: 1n, ...parts });
}

/** The answer to a read that found nothing. */
export function miss(request: WireFrame): Uint8Array<ArrayBuffer> {
  return answer(request, { status: 1, value: "Not found" });
}

/** Several arrays as one. */
export function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Throws unless two arrays hold the same bytes; quicker than to compare them as values. */
export function assertBytes(actual: Uint8Array, expected: Uint8Array): void {
  let same = actual.length === expected.length;
  for (let i = 0; same && i < actual.length; i++) same = actual[i] === expected[i];
  if (!same) assertEquals(toHex(actual), toHex(expected));
}

/** Throws unless two lists of arrays hold the same bytes in the same order. */
export function assertAllBytes(actual: readonly Uint8Array[], expected: readonly Uint8Array[]): void {
  for (const [i, bytes] of actual.entries()) assertBytes(bytes, expected[i] ?? NOTHING);
  assertEquals(actual.length, expected.length);
}
