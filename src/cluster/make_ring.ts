import { chooseHash, type CustomHash, type HashName } from "./hashes/hash_names.ts";
import { KeyedRing } from "./keyed_ring.ts";
import type { Ring, RingFactory, RingServer } from "./ring.ts";
import { type RingName, SCHEMES } from "./ring_names.ts";
import { checkServers, equalWeights } from "./weights.ts";

/** How a ring differs from what its name says. */
export interface RingOptions {
  /** What keys are hashed with, for the schemes that leave it open; each has a default of its own. */
  readonly hash?: HashName | CustomHash;
  /**
   * Two characters, such as `{}`: of a key that has them, only what is between the first opening and the next closing one is hashed, if that is
   * not empty. Keys with the same tag are then on the same server. Left out, whole keys are hashed.
   */
  readonly hashTag?: string;
  /** Which servers have each vbucket, the active one first, by their places in the list; −1 where there is none. For `couchbase-vbucket`. */
  readonly vbucketMap?: readonly (readonly number[])[];
}

/**
 * Makes a ring: says which server a key belongs to, as other clients of memcached say it.
 *
 * The names and what they stand for are at {@linkcode RingName}. A function makes a ring of your own, see {@linkcode customRing}.
 *
 * @throws {TypeError} If there is no such ring or hash, the ring has no choice of hashes or no weights, two servers have one name, or the tag is not two
 * ASCII characters.
 * @throws {RangeError} If a weight is not a number above 0, or not one that this ring can take.
 *
 * @example The place that libmemcached would choose
 * ```ts
 * import { makeRing } from "@memwire/memwire/cluster";
 * import { assertEquals } from "@std/assert";
 *
 * const ring = makeRing("ketama-weighted", [{ name: "10.0.1.1:11211" }, { name: "10.0.1.2:11212" }, { name: "10.0.1.3:11213" }]);
 * assertEquals(ring.locate("session:9f8e7d6c"), 2);
 * assertEquals(ring.next("session:9f8e7d6c").length, 2); // where to turn to when that one is down
 * ```
 *
 * @example Keys that belong together
 * ```ts
 * import { makeRing } from "@memwire/memwire/cluster";
 * import { assertEquals } from "@std/assert";
 *
 * const servers = ["a:11211", "b:11211", "c:11211"].map((name) => ({ name }));
 * const ring = makeRing("ketama-weighted", servers, { hashTag: "{}" });
 * assertEquals(ring.locate("{user:1}:name"), ring.locate("{user:1}:mail"));
 * ```
 */
export function makeRing(
  ring: RingName | RingFactory,
  servers: readonly RingServer[],
  options: RingOptions = {},
): Ring {
  if (typeof ring === "function") return ring(servers);
  if (!Object.hasOwn(SCHEMES, ring)) {
    throw new TypeError(`Cannot make a ring ${JSON.stringify(ring)}: it is ${Object.keys(SCHEMES).join(", ")}`);
  }
  checkServers(servers);
  const { defaultHash, scheme, weightless } = SCHEMES[ring];
  if (weightless && !equalWeights(servers)) {
    throw new TypeError(`Cannot use weights in the ring ${ring}: it has none, ketama-weighted and others do`);
  }
  if (options.hash !== undefined && defaultHash === undefined) {
    throw new TypeError(`Cannot choose a hash for the ring ${ring}: it has its own`);
  }
  const hash = chooseHash(options.hash ?? defaultHash ?? "one_at_a_time");
  const made = scheme(servers, { hash, chosen: options.hash !== undefined, vbucketMap: options.vbucketMap });
  const tag = options.hashTag === undefined ? {} : { tag: readTag(options.hashTag) };
  return new KeyedRing([...servers], servers.length > 1 || made.mapped ? made : undefined, { name: ring, ...tag });
}

/**
 * Makes what makes rings of one kind, for whoever needs them for servers that come and go.
 *
 * @throws What {@linkcode makeRing} throws about the name and the options.
 *
 * @example
 * ```ts
 * import { ringOf } from "@memwire/memwire/cluster";
 * import { assertEquals } from "@std/assert";
 *
 * const ring = ringOf("modula", { hash: "crc32" });
 * assertEquals(ring([{ name: "a:11211" }]).locate("any key"), 0);
 * ```
 */
export function ringOf(ring: RingName, options: RingOptions = {}): RingFactory {
  makeRing(ring, [], options);
  return (servers) => makeRing(ring, servers, options);
}

function readTag(text: string): readonly [number, number] {
  // deno-lint-ignore no-control-regex -- all of ASCII
  if (/^[\x00-\x7f]{2}$/.test(text)) return [text.charCodeAt(0), text.charCodeAt(1)];
  throw new TypeError(`Cannot use the hash tag ${JSON.stringify(text)}: it is two ASCII characters, such as {}`);
}
