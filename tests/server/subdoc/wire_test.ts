/** Requests as bytes in, answers as bytes out: recorded with kv_engine 6.0.5 and its SDK, or from the description of the protocol. */

import { assertEquals } from "@std/assert";
import { Frame } from "../../../src/frame/frame.ts";
import { FrameWriter } from "../../../src/frame/frame_writer.ts";
import { SUBDOC_DICT_UPSERT } from "../../../src/ops/subdoc.ts";
import { SUBDOC_MULTI_LOOKUP, SUBDOC_MULTI_MUTATION, type SubdocMultiResponse } from "../../../src/ops/subdoc_multi.ts";
import { lookup } from "../../../src/server/subdoc/lookup.ts";
import { mutate, mutateOne } from "../../../src/server/subdoc/mutate.ts";
import { Status } from "../../../src/wire/status.ts";
import { joinXattrs } from "../../../src/wire/xattr.ts";
import { hex } from "../../support/hex.ts";
import { test } from "../../support/test.ts";
import { assertBytes, joined } from "../../support/wire_frame.ts";
import { documentOf, text, tombstoneOf, xattrsOf } from "./support.ts";

interface Answer<T> {
  /** The row that writes it. */
  readonly op: { readonly opcode: number; readonly response: { write(out: FrameWriter, message: T): void } };
  readonly status: number;
  readonly message: T;
  /** The framing extras that came with it: how long the server took. */
  readonly framing?: string;
}

/** Compares an answer with the frame that was recorded; its opaque is that of the recording. */
function assertAnswer<T>(recorded: string, { op, status, message, framing = "" }: Answer<T>): void {
  const frame = Frame.from(hex(recorded));
  const out = new FrameWriter();
  out.begin();
  if (framing !== "") out.bytes.set(hex(framing), out.framingExtras(hex(framing).length));
  op.response.write(out, message);
  out.end({ magic: frame.magic, opcode: op.opcode, opaque: frame.opaque, vbucketOrStatus: status });
  assertBytes(joined(...out.take()), hex(recorded));
}

function multi({ status, results }: Pick<SubdocMultiResponse, "results"> & { status: number }): SubdocMultiResponse {
  const failed = status === Status.SUBDOC_MULTI_PATH_FAILURE;
  return { results, failed, deleted: false, cas: 0n };
}

test("attributes put one by one give the recorded answers and the recorded value", () => {
  const first = {
    request: "80c800030300000000000014c0de0009000000000000000000050464 6f635f73796e637b22726576223a317d",
    response: "81c800001000000000000010c0de000918e9d545485f00000000d75fb744ca540000000000000004",
    token: { vbuuid: 0xd75fb744ca54n, seqno: 4n },
    cas: 0x18e9d545485f0000n,
  };
  const second = {
    request: "80c800030300000000000011c0de000a0000000000000000000404646f63757365722268656c6c6f22",
    response: "81c800001000000000000010c0de000a18e9d545486400000000d75fb744ca540000000000000005",
    token: { vbuuid: 0xd75fb744ca54n, seqno: 5n },
    cas: 0x18e9d54548640000n,
  };
  let document = documentOf('{"x":1}', {}, { revision: 1n });
  for (const { request, response, token, cas } of [first, second]) {
    const { path, value, pathFlags } = SUBDOC_DICT_UPSERT.request.read(Frame.from(hex(request)));
    const spec = { opcode: SUBDOC_DICT_UPSERT.opcode, path, value: value!, pathFlags: pathFlags! };
    const answer = mutateOne(document, spec);
    document = answer.write!.finish({ cas, seqno: token.seqno });
    const message = { value: answer.value, cas, deleted: false, token };
    assertAnswer(response, { op: SUBDOC_DICT_UPSERT, status: answer.status, message });
  }
  const value = "00000025000000105f73796e63007b22726576223a317d000000000d75736572002268656c6c6f22007b2278223a317d";
  assertBytes(joinXattrs(document.xattrs, document.body), hex(value));
  assertEquals([document.cas, document.seqno, document.revision, document.datatype], [second.cas, 5n, 3n, 5]);
});

test("what an SDK changes and reads gives the recorded answers and the recorded body", () => {
  const change = "80d1000500000022000000130000000c000000000000000073646b2d31c800000100000005625b312c325d";
  const cas = 0x18e9d61dedf40000n;
  const made = mutate(documentOf('{"a":3}'), SUBDOC_MULTI_MUTATION.request.read(Frame.from(hex(change))).specs);
  assertAnswer("18d1030010000000000000130000000c18e9d61dedf4000002002c0000623b22b802800000000000000003", {
    op: SUBDOC_MULTI_MUTATION,
    status: made.status,
    message: { ...multi(made), cas, token: { vbuuid: 0x623b22b80280n, seqno: 3n } },
    framing: "02002c",
  });
  const document = made.write!.finish({ cas, seqno: 3n });
  assertBytes(document.body, hex("7b2261223a332c2262223a5b312c325d7d"));

  const read = "80d0000500000022000000100000000d000000000000000073646b2d31c500000162c60000027a7a";
  const found = lookup(document, SUBDOC_MULTI_LOOKUP.request.read(Frame.from(hex(read))).specs);
  assertAnswer("18d00300000000cc000000140000000d18e9d61dedf4000002000d0000000000055b312c325d00c000000000", {
    op: SUBDOC_MULTI_LOOKUP,
    status: found.status,
    message: { ...multi(found), cas },
    framing: "02000d",
  });
});

test("a missing attribute and the whole document are answered as described", () => {
  const request = "80d0000301000000000000110000000100000000000000000 4666f6fc50400055f73796e6300000000";
  const { specs, documentFlags = 0 } = SUBDOC_MULTI_LOOKUP.request.read(Frame.from(hex(request)));
  const found = lookup(documentOf("{}"), specs, { documentFlags });
  assertAnswer("81d00000000000cc0000000e00000001000000000000000700c0000000000000000000027b7d", {
    op: SUBDOC_MULTI_LOOKUP,
    status: found.status,
    message: { ...multi(found), cas: 7n },
  });
  const dead = lookup(tombstoneOf({ _sync: "1" }), specs, { documentFlags });
  assertEquals(dead.status, Status.SUBDOC_MULTI_PATH_FAILURE_DELETED);
});

test("a macro and a counter are answered as described, whether they hold or not", () => {
  const request = "80d10003010000000000002d00000001000000000000000001666f6f" +
    "c8150004000000115f782e6322247b4d75746174696f6e2e4341537d22" + "cf01000300000001636e7431";
  const { specs, documentFlags = 0 } = SUBDOC_MULTI_MUTATION.request.read(Frame.from(hex(request)));
  const made = mutate(undefined, specs, { documentFlags });
  assertAnswer("81d100000000000000000008000000010000000000000009 0100000000000131", {
    op: SUBDOC_MULTI_MUTATION,
    status: made.status,
    message: { ...multi(made), cas: 9n },
  });
  const document = made.write!.finish({ cas: 9n, seqno: 1n });
  assertEquals([text(document.body), xattrsOf(document)], ['{"cnt":1}', { _x: '{"c":"0x0900000000000000"}' }]);

  const failed = mutate(documentOf('{"cnt":"text"}'), specs, { documentFlags });
  assertAnswer("81d10000000000cc0000000300000001000000000000000 00100c1", {
    op: SUBDOC_MULTI_MUTATION,
    status: failed.status,
    message: multi(failed),
  });
});
