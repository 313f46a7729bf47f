import { assert, assertEquals, assertMatch } from "@std/assert";
import { OTHER_OPCODES, OTHER_SERVER_OPCODES } from "../../src/ops/names.ts";
import { findOp, findServerOp, opcodeName, OPS, SERVER_OPS } from "../../src/ops/table.ts";
import { Magic } from "../../src/wire/header.ts";
import { test } from "../support/test.ts";

// Protocol sheets: binary-core section 4, DCP section 2, TAP section 3; from each table the ends and what is easily swapped.
const NAMES: readonly (readonly [opcode: number, name: string])[] = [
  [0x1f, "hello"],
  [0x2f, "register-auth-token"],
  [0x3d, "set-vbucket"],
  [0x3f, "del-vbucket"],
  [0x40, "tap-connect"],
  [0x41, "tap-mutation"],
  [0x44, "tap-opaque"],
  [0x47, "tap-checkpoint-end"],
  [0x48, "get-all-vb-seqnos"],
  [0x4b, "mutate-with-meta"],
  [0x50, "dcp-open"],
  [0x53, "dcp-stream-req"],
  [0x56, "dcp-snapshot-marker"],
  [0x57, "dcp-mutation"],
  [0x58, "dcp-deletion"],
  [0x59, "dcp-expiration"],
  [0x5c, "dcp-noop"],
  [0x5f, "dcp-system-event"],
  [0x64, "dcp-seqno-advanced"],
  [0x65, "dcp-oso-snapshot"],
  [0x67, "dcp-cache-transfer-end"],
  [0x83, "get-replica"],
  [0x89, "select-bucket"],
  [0x91, "observe-seqno"],
  [0x92, "observe"],
  [0x94, "get-locked"],
  [0x95, "unlock-key"],
  [0xa0, "get-meta"],
  [0xa2, "set-with-meta"],
  [0xa1, "getq-meta"],
  [0xa9, "delq-with-meta"],
  [0xb5, "get-cluster-config"],
  [0xba, "collections-get-manifest"],
  [0xbb, "collections-get-id"],
  [0xc5, "subdoc-get"],
  [0xc8, "subdoc-dict-upsert"],
  [0xcf, "subdoc-counter"],
  [0xd0, "subdoc-multi-lookup"],
  [0xd1, "subdoc-multi-mutation"],
  [0xda, "range-scan-create"],
  [0xdc, "range-scan-cancel"],
  [0xfe, "get-error-map"],
];

for (const [opcode, name] of NAMES) {
  test(`opcode 0x${opcode.toString(16)} is named ${name}`, () => assertEquals(opcodeName(opcode), name));
}

test("every opcode has a row or a name, but for those that nobody has given a command; none has both", () => {
  const gaps: number[] = [];
  for (let opcode = 0; opcode < 256; opcode++) {
    const isRow = findOp(opcode) !== undefined;
    assert(!(isRow && OTHER_OPCODES.has(opcode)), `0x${opcode.toString(16)}`);
    if (!isRow && !OTHER_OPCODES.has(opcode)) gaps.push(opcode);
  }
  // deno-fmt-ignore
  assertEquals(gaps, [
    0x4c, 0x4d, 0x4e, 0x4f, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f,
    0x7a, 0x7b, 0x7c, 0x7d, 0x7e, 0x7f, 0x88, 0x8d, 0x8e, 0x8f, 0x90, 0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9d,
    0xab, 0xbd, 0xbe, 0xbf, 0xc0, 0xc3, 0xc4, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xdd, 0xde, 0xdf,
    0xe4, 0xe5, 0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xeb, 0xec, 0xed, 0xee, 0xef, 0xf9, 0xfa, 0xff,
  ]);
});

test("names of opcodes are lower-case words with hyphens, and no two are the same", () => {
  const names = Array.from({ length: 256 }, (_, opcode) => opcodeName(opcode)).filter((name) => !name.startsWith("0x"));
  const serverNames = [1, 2, 3, 4].map((opcode) => opcodeName(opcode, Magic.SERVER_REQUEST));
  for (const name of [...names, ...serverNames]) assertMatch(name, /^[a-z]+(-[a-z]+)*$/);
  assertEquals(new Set(names).size, names.length);
  assertEquals(new Set(serverNames).size, serverNames.length);
});

test("opcodeName names what servers send, and the answers to it", () => {
  for (const magic of [Magic.SERVER_REQUEST, Magic.CLIENT_RESPONSE]) {
    assertEquals(
      [0, 1, 2, 3, 4, 5].map((opcode) => opcodeName(opcode, magic)),
      ["0x00", "clustermap-change-notification", "authenticate", "active-external-users", "get-authorization", "0x05"],
    );
  }
  for (const { opcode } of SERVER_OPS) assert(!OTHER_SERVER_OPCODES.has(opcode));
});

test("findServerOp finds in a space of its own", () => {
  assertEquals(findServerOp(0x01)?.name, "clustermap-change-notification");
  assertEquals(findOp(0x01)?.op.name, "set");
  assertEquals(findServerOp(0x02), undefined);
});

test("OPS is in the order of opcodes", () => {
  const opcodes = OPS.map(({ opcode }) => opcode);
  assertEquals(opcodes, opcodes.toSorted((a, b) => a - b));
});
