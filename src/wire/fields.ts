/**
 * Fixed-size numbers in extras, and the way to lay several end to end.
 */

/** One number of fixed size on the wire, big-endian. */
export interface Field<T extends number | bigint> {
  /** Bytes that it takes. */
  readonly size: number;
  /** Writes it at an offset. */
  write(view: DataView, at: number, value: T): void;
  /** Reads it at an offset. */
  read(view: DataView, at: number): T;
}

/** Unsigned 8 bits. */
export const u8: Field<number> = {
  size: 1,
  write: (view, at, value) => view.setUint8(at, value),
  read: (view, at) => view.getUint8(at),
};

/** Unsigned 16 bits. */
export const u16: Field<number> = {
  size: 2,
  write: (view, at, value) => view.setUint16(at, value),
  read: (view, at) => view.getUint16(at),
};

/** Unsigned 32 bits. */
export const u32: Field<number> = {
  size: 4,
  write: (view, at, value) => view.setUint32(at, value),
  read: (view, at) => view.getUint32(at),
};

/** Unsigned 64 bits. */
export const u64: Field<bigint> = {
  size: 8,
  write: (view, at, value) => view.setBigUint64(at, value),
  read: (view, at) => view.getBigUint64(at),
};

/** Named fields, each with its type on the wire. */
// deno-lint-ignore no-explicit-any -- a field of numbers and one of bigints have no common type but this.
export type Fields = Readonly<Record<string, Field<any>>>;

/** The object that named fields make. */
export type FieldValues<F extends Fields> = { [K in keyof F]: F[K] extends Field<infer T> ? T : never };

/** Several fields end to end, as one object. */
export interface Struct<T> {
  /** Bytes that all fields take. */
  readonly size: number;
  /** Writes the fields from an offset on. */
  write(view: DataView, at: number, values: T): void;
  /** Reads the fields from an offset on. */
  read(view: DataView, at: number): T;
}

/** Lays fields end to end; their order in the object is their order on the wire. */
export function struct<F extends Fields>(fields: F): Struct<FieldValues<F>> {
  const names = Object.keys(fields) as (keyof F & string)[];
  const types = names.map((name) => fields[name]!);
  return {
    size: types.reduce((size, type) => size + type.size, 0),
    write(view, at, values) {
      for (let i = 0; i < names.length; i++) {
        const type = types[i]!;
        type.write(view, at, values[names[i]!]);
        at += type.size;
      }
    },
    read(view, at) {
      const values = {} as FieldValues<F>;
      for (let i = 0; i < names.length; i++) {
        const type = types[i]!;
        values[names[i]!] = type.read(view, at);
        at += type.size;
      }
      return values;
    },
  };
}
