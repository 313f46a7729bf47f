/** What Couchbase's rows do not write, what they decompress, and that framing extras are nothing to them. */

import { assertEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../src/errors.ts";
import { Frame } from "../../src/frame/frame.ts";
import { FrameWriter } from "../../src/frame/frame_writer.ts";
import { FLUSH } from "../../src/ops/admin.ts";
import { CLUSTERMAP_CHANGE_NOTIFICATION, GET_CLUSTER_CONFIG } from "../../src/ops/cluster_config.ts";
import { GET_RANDOM_KEY } from "../../src/ops/documents.ts";
import { ADD_WITH_META } from "../../src/ops/meta.ts";
import { GET_ALL_VB_SEQNOS } from "../../src/ops/observe.ts";
import type { Op, Outgoing } from "../../src/ops/op.ts";
import { RANGE_SCAN_CANCEL, RANGE_SCAN_CONTINUE, RANGE_SCAN_CREATE } from "../../src/ops/range_scan.ts";
import { TOUCH } from "../../src/ops/retrieval.ts";
import { SET } from "../../src/ops/storage.ts";
import { SUBDOC_GET } from "../../src/ops/subdoc.ts";
import { SUBDOC_MULTI_LOOKUP } from "../../src/ops/subdoc_multi.ts";
import { type AnyOp, OPS } from "../../src/ops/table.ts";
import { SET_VBUCKET } from "../../src/ops/vbucket.ts";
import { hex } from "../support/hex.ts";
import { test } from "../support/test.ts";
import { bytesOf, joined, wire } from "../support/wire_frame.ts";

/** Writes behind what is in a slab already, so that bytes of others would be seen. */
function request<Req>(op: Op<Req, unknown>, message: Outgoing<Req>): Uint8Array {
  const out = new FrameWriter();
  out.bytes.fill(0xee);
  out.begin();
  op.request.write(out, message);
  out.end({ magic: 0x80, opcode: op.opcode, opaque: 1 });
  return joined(...out.take());
}

test("ids of scans have sixteen bytes", () => {
  for (const size of [0, 15, 17]) {
    const id = new Uint8Array(size);
    const reason = `a scan id of ${size} bytes`;
    assertThrows(() => request(RANGE_SCAN_CANCEL, { id }), RangeError, reason);
    const limits = { itemLimit: 1, timeLimit: 0, byteLimit: 0 };
    assertThrows(() => request(RANGE_SCAN_CONTINUE, { id, ...limits }), RangeError, reason);
    const out = new FrameWriter();
    assertThrows(() => RANGE_SCAN_CREATE.response.write(out, { id }), RangeError, reason);
  }
});

test("paths and extended metadata are no longer than their lengths can say", () => {
  const long = "p".repeat(65_536);
  assertThrows(() => request(SUBDOC_GET, { key: "k", path: long }), RangeError, "a path of 65536 bytes");
  const specs = [{ opcode: SUBDOC_GET.opcode, pathFlags: 0, path: long }];
  assertThrows(() => request(SUBDOC_MULTI_LOOKUP, { key: "k", specs }), RangeError, "a path of 65536 bytes");
  assertEquals(request(SUBDOC_GET, { key: "k", path: "p".repeat(65_535) }).length, 24 + 3 + 1 + 65_535);
  const write = { key: "k", value: "", flags: 0, expiry: 0, revision: 1n, newCas: 1n };
  assertThrows(() => request(ADD_WITH_META, { ...write, extendedMeta: long }), RangeError, "65536 bytes");
});

test("SET_VBUCKET has no room for JSON in its old forms", () => {
  for (const legacy of ["extras", "value"] as const) {
    assertThrows(() => request(SET_VBUCKET, { state: 1, json: "{}", legacy }), TypeError, "no room for JSON");
  }
});

/** `{"rev":1}` as a Snappy block: its length, the tag of a literal, the bytes. */
const COMPRESSED = joined(hex("09 20"), bytesOf('{"rev":1}'));

test("JSON beside documents is decompressed, and then no longer said to be compressed", () => {
  const answer = Frame.from(wire({ opcode: GET_CLUSTER_CONFIG.opcode, datatype: 3, value: COMPRESSED }));
  assertEquals(GET_CLUSTER_CONFIG.response.read(answer), { json: '{"rev":1}', datatype: 1 });
  const extras = hex("0000000000000001 0000000000000001");
  const told = { magic: 0x82, opcode: 0x01, datatype: 3, extras, key: "default", value: COMPRESSED };
  assertEquals(CLUSTERMAP_CHANGE_NOTIFICATION.request.read(Frame.from(wire(told))), {
    epoch: 1n,
    revision: 1n,
    bucket: "default",
    json: '{"rev":1}',
    datatype: 1,
  });
  const broken = Frame.from(wire({ opcode: GET_CLUSTER_CONFIG.opcode, datatype: 2, value: hex("ff ff") }));
  assertThrows(() => GET_CLUSTER_CONFIG.response.read(broken), ProtocolError);
});

test("framing extras are nothing to a row: what may be empty may be so beside them", () => {
  const framing = hex("02001e");
  const empty = (op: AnyOp, magic: number): Frame => Frame.from(wire({ magic, opcode: op.opcode, framing }));
  assertEquals(TOUCH.response.read(empty(TOUCH, 0x18)), { cas: 0n });
  assertEquals(SET.response.read(empty(SET, 0x18)), { cas: 0n });
  assertEquals(FLUSH.request.read(empty(FLUSH, 0x08)), {});
  assertEquals(GET_RANDOM_KEY.request.read(empty(GET_RANDOM_KEY, 0x08)), {});
  assertEquals(GET_ALL_VB_SEQNOS.request.read(empty(GET_ALL_VB_SEQNOS, 0x08)), {});
  assertEquals(GET_CLUSTER_CONFIG.request.read(empty(GET_CLUSTER_CONFIG, 0x08)), {});
});

test("every row reads the same beside framing extras", () => {
  const framing = hex("0201fe");
  let compared = 0;
  for (const op of OPS as readonly AnyOp[]) {
    for (const side of ["request", "response"] as const) {
      for (const parts of [{}, { key: "k" }, { value: "12345678" }, { extras: new Uint8Array(4), key: "k" }]) {
        const opcode = op.opcode;
        const plain = Frame.from(wire({ magic: side === "request" ? 0x80 : 0x81, opcode, ...parts }));
        const framed = Frame.from(wire({ magic: side === "request" ? 0x08 : 0x18, opcode, framing, ...parts }));
        let expected: unknown;
        try {
          expected = op[side].read(plain);
        } catch {
          assertThrows(() => op[side].read(framed), ProtocolError);
          continue;
        }
        assertEquals(op[side].read(framed), expected, `${side} of ${op.name}`);
        compared++;
      }
    }
  }
  assertEquals(compared > 100, true);
});
