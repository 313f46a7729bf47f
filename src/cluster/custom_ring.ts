import { asBytes } from "../bytes.ts";
import type { RingFactory } from "./ring.ts";

/**
 * Makes a ring of a function of your own: of the bytes of a key and the number of servers, the place of its server, or −1 for a key
 * that belongs to none.
 *
 * @param place Is not called when there is no server. A result that is no place counts as −1.
 * @returns What `makeRing` and `connect` take in place of a name.
 *
 * @example By the first byte
 * ```ts
 * import { customRing, makeRing } from "@memwire/memwire/cluster";
 * import { assertEquals } from "@std/assert";
 *
 * const byFirstByte = customRing((key, count) => key[0]! % count);
 * const ring = makeRing(byFirstByte, [{ name: "a:11211" }, { name: "b:11211" }]);
 * assertEquals(ring.locate("abc"), 1);
 * ```
 */
export function customRing(place: (key: Uint8Array, count: number) => number): RingFactory {
  return (servers) => {
    const { length } = servers;
    const locate = (key: string | Uint8Array) => {
      const at = length === 0 ? -1 : place(asBytes(key), length);
      return Number.isInteger(at) && at >= 0 && at < length ? at : -1;
    };
    const next = (key: string | Uint8Array) => {
      const first = locate(key);
      if (first < 0) return [];
      return Array.from({ length: length - 1 }, (_, step) => (first + 1 + step) % length);
    };
    return { name: "custom", servers: [...servers], locate, next };
  };
}
