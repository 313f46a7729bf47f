/** What an answer that is no success says to the caller, with all that Couchbase has to say beside the status. */

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import fc from "fast-check";
import {
  CasMismatchError,
  KeyNotFoundError,
  NotMyVbucketError,
  NotStoredError,
  StatusError,
  ValueTooLargeError,
} from "../../src/errors.ts";
import { Frame } from "../../src/frame/frame.ts";
import { statusError } from "../../src/ops/status_error.ts";
import { SET } from "../../src/ops/storage.ts";
import { GET_CLUSTER_CONFIG } from "../../src/ops/cluster_config.ts";
import { type AnyOp, OPS } from "../../src/ops/table.ts";
import { Datatype } from "../../src/wire/datatype.ts";
import { ErrorMap } from "../../src/wire/error_map.ts";
import { decompress } from "../../src/wire/snappy.ts";
import { Status, statusInfo } from "../../src/wire/status.ts";
import { hex } from "../support/hex.ts";
import { test } from "../support/test.ts";
import { bytesOf, joined, wire } from "../support/wire_frame.ts";

interface Told {
  readonly op?: AnyOp;
  readonly value?: string | Uint8Array;
  readonly datatype?: number;
  readonly errorMap?: ErrorMap;
  readonly inflate?: (value: Uint8Array) => Uint8Array;
}

function errorOf(status: number, told: Told = {}): StatusError {
  const { op = SET as AnyOp, value = "", datatype = 0, errorMap, inflate } = told;
  const frame = Frame.from(wire({ opcode: op.opcode, status, opaque: 7, datatype, value }));
  frame.errorMap = errorMap;
  frame.inflate = inflate;
  return statusError(op, frame, { key: "user:1" });
}

/** A literal of at most 60 bytes as a Snappy block: its length, a tag, the bytes. */
function literal(text: string): Uint8Array {
  return joined(Uint8Array.of(text.length, (text.length - 1) << 2), bytesOf(text));
}

test("statusError takes reference and context from the JSON beside the status", () => {
  const error = errorOf(Status.EACCESS, { value: '{"error":{"ref":"r1","context":"no such right"}}', datatype: 1 });
  assertEquals([error.reference, error.context], ["r1", "no such right"]);
  assertEquals(error.message, 'Cannot set "user:1": the server answered EACCESS (no such right)');
  // 6.0.5 sends JSON that is not marked as such.
  assertEquals(errorOf(Status.EINVAL, { value: '{"error":{"context":"short"}}' }).context, "short");
  const cas = errorOf(Status.KEY_EEXISTS, { value: '{"error":{"ref":"r2"}}' });
  assertInstanceOf(cas, CasMismatchError);
  assertEquals([cas.reference, cas.context], ["r2", undefined]);
});

test("statusError decompresses what is beside the status, where that was agreed on", () => {
  const value = literal('{"error":{"context":"compressed"}}');
  const told = { value, datatype: Datatype.JSON | Datatype.SNAPPY };
  assertEquals(errorOf(Status.EINVAL, { ...told, inflate: decompress }).context, "compressed");
  assertEquals(errorOf(Status.EINVAL, told).context, undefined);
  const broken = { ...told, value: hex("ff ff ff ff ff"), inflate: decompress };
  assertEquals(
    errorOf(Status.EINVAL, broken).message,
    `Cannot set "user:1": the server answered EINVAL (${statusInfo(Status.EINVAL).sentence})`,
  );
});

test("statusError gives the map of NOT_MY_VBUCKET as it came, compressed or not, and nothing where there is none", () => {
  const config = '{"rev":1,"nodes":[]}';
  const configOf = (told: Told): string | undefined => {
    const error = errorOf(Status.NOT_MY_VBUCKET, told);
    assertInstanceOf(error, NotMyVbucketError);
    assertEquals([error.code, error.retryable, error.context], ["NOT_MY_VBUCKET", true, undefined]);
    return error.config;
  };
  assertEquals(configOf({ value: config }), config);
  assertEquals(configOf({ value: literal(config), datatype: 3, inflate: decompress }), config);
  assertEquals(configOf({ value: literal(config), datatype: 3 }), undefined);
  assertEquals(configOf({}), undefined);
});

test("statusError goes by the error map for statuses that the table does not have", () => {
  const errorMap = new ErrorMap(JSON.stringify({
    errors: {
      "1": { name: "OTHER", desc: "other", attrs: ["item-only"] },
      "99": { name: "NEW_TROUBLE", desc: "Something new", attrs: ["temp", "retry-later"] },
      "9a": { name: "NEW_END", desc: "", attrs: ["support"] },
    },
  }));
  const known = errorOf(Status.KEY_ENOENT, { errorMap });
  assertInstanceOf(known, KeyNotFoundError);
  assertEquals([known.statusName, known.retryable, known.attributes], ["KEY_ENOENT", false, ["item-only"]]);
  const trouble = errorOf(0x99, { errorMap });
  assertEquals([trouble.statusName, trouble.retryable, trouble.attributes], ["NEW_TROUBLE", true, [
    "temp",
    "retry-later",
  ]]);
  assertEquals(trouble.message, 'Cannot set "user:1": the server answered NEW_TROUBLE (Something new)');
  const end = errorOf(0x9a, { errorMap });
  assertEquals([end.statusName, end.retryable], ["NEW_END", false]);
  const nobody = errorOf(0x9b, { errorMap });
  assertEquals([nobody.statusName, nobody.retryable, nobody.attributes], ["0x9b", false, []]);
});

test("statusError makes the class that the status calls for", () => {
  assertInstanceOf(errorOf(Status.NOT_STORED), NotStoredError);
  assertInstanceOf(errorOf(Status.E2BIG), ValueTooLargeError);
  assertEquals(errorOf(Status.LOCKED).code, "STATUS");
  assertEquals(errorOf(Status.NO_BUCKET, { op: GET_CLUSTER_CONFIG }).op, "get-cluster-config");
});

test("statusError makes a StatusError of any status, JSON or garbage, and never throws", () => {
  const told = fc.record({
    op: fc.constantFrom(...OPS),
    status: fc.oneof(fc.constantFrom(...Object.values(Status)), fc.integer({ min: 1, max: 0xffff })),
    value: fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.json().map(bytesOf),
      fc.jsonValue().map((error) => bytesOf(JSON.stringify({ error }))),
      fc.record({ ref: fc.jsonValue(), context: fc.jsonValue() }).map((error) => bytesOf(JSON.stringify({ error }))),
      fc.string().map((text) => bytesOf(`{${text}`)),
    ),
    datatype: fc.integer({ min: 0, max: 7 }),
    inflate: fc.constantFrom(undefined, decompress),
    map: fc.dictionary(fc.stringMatching(/^[0-9a-f]{1,2}$/), fc.jsonValue()),
  });
  fc.assert(
    fc.property(told, ({ op, status, value, datatype, inflate, map }) => {
      const errorMap = new ErrorMap(JSON.stringify({ errors: map }));
      const error = errorOf(status, { op, value, datatype, errorMap, ...(inflate === undefined ? {} : { inflate }) });
      assertInstanceOf(error, StatusError);
      assertInstanceOf(error, Error);
      assertEquals([error.status, error.op, error.opaque, error.sent], [status, op.name, 7, true]);
      assert(error.message.startsWith(`Cannot ${op.name} "user:1": `));
      assert(typeof error.statusName === "string" && typeof error.retryable === "boolean");
      for (const text of [error.reference, error.context]) assert(text === undefined || typeof text === "string");
      assert(error.attributes.every((attribute) => typeof attribute === "string"));
    }),
    { seed: 1, numRuns: 2000 },
  );
});
