/** Values that tell which key they belong to and whether they are whole. */

import type { Random } from "./random.ts";

/** How many keys a soak has. */
export const KEYS = 500;
/** Items of a group have the same flags, so that a call that writes many can say them once. */
const GROUPS = 10;
/** Counters of different keys are so far apart that no count reaches the next. */
const COUNTER_STEP = 1_000_000_000n;
/** What is larger than this is rare. */
const SMALL = 200;
const LARGE = 80_000;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A key by its number. */
export function keyName(run: string, index: number): string {
  return `${run}:item:${index}`;
}

/** The flags that an item must have. */
export function flagsOf(index: number): number {
  return index % GROUPS;
}

/** Another item with the same flags. */
export function sameFlags(index: number, random: Random): number {
  return flagsOf(index) + GROUPS * random.int(KEYS / GROUPS);
}

/** A counter's key by its number. */
export function counterName(run: string, index: number): string {
  return `${run}:counter:${index}`;
}

/** The first value of a counter. */
export function counterStart(index: number): bigint {
  return BigInt(index) * COUNTER_STEP;
}

/** Throws if a count is not one of a counter. */
export function checkCount(index: number, count: bigint): void {
  if (count / COUNTER_STEP !== BigInt(index)) throw new Error(`Counter ${index} gave ${count}`);
}

/** A value for a key: the key, a number, bytes that follow from the number, and a sum of it all. */
export function makeValue(key: string, sequence: number, size: number): Uint8Array<ArrayBuffer> {
  const head = encoder.encode(`${key} ${sequence} `);
  const value = new Uint8Array(head.length + size + 4);
  value.set(head);
  const fill = fillOf(sequence);
  for (let i = 0; i < size; i++) value[head.length + i] = fill + i;
  new DataView(value.buffer).setUint32(value.length - 4, sumOf(value, sequence));
  return value;
}

/** How long the filling of the next value is: mostly short, sometimes beyond every slab and segment. */
export function sizeFrom(random: Random): number {
  return random.int(300) === 0 ? random.int(LARGE) : random.int(SMALL);
}

/** Throws if a value is not one that was made for a key. */
export function checkValue(key: string, value: Uint8Array): void {
  const text = decoder.decode(value.subarray(0, key.length + 12));
  const [owner, sequence = "", ...rest] = text.split(" ");
  if (owner !== key || rest.length === 0) throw new Error(`${key} gave a value of ${JSON.stringify(text)}`);
  const number = Number(sequence);
  const from = key.length + sequence.length + 2;
  const end = value.length - 4;
  const fill = fillOf(number);
  for (let i = from; i < end; i++) {
    if (value[i] !== ((fill + i - from) & 0xff)) throw new Error(`${key} gave a value that is broken at ${i}`);
  }
  const sum = new DataView(value.buffer, value.byteOffset).getUint32(end);
  if (sum !== sumOf(value, number)) throw new Error(`${key} gave a value with another sum`);
}

function fillOf(sequence: number): number {
  return (sequence * 31) & 0xff;
}

/** Of the key, the length and the number. */
function sumOf(value: Uint8Array, sequence: number): number {
  let sum = (value.length * 2654435761) ^ sequence;
  for (let i = 0; i < value.length && value[i] !== 0x20; i++) sum = Math.imul(sum ^ value[i]!, 16777619);
  return sum >>> 0;
}
