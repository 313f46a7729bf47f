/** Unsigned LEB128 of 32 bits: values both ways, and bytes to refuse. */

/** Values and their bytes. */
export const LEB128: readonly (readonly [value: number, hex: string])[] = [
  // The table of the DWARF standard.
  [2, "02"],
  [127, "7f"],
  [128, "80 01"],
  [129, "81 01"],
  [130, "82 01"],
  [12857, "b9 64"],
  // The ids in the documents and captures of Couchbase.
  [0, "00"],
  [8, "08"],
  [9, "09"],
  [0x555, "d5 0a"],
  [0xcafef00d, "8d e0 fb d7 0c"],
  [0xdeadbeef, "ef fd b6 f5 0d"],
  // The first and the last of each length.
  [0x3fff, "ff 7f"],
  [0x4000, "80 80 01"],
  [0x1fffff, "ff ff 7f"],
  [0x200000, "80 80 80 01"],
  [0xfffffff, "ff ff ff 7f"],
  [0x10000000, "80 80 80 80 01"],
  [0x7fffffff, "ff ff ff ff 07"],
  [0x80000000, "80 80 80 80 08"],
  [0xffffffff, "ff ff ff ff 0f"],
];

/** The number that stands in front of other bytes, and how many bytes it takes. */
export const LEB128_PREFIXES: readonly { readonly hex: string; readonly value: number; readonly length: number }[] = [
  { hex: "00 666f6f", value: 0, length: 1 },
  { hex: "d50a 666f6f", value: 0x555, length: 2 },
  { hex: "effdb6f50d 6b", value: 0xdeadbeef, length: 5 },
  // What follows may look like more of it.
  { hex: "7f 80", value: 127, length: 1 },
];

/** Bytes that are no such number. */
export const LEB128_REJECTED: readonly { readonly hex: string; readonly reason: string }[] = [
  { hex: "", reason: "cut: nothing there" },
  { hex: "80", reason: "cut: one group, more announced" },
  { hex: "80 80", reason: "cut: two groups, more announced" },
  { hex: "ff ff ff ff", reason: "cut: four groups, more announced" },
  { hex: "80 00", reason: "not the shortest: 0 in two groups" },
  { hex: "ff 00", reason: "not the shortest: 127 in two groups" },
  { hex: "80 80 00", reason: "not the shortest: 0 in three groups" },
  { hex: "d5 8a 00", reason: "not the shortest: 0x555 in three groups" },
  { hex: "80 80 80 80 00", reason: "not the shortest: 0 in five groups" },
  { hex: "80 80 80 80 10", reason: "over 32 bits: bit 32 alone" },
  { hex: "ff ff ff ff 1f", reason: "over 32 bits: 2³³ − 1" },
  { hex: "ff ff ff ff 7f", reason: "over 32 bits: five full groups" },
  { hex: "ff ff ff ff ff 0f", reason: "over 32 bits: six groups" },
  { hex: "80 80 80 80 80 00", reason: "over 32 bits: six groups of 0" },
];
