/** Values with a section of extended attributes, and sections to refuse. */

const RECORDED = "kv_engine 6.0.5, recorded";
const LAYOUT = "kv_engine, layout of the section";

/** A value in plain form, its attributes and its body as text. */
export interface XattrVector {
  readonly name: string;
  readonly hex: string;
  readonly xattrs: readonly (readonly [key: string, value: string])[];
  readonly body: string;
  readonly source: string;
}

/** Values that can be split, and joined to the same bytes. */
export const XATTRS: readonly XattrVector[] = [
  {
    name: "a DCP mutation with two attributes",
    hex: `00000025 | 00000010 5f73796e63 00 7b22726576223a317d 00
      0000000d 75736572 00 2268656c6c6f22 00 | 7b2278223a317d`,
    xattrs: [["_sync", '{"rev":1}'], ["user", '"hello"']],
    body: '{"x":1}',
    source: RECORDED,
  },
  {
    name: "the same, from a feed without values: no body",
    hex: "00000025 | 00000010 5f73796e63 00 7b22726576223a317d 00 0000000d 75736572 00 2268656c6c6f22 00",
    xattrs: [["_sync", '{"rev":1}'], ["user", '"hello"']],
    body: "",
    source: RECORDED,
  },
  {
    name: "a DCP deletion that keeps the system attribute",
    hex: "00000014 | 00000010 5f73796e63 00 7b22726576223a317d 00",
    xattrs: [["_sync", '{"rev":1}']],
    body: "",
    source: RECORDED,
  },
  {
    name: "one attribute and an empty object",
    hex: "00000012 | 0000000e 5f73796e63 00 7b2261223a317d 00 | 7b7d",
    xattrs: [["_sync", '{"a":1}']],
    body: "{}",
    source: LAYOUT,
  },
  { name: "no attribute, no body", hex: "00000000", xattrs: [], body: "", source: LAYOUT },
  { name: "no attribute, a body", hex: "00000000 | 7b7d", xattrs: [], body: "{}", source: LAYOUT },
  {
    name: "a key of 15 bytes and one of 1, letters of two bytes",
    hex: "00000021 | 00000012 c3a46263646566676869c3b66b6c6d 00 31 00 00000007 6b 00 22c3bc22 00 | e282ac",
    xattrs: [["äbcdefghiöklm", "1"], ["k", '"ü"']],
    body: "€",
    source: LAYOUT,
  },
];

/** Values that end inside the section: nothing can be told of them. */
export const XATTRS_CUT: readonly { readonly hex: string; readonly reason: string }[] = [
  { hex: "", reason: "the size of the section takes 4 bytes, the value has 0" },
  { hex: "000000", reason: "the size of the section takes 4 bytes, the value has 3" },
  { hex: "00000001", reason: "the section ends at byte 5, the value at 4" },
  { hex: "ffffffff 00", reason: "the section ends at byte 4294967299, the value at 5" },
  {
    hex: "00000013 | 0000000e 5f73796e63 00 7b2261223a317d 00",
    reason: "the section ends at byte 23, the value at 22",
  },
];

/** Values whose section is whole and malformed inside. */
export const XATTRS_MALFORMED: readonly { readonly hex: string; readonly reason: string }[] = [
  { hex: "00000003 000000", reason: "the pair at byte 4 of the value has no room for its size" },
  { hex: "00000004 00000000", reason: "the pair at byte 4 of the value does not begin with a key" },
  { hex: "00000008 00000005 6b 00 31 00", reason: "the pair at byte 4 of the value has 5 bytes, the section 4 more" },
  { hex: "00000008 ffffffff 6b 00 31 00", reason: "has 4294967295 bytes, the section 4 more" },
  // The pair is shorter than it should be: its rest looks like the next one.
  { hex: "00000008 00000003 6b 00 31 00", reason: "does not end with its only other zero byte" },
  { hex: "00000007 00000003 6b 31 32", reason: "does not begin with a key of 1 to 15 bytes" },
  { hex: "00000007 00000003 6b 31 00", reason: "does not end with its only other zero byte" },
  { hex: "00000008 00000004 6b 00 31 32", reason: "does not end with its only other zero byte" },
  { hex: "00000009 00000005 6b 00 31 00 00", reason: "does not end with its only other zero byte" },
  { hex: "00000007 00000003 00 31 00", reason: "does not begin with a key of 1 to 15 bytes" },
  {
    hex: "00000017 00000013 61626364656667686970616263646566 00 31 00",
    reason: "does not begin with a key of 1 to 15 bytes",
  },
  { hex: "00000008 00000004 ff 00 31 00", reason: "has a key that is not UTF-8" },
  {
    hex: "00000010 00000004 6b 00 31 00 00000004 6b 00 32 00",
    reason: 'the pair at byte 12 of the value repeats the key "k"',
  },
  { hex: "00000009 00000004 6b 00 31 00 00", reason: "the pair at byte 12 of the value has no room for its size" },
];
