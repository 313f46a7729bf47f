import type { KeyHash } from "./hashes/key_hash.ts";
import { PrefixedKey, rankByName, rendezvous } from "./rendezvous.ts";
import type { RingServer, Scheme } from "./ring.ts";
import { withPort } from "./server_names.ts";

/** pymemcache's: the hash of `host:port-key`; of equals the greater name. */
export function pymemcacheRendezvous(servers: readonly RingServer[], hash: KeyHash): Scheme {
  const names = servers.map(({ name }) => withPort(name));
  const prefixed = names.map((name) => new PrefixedKey(name));
  let key: Uint8Array = new Uint8Array(0);
  let from = 0;
  let to = 0;
  return rendezvous(servers, {
    read(bytes, start, end) {
      key = bytes;
      from = start;
      to = end;
    },
    score(place) {
      const text = prefixed[place]!;
      const end = text.put(key, from, to);
      return hash(text.bytes, 0, end);
    },
  }, rankByName(names));
}
