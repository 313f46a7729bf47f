/** Every recorded TAP feed is played to a `TapFeed`, which takes, acknowledges and ends as the recorded client did. */

import { assertEquals, assertGreater, assertInstanceOf, assertRejects } from "@std/assert";
import { ProtocolError, StatusError } from "../../src/errors.ts";
import { Frame } from "../../src/frame/frame.ts";
import { TAP_CONNECT, type TapConnectRequest } from "../../src/ops/tap.ts";
import { openTap, TapConnectFlag, TapError, type TapEvent } from "../../src/tap.ts";
import { readRecording, type Recording, type Replay, replay } from "../../src/testing.ts";
import { captureNames, captureText } from "../support/capture.ts";
import { hex } from "../support/hex.ts";
import { tapOptionsOf } from "../support/tap_options.ts";
import { test } from "../support/test.ts";
import { readWire, type WireFrame } from "../support/wire_frame.ts";

type Line = Recording["lines"][number];

const CONNECT = 0x40;
const NOOP = 0x0a;

/** One feed of a capture. */
interface RecordedFeed {
  readonly lines: readonly Line[];
  readonly request: TapConnectRequest;
  /** Whether the server closed. */
  readonly closed: boolean;
  /** What the client answered, by opaque. */
  readonly answers: ReadonlyMap<number, number>;
  readonly events: readonly WireFrame[];
  /** The status of a refusal. */
  readonly refused: number | undefined;
}

function frameOf({ hex: digits }: Line): WireFrame | undefined {
  return digits === "" ? undefined : readWire(hex(digits));
}

/** Ordinary commands on the connection of a feed are no business of feeds. */
function isOther(line: Line): boolean {
  const frame = frameOf(line);
  if (frame === undefined) return false;
  if (frame.opcode === NOOP) return line.dir === "c2s" || frame.magic !== 0x80;
  return frame.opcode < CONNECT || frame.opcode > 0x47;
}

function feedOf(recording: Recording, conn: string): RecordedFeed | undefined {
  const lines = recording.lines.filter((line) => line.conn === conn && !isOther(line));
  const asked = lines.find((line) => line.dir === "c2s" && frameOf(line)?.opcode === CONNECT);
  if (asked === undefined) return undefined;
  let request: TapConnectRequest;
  try {
    request = TAP_CONNECT.request.read(Frame.from(hex(asked.hex)));
  } catch (error) {
    assertInstanceOf(error, ProtocolError);
    // Wrong on purpose.
    return undefined;
  }
  const framesOf = (dir: Line["dir"]): WireFrame[] =>
    lines.filter((line) => line.dir === dir).flatMap((line) => frameOf(line) ?? []);
  const sent = framesOf("s2c");
  return {
    lines,
    request,
    closed: lines.some((line) => line.dir === "s2c" && line.hex === ""),
    answers: new Map(
      framesOf("c2s").filter(({ magic }) => magic === 0x81).map(({ opaque, status }) => [opaque, status]),
    ),
    events: sent.filter(({ magic, opcode }) => magic === 0x80 && opcode !== NOOP),
    refused: sent.find(({ magic, opcode }) => magic === 0x81 && opcode === CONNECT)?.status,
  };
}

/** Whether the options say what was recorded: not a byte that says no, a flag that nobody knows, or a feed without its date. */
function isSayable({ flags, backfill, closedOnly }: TapConnectRequest): boolean {
  if (flags === undefined || flags > 0x1ff || closedOnly === false) return false;
  return backfill !== undefined || (flags & TapConnectFlag.DUMP) !== 0;
}

/** Compares an event with its message, which is taken apart by hand. */
function assertEvent(event: TapEvent, frame: WireFrame): void {
  const view = new DataView(frame.extras.buffer, frame.extras.byteOffset);
  const engineLength = view.getUint16(0);
  const messageFlags = view.getUint16(2);
  const body = frame.bytes.subarray(24 + frame.extras.length);
  const engine = body.slice(0, engineLength);
  const keyLength = new DataView(frame.bytes.buffer).getUint16(2);
  const key = body.slice(engineLength, engineLength + keyLength);
  const value = body.slice(engineLength + keyLength);
  const number = (bytes: Uint8Array): bigint => bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  assertEquals([event.opcode, event.vbucket, event.opaque], [frame.opcode, frame.status, frame.opaque]);
  assertEquals(event.wantsAck, (messageFlags & 1) !== 0);
  switch (event.type) {
    case "mutation":
      assertEquals([event.key, event.value, event.cas], [key, value, frame.cas]);
      assertEquals(event.flags, view.getUint32(8, (messageFlags & 4) === 0));
      assertEquals(event.expiry, view.getUint32(12));
      assertEquals(event.keyOnly, false);
      assertEquals(event.revision, engineLength === 0 ? undefined : number(engine.slice(0, 8)));
      break;
    case "deletion":
      assertEquals([event.key, event.cas], [key, frame.cas]);
      assertEquals(event.revision, engineLength === 0 ? undefined : number(engine));
      break;
    case "checkpoint-start":
    case "checkpoint-end":
      assertEquals(event.checkpoint, number(value));
      break;
    case "vbucket-state":
      assertEquals(BigInt(event.state), number(engine));
      break;
    case "flush":
      assertEquals(frame.opcode, 0x43);
      break;
    case "unknown":
      throw new Error("every recorded message is known");
    default:
      assertEquals(BigInt(event.code), number(engine));
  }
}

/** Reads a feed as the recorded client did. */
async function play(name: string, conn: string, recorded: RecordedFeed, recording: Replay): Promise<void> {
  const options = tapOptionsOf(recorded.request);
  const silent = options.ack === true && recorded.answers.size === 0;
  const feed = await openTap("replayed", {
    ...options,
    ...(silent ? { ack: "manual" } : {}),
    dial: () => Promise.resolve(recording.transport(conn)),
  });
  const reader = feed.getReader();
  for (const frame of recorded.events) {
    const { value, done } = await reader.read();
    assertEquals(done, false);
    assertEvent(value!, frame);
    const status = recorded.answers.get(frame.opaque);
    if (frame.opaque !== 0 && status !== undefined && status !== 0) feed.nack(value!, status);
    else if (frame === recorded.events.at(-1) && status !== undefined) feed.ack(value!);
  }
  if (recorded.refused !== undefined) {
    const error = await assertRejects(() => reader.read(), StatusError);
    assertEquals([error.op, error.status], ["tap-connect", recorded.refused]);
  } else if (recorded.closed) {
    const ended = options.dump === true ||
      recorded.events.some(({ opcode, bytes }) => opcode === 0x45 && bytes.at(-1) === 1);
    if (ended) assertEquals((await reader.read()).done, true);
    else await assertRejects(() => reader.read(), TapError, "the server closed the connection");
  } else {
    const next = reader.read();
    await feed.close();
    assertEquals((await next).done, true);
  }
  await feed.close();
  assertEquals(recording.missing, [], `${name} ${conn}`);
  assertEquals(feed.stats().taken, recorded.events.length);
}

for (const name of captureNames("tap/")) {
  for (const chunkSize of [undefined, 1, 7]) {
    // The long ones byte by byte prove no more than the short ones.
    if (chunkSize !== undefined && /many/.test(name)) continue;
    test(`TapFeed replays ${name}${chunkSize === undefined ? "" : ` in pieces of ${chunkSize}`}`, async () => {
      const text = captureText(name);
      const recording = await readRecording(text);
      let played = 0;
      for (const conn of new Set(recording.lines.map(({ conn }) => conn))) {
        const recorded = feedOf(recording, conn);
        if (recorded === undefined) continue;
        const check = isSayable(recorded.request) ? "fail" : "note";
        const skip = isOther;
        const played1 = await replay(text, { skip, check, ...(chunkSize === undefined ? {} : { chunkSize }) });
        await play(name, conn, recorded, played1);
        if (check === "fail") assertEquals(played1.deviations, []);
        else assertEquals(played1.deviations.map(({ expected }) => expected.slice(0, 4)), ["8040"]);
        played++;
      }
      if (!/tap-consumer$/.test(name)) assertGreater(played, 0);
    });
  }
}
