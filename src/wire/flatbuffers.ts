/**
 * Single FlatBuffers tables of numbers and text, as values of system events are. All numbers are little-endian.
 *
 * ```text
 *  0  offset of the table, u32
 *     field table: its size u16 | size of the table u16 | for each field, where it lies in the table u16, 0 for none
 *     table: how far back the field table is, i32 | fields; a text is the offset to it, u32
 *     text: length u32 | UTF-8 | 00
 * ```
 */

import { utf8Decode, utf8Encode } from "../bytes.ts";
import { ProtocolError } from "../errors.ts";

/** One field to write, by its place in the schema. Fields that are left out have their default. */
export type FlatField =
  | { readonly slot: number; readonly type: "u64"; readonly value: bigint }
  | { readonly slot: number; readonly type: "u32"; readonly value: number }
  | { readonly slot: number; readonly type: "bool"; readonly value: boolean }
  | { readonly slot: number; readonly type: "text"; readonly value: string };

/** Reads the fields of one table; nothing is read outside of the bytes that were given. */
export class FlatTable {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #table: number;
  readonly #fields: number;
  readonly #slots: number;
  readonly #size: number;

  /**
   * Finds the table.
   *
   * @throws {ProtocolError} If it or its field table lies outside.
   */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#table = this.#at(0, 4, "the offset of the table") + this.#view.getUint32(0, true);
    const back = this.#view.getInt32(this.#at(this.#table, 4, "the table"), true);
    this.#fields = this.#at(this.#table - back, 4, "the field table");
    const size = this.#view.getUint16(this.#fields, true);
    this.#at(this.#fields, size, "the field table");
    this.#slots = (size - 4) >> 1;
    this.#size = this.#view.getUint16(this.#fields + 2, true);
    this.#at(this.#table, this.#size, "the table");
  }

  /** An unsigned number of 64 bits; 0 when left out. */
  u64(slot: number): bigint {
    const at = this.#find(slot, 8);
    return at < 0 ? 0n : this.#view.getBigUint64(at, true);
  }

  /** An unsigned number of 32 bits; 0 when left out. */
  u32(slot: number): number {
    const at = this.#find(slot, 4);
    return at < 0 ? 0 : this.#view.getUint32(at, true);
  }

  /** A yes or no; no when left out. */
  bool(slot: number): boolean {
    const at = this.#find(slot, 1);
    return at >= 0 && this.#view.getUint8(at) !== 0;
  }

  /** A text; empty when left out. */
  text(slot: number): string {
    const at = this.#find(slot, 4);
    if (at < 0) return "";
    const start = this.#at(at + this.#view.getUint32(at, true), 4, "a text");
    const length = this.#view.getUint32(start, true);
    this.#at(start + 4, length, "a text");
    return utf8Decode(this.#bytes.subarray(start + 4, start + 4 + length));
  }

  /** Where a field lies; -1 when it is left out. */
  #find(slot: number, size: number): number {
    if (slot >= this.#slots) return -1;
    const offset = this.#view.getUint16(this.#fields + 4 + slot * 2, true);
    if (offset === 0) return -1;
    if (offset + size > this.#size) this.#fail(`field ${slot} lies outside of its table`);
    return this.#table + offset;
  }

  #at(at: number, size: number, what: string): number {
    if (at < 0 || at + size > this.#bytes.length) this.#fail(`${what} lies outside`);
    return at;
  }

  #fail(reason: string): never {
    throw new ProtocolError(`Cannot read FlatBuffers table of ${this.#bytes.length} bytes: ${reason}`, {
      bytes: this.#bytes.slice(0, 24),
    });
  }
}

const SIZES = { u64: 8, u32: 4, bool: 1, text: 4 } as const;

/** Writes one table. */
export function writeFlatTable(fields: readonly FlatField[]): Uint8Array<ArrayBuffer> {
  const slots = fields.reduce((most, { slot }) => Math.max(most, slot + 1), 0);
  const fieldsAt = 4;
  const fieldsSize = 4 + slots * 2;
  // Behind the first four bytes of the table the largest numbers come first, all of them at multiples of their size.
  const table = fieldsAt + fieldsSize + pad(fieldsAt + fieldsSize + 4, 8);
  const placed: { readonly field: FlatField; readonly at: number }[] = [];
  let end = table + 4;
  for (const field of fields.toSorted((a, b) => SIZES[b.type] - SIZES[a.type])) {
    placed.push({ field, at: end });
    end += SIZES[field.type];
  }
  const tableSize = end - table;
  const texts = new Map<FlatField, { readonly at: number; readonly bytes: Uint8Array }>();
  for (const field of fields) {
    if (field.type !== "text") continue;
    const bytes = utf8Encode(field.value);
    const at = end + pad(end, 4);
    texts.set(field, { at, bytes });
    end = at + 4 + bytes.length + 1;
  }
  const target = new Uint8Array(end + pad(end, 4));
  const view = new DataView(target.buffer);
  view.setUint32(0, table, true);
  view.setUint16(fieldsAt, fieldsSize, true);
  view.setUint16(fieldsAt + 2, tableSize, true);
  view.setInt32(table, table - fieldsAt, true);
  for (const { field, at } of placed) {
    view.setUint16(fieldsAt + 4 + field.slot * 2, at - table, true);
    if (field.type === "u64") view.setBigUint64(at, field.value, true);
    else if (field.type === "u32") view.setUint32(at, field.value, true);
    else if (field.type === "bool") view.setUint8(at, field.value ? 1 : 0);
    else {
      const text = texts.get(field)!;
      view.setUint32(at, text.at - at, true);
      view.setUint32(text.at, text.bytes.length, true);
      target.set(text.bytes, text.at + 4);
    }
  }
  return target;
}

/** How many bytes are missing to a multiple of a size. */
function pad(at: number, size: number): number {
  return (size - at % size) % size;
}
