/** Writing requests: into a slab that is used again, or each into a buffer of its own. */

import { FrameWriter, GET, Magic, SET } from "@memwire/memwire/codec";
import { keysOf } from "../cases.ts";
import type { Comparison, Piece } from "../micro.ts";

/** Requests of one write. */
const FRAMES = 64;
const SIZE = 100;

const keys = keysOf(SIZE, 0).slice(0, FRAMES);
const longKeys = keys.map((key) => `tenant:acme:session:cart:items:${key}:2`);
const value = new Uint8Array(SIZE).fill(0x76);
const encoder = new TextEncoder();

/** What is compared. */
export function encodeComparisons(): Comparison[] {
  const baseline = (keys: string[], set: boolean): Piece => piece(plainWriter(), keys, set);
  const ours = (keys: string[], set: boolean): Piece => piece(slabWriter(), keys, set);
  return [
    { name: "write GET, key of 12", ours: ours(keys, false), baseline: baseline(keys, false) },
    { name: "write GET, key of 45", ours: ours(longKeys, false), baseline: baseline(longKeys, false) },
    { name: "write SET of 100 B", ours: ours(keys, true), baseline: baseline(keys, true) },
  ];
}

interface Writer {
  get(key: string, opaque: number): void;
  set(key: string, opaque: number): void;
  /** Gives how many bytes there are to be sent, and forgets them. */
  send(): number;
}

function piece(writer: Writer, keys: string[], set: boolean): Piece {
  let expected = 0;
  return {
    frames: FRAMES,
    run() {
      for (let i = 0; i < FRAMES; i++) {
        if (set) writer.set(keys[i]!, i);
        else writer.get(keys[i]!, i);
      }
      const sent = writer.send();
      if (expected === 0) expected = sent;
      if (sent !== expected || sent < FRAMES * 36) throw new Error(`${sent} bytes written instead of ${expected}`);
    },
  };
}

function slabWriter(): Writer {
  const out = new FrameWriter();
  const store = { key: "", value, flags: 0, expiry: 0 };
  return {
    get(key, opaque) {
      out.begin();
      GET.request.write(out, { key });
      out.finish(Magic.CLIENT_REQUEST, GET.opcode, opaque, 0);
    },
    set(key, opaque) {
      store.key = key;
      out.begin();
      SET.request.write(out, store);
      out.finish(Magic.CLIENT_REQUEST, SET.opcode, opaque, 0);
    },
    send() {
      let length = 0;
      for (const segment of out.take()) length += segment.length;
      out.recycle();
      return length;
    },
  };
}

/** A buffer, a view and an encoded key for each frame, joined in the end so that they leave in one write as well. */
function plainWriter(): Writer {
  let frames: Uint8Array[] = [];
  const write = (opcode: number, key: string, opaque: number, extras: number, value: Uint8Array): void => {
    const encoded = encoder.encode(key);
    const body = extras + encoded.length + value.length;
    const frame = new Uint8Array(24 + body);
    const view = new DataView(frame.buffer);
    view.setUint8(0, 0x80);
    view.setUint8(1, opcode);
    view.setUint16(2, encoded.length);
    view.setUint8(4, extras);
    view.setUint32(8, body);
    view.setUint32(12, opaque);
    frame.set(encoded, 24 + extras);
    frame.set(value, 24 + extras + encoded.length);
    frames.push(frame);
  };
  const nothing = new Uint8Array(0);
  return {
    get: (key, opaque) => write(0x00, key, opaque, 0, nothing),
    set: (key, opaque) => write(0x01, key, opaque, 8, value),
    send() {
      const all = join(frames);
      frames = [];
      return all.length;
    },
  };
}

/** Puts parts together in a new array. */
export function join(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
