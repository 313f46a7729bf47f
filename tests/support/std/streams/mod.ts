/** Stand-in for `@std/streams`: see the README one folder up. */

/** Reads a stream of bytes to its end, into one buffer. */
export function toArrayBuffer(stream: ReadableStream<Uint8Array>): Promise<ArrayBuffer> {
  // The cast tells the compiler that the chunks are not shared memory, which `Response` does not take.
  return new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer();
}

/** Reads a stream of text or bytes to its end, as text. */
export async function toText(stream: ReadableStream<string> | ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  const reader: ReadableStreamDefaultReader<string | Uint8Array> = stream.getReader();
  let text = "";
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    text += typeof read.value === "string" ? read.value : decoder.decode(read.value, { stream: true });
  }
  return text + decoder.decode();
}

/** Reads a stream of text or bytes to its end, and parses it as JSON. */
export async function toJson(stream: ReadableStream<string> | ReadableStream<Uint8Array>): Promise<unknown> {
  return JSON.parse(await toText(stream));
}
