import { chooseHash } from "./hashes/hash_names.ts";
import type { RingServer, Scheme } from "./ring.ts";

/** Couchbase's: a key has a vbucket, and a map says which servers have that, the active one first. */
export function vbucketRing(servers: readonly RingServer[], map: readonly (readonly number[])[] | undefined): Scheme {
  if (map === undefined || map.length === 0) {
    throw new TypeError("Cannot make a ring of vbuckets without a vbucketMap: it says which servers have each of them");
  }
  const known = (place: number | undefined) => place !== undefined && place >= 0 && place < servers.length;
  const active = Int32Array.from(map, ([place]) => known(place) ? place! : -1);
  const crc = chooseHash("crc");
  const vbucket = (bytes: Uint8Array, start: number, end: number) => crc(bytes, start, end) % active.length;
  return {
    mapped: true,
    locate: (bytes, start, end) => active[vbucket(bytes, start, end)]!,
    others: (bytes, start, end) => map[vbucket(bytes, start, end)]!.slice(1).filter(known),
  };
}
