/** Random requests for two servers that should answer alike: all opcodes, few keys, many mistakes. */

import { count, store, u32 } from "../contract/conformance_talk.ts";
import type { Random } from "./random.ts";
import { wire, type WireParts } from "./wire_frame.ts";

/** One request, as each of the two servers gets it: they differ in the CAS only. */
export interface RandomRequest {
  /** What is sent, with the CAS of the first server. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The CAS that the other server gets. */
  readonly otherCas: bigint;
  /** Whether the server closes the connection after it. */
  readonly fatal: boolean;
  /** Whether it begins like no request: memcached then forgets the answers that it has yet to send. */
  readonly senseless: boolean;
  /** Whether it reads a value: memcached then holds the item until the answer has left. */
  readonly reads: boolean;
  /** Whether it counts: memcached does it otherwise while the item is held. */
  readonly counts: boolean;
}

/** The versions that both servers gave to the same writes. */
export type CasPairs = readonly (readonly [first: bigint, other: bigint])[];

const KEYS = ["a", "b", "counter", "k:1", "k:2", "\xff\0 \r\n", "\xff\0 ", "long".repeat(62)];

/**
 * Numbers, nearly numbers, and texts. Two kinds are missing, with which memcached reads the memory of others: blanks alone, and a
 * minus sign, which it looks for behind every number of 2⁶³ and more until it meets a NUL.
 */
const VALUES = [
  ...[
    "",
    "0",
    "1",
    "9",
    "10",
    "99",
    "100",
    "007",
    "12 ",
    " 12",
    "+5",
    "1 2",
    "1x",
    "0x1",
    "1.5",
    "1\0",
    "1\n",
  ],
  ...[
    "18446744073709551615",
    "18446744073709551616",
    "9223372036854775808",
    "99999999999999999999",
  ],
  ...["text", "v".repeat(100), "v".repeat(5000), "é", "\0"],
];

const NUMBERS = [0n, 1n, 2n, 9n, 10n, 99n, 1n << 32n, 1n << 63n, (1n << 64n) - 1n];

/** None of them comes while a test runs; one has been over for long. */
const EXPIRIES = [0, 0, 0, 3600, 2_592_000, 2_592_001, 0x7fffffff, 0xffffffff];

const GROUPS = ["nonsense", "item", "reset", "detail off", "sizes", "x".repeat(250)];

const GETS = [0x00, 0x09, 0x0c, 0x0d];
const TOUCHES = [0x1c, 0x1d, 0x1e, 0x23, 0x24];
const STORES = [0x01, 0x11, 0x02, 0x12, 0x03, 0x13];
const DELETES = [0x04, 0x14];
const COUNTS = [0x05, 0x15, 0x06, 0x16];
const CONCATS = [0x0e, 0x19, 0x0f, 0x1a];
const FLUSHES = [0x08, 0x18];
const SASL_STEPS = [0x21, 0x22];
const ALONE = [0x0a, 0x0b, 0x20];
const QUITS = [0x07, 0x17];
const STAT = 0x10;

/** How often each opcode comes. */
const USUAL = [
  ...GETS,
  ...GETS,
  ...GETS,
  ...TOUCHES,
  ...STORES,
  ...STORES,
  0x01,
  0x01,
  ...DELETES,
  ...COUNTS,
  ...COUNTS,
]
  .concat(CONCATS, CONCATS, ALONE, STAT, [0x08, 0x18, 0x21, 0x22, 0x1b, 0x1f, 0x25, 0x60, 0xff]);

/** Makes one request. */
export function randomRequest(random: Random, pairs: CasPairs): RandomRequest {
  const opcode = random.pick(USUAL);
  const parts = usual(random, opcode);
  const odd = random.int(40) === 0 ? spoil(random, parts) : undefined;
  // Far from the versions that servers give.
  const wrong = 1n << 62n;
  const [cas, otherCas] = random.pick([[0n, 0n], [0n, 0n], [0n, 0n], [wrong, wrong], ...pairs.slice(-4)] as const);
  const header = { magic: 0x80, opaque: random.int(0xffff0000), cas, datatype: random.int(4), status: random.int(3) };
  const bytes = odd?.bytes(header) ?? wire({ ...parts, ...header });
  return {
    bytes,
    otherCas,
    senseless: bytes[0] !== 0x80,
    fatal: odd !== undefined,
    reads: GETS.includes(opcode) || TOUCHES.includes(opcode),
    counts: COUNTS.includes(opcode),
  };
}

/** A request that is well formed, though it may be refused. */
function usual(random: Random, opcode: number): WireParts {
  const key = random.pick(KEYS);
  if (GETS.includes(opcode) || DELETES.includes(opcode)) return { opcode, key };
  if (TOUCHES.includes(opcode)) return { opcode, key, extras: u32(random.pick(EXPIRIES)) };
  if (STORES.includes(opcode)) {
    // Too large, but rarely.
    const value = random.int(100) === 0 ? "x".repeat(1024 * 1024) : random.pick(VALUES);
    return store(opcode, key, value, { flags: random.pick([0, 1, 0xffffffff]), expiry: random.pick(EXPIRIES) });
  }
  if (CONCATS.includes(opcode)) return { opcode, key, value: random.pick(VALUES) };
  if (COUNTS.includes(opcode)) {
    const extras = count(random.pick(NUMBERS), random.pick(NUMBERS), random.pick([0, 3600, 0xffffffff]));
    return { opcode, key, extras };
  }
  if (FLUSHES.includes(opcode)) return random.int(2) === 0 ? { opcode } : { opcode, extras: u32(0) };
  if (SASL_STEPS.includes(opcode)) return { opcode, key: "PLAIN", value: "\0user\0pencil" };
  if (opcode === STAT) return { opcode, key: random.pick(GROUPS) };
  if (ALONE.includes(opcode)) return { opcode };
  // Unknown ones: with a key or extras, memcached would lose its place.
  return { opcode, value: random.pick(VALUES) };
}

interface Spoilt {
  bytes(header: Partial<WireParts>): Uint8Array<ArrayBuffer>;
}

/** A request after which the connection is closed. */
function spoil(random: Random, { opcode, key = "", extras = NOTHING, value = "" }: WireParts): Spoilt | undefined {
  const parts = { opcode, key, extras, value };
  const known = GETS.concat(TOUCHES, STORES, DELETES, COUNTS, CONCATS).includes(opcode);
  const make = (changed: Partial<WireParts>): Spoilt => ({
    bytes: (header) => wire({ ...parts, ...header, ...changed }),
  });
  switch (random.int(8)) {
    case 0:
      return make({ key: "k".repeat(251) });
    case 1:
      return make({ opcode: random.pick(QUITS), key: "", extras: NOTHING, value: "" });
    case 2:
      return make({ magic: random.pick([0x00, 0x08, 0x81, 0x82, 0xff]) });
    case 3:
      return known ? make({ key: "" }) : undefined;
    case 4:
      return known ? make({ extras: random.bytes(extras.length + 1) }) : undefined;
    case 5:
      return GETS.concat(DELETES, COUNTS).includes(opcode) ? make({ value: "x" }) : undefined;
    case 6:
      return ALONE.concat(QUITS, FLUSHES).includes(opcode) ? make({ key: "k" }) : undefined;
    default:
      return known ? { bytes: (header) => withBodyLength(wire({ ...parts, ...header }), random) } : undefined;
  }
}

/** Says a body that is shorter than its extras and its key. */
function withBodyLength(bytes: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer);
  view.setUint32(8, random.int(view.getUint16(2) + view.getUint8(4)));
  return bytes;
}

const NOTHING = new Uint8Array(0);
