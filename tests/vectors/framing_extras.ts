/**
 * Framing extras: a row of frame infos, each a byte with the id in its upper and the length in its lower half, then so many
 * bytes. A half of 15 is the escape: it is 15 plus the byte that follows, that of the id before that of the length.
 */

/** A row of frame infos. */
export interface FramingExtras {
  /** Unique in its list. */
  readonly name: string;
  readonly side: "request" | "response";
  /** The whole row. */
  readonly hex: string;
  readonly infos: readonly FramingInfo[];
  readonly source: string;
}

/** One frame info. */
export interface FramingInfo {
  readonly id: number;
  /** What follows the head, in hexadecimal digits. */
  readonly data: string;
  /** What the id is called; "unknown" for an id that nobody defines. */
  readonly name: string;
  /** What the data say, as plain values; nothing for an unknown id. */
  readonly meaning?: Readonly<Record<string, unknown>>;
}

const KV_ENGINE = "kv_engine BinaryProtocol";
const CAPTURED = "couchbase/gomemcached client, captured";
const NIBBLES = "kv_engine BinaryProtocol, the rule of the escape";

const barrier: FramingInfo = { id: 0, data: "", name: "barrier", meaning: {} };
const preserveExpiry: FramingInfo = { id: 5, data: "", name: "preserve-expiry", meaning: {} };

function durability(data: string, level: number, timeout?: number): FramingInfo {
  return { id: 1, data, name: "durability", meaning: timeout === undefined ? { level } : { level, timeout } };
}

function impersonate(data: string, user: string): FramingInfo {
  return { id: 4, data, name: "impersonate", meaning: { user } };
}

/** What clients send. The level of durability: 1 majority, 2 majority and persisted on active, 3 persisted to majority; timeout in ms. */
export const REQUEST_FRAMING_EXTRAS: readonly FramingExtras[] = [
  { name: "nothing", side: "request", hex: "", infos: [], source: KV_ENGINE },
  { name: "barrier", side: "request", hex: "00", infos: [barrier], source: KV_ENGINE },
  {
    name: "durability majority",
    side: "request",
    hex: "11 01",
    infos: [durability("01", 1)],
    source: CAPTURED,
  },
  {
    name: "durability persist to majority",
    side: "request",
    hex: "11 03",
    infos: [durability("03", 3)],
    source: KV_ENGINE,
  },
  {
    name: "durability majority, 2500 ms",
    side: "request",
    hex: "13 01 09c4",
    infos: [durability("0109c4", 1, 2500)],
    source: KV_ENGINE,
  },
  {
    name: "durability 2, 1 ms",
    side: "request",
    hex: "13 02 0001",
    infos: [durability("020001", 2, 1)],
    source: KV_ENGINE,
  },
  {
    name: "durability 3, 65,534 ms",
    side: "request",
    hex: "13 03 fffe",
    infos: [durability("03fffe", 3, 65534)],
    source: KV_ENGINE,
  },
  {
    name: "DCP stream id 1",
    side: "request",
    hex: "22 0001",
    infos: [{ id: 2, data: "0001", name: "stream-id", meaning: { streamId: 1 } }],
    source: "couchbase/gomemcached header.0x56.bin",
  },
  {
    name: "impersonate joe",
    side: "request",
    hex: "43 6a6f65",
    infos: [impersonate("6a6f65", "joe")],
    source: CAPTURED,
  },
  {
    name: "impersonate ^alice, of an external domain",
    side: "request",
    hex: "46 5e616c696365",
    infos: [impersonate("5e616c696365", "^alice")],
    source: KV_ENGINE,
  },
  // The longest without an escape.
  {
    name: "impersonate a name of 14 bytes",
    side: "request",
    hex: `4e ${"75".repeat(14)}`,
    infos: [impersonate("75".repeat(14), "u".repeat(14))],
    source: NIBBLES,
  },
  {
    name: "impersonate a name of 15 bytes",
    side: "request",
    hex: "4f 00 6162636465666768696a6b6c6d6e6f",
    infos: [impersonate("6162636465666768696a6b6c6d6e6f", "abcdefghijklmno")],
    source: CAPTURED,
  },
  {
    name: "impersonate a name of 16 bytes",
    side: "request",
    hex: "4f 01 6162636465666768696a6b6c6d6e6f70",
    infos: [impersonate("6162636465666768696a6b6c6d6e6f70", "abcdefghijklmnop")],
    source: KV_ENGINE,
  },
  {
    name: "impersonate a name of 20 bytes",
    side: "request",
    hex: "4f 05 6162636465666768696a6b6c6d6e6f7071727374",
    infos: [impersonate("6162636465666768696a6b6c6d6e6f7071727374", "abcdefghijklmnopqrst")],
    source: CAPTURED,
  },
  {
    name: "impersonate a name of 129 bytes",
    side: "request",
    hex: `4f 72 ${"75".repeat(129)}`,
    infos: [impersonate("75".repeat(129), "u".repeat(129))],
    source: NIBBLES,
  },
  // The length of all framing extras is one byte: 2 of head and 253 of data.
  {
    name: "impersonate a name of 253 bytes, as much as there is room for",
    side: "request",
    hex: `4f ee ${"75".repeat(253)}`,
    infos: [impersonate("75".repeat(253), "u".repeat(253))],
    source: NIBBLES,
  },
  { name: "preserve expiry", side: "request", hex: "50", infos: [preserveExpiry], source: CAPTURED },
  {
    name: "impersonate with the privilege DcpStream",
    side: "request",
    hex: "69 44637053747265616d",
    infos: [{ id: 6, data: "44637053747265616d", name: "impersonate-privilege", meaning: { privilege: "DcpStream" } }],
    source: KV_ENGINE,
  },
  {
    name: "impersonate through the token 513",
    side: "request",
    hex: "72 0201",
    infos: [{ id: 7, data: "0201", name: "auth-token", meaning: { tokenId: 513 } }],
    source: KV_ENGINE,
  },
  {
    name: "preserve expiry, durability, impersonate",
    side: "request",
    hex: "50 | 13 01 03e8 | 43 6a6f65",
    infos: [preserveExpiry, durability("0103e8", 1, 1000), impersonate("6a6f65", "joe")],
    source: CAPTURED,
  },
  // It was that of OpenTracing.
  {
    name: "id 3, retired",
    side: "request",
    hex: "33 010203",
    infos: [{ id: 3, data: "010203", name: "unknown" }],
    source: KV_ENGINE,
  },
  {
    name: "id 8, unknown, without data",
    side: "request",
    hex: "80",
    infos: [{ id: 8, data: "", name: "unknown" }],
    source: NIBBLES,
  },
  {
    name: "id 14, unknown, the last without an escape",
    side: "request",
    hex: "e2 abcd",
    infos: [{ id: 14, data: "abcd", name: "unknown" }],
    source: NIBBLES,
  },
  {
    name: "id 15, unknown, without data",
    side: "request",
    hex: "f0 00",
    infos: [{ id: 15, data: "", name: "unknown" }],
    source: NIBBLES,
  },
  {
    name: "id 20, unknown, 1 byte",
    side: "request",
    hex: "f1 05 aa",
    infos: [{ id: 20, data: "aa", name: "unknown" }],
    source: NIBBLES,
  },
  {
    name: "id 270, unknown, the last there is, 2 bytes",
    side: "request",
    hex: "f2 ff abcd",
    infos: [{ id: 270, data: "abcd", name: "unknown" }],
    source: NIBBLES,
  },
  // Both escapes: first the rest of the id, then the rest of the length.
  {
    name: "id 16, unknown, 17 bytes",
    side: "request",
    hex: "ff 01 02 000102030405060708090a0b0c0d0e0f10",
    infos: [{ id: 16, data: "000102030405060708090a0b0c0d0e0f10", name: "unknown" }],
    source: NIBBLES,
  },
  {
    name: "id 16, unknown, 17 bytes, between a barrier and preserve expiry",
    side: "request",
    hex: "00 | ff 01 02 000102030405060708090a0b0c0d0e0f10 | 50",
    infos: [barrier, { id: 16, data: "000102030405060708090a0b0c0d0e0f10", name: "unknown" }, preserveExpiry],
    source: NIBBLES,
  },
];

/** What servers send. Durations in µs; units as they are counted. */
export const RESPONSE_FRAMING_EXTRAS: readonly FramingExtras[] = [
  {
    name: "server duration 185.9 µs",
    side: "response",
    hex: "02 001e",
    infos: [{ id: 0, data: "001e", name: "server-duration", meaning: { encoded: 30 } }],
    source: KV_ENGINE,
  },
  {
    name: "read units 3",
    side: "response",
    hex: "12 0003",
    infos: [{ id: 1, data: "0003", name: "read-units", meaning: { units: 3 } }],
    source: KV_ENGINE,
  },
  {
    name: "read units 3, write units 5",
    side: "response",
    hex: "12 0003 | 22 0005",
    infos: [
      { id: 1, data: "0003", name: "read-units", meaning: { units: 3 } },
      { id: 2, data: "0005", name: "write-units", meaning: { units: 5 } },
    ],
    source: "couchbase/gomemcached response reader, run",
  },
  {
    name: "all four",
    side: "response",
    hex: "02 0001 | 12 ffff | 22 0000 | 32 0064",
    infos: [
      { id: 0, data: "0001", name: "server-duration", meaning: { encoded: 1 } },
      { id: 1, data: "ffff", name: "read-units", meaning: { units: 65535 } },
      { id: 2, data: "0000", name: "write-units", meaning: { units: 0 } },
      { id: 3, data: "0064", name: "throttle-duration", meaning: { encoded: 100 } },
    ],
    source: KV_ENGINE,
  },
  // A client skips what it does not know, whatever its length.
  {
    name: "ids 4 and 40, unknown, before a server duration",
    side: "response",
    hex: "43 010203 | f1 19 ff | 02 000a",
    infos: [
      { id: 4, data: "010203", name: "unknown" },
      { id: 40, data: "ff", name: "unknown" },
      { id: 0, data: "000a", name: "server-duration", meaning: { encoded: 10 } },
    ],
    source: NIBBLES,
  },
];

/** A duration as 16 bits and in µs: half of the 16 bits to the power of 1.74, here rounded to so many decimals. */
export const DURATIONS: readonly { readonly encoded: number; readonly micros: number; readonly decimals: number }[] = [
  { encoded: 0, micros: 0, decimals: 1 },
  { encoded: 1, micros: 0.5, decimals: 1 },
  { encoded: 10, micros: 27.5, decimals: 1 },
  { encoded: 30, micros: 185.8, decimals: 1 },
  { encoded: 100, micros: 1510, decimals: 0 },
  { encoded: 1000, micros: 82_979, decimals: 0 },
  { encoded: 65535, micros: 120_125_042, decimals: 0 },
];

/** Framing extras to refuse. */
export interface MalformedFramingExtras {
  readonly name: string;
  readonly side: "request" | "response";
  readonly hex: string;
  /** `structure`: the row cannot be cut into infos. `data`: it can, but an info has data that its id does not allow. */
  readonly breaks: "structure" | "data";
  readonly wrong: string;
}

/** What a reader refuses: a client closes on a broken structure, a server answers EINVAL (level: DURABILITY_INVALID_LEVEL). */
export const MALFORMED_FRAMING_EXTRAS: readonly MalformedFramingExtras[] = [
  { name: "durability without its byte", side: "request", hex: "11", breaks: "structure", wrong: "0 of 1 byte" },
  { name: "durability without its timeout", side: "request", hex: "13 01", breaks: "structure", wrong: "1 of 3 bytes" },
  {
    name: "barrier, then half a stream id",
    side: "request",
    hex: "00 22 00",
    breaks: "structure",
    wrong: "1 of 2 bytes",
  },
  { name: "name cut", side: "request", hex: "43 6a6f", breaks: "structure", wrong: "2 of 3 bytes" },
  { name: "long name cut", side: "request", hex: "4f 01 616263", breaks: "structure", wrong: "3 of 16 bytes" },
  {
    name: "escape of the id cut",
    side: "request",
    hex: "f0",
    breaks: "structure",
    wrong: "the rest of the id is missing",
  },
  {
    name: "escape of the length cut",
    side: "request",
    hex: "4f",
    breaks: "structure",
    wrong: "the rest of the length is missing",
  },
  {
    name: "escape of the length cut behind that of the id",
    side: "request",
    hex: "ff 00",
    breaks: "structure",
    wrong: "the rest of the length is missing",
  },
  { name: "server duration cut", side: "response", hex: "02 00", breaks: "structure", wrong: "1 of 2 bytes" },
  {
    name: "server duration, then a head alone",
    side: "response",
    hex: "02 001e 12",
    breaks: "structure",
    wrong: "0 of 2 bytes",
  },
  { name: "barrier with data", side: "request", hex: "01 00", breaks: "data", wrong: "1 byte, not 0" },
  { name: "durability of no bytes", side: "request", hex: "10", breaks: "data", wrong: "0 bytes, not 1 or 3" },
  { name: "durability of 2 bytes", side: "request", hex: "12 0100", breaks: "data", wrong: "2 bytes, not 1 or 3" },
  { name: "durability of 4 bytes", side: "request", hex: "14 0109c400", breaks: "data", wrong: "4 bytes, not 1 or 3" },
  { name: "durability level 0", side: "request", hex: "11 00", breaks: "data", wrong: "level 0, not 1 to 3" },
  { name: "durability level 4", side: "request", hex: "11 04", breaks: "data", wrong: "level 4, not 1 to 3" },
  {
    name: "durability within 0 ms",
    side: "request",
    hex: "13 01 0000",
    breaks: "data",
    wrong: "0 ms, not 1 to 65,534",
  },
  {
    name: "durability within 65,535 ms",
    side: "request",
    hex: "13 01 ffff",
    breaks: "data",
    wrong: "65,535 ms, not 1 to 65,534",
  },
  { name: "stream id of 1 byte", side: "request", hex: "21 01", breaks: "data", wrong: "1 byte, not 2" },
  { name: "nobody impersonated", side: "request", hex: "40", breaks: "data", wrong: "no name" },
  { name: "preserve expiry with data", side: "request", hex: "51 00", breaks: "data", wrong: "1 byte, not 0" },
  { name: "token of 1 byte", side: "request", hex: "71 01", breaks: "data", wrong: "1 byte, not 2" },
  // A client of couchbase/gomemcached crashes on it.
  { name: "read units of no bytes", side: "response", hex: "10", breaks: "data", wrong: "0 bytes, not 2" },
  { name: "server duration of 3 bytes", side: "response", hex: "03 00001e", breaks: "data", wrong: "3 bytes, not 2" },
];
