import { utf8Decode } from "../bytes.ts";
import { LineSplitter, type LineSplitterOptions } from "./line_splitter.ts";
import { type KeyEntry, MetadumpParser } from "./metadump.ts";
import { ReplySplitter, type ReplySplitterOptions } from "./reply_splitter.ts";
import { ProtocolError } from "../errors.ts";
import type { TextReply } from "./text_reply.ts";
import { readWatchLine, type WatchEvent } from "./watch.ts";

/**
 * Turns a stream of bytes into a stream of lines as text, without their ends (LF or CR LF). Errors with a {@linkcode ProtocolError}
 * on a line over the limit, unlike `TextLineStream` of `@std/streams`, which holds whatever comes; and when the bytes end inside a
 * line, since a server ends each.
 *
 * @example
 * ```ts
 * import { LineDecoderStream } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = ReadableStream.from([new TextEncoder().encode("STAT pid 1\r\nEN"), new TextEncoder().encode("D\r\n")]);
 * assertEquals(await Array.fromAsync(bytes.pipeThrough(new LineDecoderStream())), ["STAT pid 1", "END"]);
 * ```
 */
export class LineDecoderStream extends TransformStream<Uint8Array, string> {
  /** Makes a decoder with nothing read. */
  constructor(options: LineSplitterOptions = {}) {
    const lines = new LineSplitter(options);
    super({
      transform(chunk, controller) {
        lines.push(chunk, (bytes, from, to) => controller.enqueue(utf8Decode(bytes.subarray(from, to))));
      },
      flush() {
        failInside(lines);
      },
    });
  }
}

/**
 * Turns a stream of bytes into a stream of replies, for proxies, captures and users who compose streams. The chunks belong to the
 * replies: whoever writes them must not overwrite them. Errors with a {@linkcode ProtocolError} on bytes that are no reply, and when
 * the stream ends inside one.
 *
 * @example
 * ```ts
 * import { ReplyDecoderStream } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = ReadableStream.from([new TextEncoder().encode("HD c1 O1\r\nEN O2\r\n")]);
 * const replies = await Array.fromAsync(bytes.pipeThrough(new ReplyDecoderStream()));
 * assertEquals(replies.map((reply) => reply.meta.opaque), ["1", "2"]);
 * ```
 */
export class ReplyDecoderStream extends TransformStream<Uint8Array, TextReply> {
  /** Makes a decoder with nothing read. */
  constructor(options: ReplySplitterOptions = {}) {
    const splitter = new ReplySplitter(options);
    super({
      transform(chunk, controller) {
        for (const reply of splitter.split(chunk)) controller.enqueue(reply);
      },
      flush() {
        splitter.end();
      },
    });
  }
}

/**
 * Turns the bytes of a `lru_crawler metadump` into a stream of keys, which ends with the dump. Errors with a
 * {@linkcode ProtocolError} when the server refuses, in whose words, or when the bytes end before the dump says so.
 *
 * @example
 * ```ts
 * import { MetadumpDecoderStream } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const line = "key=user%3A1 exp=-1 la=1704060000 cas=3 fetch=yes cls=1 size=64\nEND\r\n";
 * const bytes = ReadableStream.from([new TextEncoder().encode(line)]);
 * const [entry] = await Array.fromAsync(bytes.pipeThrough(new MetadumpDecoderStream()));
 * assertEquals([entry!.key, entry!.expiresAt], ["user:1", undefined]);
 * ```
 */
export class MetadumpDecoderStream extends TransformStream<Uint8Array, KeyEntry> {
  /** Makes a decoder with nothing read. */
  constructor(options: LineSplitterOptions = {}) {
    const parser = new MetadumpParser(options);
    super({
      transform(chunk, controller) {
        if (!parser.push(chunk, (line) => controller.enqueue(line.entry()))) return;
        const { complete, text } = parser.outcome!;
        if (!complete) throw new ProtocolError(`Cannot dump keys: the server says "${text}"`);
        controller.terminate();
      },
      flush() {
        parser.end();
      },
    });
  }
}

/**
 * Turns the bytes behind the `OK` of `watch` into a stream of events. Errors with a {@linkcode ProtocolError} on a line that is none.
 *
 * @example
 * ```ts
 * import { WatchDecoderStream } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const line = "ts=1795269741.64421 gid=3 type=item_get key=nope status=not_found clsid=0 cfd=12 size=0\n";
 * const bytes = ReadableStream.from([new TextEncoder().encode(line)]);
 * const [event] = await Array.fromAsync(bytes.pipeThrough(new WatchDecoderStream()));
 * assertEquals(event!.type, "item_get");
 * ```
 */
export class WatchDecoderStream extends TransformStream<Uint8Array, WatchEvent> {
  /** Makes a decoder with nothing read. */
  constructor(options: LineSplitterOptions = {}) {
    const lines = new LineSplitter(options);
    super({
      transform(chunk, controller) {
        lines.push(chunk, (bytes, from, to) => controller.enqueue(readWatchLine(bytes.subarray(from, to))));
      },
      flush() {
        failInside(lines);
      },
    });
  }
}

function failInside(lines: LineSplitter): void {
  if (lines.pending === 0) return;
  throw new ProtocolError(`Cannot read line at byte ${lines.position}: the bytes end after ${lines.pending} of it`, {
    at: lines.position,
    bytes: lines.rest().subarray(0, 64),
  });
}
