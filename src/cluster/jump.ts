import type { KeyHash } from "./hashes/key_hash.ts";
import { Word64 } from "./hashes/word64.ts";
import { Xxh3 } from "./hashes/xxh3.ts";
import { shuffled } from "./modula.ts";
import type { RingServer, Scheme } from "./ring.ts";

/** Google's jump consistent hash: even, and with servers to be added and removed only at the end of the list. */
export function jump(servers: readonly RingServer[], hash: KeyHash | undefined): Scheme {
  const xxh3 = new Xxh3();
  const seed = new Word64();
  const state = new Word64();
  const read = (bytes: Uint8Array, start: number, end: number) => {
    if (hash === undefined) {
      xxh3.hash(bytes, start, end);
      seed.set(xxh3.value.high, xxh3.value.low);
    } else {
      seed.set(0, hash(bytes, start, end));
    }
  };
  return {
    locate(bytes, start, end) {
      read(bytes, start, end);
      state.set(seed.high, seed.low);
      return jumpTo(state, servers.length);
    },
    others(bytes, start, end) {
      read(bytes, start, end);
      return shuffled(servers.length, seed.low);
    },
  };
}

/** Where a number of 64 bits belongs among so many places; changes the number. */
export function jumpTo(state: Word64, count: number): number {
  let place = 0;
  for (let next = 0; next < count;) {
    place = next;
    state.multiply(0x27bb2ee6, 0x87b0b0fd);
    state.add(0, 1);
    next = Math.floor((place + 1) * (2 ** 31 / ((state.high >>> 1) + 1)));
  }
  return place;
}
