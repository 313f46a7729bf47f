import type { Bytes } from "../wire/slab.ts";

/** A server as a ring sees it. */
export interface RingServer {
  /** What is hashed: the name as configured, most often `host:port`, never the address that it resolves to. */
  readonly name: string;
  /** Its share of the keys compared with the others, a number above 0; 1 by default. */
  readonly weight?: number;
}

/**
 * Says which of some servers a key belongs to: plain code, without I/O, clock or promise. Made by {@linkcode makeRing}.
 *
 * - The same servers in the same order give the same places, in every process and on every runtime.
 * - With one server every key belongs to it, and nothing is hashed.
 * - `locate` allocates nothing.
 */
export interface Ring {
  /** What it is called; `custom` if it is a function of yours. */
  readonly name: string;
  /** Its servers, in the order they were given in. */
  readonly servers: readonly RingServer[];
  /** The place in `servers` of the server of a key; −1 when it belongs to none. */
  locate(key: Bytes): number;
  /**
   * The places of all the others, in the order in which they stand in for that server when it is down. It spreads the keys of a server
   * over all the others, as far as the scheme can.
   */
  next(key: Bytes): number[];
}

/** Makes a ring for some servers; called again whenever there are other servers. */
export type RingFactory = (servers: readonly RingServer[]) => Ring;

/**
 * What every ring is inside: a scheme over at least two servers unless it is mapped, for a stretch of bytes from `start` up to, not including, `end`.
 */
export interface Scheme {
  /** Whether `others` has all there are to turn to, and one server is no special case. */
  readonly mapped?: true;
  /** The place of the server of a key; −1 if it belongs to none. */
  locate(bytes: Uint8Array, start: number, end: number): number;
  /** The places of the others; may repeat some, and may have that of `locate`. */
  others(bytes: Uint8Array, start: number, end: number): Iterable<number>;
}
