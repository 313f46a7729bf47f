import type { KeyHash } from "./hashes/key_hash.ts";
import { LowBytes, PrefixedKey } from "./prefixed_key.ts";
import { rankByName, rendezvous } from "./rendezvous.ts";
import type { RingServer, Scheme } from "./ring.ts";
import { withPort } from "./server_names.ts";

/** pymemcache's: the hash of `host:port-key`; of equals the greater name. */
export function pymemcacheRendezvous(servers: readonly RingServer[], hash: KeyHash): Scheme {
  const names = servers.map(({ name }) => withPort(name));
  const prefixed = names.map((name) => new PrefixedKey(name));
  const key = new LowBytes();
  return rendezvous(servers, {
    read(bytes, start, end) {
      key.read(bytes, start, end);
    },
    score(place) {
      const text = prefixed[place]!;
      const end = text.put(key.bytes, key.length);
      // The order of unsigned numbers, kept in a signed one.
      return hash(text.bytes, 0, end) ^ 0x80000000;
    },
  }, rankByName(names));
}
