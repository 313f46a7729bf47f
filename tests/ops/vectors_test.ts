/** The rows against golden bytes, both ways. */

import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { readReply } from "../../src/connection/read_reply.ts";
import { ProtocolError, StatusError } from "../../src/errors.ts";
import { Frame } from "../../src/frame/frame.ts";
import { FrameSplitter } from "../../src/frame/frame_splitter.ts";
import { FrameWriter } from "../../src/frame/frame_writer.ts";
import { type AnyOp, findOp, findServerOp, opcodeName, OPS, SERVER_OPS } from "../../src/ops/table.ts";
import { hex } from "../support/hex.ts";
import { test } from "../support/test.ts";
import { assertBytes, bytesOf, joined } from "../support/wire_frame.ts";
import { VECTORS } from "../vectors/all.ts";
import { REJECTED } from "../vectors/rejected.ts";
import type { Vector } from "../vectors/vector.ts";

/** What others write and we only read. */
const READ_ONLY = [
  "GET answer that repeats the key, godropbox",
  "GET_REPLICA answer that repeats the key, 6.0.5",
  "COLLECTIONS_GET_ID with the path as key",
  "TAP_MUTATION with 4 bytes of the engine, gomemcached",
  "TAP_MUTATION of hi, without extras, gomemcached",
  "TAP_DELETE of hi, without extras, gomemcached",
];

/** What is answered only when it fails: TAP's connect, and of DCP the changes and the acknowledgements. */
// deno-fmt-ignore
const NEVER_ANSWERED = [
  0x40,
  0x55, 0x57, 0x58, 0x59, 0x5a, 0x5d, 0x5f, 0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67,
];

/** The only magic whose opcodes are a space of their own. */
const SERVER_REQUEST = 0x82;

const WITH_MESSAGE = VECTORS.filter(({ message }) => message !== undefined);
const FAILED = WITH_MESSAGE.filter(({ message }) => "text" in message!);
const READABLE = WITH_MESSAGE.filter(({ message }) => !("text" in message!));

function findRow({ fields }: Vector): AnyOp | undefined {
  return fields.magic === SERVER_REQUEST ? findServerOp(fields.opcode) : findOp(fields.opcode)?.op;
}

function rowOf(vector: Vector): AnyOp {
  const row = findRow(vector);
  if (row === undefined) throw new Error(`no row for ${vector.name}`);
  return row;
}

/** Vectors that say their message by its fields only, and have a row that can tell it. */
const BY_FIELDS = VECTORS.filter((vector) => {
  if (vector.message !== undefined || vector.refused !== undefined) return false;
  const row = findRow(vector);
  const status = vector.side === "response" ? vector.fields.vbucketOrStatus : 0;
  return row !== undefined && (status === 0 || row.succeeds?.(status) === true);
});

function isOfClients({ fields }: Vector): boolean {
  return fields.magic !== SERVER_REQUEST;
}

function frameOf(vector: Vector): Frame {
  return Frame.from(hex(vector.hex));
}

/** Messages are compared as what they are on the wire: text is its bytes. */
function onTheWire(message: unknown): unknown {
  if (typeof message === "string" || message instanceof Uint8Array) return [...bytesOf(message)];
  if (typeof message !== "object" || message === null) return message;
  if (message instanceof Map) return [...message];
  return Object.fromEntries(Object.entries(message).map(([name, value]) => [name, onTheWire(value)]));
}

/** The message of a vector, with what the row takes from the header. */
function wholeMessage({ fields, message }: Vector, read: object): Record<string, unknown> {
  const { cas, datatype, vbucketOrStatus } = fields;
  return {
    ...("cas" in read ? { cas } : {}),
    ...("datatype" in read ? { datatype } : {}),
    ...("status" in read ? { status: vbucketOrStatus } : {}),
    ...message,
  };
}

/** The bytes of a message, with the header of a vector. */
function write(vector: Vector, message: Record<string, unknown>): Uint8Array {
  const { magic, opcode, opaque, vbucketOrStatus, framingExtras, cas, datatype } = vector.fields;
  const out = new FrameWriter();
  out.begin();
  if (framingExtras !== undefined) {
    const framing = hex(framingExtras);
    out.bytes.set(framing, out.framingExtras(framing.length));
  }
  // What the row says nothing about is the business of whoever writes the frame.
  if (!("cas" in message)) out.cas = cas;
  if (!("datatype" in message)) out.datatype = datatype;
  rowOf(vector)[vector.side].write(out, message);
  out.end({ magic, opcode, opaque, vbucketOrStatus });
  return joined(...out.take());
}

for (const vector of READABLE) {
  test(`row reads and writes: ${vector.name}`, () => {
    const row = rowOf(vector);
    const read = row[vector.side].read(frameOf(vector)) as Record<string, unknown>;
    const message = wholeMessage(vector, read);
    assertEquals(onTheWire(read), onTheWire(message));
    if (READ_ONLY.includes(vector.name)) return;
    // As it was read, and as a caller would say it.
    assertBytes(write(vector, read), hex(vector.hex));
    assertBytes(write(vector, message), hex(vector.hex));
  });
}

for (const vector of BY_FIELDS) {
  test(`row reads and writes the same again: ${vector.name}`, () => {
    const frame = frameOf(vector);
    const read = rowOf(vector)[vector.side].read(frame) as Record<string, unknown>;
    if (!READ_ONLY.includes(vector.name)) assertBytes(write(vector, read), hex(vector.hex));
  });
}

for (const vector of FAILED) {
  test(`row tells as an error: ${vector.name}`, () => {
    const { fields, message } = vector;
    const frame = frameOf(vector);
    assertEquals(
      onTheWire({ text: frame.value, ...(frame.keyLength > 0 ? { key: frame.key } : {}) }),
      onTheWire(message),
    );
    const row = rowOf(vector);
    const error = assertThrows(() => readReply(frame, row, { key: "user:1" }), StatusError);
    assertEquals([error.op, error.status, error.opaque, error.sent], [
      row.name,
      fields.vbucketOrStatus,
      fields.opaque,
      true,
    ]);
    assert(error.message.startsWith(`Cannot ${row.name} "user:1": `), error.message);
  });
}

for (const vector of VECTORS.filter(({ refused }) => refused !== undefined)) {
  test(`row refuses: ${vector.name}`, () => {
    assertThrows(() => rowOf(vector)[vector.side].read(frameOf(vector)), ProtocolError, vector.refused);
  });
}

for (const { name, hex: text, asked } of REJECTED.filter(({ reason }) => reason === "extras")) {
  test(`row refuses: ${name}`, () => {
    const frame = Frame.from(hex(text));
    const error = assertThrows(
      () => findOp(asked!)!.op.response.read(frame),
      ProtocolError,
      "Cannot read body of opcode",
    );
    assertEquals(error.bytes, hex(text).slice(0, 24));
  });
}

test("OPS: every row has a request and an answer among the vectors, and so has every quiet twin as far as it is answered", () => {
  const sidesOf = (vectors: readonly Vector[]): Set<string> =>
    new Set(vectors.filter(isOfClients).map(({ side, fields }) => `${side} ${fields.opcode}`));
  const seen = sidesOf([...READABLE, ...BY_FIELDS]);
  const answered = sidesOf(WITH_MESSAGE);
  const bare: string[] = [];
  for (const { name, opcode, quiet } of OPS) {
    if (!seen.has(`request ${opcode}`)) bare.push(`request of ${name}`);
    if (seen.has(`response ${opcode}`) === NEVER_ANSWERED.includes(opcode)) bare.push(`answer to ${name}`);
    if (quiet === undefined) continue;
    if (!seen.has(`request ${quiet.opcode}`)) bare.push(`request of quiet ${name}`);
    // What is silent on success answers failures only.
    const answers = quiet.silentOn === "success" ? answered : seen;
    if (!answers.has(`response ${quiet.opcode}`)) bare.push(`answer to quiet ${name}`);
  }
  assertEquals(bare, []);
});

test("SERVER_OPS: every row has a request among the vectors, and no row has the opcode of another", () => {
  const seen = READABLE.filter((vector) => !isOfClients(vector)).map(({ fields }) => fields.opcode);
  assertEquals(SERVER_OPS.filter(({ opcode }) => !seen.includes(opcode)), []);
  for (const op of SERVER_OPS) assertEquals(findServerOp(op.opcode), op);
});

test("OPS: every vector with a message has a row, and no row has the opcode of another", () => {
  for (const vector of WITH_MESSAGE) rowOf(vector);
  const opcodes = OPS.flatMap(({ opcode, quiet }) => quiet === undefined ? [opcode] : [opcode, quiet.opcode]);
  assertEquals(new Set(opcodes).size, opcodes.length);
  for (const { name, opcode, quiet } of OPS) {
    assertEquals([findOp(opcode)?.op.name, findOp(opcode)?.quiet], [name, false]);
    if (quiet !== undefined) assertEquals([findOp(quiet.opcode)?.op.name, findOp(quiet.opcode)?.quiet], [name, true]);
  }
});

test("opcodeName gives the names of the protocol, those of quiet twins too", () => {
  // Couchbase's own documents shorten this one.
  const shortened = new Map([["HELO", "hello"]]);
  for (const { op, fields } of VECTORS) {
    const expected = shortened.get(op) ?? op.toLowerCase().replaceAll("_", "-");
    assertEquals(opcodeName(fields.opcode, fields.magic), expected);
  }
});

test("statusError takes the words of the server, and says what to do in words of its own", () => {
  const words = (text: string): string => {
    const vector = FAILED.find(({ message }) => message!.text === text)!;
    const error = assertThrows(() => readReply(frameOf(vector), rowOf(vector), { key: "k" }));
    assertInstanceOf(error, StatusError);
    return error.message;
  };
  assert(
    words("Non-numeric server-side value for incr or decr").includes("Non-numeric server-side value for incr or decr"),
  );
  assert(words("Auth failure.").includes("Auth failure."));
});

for (const vector of VECTORS) {
  test(`frame reads and writes: ${vector.name}`, () => {
    const bytes = hex(vector.hex);
    const { fields } = vector;
    const frames = new FrameSplitter().split(bytes.slice());
    assertEquals(frames.length, 1);
    const frame = frames[0]!;
    assertEquals({
      magic: frame.magic,
      opcode: frame.opcode,
      keyLength: frame.keyLength,
      extrasLength: frame.extrasLength,
      datatype: frame.datatype,
      vbucketOrStatus: frame.status,
      bodyLength: frame.bodyLength,
      opaque: frame.opaque,
      cas: frame.cas,
      framingLength: frame.framingLength,
      valueLength: frame.valueLength,
    }, {
      magic: fields.magic,
      opcode: fields.opcode,
      keyLength: fields.keyLength,
      extrasLength: fields.extrasLength,
      datatype: fields.datatype,
      vbucketOrStatus: fields.vbucketOrStatus,
      bodyLength: fields.bodyLength,
      opaque: fields.opaque,
      cas: fields.cas,
      framingLength: fields.framingLength ?? 0,
      valueLength: hex(fields.value ?? "").length,
    });
    assertBytes(frame.framingExtras, hex(fields.framingExtras ?? ""));
    assertBytes(frame.extras, hex(fields.extras ?? ""));
    assertBytes(frame.key, hex(fields.key ?? ""));
    assertBytes(frame.value, hex(fields.value ?? ""));
    assertBytes(frame.bytes, bytes);
    const out = new FrameWriter();
    out.begin();
    out.bytes.set(frame.framingExtras, out.framingExtras(frame.framingLength));
    out.bytes.set(frame.extras, out.extras(frame.extrasLength));
    out.name(frame.key);
    out.value(frame.value);
    out.cas = frame.cas;
    out.datatype = frame.datatype;
    out.end({ magic: frame.magic, opcode: frame.opcode, opaque: frame.opaque, vbucketOrStatus: frame.vbucket });
    assertBytes(out.last(), bytes);
    assertBytes(joined(...out.take()), bytes);
  });
}
