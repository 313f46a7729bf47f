/**
 * What hashes make of keys, in hex, and where clients place keys: computed apart from this code and checked against the clients themselves:
 * libhashkit and libmemcached 1.1.4, twemproxy 0.5.0, spymemcached, python-memcached 1.58, pymemcache 4.0.0, hashring 3.2.0,
 * the first ketama library, Dalli 3.0.6, gomemcache, the proxy of memcached 1.6.45, and the vectors of mcrouter's own tests.
 */

import type { HashName } from "../../src/cluster/hashes/hash_names.ts";
import type { RingName } from "../../src/cluster/ring_names.ts";

/** By key: the hashes of it. */
export const HASH_VECTORS: Readonly<Record<string, Partial<Record<HashName, string>>>> = {
  "a": {
    crc32: "e8b7be43",
    crc: "68b7",
    one_at_a_time: "ca2e9442",
    md5: "b975c10c",
    fnv1_32: "050c5d7e",
    fnv1a_32: "e40c292c",
    fnv1_64: "8601b7be",
    fnv1a_64: "8601ec8c",
    murmur: "4b41757c",
    murmur3: "8872dbc8",
    jenkins: "e0a38690",
  },
  "foo": {
    crc32: "8c736521",
    crc: "0c73",
    one_at_a_time: "238678dd",
    md5: "db18bdac",
    fnv1_32: "408f5e13",
    fnv1a_32: "a9f37ed7",
    fnv1_64: "6ba13533",
    fnv1a_64: "fed9d577",
    murmur: "c4e0338f",
    murmur3: "a5f500b2",
    jenkins: "99f84f99",
  },
  "hello": {
    crc32: "3610a686",
    crc: "3610",
    one_at_a_time: "c8fd181b",
    md5: "2a40415d",
    fnv1_32: "b6fa7167",
    fnv1a_32: "4f9f2cab",
    fnv1_64: "bdbdd4c7",
    fnv1a_64: "80aabd0b",
    murmur: "521b0bff",
    murmur3: "3fa68fd9",
    jenkins: "2e0cc8f3",
  },
  "user:1234": {
    crc32: "b0b05457",
    crc: "30b0",
    one_at_a_time: "856833ab",
    md5: "e7f65f01",
    fnv1_32: "13b52562",
    fnv1a_32: "8457ce84",
    fnv1_64: "d3a43b42",
    fnv1a_64: "a44673c4",
    murmur: "3619c7c6",
    murmur3: "b7858bc3",
    jenkins: "f57ec064",
  },
  "sample": {
    crc32: "f10b76c3",
    crc: "710b",
    one_at_a_time: "7d54b84d",
    md5: "bff98f5e",
    fnv1_32: "23da98ff",
    fnv1a_32: "96e382a7",
    fnv1_64: "e43e8edf",
    fnv1a_64: "7a8ba4c7",
    murmur: "1795e7d8",
    murmur3: "8d46098a",
    jenkins: "4d0301e3",
  },
  "key:0": {
    crc32: "7c680b7a",
    crc: "7c68",
    one_at_a_time: "c0d4cec1",
    md5: "82ab86df",
    fnv1_32: "8964f7a4",
    fnv1a_32: "57140e16",
    fnv1_64: "fdc93304",
    fnv1a_64: "962f5916",
    murmur: "70f6b624",
    murmur3: "df5d20cc",
    jenkins: "0dd56618",
  },
  "key:1": {
    crc32: "0b6f3bec",
    crc: "0b6f",
    one_at_a_time: "a2b61284",
    md5: "3cb0c47a",
    fnv1_32: "8964f7a5",
    fnv1a_32: "58140fa9",
    fnv1_64: "fdc93305",
    fnv1a_64: "962f5ac9",
    murmur: "dc094157",
    murmur3: "20da3d68",
    jenkins: "82bc75da",
  },
  "key:2": {
    crc32: "92666a56",
    crc: "1266",
    one_at_a_time: "b478b609",
    md5: "bc28ae02",
    fnv1_32: "8964f7a6",
    fnv1a_32: "55140af0",
    fnv1_64: "fdc93306",
    fnv1a_64: "962f55b0",
    murmur: "3d3767a1",
    murmur3: "78193a19",
    jenkins: "0d5cda36",
  },
  "session:9f8e7d6c": {
    crc32: "4ce035ed",
    crc: "4ce0",
    one_at_a_time: "97a957ba",
    md5: "1c71435f",
    fnv1_32: "c0cce49f",
    fnv1a_32: "fe31a0db",
    fnv1_64: "9e5dd6df",
    fnv1a_64: "fad61e1b",
    murmur: "7f898f8f",
    murmur3: "9438555d",
    jenkins: "9c07089a",
  },
  "café": {
    crc32: "98ad42b5",
    crc: "18ad",
    one_at_a_time: "d99c709e",
    md5: "e47f1107",
    fnv1_32: "d682f171",
    fnv1a_32: "7572c049",
    fnv1_64: "8a06fef1",
    fnv1a_64: "cef6bb89",
    murmur: "da11981f",
    murmur3: "235552a0",
    jenkins: "cb6225ad",
  },
};

/** The keys of {@linkcode PLACES}. */
export const PLACED_KEYS: readonly string[] = [
  "a",
  "foo",
  "hello",
  "user:1234",
  "sample",
  "key:0",
  "key:1",
  "key:2",
  "session:9f8e7d6c",
  "café",
];

/** Where rings place keys on 10.0.1.1:11211, 10.0.1.2:11212 and 10.0.1.3:11213. */
export const PLACES: readonly {
  readonly ring: RingName;
  readonly hash?: HashName;
  readonly places: readonly number[];
}[] = [
  { ring: "modula", hash: "one_at_a_time", places: [0, 0, 0, 0, 2, 2, 2, 2, 2, 1] },
  { ring: "modula", hash: "md5", places: [0, 1, 0, 0, 2, 1, 2, 2, 0, 1] },
  { ring: "modula", hash: "crc", places: [2, 1, 1, 2, 1, 0, 2, 0, 0, 2] },
  { ring: "modula", hash: "fnv1a_32", places: [1, 0, 0, 2, 2, 2, 1, 1, 1, 1] },
  { ring: "ketama", places: [2, 0, 1, 0, 0, 0, 1, 1, 2, 0] },
  { ring: "ketama", hash: "md5", places: [0, 2, 2, 0, 1, 0, 0, 2, 2, 0] },
  { ring: "ketama-weighted", places: [0, 1, 1, 0, 1, 0, 0, 1, 2, 0] },
  { ring: "ketama-twemproxy", hash: "md5", places: [0, 1, 1, 0, 1, 0, 0, 1, 2, 0] },
  { ring: "ketama-libmemcached-spy", places: [0, 0, 1, 2, 1, 2, 2, 0, 0, 2] },
  { ring: "ketama-spymemcached", places: [2, 1, 1, 2, 1, 0, 0, 1, 0, 1] },
  { ring: "ketama-libketama", places: [2, 1, 1, 2, 1, 0, 0, 1, 0, 1] },
  { ring: "ketama-twemproxy", places: [0, 0, 1, 0, 0, 1, 1, 1, 2, 2] },
  { ring: "ketama-evcache", places: [0, 0, 2, 2, 0, 0, 2, 0, 2, 2] },
  { ring: "jump", places: [1, 2, 0, 0, 0, 0, 1, 1, 0, 2] },
  { ring: "memcached-proxy", places: [0, 2, 2, 1, 0, 0, 0, 1, 1, 1] },
  { ring: "dalli", places: [1, 0, 1, 1, 1, 2, 0, 1, 2, 0] },
  { ring: "modula", hash: "crc32", places: [0, 2, 1, 1, 1, 1, 0, 2, 2, 2] },
  { ring: "modula", hash: "crc_or_one", places: [2, 1, 1, 2, 1, 0, 2, 0, 0, 2] },
  { ring: "crc32-pecl", places: [2, 1, 1, 2, 1, 0, 2, 0, 0, 2] },
  { ring: "rendezvous", places: [0, 0, 0, 0, 1, 0, 0, 2, 0, 1] },
  { ring: "modula", hash: "java_abs", places: [1, 0, 1, 1, 1, 0, 1, 2, 1, 0] },
  { ring: "modula", hash: "java", places: [1, 0, 1, 1, 0, 0, 1, 2, 1, 0] },
];

/** The points of the same rings, as the first half of the SHA-256 of lines `%08x:%d`. */
export const POINTS: readonly {
  readonly ring: RingName;
  readonly hash?: HashName;
  readonly count: number;
  readonly sum: string;
}[] = [
  { ring: "ketama", count: 300, sum: "c570d4c04af9555e" },
  { ring: "ketama", hash: "md5", count: 300, sum: "20101e7c073927f7" },
  { ring: "ketama-weighted", count: 480, sum: "5b539a72f06c6dc2" },
  { ring: "ketama-libmemcached-spy", count: 480, sum: "4bee1f5c43712acc" },
  { ring: "ketama-libketama", count: 480, sum: "75cefb2dd8e6c116" },
  { ring: "ketama-spymemcached", count: 480, sum: "75cefb2dd8e6c116" },
  { ring: "ketama-twemproxy", count: 480, sum: "5b539a72f06c6dc2" },
  { ring: "ketama-evcache", count: 480, sum: "a9ab55608f08f57e" },
  { ring: "memcached-proxy", count: 480, sum: "674dacd9186ef2c6" },
  { ring: "dalli", count: 480, sum: "794a9da870c06242" },
];

/** Where rings place the same keys and `VDEAAAAA`, whose hash is above all points, on eight weighted servers. */
export const WEIGHTED_PLACES: readonly {
  readonly ring: RingName;
  readonly sum: string;
  readonly places: readonly number[];
}[] = [
  { ring: "ketama-weighted", sum: "6b9c7cb6e16cc1a7", places: [5, 7, 5, 6, 4, 5, 7, 5, 2, 6, 2] },
  { ring: "ketama-libketama", sum: "d118ddc5dc0ec242", places: [7, 6, 6, 4, 0, 0, 4, 4, 6, 6, 4] },
];

/** By key: its vbucket of 1,024, of 128 and of 64. */
export const VBUCKETS: Readonly<Record<string, readonly [number, number, number]>> = {
  "a": [183, 55, 55],
  "foo": [115, 115, 51],
  "hello": [528, 16, 16],
  "user:1234": [176, 48, 48],
  "sample": [267, 11, 11],
  "key:0": [104, 104, 40],
  "key:1": [879, 111, 47],
  "key:2": [614, 102, 38],
  "session:9f8e7d6c": [224, 96, 32],
  "café": [173, 45, 45],
  "": [0, 0, 0],
  "\0": [514, 2, 2],
};

/** By number of 64 bits: its jump among so many places. */
export const JUMPS: readonly { readonly key: bigint; readonly places: Readonly<Record<number, number>> }[] = [
  { key: 0n, places: { 1: 0, 2: 0, 3: 0, 5: 0, 10: 0, 100: 0, 1000: 0, 65536: 0 } },
  { key: 1n, places: { 1: 0, 2: 0, 3: 0, 5: 0, 10: 6, 100: 55, 1000: 549, 65536: 21134 } },
  { key: 2n, places: { 1: 0, 2: 0, 3: 0, 5: 3, 10: 6, 100: 62, 1000: 338, 65536: 3927, 100001: 80343 } },
  { key: 3n, places: { 1: 0, 2: 0, 3: 2, 5: 3, 10: 8, 100: 8, 1000: 961, 65536: 59579 } },
  { key: 10863919174838991n, places: { 1: 0, 2: 1, 3: 1, 5: 1, 10: 6, 100: 21, 1000: 830, 65536: 4855, 11: 6 } },
  { key: 3735928559n, places: { 1: 0, 2: 1, 3: 2, 5: 3, 10: 5, 100: 87, 1000: 285, 65536: 64244 } },
  { key: 18446744073709551615n, places: { 1: 0, 2: 1, 3: 2, 5: 2, 10: 9, 100: 92, 1000: 313, 65536: 18311 } },
  { key: 2201n, places: { 100001: 22152 } },
];

/** By key: its XXH3 of 64 bits in hex, and its jump among three and among ten places. */
export const XXH3_JUMPS: Readonly<Record<string, readonly [string, number, number]>> = {
  "a": ["e6c632b61e964e1f", 1, 8],
  "foo": ["ab6e5f64077e7d8a", 2, 2],
  "hello": ["9555e8555c62dcfd", 0, 7],
  "user:1234": ["b10d9bc42a04d581", 0, 0],
  "sample": ["06a58212247c13bb", 0, 4],
  "key:0": ["b464ee7b63344e80", 0, 0],
  "key:1": ["bf2d6d6b8270d37a", 1, 1],
  "key:2": ["cccb71f9abe54869", 1, 8],
  "session:9f8e7d6c": ["3f5e750f643e68c7", 0, 8],
  "café": ["4c83dbd5f29d367f", 2, 7],
};

/** By key: its MurmurHash64A in hex; the place by `Ch3` among 3, 10, 100 and 1,000, by `Crc32` among 100, by `Rendezvous` of three. */
export const MCROUTER: Readonly<Record<string, readonly [string, readonly number[], number, number]>> = {
  "a": ["3d6961c699914c7b", [1, 4, 34, 900], 59, 0],
  "foo": ["649c5afd3a8f4a03", [1, 1, 1, 478], 21, 0],
  "hello": ["12da78386346a6d1", [0, 9, 96, 575], 70, 0],
  "user:1234": ["79a2eafde554de60", [0, 0, 51, 762], 95, 1],
  "sample": ["8cc73127cf8162db", [1, 7, 97, 502], 7, 1],
  "key:0": ["a5330e0730fc4047", [2, 2, 57, 57], 66, 1],
  "key:1": ["e3675c2db61dae7b", [1, 8, 51, 764], 12, 2],
  "key:2": ["121779a1a51c7dc7", [2, 2, 64, 525], 82, 1],
  "session:9f8e7d6c": ["3e3e07085eb4214d", [0, 7, 45, 150], 85, 1],
  "café": ["369b45501f6fefe9", [0, 7, 72, 629], 89, 2],
  "": ["4d408de62dee109a", [1, 8, 72, 72], 0, 1],
};
