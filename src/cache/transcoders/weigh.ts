import { MAX_DEPTH } from "./byte_reader.ts";
import { overLimit, unsupported } from "./transcode_error.ts";

/** How much a value holds, and how deep. */
interface Weight {
  readonly size: number;
  readonly height: number;
}

/** What a value weighs that is being weighed. */
const OPEN: Weight = { size: 0, height: 0 };

/**
 * Refuses values that lie in themselves, lie too deep, or would be larger than `maxSize` if what they share stood everywhere it is
 * referred to: a few bytes can refer to each other until nobody can walk through what they mean.
 */
export function checkWeight(value: unknown, maxSize: number, what: string): void {
  const seen = new Map<object, Weight>();
  const weigh = (value: unknown, depth: number): Weight => {
    if (typeof value === "string" || value instanceof Uint8Array) return { size: 1 + value.length, height: 0 };
    if (typeof value !== "object" || value === null) return { size: 1, height: 0 };
    const known = seen.get(value);
    if (known === OPEN) throw unsupported(what, "it lies in itself");
    if (depth + (known?.height ?? 0) > MAX_DEPTH) throw overLimit(what, `it is nested deeper than ${MAX_DEPTH} levels`);
    if (known !== undefined) return known;
    seen.set(value, OPEN);
    let size = 1;
    let height = 0;
    for (const part of partsOf(value)) {
      const inner = weigh(part, depth + 1);
      size += inner.size;
      height = Math.max(height, inner.height + 1);
      if (size > maxSize) throw overLimit(what, `with what it shares written out it is larger than ${maxSize} bytes`);
    }
    const weight = { size, height };
    seen.set(value, weight);
    return weight;
  };
  weigh(value, 0);
}

function partsOf(value: object): Iterable<unknown> {
  if (Array.isArray(value) || value instanceof Set) return value;
  return (value instanceof Map ? [...value] : Object.entries(value)).flat();
}
