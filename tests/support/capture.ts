/** Recorded sessions with real servers, as `tests/vectors/captures` has them: a JSON object a line, the first says who was recorded. */

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { hex } from "./hex.ts";
import { readAllWire, type WireFrame } from "./wire_frame.ts";

const FOLDER = new URL("../vectors/captures/", import.meta.url);

/** One frame that went over a connection. */
export interface RecordedFrame {
  /** Its line in the file, counted from 1. */
  readonly line: number;
  /** Which connection. */
  readonly connection: string;
  /** Whether the client sent it, else the server. */
  readonly sent: boolean;
  /** The frame, taken apart by hand. */
  readonly frame: WireFrame;
}

/** The end of a connection. */
export interface RecordedEnd {
  readonly line: number;
  readonly connection: string;
  /** Whether the client ended it, else the server. */
  readonly sent: boolean;
}

/** One recorded session: what went over its connections, in the order of time. */
export interface Capture {
  readonly name: string;
  readonly server: string;
  readonly version: string;
  readonly events: readonly (RecordedFrame | RecordedEnd)[];
}

interface Line {
  readonly dir: "c2s" | "s2c";
  readonly hex: string;
  readonly note: string;
  readonly conn: string;
}

/** The names of all captures that are here, or of those in a folder here: `tap/…`. */
export function captureNames(folder = ""): string[] {
  return readdirSync(new URL(folder, FOLDER)).filter((file) => file.endsWith(".jsonl"))
    .map((file) => folder + file.slice(0, -6)).toSorted();
}

/** The lines of a capture as they stand in its file. */
export function captureText(name: string): string {
  return readFileSync(fileURLToPath(new URL(`${name}.jsonl`, FOLDER)), "utf8");
}

/** Reads a capture by its name. */
export function readCapture(name: string): Capture {
  const lines = captureText(name).split("\n");
  const { server, version } = JSON.parse(lines[0]!);
  const events: (RecordedFrame | RecordedEnd)[] = [];
  for (const [index, text] of lines.entries()) {
    if (index === 0 || text === "") continue;
    const { dir, hex: digits, note, conn: connection } = JSON.parse(text) as Line;
    const where = { line: index + 1, connection, sent: dir === "c2s" };
    if (digits === "") {
      // What whoever recorded has to say.
      if (note.startsWith("<received ")) continue;
      if (!/ (sent FIN|closed)>$/.test(note)) throw new Error(`line ${where.line} of ${name} is no frame: ${note}`);
      events.push(where);
    } else if (!isText(digits)) {
      for (const frame of readAllWire(hex(digits))) events.push({ ...where, frame });
    }
  }
  return { name, server, version, events };
}

/** Bytes that begin no frame: of clients that were wrong on purpose, and the words that answered them. */
function isText(digits: string): boolean {
  return !/^(8[0-3]|[01]8)/.test(digits);
}

/** Whether an event is a frame, else the end of its connection. */
export function isFrame(event: RecordedFrame | RecordedEnd): event is RecordedFrame {
  return "frame" in event;
}

/** All frames of a capture, or of one connection of it. */
export function framesOf(capture: Capture, connection?: string): RecordedFrame[] {
  return capture.events.filter(isFrame).filter((event) => connection === undefined || event.connection === connection);
}
