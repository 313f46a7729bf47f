/** Requests that the server makes by itself, answers to them, and requests that wait for no answer. */

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Connection } from "../../src/connection/connection.ts";
import { answerRequest, tell } from "../../src/connection/server_requests.ts";
import { ClosedError, ProtocolError } from "../../src/errors.ts";
import { NOOP, VERSION } from "../../src/ops/admin.ts";
import { DCP_BUFFER_ACK, DCP_NOOP } from "../../src/ops/dcp.ts";
import { scripted } from "../support/script.ts";
import { test } from "../support/test.ts";
import { answer, joined, wire } from "../support/wire_frame.ts";

const serverNoop = (opaque: number) => wire({ magic: 0x80, opcode: 0x5c, opaque });

test("onRequest takes requests of both magics, between the answers, in their order", async () => {
  const { transport, peer } = scripted();
  const connection = new Connection(transport);
  const seen: unknown[] = [];
  connection.onRequest((frame) => seen.push([frame.magic, frame.opcode, frame.opaque]));
  const call = connection.call(NOOP, {}).then(() => seen.push("answer"));
  const asked = await peer.next();
  const flex = wire({ magic: 0x08, opcode: 0x57, opaque: 3, framing: new Uint8Array([0x22, 0, 1]) });
  await peer.send(joined(serverNoop(1), answer(asked), flex));
  await call;
  assertEquals(seen, [[0x80, 0x5c, 1], [0x08, 0x57, 3], "answer"]);
  connection.destroy();
  await peer.over;
});

test("without onRequest a request of the server ends the connection, and calls hear of it", async () => {
  const { transport, peer } = scripted();
  const connection = new Connection(transport);
  const refused = assertRejects(() => connection.call(NOOP, {}));
  await peer.next();
  await peer.send(serverNoop(1)).catch(() => {});
  const error = await refused;
  assertEquals((error as Error).cause instanceof ProtocolError, true);
  await peer.over;
});

test("what onRequest throws ends the connection", async () => {
  const { transport, peer } = scripted();
  const connection = new Connection(transport);
  const reason = new Error("not mine");
  connection.onRequest(() => {
    throw reason;
  });
  const refused = assertRejects(() => connection.call(NOOP, {}));
  await peer.next();
  await peer.send(serverNoop(1)).catch(() => {});
  const error = await refused;
  assertEquals((error as Error).cause, reason);
  await peer.over;
});

test("answer and tell leave in one write with the calls of the turn", async () => {
  const { transport, peer } = scripted();
  const connection = new Connection(transport);
  connection.onRequest((frame) => {
    answerRequest(connection, frame.opcode, frame.opaque);
    tell(connection, DCP_BUFFER_ACK, { bytes: 500 });
  });
  await peer.send(serverNoop(0xdeadbeef));
  const [reply, ack] = await peer.take(2);
  assertEquals(peer.chunks, 1);
  assertEquals([reply!.magic, reply!.opcode, reply!.opaque, reply!.status], [0x81, 0x5c, 0xdeadbeef, 0]);
  assertEquals([ack!.magic, ack!.opcode, [...ack!.extras]], [0x80, 0x5d, [0, 0, 1, 0xf4]]);
  answerRequest(connection, DCP_NOOP.opcode, 5, 0x84);
  assertEquals((await peer.next()).status, 0x84);
  connection.destroy();
  await peer.over;
});

test("a refusal of what was told is shown to onRequest, and no call takes it", async () => {
  const { transport, peer } = scripted();
  const connection = new Connection(transport);
  const seen: number[] = [];
  connection.onRequest((frame) => seen.push(frame.status));
  tell(connection, DCP_BUFFER_ACK, { bytes: 1 });
  const call = connection.call(VERSION, {});
  const [told, asked] = await peer.take(2);
  await peer.send(joined(answer(told!, { status: 0x04 }), answer(asked!, { value: "1" })));
  await call;
  assertEquals(seen, [4]);
  connection.destroy();
  await peer.over;
});

test("answer and tell are refused on a closed connection", async () => {
  const { transport, peer } = scripted();
  const connection = new Connection(transport);
  connection.destroy();
  await peer.over;
  assertThrows(() => answerRequest(connection, 0x5c, 1), ClosedError);
  assertThrows(() => tell(connection, DCP_BUFFER_ACK, { bytes: 1 }), ClosedError);
});

test("tell that cannot be written leaves nothing behind", async () => {
  const { transport, peer } = scripted();
  const connection = new Connection(transport);
  assertThrows(() => tell(connection, DCP_BUFFER_ACK, { bytes: 1 }, { vbucket: 70_000 }), RangeError);
  const call = connection.call(NOOP, {});
  const asked = await peer.next();
  assertEquals([asked.opcode, peer.unread], [0x0a, 0]);
  await peer.send(answer(asked));
  await call;
  connection.destroy();
  await peer.over;
});
