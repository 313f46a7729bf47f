import { utf8Encode } from "../bytes.ts";
import { Continuum } from "./continuum.ts";
import { chooseHash } from "./hashes/hash_names.ts";
import { dalliPoints } from "./ketama.ts";
import type { RingServer, Scheme } from "./ring.ts";
import { withPort } from "./server_names.ts";

/** How often Dalli looks for a server that is up, the first time included. */
const TRIES = 20;

/** Dalli's ring: a key whose server is down goes where `0key` would, then `1key`, and so on. */
export function dalli(servers: readonly RingServer[]): Scheme {
  const ring = new Continuum(dalliPoints(servers, withPort), { hash: chooseHash("crc32"), before: true });
  return {
    locate: (bytes, start, end) => ring.locate(bytes, start, end),
    *others(bytes, start, end) {
      for (let number = 0; number < TRIES - 1; number++) {
        const key = [...utf8Encode(String(number)), ...bytes.subarray(start, end)];
        yield ring.locate(Uint8Array.from(key), 0, key.length);
      }
      yield* ring.others(bytes, start, end);
    },
  };
}
