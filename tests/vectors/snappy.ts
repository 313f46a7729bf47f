/** Raw Snappy blocks and what they hold, and bytes that are none. */

/** A block and its plain bytes, in hexadecimal digits or as text. */
export interface SnappyVector {
  readonly name: string;
  readonly hex: string;
  readonly text: string;
  readonly source: string;
}

const RECORDED = "kv_engine 6.0.5, recorded";
const FORMAT = "Snappy, format description";
const SNAP = "made by the snap crate";

/** The attributes of a deleted document, compressed: a section without a body. */
export const SNAPPY_XATTRS: SnappyVector = {
  name: "a DCP deletion with an attribute",
  hex: "18 5c 00000014 00000010 5f73796e63 00 7b22726576223a317d 00",
  text: '\0\0\0\x14\0\0\0\x10_sync\0{"rev":1}\0',
  source: RECORDED,
};

/** Blocks of other compressors, and each form of each element. */
export const SNAPPY: readonly SnappyVector[] = [
  SNAPPY_XATTRS,
  {
    // The same document came in plain form to a connection without snappy.
    name: "a DCP mutation of 800 bytes",
    hex: "a006 1c6162636465666768 fe0800fe0800fe0800fe0800fe0800fe0800fe0800fe0800fe0800fe0800fe0800fe0800 5e0800",
    text: "abcdefgh".repeat(100),
    source: RECORDED,
  },
  {
    name: "JSON with a copy of 27 bytes",
    hex: `56 a8 7b226964223a312c226e616d65223a22416461222c2274616773223a5b22726564222c22677265656e222c
      6a0e00 3c 5d2c226e616d6532223a22416461227d`,
    text: '{"id":1,"name":"Ada","tags":["red","green","red","green","red","green"],"name2":"Ada"}',
    source: SNAP,
  },
  {
    name: "JSON with a literal of 74 bytes",
    hex: `9402 f049 7b227573657273223a5b7b226964223a302c226e616d65223a22416461222c22616374697665223a747275652c22726f6c65
      73223a5b22726561646572222c22777269746572225d7d2c09
      4004312c1140104772616365ca4200003215420c456473670565be85000033154314426172626172b2c900045d7d`,
    text: JSON.stringify({
      users: ["Ada", "Grace", "Edsger", "Barbara"].map((name, id) => (
        { id, name, active: true, roles: ["reader", "writer"] }
      )),
    }),
    source: SNAP,
  },
  { name: "one byte", hex: "01 00 61", text: "a", source: SNAP },
  { name: "nothing", hex: "00", text: "", source: FORMAT },
  { name: "a near copy that overlaps itself", hex: "07 08 786162 01 02", text: "xababab", source: FORMAT },
  { name: "a copy with an offset of 2 bytes", hex: "07 08 786162 0e 0200", text: "xababab", source: FORMAT },
  { name: "a copy with an offset of 4 bytes", hex: "07 08 786162 0f 02000000", text: "xababab", source: FORMAT },
  { name: "two literals in a row", hex: "02 00 61 00 62", text: "ab", source: FORMAT },
  { name: "a literal with 1 byte of length", hex: "02 f0 01 6162", text: "ab", source: FORMAT },
  { name: "a literal with 2 bytes of length", hex: "02 f4 0100 6162", text: "ab", source: FORMAT },
  { name: "a literal with 3 bytes of length", hex: "02 f8 010000 6162", text: "ab", source: FORMAT },
  { name: "a literal with 4 bytes of length", hex: "02 fc 01000000 6162", text: "ab", source: FORMAT },
  { name: "a length with needless groups", hex: "82 80 80 80 00 04 6162", text: "ab", source: FORMAT },
  {
    name: "the longest literal without bytes of length",
    hex: `3c ec ${"61".repeat(60)}`,
    text: "a".repeat(60),
    source: FORMAT,
  },
  {
    name: "a near copy from as far as it reaches",
    hex: `8810 f4fe07 ${"78".repeat(4)} ${"61".repeat(2043)} f5ff`,
    text: `xxxx${"a".repeat(2043)}xxxxaaaaa`,
    source: FORMAT,
  },
];

/** Bytes that are no block. */
export const SNAPPY_MALFORMED: readonly { readonly hex: string; readonly reason: string }[] = [
  { hex: "", reason: "it ends inside its length" },
  { hex: "80", reason: "it ends inside its length" },
  { hex: "80 80 80 80 10 00", reason: "its length exceeds 32 bits" },
  { hex: "ff ff ff ff ff 0f", reason: "its length exceeds 32 bits" },
  { hex: "ff ff ff ff 0f 00 61", reason: "exceed the limit of" },
  // 21 bytes are the most that one can stand for.
  { hex: "05", reason: "0 bytes cannot hold the 5 that it announces" },
  { hex: "2b 00 61", reason: "2 bytes cannot hold the 43 that it announces" },
  { hex: "05 00 61", reason: "it holds 1 plain bytes, and announces 5" },
  { hex: "01 00 61 00 62", reason: "it holds more than the 1 plain bytes" },
  { hex: "04 00 61 0d 01 00 00 00", reason: "it holds more than the 4 plain bytes" },
  { hex: "04 0c 616263", reason: "it ends inside a literal of 4 bytes" },
  { hex: "02 f0", reason: "it ends inside a number" },
  { hex: "02 f4 01", reason: "it ends inside a number" },
  { hex: "02 fc 01 00 00", reason: "it ends inside a number" },
  // A literal of 4,294,967,291 bytes; read as a signed number, it would lead back to its own tag.
  { hex: "05 fc faffffff", reason: "it ends inside a literal of 4294967291 bytes" },
  { hex: "01 fc ffffffff 61", reason: "it ends inside a literal of 4294967296 bytes" },
  { hex: "05 00 61 01", reason: "it ends inside a number" },
  { hex: "05 00 61 02 01", reason: "it ends inside a number" },
  { hex: "05 00 61 03 010000", reason: "it ends inside a number" },
  { hex: "05 00 61 01 00", reason: "a copy at byte 4 lies 0 back, after 1 bytes" },
  { hex: "05 00 61 01 02", reason: "a copy at byte 4 lies 2 back, after 1 bytes" },
  { hex: "05 01 01", reason: "a copy at byte 2 lies 1 back, after 0 bytes" },
  { hex: "05 00 61 0f ffffffff", reason: "a copy at byte 4 lies 4294967295 back" },
];
