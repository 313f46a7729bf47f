/** Where clients place `key:0` to `key:59`: what the scripts of `tests/interop/reference` printed, whose table names the clients. */

import type { RingName } from "../../src/cluster/ring_names.ts";

/** What a client printed. */
export interface ClientPlaces {
  readonly ring: RingName;
  /** How many servers there are: 10.0.i.1:(11211 + i). */
  readonly servers: number;
  /** Their weights in turn. */
  readonly weights: readonly number[];
  /** A digit for each key. */
  readonly places: string;
}

/** All of them. */
export const CLIENT_PLACES: readonly ClientPlaces[] = [
  {
    ring: "rendezvous",
    servers: 10,
    weights: [1],
    places: "973701457143240060448045491399913192869720811975656331538321",
  },
  {
    ring: "ketama-libketama",
    servers: 10,
    weights: [1],
    places: "522016361806641419964047954680284962019526590185011169308763",
  },
  {
    ring: "ketama-libketama",
    servers: 10,
    weights: [3, 1, 2],
    places: "522016361809633439963667953680284962079576590685080139306763",
  },
  {
    ring: "dalli",
    servers: 10,
    weights: [1],
    places: "274417536471871120669827189154773584711219679389342345693863",
  },
  {
    ring: "dalli",
    servers: 10,
    weights: [3, 1, 2],
    places: "770167536471031320669826089156003394661069669369382345693863",
  },
  {
    ring: "crc32-pecl",
    servers: 5,
    weights: [1],
    places: "320334203014441120123133240142120144301140402334332011144444",
  },
  {
    ring: "crc32-pecl",
    servers: 5,
    weights: [1, 2, 1, 3, 1],
    places: "043131232332131340401340321313133240131323313104040431312323",
  },
];

/** Where pymemcache places keys that are not ASCII, on ten servers. */
export const PYMEMCACHE_UTF8: Readonly<Record<string, number>> = { "café": 1, "日本語": 0, "😀😀😀😀😀": 8 };

/** By key, `key:0` and on: the servers of five that Dalli 3.0.6 turns to as one after the other goes down, the first one first. */
export const DALLI_FAILOVER =
  "21403 21043 43102 40132 12304 43012 02413 30142 34012 42301 04321 14203 01432 2314 12340 10432 21340 01324 12340 34102 23410 42301 23401 12043 14023 43021 03214 10324 10423 41230";
