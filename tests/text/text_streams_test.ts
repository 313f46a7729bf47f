import { assertEquals, assertRejects } from "@std/assert";
import { ProtocolError } from "../../src/errors.ts";
import { Answers } from "../../src/text/answers.ts";
import {
  LineDecoderStream,
  MetadumpDecoderStream,
  ReplyDecoderStream,
  WatchDecoderStream,
} from "../../src/text/text_streams.ts";
import { test } from "../support/test.ts";
import { fromLatin1, latin1, plainOf, plainReplies } from "../support/text_wire.ts";
import { BUSY, TEXT_RECORDED, WATCH_LINES } from "../vectors/text_recorded.ts";

/** A stream of bytes in chunks of some size, and what resolves when it is cancelled. */
function streamOf(text: string, size: number): { stream: ReadableStream<Uint8Array>; cancelled: Promise<void> } {
  let at = 0;
  let cancel = (): void => {};
  const cancelled = new Promise<void>((resolve) => cancel = resolve);
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= text.length) return controller.close();
      controller.enqueue(latin1(text.slice(at, at += size)));
    },
    cancel: () => cancel(),
  });
  return { stream, cancelled };
}

async function collect<T>(text: string, size: number, decoder: TransformStream<Uint8Array, T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of streamOf(text, size).stream.pipeThrough(decoder)) items.push(item);
  return items;
}

const SIZES = [1, 7, 100_000];

test("ReplyDecoderStream gives all recorded replies, whatever the chunks, and they stay", async () => {
  const texts = TEXT_RECORDED.filter(({ name }) => name.startsWith("mg") || name.startsWith("cas"));
  const text = texts.flatMap(({ steps }) => steps.map(({ receive }) => receive)).join("");
  for (const size of SIZES) {
    const replies = await collect(text, size, new ReplyDecoderStream());
    assertEquals(replies.map(plainOf), plainReplies(text));
  }
});

test("ReplyDecoderStream takes the options of a splitter, and refuses what is no reply", async () => {
  const options = { expected: Answers.META, maxValue: 2 };
  await assertRejects(() => collect("STORED\r\n", 3, new ReplyDecoderStream(options)), ProtocolError, "no answer");
  await assertRejects(
    () => collect("VA 3\r\nabc\r\n", 3, new ReplyDecoderStream(options)),
    ProtocolError,
    "the limit of 2",
  );
  await assertRejects(
    () => collect("HD\r\nVA 2\r\na", 3, new ReplyDecoderStream(options)),
    ProtocolError,
    "the bytes end",
  );
});

test("LineDecoderStream gives lines as text, and refuses half of one", async () => {
  for (const size of SIZES) {
    assertEquals(await collect("one\r\n\xc3\xa9\n\n", size, new LineDecoderStream()), ["one", "é", ""]);
    await assertRejects(
      () => collect("one\ntwo", size, new LineDecoderStream()),
      ProtocolError,
      "the bytes end after 3",
    );
    const decoder = new LineDecoderStream({ maxLine: 10 });
    await assertRejects(() => collect("x".repeat(50), size, decoder), ProtocolError, "the limit of 10");
  }
});

test("MetadumpDecoderStream ends with the dump, and lets go of its source", async () => {
  const dump = "OK\r\nkey=a%20b exp=-1 la=1 cas=2 fetch=no cls=1 size=3\nkey=c exp=5\nEND\r\n";
  for (const size of SIZES) {
    const entries = await collect(dump, size, new MetadumpDecoderStream());
    assertEquals(entries.map(({ key, cas }) => `${key} ${cas}`), ["a b 2", "c 0"]);
  }
  // A source that does not end by itself.
  const { stream, cancelled } = streamOf(dump + "x".repeat(1000), 10);
  const keys: string[] = [];
  for await (const { key } of stream.pipeThrough(new MetadumpDecoderStream())) keys.push(key);
  assertEquals(keys, ["a b", "c"]);
  await cancelled;
});

test("MetadumpDecoderStream tells a refusal, and a dump that is cut short", async () => {
  for (const size of SIZES) {
    const error = await assertRejects(() => collect(BUSY, size, new MetadumpDecoderStream()), ProtocolError);
    assertEquals(error.message, 'Cannot dump keys: the server says "BUSY currently processing crawler request"');
    const cut = "key=a exp=1\nkey=b exp=2\n";
    await assertRejects(() => collect(cut, size, new MetadumpDecoderStream()), ProtocolError, "the bytes end before");
    await assertRejects(
      () => collect("what\n", size, new MetadumpDecoderStream()),
      ProtocolError,
      "no entry and no end",
    );
  }
});

test("WatchDecoderStream gives the recorded events", async () => {
  const text = WATCH_LINES.map((line) => `${line}\n`).join("");
  for (const size of SIZES) {
    const events = await collect(text, size, new WatchDecoderStream());
    assertEquals(events.map(({ fields }) => fields.get("gid")), WATCH_LINES.map((line) => /gid=(\d+)/.exec(line)![1]));
    await assertRejects(() => collect(text + "ts=", size, new WatchDecoderStream()), ProtocolError, "the bytes end");
  }
  assertEquals(fromLatin1(latin1(text)), text);
});
