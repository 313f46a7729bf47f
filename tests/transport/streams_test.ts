import { assert, assertEquals, assertInstanceOf, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { ClosedError, ConnectionError } from "../../src/errors.ts";
import { memoryPair } from "../../src/transport/memory.ts";
import { fromStreams, toStreams } from "../../src/transport/streams.ts";
import { listenTo } from "../support/ear.ts";
import { test } from "../support/test.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test("fromStreams reads from the readable and writes to the writable", async () => {
  const written: Uint8Array[] = [];
  const transport = fromStreams({
    readable: ReadableStream.from([bytes("one"), bytes("two")]),
    writable: new WritableStream({ write: (chunk) => void written.push(chunk) }),
    peer: "stub",
    secure: true,
  });
  assertEquals([transport.peer, transport.secure], ["stub", true]);
  await transport.write(bytes("hello"));
  const heard = listenTo(transport);
  assertEquals(await heard.ended, undefined);
  await transport.closed;
  assertEquals(heard.chunks, [bytes("one"), bytes("two")]);
  assertEquals(written, [bytes("hello")]);
});

test("fromStreams copies what it writes", async () => {
  const written: Uint8Array[] = [];
  const transport = fromStreams({
    readable: new ReadableStream(),
    writable: new WritableStream({ write: (chunk) => void written.push(chunk) }),
  });
  const slab = bytes("first");
  await transport.write(slab);
  slab.fill(0);
  assertEquals(written, [bytes("first")]);
  transport.close();
  await transport.closed;
});

test("fromStreams ends with the error of the readable", async () => {
  const bug = new Error("lost");
  const transport = fromStreams({
    readable: new ReadableStream({ pull: (controller) => controller.error(bug) }),
    writable: new WritableStream(),
    peer: "stub",
  });
  const error = await listenTo(transport).ended;
  assertInstanceOf(error, ConnectionError);
  assertEquals(error.message, "Lost the connection to stub while reading: lost");
  assertStrictEquals(error.cause, bug);
  await transport.closed;
});

test("fromStreams fails a write with the error of the writable, and ends", async () => {
  const bug = new Error("full");
  const transport = fromStreams({
    readable: new ReadableStream(),
    writable: new WritableStream({ write: () => Promise.reject(bug) }),
    peer: "stub",
  });
  const heard = listenTo(transport);
  const error = await assertRejects(async () => await transport.write(bytes("x")), ConnectionError, "stub");
  assertInstanceOf(error.cause, ConnectionError);
  assertStrictEquals(error.cause.cause, bug);
  assertStrictEquals(await heard.ended, error.cause);
  await transport.closed;
});

test("fromStreams cancels the readable and closes the writable at close", async () => {
  const seen: string[] = [];
  const transport = fromStreams({
    readable: new ReadableStream({ cancel: (reason) => void seen.push(`cancel ${reason.name}`) }),
    writable: new WritableStream({ close: () => void seen.push("close"), abort: () => void seen.push("abort") }),
  });
  transport.close();
  await transport.closed;
  assertEquals(seen, ["cancel ClosedError", "close"]);
});

test("fromStreams aborts the writable when it is closed during a write", async () => {
  const seen: string[] = [];
  const transport = fromStreams({
    readable: new ReadableStream(),
    writable: new WritableStream({
      // As long as nobody aborts, this write hangs.
      write: (_, controller) =>
        new Promise((_, reject) => controller.signal.addEventListener("abort", () => reject(controller.signal.reason))),
      abort: () => void seen.push("abort"),
    }),
  });
  const written = transport.write(bytes("x"));
  assert(written !== undefined);
  transport.close();
  await assertRejects(() => written, ClosedError);
  await transport.closed;
  assertEquals(seen, ["abort"]);
});

test("fromStreams refuses a locked stream", () => {
  const readable = new ReadableStream<Uint8Array>();
  readable.getReader();
  assertThrows(() => fromStreams({ readable, writable: new WritableStream() }), TypeError);
});

test("toStreams gives byte streams that pipe", async () => {
  const [here, there] = memoryPair();
  const echoed = toStreams(there).readable.pipeTo(toStreams(memoryEcho()).writable);
  await here.write(bytes("hello"));
  here.close();
  await echoed;

  function memoryEcho() {
    const [near, far] = memoryPair();
    listenTo(far, { data: (chunk) => assertEquals(chunk.slice(), bytes("hello")) });
    return near;
  }
});

test("toStreams copies every chunk, and pauses the transport while nobody reads", async () => {
  const [here, there] = memoryPair({ chunkSize: 16 * 1024 });
  const { readable } = toStreams(there);
  let done = false;
  const message = new Uint8Array(1024 * 1024).map((_, index) => index % 251);
  const written = Promise.resolve(here.write(message)).then(() => done = true);
  await new Promise((resolve) => setTimeout(resolve, 1));
  assertEquals(done, false);
  const got = new Uint8Array(message.length);
  const reader = readable.getReader();
  for (let at = 0; at < got.length;) {
    const { value } = await reader.read();
    assert(value !== undefined);
    got.set(value, at);
    at += value.length;
  }
  await written;
  assertEquals(got, message);
  await reader.cancel();
  await there.closed;
  here.close();
  await here.closed;
});

test("toStreams reads into the buffer of a reader, and ends it", async () => {
  const [here, there] = memoryPair();
  const reader = toStreams(there).readable.getReader({ mode: "byob" });
  await here.write(bytes("hello"));
  const first = await reader.read(new Uint8Array(16));
  assertEquals(first.value, bytes("hello"));
  const second = reader.read(new Uint8Array(16));
  here.close();
  assertEquals((await second).done, true);
});

test("toStreams fails both streams when the transport fails", async () => {
  const [here, there] = memoryPair({ peers: ["there", "here"] });
  const { readable, writable } = toStreams(here);
  const writer = writable.getWriter();
  const written = writer.write(bytes("x"));
  const failed = Promise.all([
    assertRejects(() => written, ConnectionError),
    assertRejects(() => writer.closed, ConnectionError),
  ]);
  await Promise.resolve();
  there.close();
  await assertRejects(() => readable.getReader().read(), ConnectionError, "there");
  await failed;
});

test("toStreams closes the transport when the readable is cancelled or the writable is closed", async () => {
  const [here, there] = memoryPair();
  const heard = listenTo(there);
  await toStreams(here).readable.cancel();
  assertEquals(await heard.ended, undefined);
  const [near, far] = memoryPair();
  const also = listenTo(far);
  await toStreams(near).writable.close();
  assertEquals(await also.ended, undefined);
  await Promise.all([here, there, near, far].map((transport) => transport.closed));
});

test("toStreams refuses to write once the transport is closed", async () => {
  const [here, there] = memoryPair();
  const writer = toStreams(here).writable.getWriter();
  there.close();
  await assertRejects(() => writer.closed, ConnectionError, "the connection is closed");
  await here.closed;
});
