/** Recordings: written down as they are, read back, and played to whoever connects. */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Connection } from "../../src/connection/connection.ts";
import { ConnectionError } from "../../src/errors.ts";
import { VERSION } from "../../src/ops/admin.ts";
import { SASL_AUTH } from "../../src/ops/auth.ts";
import { GET } from "../../src/ops/retrieval.ts";
import { MemoryStore, Server } from "../../src/server.ts";
import { readRecording, record, type RecordedLine, replay, type ReplayOptions } from "../../src/testing.ts";
import { memoryPair } from "../../src/transport/memory.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { captureNames, captureText } from "../support/capture.ts";
import { hex, toHex } from "../support/hex.ts";
import { test } from "../support/test.ts";
import { bytesOf, joined, wire } from "../support/wire_frame.ts";

const NOOP = "800a00000000000000000000000000010000000000000000";
const NOOP_DONE = "810a00000000000000000000000000010000000000000000";

function line(dir: "c2s" | "s2c", digits: string, rest: Partial<RecordedLine> = {}): string {
  return JSON.stringify({ dir, hex: digits, note: "", conn: "conn1", t: 0, ...rest });
}

const PING = ['{"server":"s","version":"1","scenario":"ping"}', line("c2s", NOOP), line("s2c", NOOP_DONE, { t: 5 })];

/** The end of a client, and all that comes. */
function open(transport: Transport): { readonly received: () => Uint8Array; readonly over: Promise<unknown> } {
  const chunks: Uint8Array[] = [];
  const over = new Promise((resolve) =>
    transport.start({ data: (chunk) => void chunks.push(chunk.slice()), end: (error) => resolve(error) })
  );
  return { received: () => joined(...chunks), over };
}

/** Frames of a capture, played by a client that says what was recorded, all at once. */
async function playAll(name: string, options: ReplayOptions = {}): Promise<void> {
  const text = captureText(name);
  const { lines } = await readRecording(text);
  const recorded = await replay(text, options);
  for (const conn of recorded.connections) {
    const own = lines.filter((one) => one.conn === conn);
    const transport = recorded.transport(conn);
    const { received, over } = open(transport);
    const said = joined(...own.filter(({ dir }) => dir === "c2s").map((one) => hex(one.hex)));
    const expected = joined(...own.filter(({ dir }) => dir === "s2c").map((one) => hex(one.hex)));
    if (said.length > 0) await transport.write(said)?.catch(() => {});
    const closes = own.some((one) => one.dir === "s2c" && one.hex === "");
    if (closes) await over;
    else while (received().length < expected.length) await new Promise((resolve) => setTimeout(resolve));
    assertEquals(toHex(received()), toHex(expected));
    transport.close();
    await transport.closed;
  }
  assertEquals([recorded.deviations, recorded.missing], [[], []]);
}

for (
  const name of [
    ...captureNames(),
    ...captureNames("tap/").filter((name) => /cb316.*(dump|errors|takeover|nack)/.test(name)),
  ]
) {
  test(`replay serves every connection of ${name}`, () => playAll(name));
}

test("replay serves in pieces of any size, and with its timings", async () => {
  const name = "tap/cb316-ep-tap-dump-ack";
  for (const chunkSize of [1, 5, 24]) await playAll(name, { chunkSize });
  await playAll(name, { timing: 0.001 });
});

test("replay reads text, lines, and streams of text and of bytes", async () => {
  const text = `${PING.join("\n")}\n`;
  const pieces = (size: number): Uint8Array[] =>
    Array.from({ length: Math.ceil(text.length / size) }, (_, i) => bytesOf(text.slice(i * size, (i + 1) * size)));
  for (const source of [text, PING, ReadableStream.from([text]), ReadableStream.from(pieces(7))]) {
    const recorded = await replay(source as string);
    assertEquals([recorded.header, recorded.connections], [{ server: "s", version: "1", scenario: "ping" }, ["conn1"]]);
  }
});

test("readRecording says which line is wrong", async () => {
  await assertRejects(() => readRecording("{}\nnonsense"), SyntaxError, "line 2 is no JSON");
  await assertRejects(() => readRecording("{}\n1"), SyntaxError, "line 2: it is no object");
  await assertRejects(() => readRecording([PING[0]!, line("c2s", "8")]), SyntaxError, "neither dir nor bytes");
  await assertRejects(() => readRecording([...PING, "{}"]), SyntaxError, "line 4");
  assertEquals((await readRecording("")).lines, []);
});

test("a client that says other than was recorded is let go, noted, or let be", async () => {
  const other = wire({ magic: 0x80, opcode: 0x0b, opaque: 9 });
  for (const check of ["fail", "note", "none"] as const) {
    const recorded = await replay(PING, { check });
    const transport = recorded.transport();
    const { received, over } = open(transport);
    await transport.write(other)?.catch(() => {});
    if (check === "fail") await over;
    else while (received().length < 24) await new Promise((resolve) => setTimeout(resolve));
    assertEquals(received().length, check === "fail" ? 0 : 24);
    const found = recorded.deviations.map(({ line, conn, actual }) => [line, conn, actual.slice(0, 4)]);
    assertEquals(found, check === "none" ? [] : [[2, "conn1", "800b"]]);
    transport.close();
  }
});

test("what nobody expects is a deviation too; opaques of requests are not", async () => {
  const recorded = await replay(PING, { check: "note" });
  await using connection = new Connection(recorded.transport(), { timeout: 0 });
  const first = await connection.call({
    ...VERSION,
    opcode: 0x0a,
    response: { write() {}, read: () => ({ version: "" }) },
  }, {});
  assertEquals(first, { version: "" });
  const abort = new AbortController();
  const lost = assertRejects(() => connection.call(GET, { key: "k" }, { signal: abort.signal }));
  while (recorded.deviations.length === 0) await new Promise((resolve) => setTimeout(resolve));
  assertEquals(recorded.deviations.map(({ line, expected }) => [line, expected]), [[0, ""]]);
  abort.abort();
  await lost;
});

test("what a client has not said is missing, and a connection is had once", async () => {
  const recorded = await replay(PING);
  const transport = recorded.transport("conn1");
  assertEquals(recorded.missing, [2]);
  assertThrows(() => recorded.transport("conn1"), ConnectionError, 'connection "conn1"');
  await assertRejects(() => recorded.dial({ path: "x" }), ConnectionError, "another connection");
  transport.close();
  const stopped = AbortSignal.abort(new Error("no more"));
  await assertRejects(() => recorded.dial({ path: "x" }, { signal: stopped }), Error, "no more");
});

test("lines that are skipped are neither waited for nor sent", async () => {
  const lines = [PING[0]!, line("c2s", wireHex(0x0b)), line("s2c", wireHex(0x0b, 0x81)), ...PING.slice(1)];
  const recorded = await replay(lines, { skip: ({ hex }) => hex.startsWith("800b") || hex.startsWith("810b") });
  const transport = recorded.transport();
  const { received } = open(transport);
  await transport.write(hex(NOOP));
  while (received().length < 24) await new Promise((resolve) => setTimeout(resolve));
  assertEquals([toHex(received()), recorded.missing], [toHex(hex(NOOP_DONE)), []]);
  transport.close();
});

function wireHex(opcode: number, magic = 0x80): string {
  return toHex(wire({ magic, opcode })).replaceAll(" ", "");
}

test("record writes frames with times and ends as lines, however the bytes are cut", async () => {
  for (const chunkSize of [1, 100]) {
    const [here, there] = memoryPair({ chunkSize });
    let now = 100;
    const lines: string[] = [];
    const transport = record(here, (text) => lines.push(text), {
      header: { server: "s", recorded: "then" },
      conn: "c",
      now: () => now,
    });
    const { over } = open(transport);
    let heard = 0;
    const asked = new Promise<void>((resolve) =>
      there.start({ data: (chunk) => (heard += chunk.length) === 24 && resolve(), end: () => {} })
    );
    now = 103.4;
    await transport.write(hex(NOOP).subarray(0, 10));
    await transport.write(hex(NOOP).subarray(10));
    await asked;
    now = 110;
    await there.write(joined(hex(NOOP_DONE), hex(NOOP_DONE).subarray(0, 3)));
    there.close();
    await over;
    assertEquals(lines.map((text) => JSON.parse(text)).map(({ note: _, ...rest }) => rest), [
      { recorded: "then", server: "s" },
      { dir: "c2s", hex: NOOP, conn: "c", t: 3 },
      { dir: "s2c", hex: NOOP_DONE, conn: "c", t: 10 },
      { dir: "s2c", hex: NOOP_DONE.slice(0, 6), conn: "c", t: 10 },
      { dir: "s2c", hex: "", conn: "c", t: 10 },
    ]);
    assert(JSON.parse(lines[1]!).note.includes("noop"));
    assertEquals([transport.peer, transport.secure], [here.peer, false]);
    await transport.closed;
  }
});

test("record of a server's end, of text, and of a close", async () => {
  const [here, there] = memoryPair();
  const lines: string[] = [];
  const transport = record(there, (text) => lines.push(text), { header: false, side: "server" });
  open(transport);
  const { received } = open(here);
  await here.write(bytesOf("version\r\n"));
  await transport.write(bytesOf("VERSION 1\r\n"));
  while (received().length < 11) await new Promise((resolve) => setTimeout(resolve));
  transport.close();
  const parsed = lines.map((text) => JSON.parse(text) as RecordedLine);
  assertEquals(parsed.map(({ dir, hex, note }) => [dir, hex.length / 2, note]), [
    ["c2s", 9, "no frame"],
    ["s2c", 11, "no frame"],
    ["s2c", 0, "<server sent FIN>"],
  ]);
});

test("a sink that fails breaks the connection, at whatever line, and leaves nothing open", async () => {
  for (const ends of ["client", "server"]) {
    for (let left = 1; left <= 3; left++) {
      const [here, there] = memoryPair();
      const server = new Server().on(VERSION, () => ({ version: "1" }));
      const session = server.serve(there);
      const full = new Error("no space left");
      let lines = left;
      const transport = record(here, () => {
        // The header, the request, the answer, the end.
        if (lines-- === 0) throw full;
      });
      const connection = new Connection(transport);
      const call = connection.call(VERSION, {}).then(() => "answered", (error) => error);
      const outcome = await call;
      if (left < 3) {
        assert(outcome instanceof ConnectionError, `${outcome}`);
        assertEquals(outcome.cause, full);
      } else assertEquals(outcome, "answered");
      if (ends === "client") await connection.close().catch((error) => assertEquals(error, full));
      else await session.close();
      await connection.closed;
      await transport.closed;
      await session.closed;
    }
  }
});

test("what SASL says is hidden unless asked for, and plays all the same", async () => {
  const secret = toHex(bytesOf("\0ada\0pencil"));
  for (const secrets of [false, true]) {
    const [here, there] = memoryPair();
    const server = new Server().on(SASL_AUTH, () => ({ data: "" }));
    server.serve(there);
    const lines: string[] = [];
    const connection = new Connection(record(here, (text) => lines.push(text), { secrets }));
    const ask = { mechanism: "PLAIN", data: "\0ada\0pencil" };
    await connection.call(SASL_AUTH, ask);
    await connection.close();
    assertEquals(lines.join("").includes(secret.replaceAll(" ", "")), secrets);
    const recorded = await replay(lines);
    await using again = new Connection(recorded.transport());
    await again.call(SASL_AUTH, ask);
    assertEquals(recorded.deviations, []);
  }
});

test("a session with a store plays again without it", async () => {
  const [here, there] = memoryPair();
  const server = new Server();
  new MemoryStore().register(server);
  server.serve(there);
  const lines: string[] = [];
  const talk = async (transport: Transport): Promise<unknown> => {
    await using connection = new Connection(transport);
    const got = await connection.call(GET, { key: "k" }).catch((error) => error.code);
    return [got, (await connection.call(VERSION, {})).version];
  };
  const first = await talk(record(here, (text) => lines.push(text)));
  const recorded = await replay(lines);
  assertEquals(await talk(recorded.transport()), first);
  assertThrows(() => recorded.transport(), ConnectionError, "another connection");
});
