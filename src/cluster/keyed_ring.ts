import { utf8EncodeInto } from "../bytes.ts";
import type { Bytes } from "../wire/slab.ts";
import type { Ring, RingServer, Scheme } from "./ring.ts";

/** No key is longer in the protocol, so that a text seldom needs more room: 250 characters of three bytes. */
const ROOM = 750;

/** What {@linkcode KeyedRing} is made from. */
export interface KeyedRingOptions {
  /** What the ring is called. */
  readonly name: string;
  /** The two bytes around the part of a key that is hashed. */
  readonly tag?: readonly [open: number, close: number];
}

/** A ring around a scheme: reads texts, finds the tag in a key, and knows what to do with fewer than two servers. */
export class KeyedRing implements Ring {
  readonly name: string;
  readonly servers: readonly RingServer[];
  readonly #scheme: Scheme | undefined;
  readonly #tag: readonly [number, number] | undefined;
  #room: Uint8Array<ArrayBuffer> = new Uint8Array(ROOM);
  #start = 0;
  #end = 0;

  /** Makes a ring; the scheme may be left out for fewer than two servers. */
  constructor(servers: readonly RingServer[], scheme: Scheme | undefined, { name, tag }: KeyedRingOptions) {
    this.name = name;
    this.servers = servers;
    this.#scheme = scheme;
    this.#tag = tag;
  }

  locate(key: Bytes): number {
    if (this.#scheme === undefined) return this.servers.length - 1;
    const bytes = this.#read(key);
    return this.#scheme.locate(bytes, this.#start, this.#end);
  }

  next(key: Bytes): number[] {
    if (this.#scheme === undefined) return [];
    const bytes = this.#read(key);
    const first = this.#scheme.locate(bytes, this.#start, this.#end);
    const places = new Set(this.#scheme.others(bytes, this.#start, this.#end));
    // Whatever the scheme cannot reach comes last, around the list.
    if (!this.#scheme.mapped) {
      for (let step = 1; step <= this.servers.length; step++) places.add((first + step) % this.servers.length);
    }
    places.delete(first);
    return [...places];
  }

  /** The bytes that the part to hash is in, from `#start` to `#end`. */
  #read(key: Bytes): Uint8Array {
    const bytes = typeof key === "string" ? this.#encode(key) : key;
    this.#start = 0;
    this.#end = typeof key === "string" ? this.#end : key.length;
    if (this.#tag !== undefined) this.#narrow(bytes, this.#tag);
    return bytes;
  }

  #encode(key: string): Uint8Array {
    // A character of UTF-16 takes three bytes at most.
    if (key.length * 3 > this.#room.length) this.#room = new Uint8Array(key.length * 3);
    this.#end = utf8EncodeInto(key, this.#room);
    return this.#room;
  }

  /** To what is between the first opening byte and the next closing one, if there is something. */
  #narrow(bytes: Uint8Array, [open, close]: readonly [number, number]): void {
    const start = find(bytes, open, 0, this.#end);
    const end = find(bytes, close, start + 1, this.#end);
    if (end >= this.#end || end === start + 1) return;
    this.#start = start + 1;
    this.#end = end;
  }
}

/** Where a byte is; `end` if it is nowhere. */
function find(bytes: Uint8Array, byte: number, start: number, end: number): number {
  for (let i = start; i < end; i++) if (bytes[i] === byte) return i;
  return end;
}
