import { assert, assertEquals, assertMatch } from "@std/assert";
import { knownStatuses, Status, type StatusClass, statusInfo } from "../../src/wire/status.ts";
import { test } from "../support/test.ts";

// Binary protocol sheet, section 11: the codes of each class. 0x34 and 0x8b are known from other clients.
const CLASSES: Readonly<Record<StatusClass, readonly number[]>> = {
  "success": [0x00, 0x21, 0x23, 0xa6, 0xa7, 0xcc, 0xcd, 0xd3],
  "retry-now": [0x09, 0x51, 0x85, 0x86],
  "retry-later": [0x0c, 0x30, 0x31, 0x33, 0x50, 0x82, 0x8b, 0xa2, 0xa4],
  "topology": [0x07, 0x0d, 0x88, 0x8c],
  "fatal": [0x08, 0x0a, 0x0b, 0x1f, 0x20, 0x25, 0x32, 0x84],
  // deno-fmt-ignore
  "permanent": [
    0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0e, 0x0f, 0x22, 0x24, 0x26, 0x27, 0x28, 0x29,
    0x34, 0x35, 0x36, 0x37, 0x38, 0x80, 0x81, 0x83, 0x87, 0x8a, 0x8d, 0xa0, 0xa1, 0xa3, 0xa5, 0xa8,
    0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xcb, 0xce, 0xcf,
    0xd0, 0xd1, 0xd2, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8,
  ],
};

const RETRYABLE: readonly StatusClass[] = ["retry-now", "retry-later", "topology"];

for (const [name, codes] of Object.entries(CLASSES) as [StatusClass, readonly number[]][]) {
  test(`statusInfo puts the right statuses into class ${name}`, () => {
    for (const code of codes) {
      const info = statusInfo(code);
      assertEquals(info.class, name, `0x${code.toString(16)}`);
      assertEquals(info.retryable, RETRYABLE.includes(name), `0x${code.toString(16)}`);
    }
  });
}

test("knownStatuses lists all codes and no other", () => {
  const codes = Object.values(CLASSES).flat().sort((a, b) => a - b);
  assertEquals(knownStatuses().map((info) => info.code), codes);
});

// The same, names; one of each group, and those whose neighbours are easily swapped.
const NAMES: readonly (readonly [code: number, name: keyof typeof Status])[] = [
  [0x00, "SUCCESS"],
  [0x01, "KEY_ENOENT"],
  [0x02, "KEY_EEXISTS"],
  [0x03, "E2BIG"],
  [0x04, "EINVAL"],
  [0x05, "NOT_STORED"],
  [0x06, "DELTA_BADVAL"],
  [0x07, "NOT_MY_VBUCKET"],
  [0x08, "NO_BUCKET"],
  [0x09, "LOCKED"],
  [0x0a, "STREAM_NOT_FOUND"],
  [0x0b, "OPAQUE_NO_MATCH"],
  [0x0e, "NOT_LOCKED"],
  [0x0f, "CAS_VALUE_INVALID"],
  [0x1f, "AUTH_STALE"],
  [0x20, "AUTH_ERROR"],
  [0x21, "AUTH_CONTINUE"],
  [0x22, "ERANGE"],
  [0x23, "ROLLBACK"],
  [0x24, "EACCESS"],
  [0x30, "RATE_LIMITED_NETWORK_INGRESS"],
  [0x38, "BUCKET_DISK_SPACE_TOO_LOW"],
  [0x80, "UNKNOWN_FRAME_INFO"],
  [0x81, "UNKNOWN_COMMAND"],
  [0x82, "ENOMEM"],
  [0x83, "NOT_SUPPORTED"],
  [0x84, "EINTERNAL"],
  [0x85, "EBUSY"],
  [0x86, "ETMPFAIL"],
  [0x88, "UNKNOWN_COLLECTION"],
  [0x8c, "UNKNOWN_SCOPE"],
  [0xa1, "DURABILITY_IMPOSSIBLE"],
  [0xa3, "SYNC_WRITE_AMBIGUOUS"],
  [0xa6, "RANGE_SCAN_MORE"],
  [0xa7, "RANGE_SCAN_COMPLETE"],
  [0xc0, "SUBDOC_PATH_ENOENT"],
  [0xc9, "SUBDOC_PATH_EEXISTS"],
  [0xcc, "SUBDOC_MULTI_PATH_FAILURE"],
  [0xd3, "SUBDOC_MULTI_PATH_FAILURE_DELETED"],
];

for (const [code, name] of NAMES) {
  test(`status 0x${code.toString(16).padStart(2, "0")} is ${name}`, () => {
    assertEquals(statusInfo(code).name, name);
    assertEquals(statusInfo(code).code, code);
    assertEquals(Status[name], code);
  });
}

// The same, section 10: what memcached.org 1.6 sends.
const TEXTS: readonly (readonly [code: number, text: string])[] = [
  [0x00, ""],
  [0x01, "Not found"],
  [0x02, "Data exists for key."],
  [0x03, "Too large."],
  [0x04, "Invalid arguments"],
  [0x05, "Not stored."],
  [0x06, "Non-numeric server-side value for incr or decr"],
  [0x20, "Auth failure."],
  [0x21, ""],
  [0x81, "Unknown command"],
  [0x82, "Out of memory"],
];

test("statusInfo knows memcached.org's statuses and the texts beside them", () => {
  const found = knownStatuses().filter((info) => info.memcached).map((info) => [info.code, info.text] as const);
  assertEquals(found, TEXTS);
  for (const info of knownStatuses()) assert(info.memcached || info.text === "", info.name);
});

test("statusInfo has a sentence of its own for every status", () => {
  const sentences = knownStatuses().map((info) => info.sentence);
  for (const sentence of sentences) assertMatch(sentence, /^[A-Z].*[^.]$/);
  assertEquals(new Set(sentences).size, sentences.length);
});

test("statusInfo gives the same object each time", () => {
  assert(statusInfo(Status.KEY_ENOENT) === statusInfo(0x01));
});

// 0x10 and 0x89 are gaps in the table; the rest lies behind its end.
for (
  const [code, name] of [[0x10, "0x10"], [0x89, "0x89"], [0x62e, "0x62e"], [0x1234, "0x1234"], [
    0xffff,
    "0xffff",
  ]] as const
) {
  test(`statusInfo passes the unknown status ${name} through`, () => {
    assertEquals(statusInfo(code), {
      code,
      name,
      sentence: `Unknown status ${name}`,
      class: "permanent",
      retryable: false,
      memcached: false,
      text: "",
    });
  });
}
