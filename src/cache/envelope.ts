import { asBytes } from "../bytes.ts";
import type { Bytes } from "../wire/slab.ts";

/** What a cache keeps with a value, before it. */
export interface Envelope {
  /** Whether there is a value; if not, it is known that there is none. */
  readonly present: boolean;
  /** Until when the value is as good as new, in milliseconds since 1970. */
  readonly freshUntil: number;
  /** How long it took to make, in milliseconds; 0 for a value that was not made but given. */
  readonly cost: number;
  /** The value as it was stored. */
  readonly value: Uint8Array;
}

/** A zero byte, since no text that is meant to be read begins with one; then the name. */
const MAGIC = 0x006d77;

/** Magic of three bytes, kind, moment as a double, milliseconds as an unsigned 32-bit number; all in network order. */
const SIZE = 16;

const PRESENT = 1;
const ABSENT = 2;

/** Puts what a cache keeps with a value before it. */
export function seal(
  { present, freshUntil, cost, value }: Omit<Envelope, "value"> & { readonly value: Bytes },
): Uint8Array {
  const content = asBytes(value);
  const bytes = new Uint8Array(SIZE + content.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, (MAGIC << 8) | (present ? PRESENT : ABSENT));
  view.setFloat64(4, freshUntil);
  view.setUint32(12, Math.min(Math.max(0, Math.round(cost)), 0xffffffff));
  bytes.set(content, SIZE);
  return bytes;
}

/** Reads what a cache keeps with a value; a value that another program stored bare is fresh for as long as it is there. */
export function open(bytes: Uint8Array): Envelope {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const head = bytes.length >= SIZE ? view.getUint32(0) : 0;
  const kind = head & 0xff;
  if (head >>> 8 !== MAGIC || (kind !== PRESENT && kind !== ABSENT)) {
    return { present: true, freshUntil: Infinity, cost: 0, value: bytes };
  }
  const value = bytes.subarray(SIZE);
  return { present: kind === PRESENT, freshUntil: view.getFloat64(4), cost: view.getUint32(12), value };
}
