import { malformed } from "./transcode_error.ts";

const WHAT = "a value compressed with FastLZ";

/** Beyond this, a distance of level 2 is written in two bytes of its own. */
const FAR = 8191;

/**
 * Makes what FastLZ has compressed, at level 1 or 2, as it was, which takes `length` bytes.
 *
 * The first three bits say the level. Then come runs: a byte below 32 is followed by one more literal than it says; any other has
 * the length of a match in its first three bits, 7 meaning that more follows, and the upper bits of its distance in the rest.
 */
export function inflateFastLz(bytes: Uint8Array, length: number): Uint8Array {
  const level = (bytes[0] ?? 0) >> 5;
  if (level > 1) throw malformed(WHAT, `there is no level ${level + 1}`);
  // No byte becomes more than that, so that a few of them cannot make a large allocation.
  if (length > bytes.length * 256) throw malformed(WHAT, `${bytes.length} bytes cannot come to ${length}`);
  const made = new Uint8Array(length);
  let at = 0;
  let to = 0;
  const next = () => {
    const byte = bytes[at++];
    if (byte === undefined) throw malformed(WHAT, `it is cut short at byte ${bytes.length}`);
    return byte;
  };
  while (at < bytes.length) {
    // The level shares the first byte with the first run, which is always one of literals.
    const first = at === 0;
    const control = first ? next() & 31 : next();
    if (control < 32) {
      const count = control + 1;
      if (at + count > bytes.length) throw malformed(WHAT, `it is cut short at byte ${bytes.length}`);
      if (to + count > length) throw malformed(WHAT, `it comes to more than the ${length} bytes it speaks of`);
      made.set(bytes.subarray(at, at + count), to);
      at += count;
      to += count;
      continue;
    }
    let count = (control >> 5) + 2;
    if (count === 9) {
      let more = next();
      count += more;
      while (level === 1 && more === 255) count += more = next();
    }
    const high = (control & 31) << 8;
    let distance = high + next();
    if (level === 1 && distance === FAR) distance = FAR + ((next() << 8) | next());
    const from = to - distance - 1;
    if (from < 0) throw malformed(WHAT, `what it repeats lies before its start, at byte ${at}`);
    if (to + count > length) throw malformed(WHAT, `it comes to more than the ${length} bytes it speaks of`);
    // Byte by byte, because it may repeat what it is making.
    for (let i = 0; i < count; i++) made[to++] = made[from + i]!;
  }
  if (to !== length) throw malformed(WHAT, `it comes to ${to} bytes and not to the ${length} it speaks of`);
  return made;
}
