import { asBytes } from "../../bytes.ts";
import { endsWell } from "./checksums.ts";
import type { Encoded, Stored, Transcoder } from "../transcoder.ts";
import { malformed, overLimit } from "./transcode_error.ts";
import { MAX_SIZE } from "./values.ts";

/** The formats of compression that every runtime has: `deflate` is what others call zlib. */
export type CompressionFormat = "deflate" | "gzip";

/** What {@linkcode compressed} takes. */
export interface CompressOptions {
  /** `deflate`, the default, which others call zlib, or `gzip`. */
  readonly format?: CompressionFormat;
  /** Values of at least so many bytes are compressed, and stay so if that makes them shorter; 1024 by default. */
  readonly threshold?: number;
  /** The bit of the flags that says that a value is compressed; 0x8 by default, as the clients for Python have it. */
  readonly flag?: number;
  /** The most bytes that a value may have when it is not compressed; 64 MiB by default. Memory for more is never taken. */
  readonly maxSize?: number;
}

/** So little is given at a time that a limit is not passed by far: no byte becomes more than about 1,030. */
const STEP = 4096;

/** Compresses bytes. */
export async function deflate(bytes: Uint8Array, format: CompressionFormat): Promise<Uint8Array> {
  return (await collect(bytes, new CompressionStream(format), Infinity))!;
}

/**
 * Makes what was compressed as it was; rejects with a {@linkcode TranscodeError} if it is no such thing or comes to more than
 * `maxSize` bytes.
 */
export async function inflate(bytes: Uint8Array, format: CompressionFormat, maxSize: number): Promise<Uint8Array> {
  const name = format === "deflate" ? "a value compressed with zlib" : "a value compressed with gzip";
  let inflated: Uint8Array | undefined;
  try {
    inflated = await collect(bytes, new DecompressionStream(format), maxSize);
  } catch (cause) {
    throw malformed(name, "it is cut short, has more after its end, or was never compressed", { cause });
  }
  if (inflated === undefined) throw overLimit(name, `it comes to more than ${maxSize} bytes`);
  // Not every runtime minds when the end is missing.
  if (!endsWell(bytes, inflated, format)) throw malformed(name, "its checksum is cut short");
  return inflated;
}

/**
 * Compresses the values of another transcoder, from a number of bytes on. What it reads without the bit in the flags, the other one
 * reads as it is.
 *
 * `encode` throws a `TypeError` if the other transcoder uses the bit itself; `decode` a {@linkcode TranscodeError} for what was not
 * compressed so, and for what comes to more than `maxSize` bytes.
 *
 * @example
 * ```ts
 * import { compressed, jsonTranscoder } from "@memwire/memwire/cache";
 * import { assertEquals } from "@std/assert";
 *
 * const transcoder = compressed(jsonTranscoder<string[]>(), { format: "gzip" });
 * const { value, flags } = await transcoder.encode(Array(1000).fill("again"));
 * assertEquals([value.length < 200, flags], [true, 8]);
 * ```
 */
export function compressed<T>(transcoder: Transcoder<T>, options: CompressOptions = {}): Transcoder<T> {
  const { format = "deflate", threshold = 1024, flag = 0x8, maxSize = MAX_SIZE } = options;
  return {
    encode: async (value): Promise<Encoded> => {
      const encoded = await transcoder.encode(value);
      if ((encoded.flags & flag) !== 0) {
        throw new TypeError(`Cannot compress a value with flags ${encoded.flags}: bit ${flag} is in use`);
      }
      const bytes = asBytes(encoded.value);
      if (bytes.length < threshold) return encoded;
      const shorter = await deflate(bytes, format);
      return shorter.length < bytes.length ? { value: shorter, flags: (encoded.flags | flag) >>> 0 } : encoded;
    },
    decode: async ({ value, flags }: Stored): Promise<T> => {
      if ((flags & flag) === 0) return await transcoder.decode({ value, flags });
      return await transcoder.decode({ value: await inflate(value, format, maxSize), flags: (flags & ~flag) >>> 0 });
    },
  };
}

/** What all streams of compression are. */
type Through = Pick<CompressionStream, "readable" | "writable">;

/** Sends bytes through a stream and joins what comes out; `undefined` if that is more than `maxSize` bytes. */
async function collect(bytes: Uint8Array, through: Through, maxSize: number): Promise<Uint8Array | undefined> {
  const reader = inSteps(bytes).pipeThrough(through).getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return join(chunks, length);
    length += value.length;
    if (length > maxSize) {
      await reader.cancel();
      return undefined;
    }
    chunks.push(value);
  }
}

/** Bytes as a stream that gives the next few when they are asked for. */
function inSteps(bytes: Uint8Array): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      // A copy, because not every runtime takes views into memory that is shared.
      if (at < bytes.length) controller.enqueue(bytes.slice(at, at += STEP));
      else controller.close();
    },
  }, { highWaterMark: 0 });
}

function join(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const joined = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return joined;
}
