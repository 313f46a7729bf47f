import { compressBlock } from "../wire/snappy_compress.ts";

/** Below it the header of a block and the effort weigh more than what is won. */
const MIN_SIZE = 32;

const MAX_RATIO = 0.83;

/** When compressing pays. */
export interface CompressOptions {
  /** Bytes from which on it is tried: 32 if left out. */
  readonly minSize?: number;
  /** The most that the compressed size may be of the plain one: 0.83 if left out. The official SDKs call it "min ratio". */
  readonly maxRatio?: number;
}

/**
 * Compresses a value as a raw Snappy block, to be stored with {@linkcode Datatype}'s `SNAPPY` bit.
 *
 * Returns `undefined` if the value is small or hardly shrinks: it is then to be sent as it is, without the bit.
 * The two bounds are our choice, the same as that of the official SDKs: 32 bytes, and 0.83 of the plain size.
 *
 * @example
 * ```ts
 * import { compress, decompress } from "@memwire/memwire/couchbase";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const plain = new TextEncoder().encode(JSON.stringify({ tags: Array(20).fill("blue") }));
 * const block = compress(plain);
 * assert(block !== undefined && block.length < 40);
 * assertEquals(decompress(block), plain);
 * assertEquals(compress(plain, { minSize: 1024 }), undefined);
 * ```
 */
export function compress(
  value: Uint8Array,
  { minSize = MIN_SIZE, maxRatio = MAX_RATIO }: CompressOptions = {},
): Uint8Array<ArrayBuffer> | undefined {
  if (value.length < minSize) return undefined;
  const block = compressBlock(value);
  return block.length > value.length * maxRatio ? undefined : block;
}
