import { asBytes, toHex } from "../bytes.ts";

/** The first line of a recording: what was recorded. */
export interface RecordingHeader {
  /** What answered. */
  readonly server?: string;
  /** Its version. */
  readonly version?: string;
  /** What was done. */
  readonly scenario?: string;
  /** When, in the form of `Date.toISOString`. */
  readonly recorded?: string;
}

/** Every other line of a recording: one frame, or a remark without bytes. */
export interface RecordedLine {
  /** Who sent it: client to server, or server to client. */
  readonly dir: "c2s" | "s2c";
  /** The bytes in hexadecimal digits; empty for a remark such as `<server sent FIN>`. */
  readonly hex: string;
  /** What it is, for people. */
  readonly note: string;
  /** The name of the connection. */
  readonly conn: string;
  /** Milliseconds since the recording began. */
  readonly t: number;
}

/** What recordings can be read from: their text, their lines, or a stream of text or bytes, such as that of a file. */
export type RecordingSource = string | Iterable<string> | ReadableStream<string> | ReadableStream<Uint8Array>;

/** A recording as it was read. */
export interface Recording {
  /** What was recorded. */
  readonly header: RecordingHeader;
  /** All other lines in the order of time, each with its place in the file, counted from 1. */
  readonly lines: readonly (RecordedLine & { readonly line: number })[];
}

/** What the side that sent no more is noted as. */
export const SERVER_END = "<server sent FIN>";
/** The same for the client. */
export const CLIENT_END = "<client sent FIN>";

/**
 * Reads a recording.
 *
 * @throws {SyntaxError} If a line is none of a recording.
 *
 * @example
 * ```ts
 * import { readRecording } from "@memwire/memwire/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const recording = await readRecording([
 *   '{"server":"memcached","version":"1.6.18","scenario":"noop"}',
 *   '{"dir":"c2s","hex":"800a00000000000000000000000000010000000000000000","note":"noop","conn":"conn1","t":0}',
 * ]);
 * assertEquals([recording.header.server, recording.lines.length], ["memcached", 1]);
 * ```
 */
export async function readRecording(source: RecordingSource): Promise<Recording> {
  let header: RecordingHeader | undefined = undefined;
  const lines: (RecordedLine & { readonly line: number })[] = [];
  for (const [index, text] of (await linesOf(source)).entries()) {
    if (text.trim() === "") continue;
    const value = parse(text, index + 1);
    if (isLine(value)) lines.push({ ...value, line: index + 1 });
    else if (lines.length === 0 && header === undefined) header = value as RecordingHeader;
    else fail(index + 1, "it has neither dir nor bytes");
  }
  return { header: header ?? {}, lines };
}

function parse(text: string, line: number): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value;
  } catch (cause) {
    throw new SyntaxError(`Cannot read recording: line ${line} is no JSON`, { cause });
  }
  return fail(line, "it is no object");
}

function isLine(value: object): value is RecordedLine {
  const { dir, hex, conn, t } = value as Partial<RecordedLine>;
  return (dir === "c2s" || dir === "s2c") && typeof hex === "string" && /^([0-9a-f]{2})*$/i.test(hex) &&
    typeof conn === "string" && typeof t === "number";
}

function fail(line: number, why: string): never {
  throw new SyntaxError(`Cannot read recording: line ${line}: ${why}`);
}

async function linesOf(source: RecordingSource): Promise<string[]> {
  if (typeof source === "string") return source.split("\n");
  if (!(source instanceof ReadableStream)) return [...source];
  let text = "";
  const decoder = new TextDecoder();
  const reader = (source as ReadableStream<string | Uint8Array>).getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    text += typeof next.value === "string" ? next.value : decoder.decode(asBytes(next.value), { stream: true });
  }
  return (text + decoder.decode()).split("\n");
}

/** The bytes of a line. */
export function bytesOfLine({ hex }: Pick<RecordedLine, "hex">): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

/** A line as it stands in a file, without its end. */
export function formatLine(line: Omit<RecordedLine, "hex"> & { readonly bytes?: Uint8Array }): string {
  const { dir, bytes, note, conn, t } = line;
  return JSON.stringify({ dir, hex: bytes === undefined ? "" : toHex(bytes), note, conn, t });
}
