/** Where mcrouter places keys. */

import { utf8Encode } from "../bytes.ts";
import { crc32 } from "../wire/crc32.ts";
import { Murmur64 } from "./hashes/murmur64.ts";
import { Word64 } from "./hashes/word64.ts";
import { shuffled, withoutFirst } from "./modula.ts";
import { rendezvous } from "./rendezvous.ts";
import type { RingServer, Scheme } from "./ring.ts";

const SEED = 4193360111;
const KEY_SEED = 2718281828;
/** How often it looks for a place before it gives up and takes the first. */
const TRIES = 32;
/** How far apart the bits are that it looks at. */
const STEP = 23;
const M_HIGH = 0x9ddfea08;
const M_LOW = 0xeb382d69;

/** `Ch3`, its default: consistent, and with servers to be added and removed only at the end of the list. */
export function ch3(servers: readonly RingServer[]): Scheme {
  const hash = new Ch3();
  return ofHashedPart({
    locate: (bytes, start, end) => hash.place(bytes, start, end, servers.length),
    others: (bytes, start, end) => shuffled(servers.length, crc32(bytes, start, end)),
  });
}

/** `Crc32`: 31 bits of the sum modulo the number of servers. */
export function mcrouterCrc32(servers: readonly RingServer[]): Scheme {
  const place = (bytes: Uint8Array, start: number, end: number, count: number) =>
    (crc32(bytes, start, end) & 0x7fffffff) % count;
  return ofHashedPart({
    locate: (bytes, start, end) => place(bytes, start, end, servers.length),
    others: (bytes, start, end) => withoutFirst([...servers.keys()], (count) => place(bytes, start, end, count)),
  });
}

/** `Rendezvous`, by the names of the servers as its configuration has them. */
export function mcrouterRendezvous(servers: readonly RingServer[]): Scheme {
  const murmur = new Murmur64();
  const names = servers.map(({ name }) => {
    const bytes = utf8Encode(name);
    murmur.hash(bytes, 0, bytes.length, SEED);
    return { high: murmur.value.high, low: murmur.value.low };
  });
  const key = new Word64();
  const score = new Word64();
  return ofHashedPart(rendezvous(servers, {
    read(bytes, start, end) {
      murmur.hash(bytes, start, end, KEY_SEED);
      key.set(murmur.value.high, murmur.value.low);
    },
    score(place) {
      const { high, low } = names[place]!;
      score.set(key.high ^ high, key.low ^ low);
      score.multiply(M_HIGH, M_LOW);
      score.xorShift(47);
      score.xor(high, low);
      score.multiply(M_HIGH, M_LOW);
      score.xorShift(47);
      score.multiply(M_HIGH, M_LOW);
      return (score.high >>> 0) * 2 ** 32 + (score.low >>> 0);
    },
  }, [...servers.keys()]));
}

/** The hash of `Ch3`: walks down a tree of places by bits that it makes from the key as it needs them. */
class Ch3 {
  readonly #murmur = new Murmur64();
  /** Bits of the key, 32 in each. */
  readonly #words: number[] = [];
  #known = 0;

  place(bytes: Uint8Array, start: number, end: number, count: number): number {
    if (count <= 1) return 0;
    this.#murmur.hash(bytes, start, end, SEED);
    this.#keep(0);
    let depth = 32 - Math.clz32(count - 1);
    let at = depth;
    for (let tries = 0; tries < TRIES; tries++) {
      while (!this.#bit(at)) {
        depth--;
        if (depth === 0) return 0;
        at = depth;
      }
      at += STEP;
      let place = 1;
      for (let left = depth - 1; left > 0; left--) {
        place = (place << 1) | (this.#bit(at) ? 1 : 0);
        at += STEP;
      }
      if (place < count) return place;
    }
    return 0;
  }

  #bit(n: number): boolean {
    const word = n >> 5;
    while (word >= this.#known) {
      this.#murmur.hashAgain(SEED);
      this.#keep(this.#known);
    }
    return ((this.#words[word]! >>> (n & 31)) & 1) === 1;
  }

  #keep(word: number): void {
    this.#words[word] = this.#murmur.value.low;
    this.#words[word + 1] = this.#murmur.value.high;
    this.#known = word + 2;
  }
}

const SLASH = 0x2f;
const BAR = 0x7c;
const HASH = 0x23;

/** Hashes only what is behind a routing prefix, as in `/region/cluster/key`, and before the first `|#|`. */
function ofHashedPart(scheme: Scheme): Scheme {
  return {
    locate: (bytes, start, end) => scheme.locate(bytes, behindPrefix(bytes, start, end), beforeMark(bytes, start, end)),
    others: (bytes, start, end) => scheme.others(bytes, behindPrefix(bytes, start, end), beforeMark(bytes, start, end)),
  };
}

function behindPrefix(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] !== SLASH || start === end) return start;
  let slashes = 0;
  for (let i = start; i < end; i++) {
    if (bytes[i] === SLASH && ++slashes === 3) return i + 1;
  }
  return start;
}

function beforeMark(bytes: Uint8Array, start: number, end: number): number {
  for (let i = start; i < end - 2; i++) {
    if (bytes[i] === BAR && bytes[i + 1] === HASH && bytes[i + 2] === BAR) return i;
  }
  return end;
}
