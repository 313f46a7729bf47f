/** A part of what waits to be sent, in bytes from its beginning. */
export interface ByteRange {
  /** Offset of its first byte. */
  readonly from: number;
  /** Offset of the first byte behind it. */
  readonly to: number;
}

/**
 * Leaves ranges out of the bytes of segments: closes the gaps inside a segment by moving what is behind them, so that there are
 * no more segments than before. The ranges are sorted by their offset; one that a segment lies in only partly is moved in, so a
 * segment that must not be changed has to lie in a range as a whole or not at all.
 */
export function dropRanges(segments: readonly Uint8Array[], ranges: readonly ByteRange[]): Uint8Array[] {
  const left: Uint8Array[] = [];
  let next = 0;
  let start = 0;
  for (const segment of segments) {
    const end = start + segment.length;
    let at = start;
    let length = 0;
    while (at < end) {
      while (next < ranges.length && ranges[next]!.to <= at) next++;
      const range = ranges[next];
      if (range !== undefined && range.from <= at) {
        at = Math.min(range.to, end);
        continue;
      }
      const until = range === undefined ? end : Math.min(range.from, end);
      if (at - start > length) segment.copyWithin(length, at - start, until - start);
      length += until - at;
      at = until;
    }
    if (length > 0) left.push(length === segment.length ? segment : segment.subarray(0, length));
    start = end;
  }
  return left;
}
