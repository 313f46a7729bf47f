/** The two ends of recorded sessions play with each other: the client finds no difference, and finds every one that is put in. */

import { assertEquals, assertGreater } from "@std/assert";
import type { Transport } from "../../src/transport/transport.ts";
import { captureNames, readCapture, type RecordedFrame, replayClient, replayServer } from "../support/replay.ts";
import { test } from "../support/test.ts";

for (const name of captureNames()) {
  test(`replayClient finds no difference to what was recorded: ${name}`, async () => {
    const capture = readCapture(name);
    const report = await replayClient(capture, (connection) => replayServer(capture, connection).transport);
    assertEquals(report.differences, []);
    assertGreater(report.compared, 20);
  });
}

const SDK = "cb605-ep-sdk-node-4.7-bootstrap";

test("replayClient notices another status, another value, a CAS too many, an answer too few and a connection that stays open", async () => {
  const original = readCapture(SDK);
  const changes: Readonly<Record<string, (event: RecordedFrame) => Uint8Array | undefined>> = {
    status: ({ frame }) => changed(frame.bytes, 7, 1),
    value: ({ frame }) => changed(frame.bytes, frame.bytes.length - 1, 0x41),
    "has a CAS": ({ frame }) => changed(frame.bytes, 23, 1),
    datatype: ({ frame }) => changed(frame.bytes, 5, 0),
    extras: ({ frame }) => changed(frame.bytes, 28, 9),
    answer: () => undefined,
  };
  const places: Readonly<Record<string, number>> = {
    status: 31,
    value: 31,
    "has a CAS": 53,
    datatype: 31,
    extras: 31,
    answer: 31,
  };
  for (const [what, change] of Object.entries(changes)) {
    const line = places[what]!;
    const events = original.events.flatMap((event) => {
      if (event.line !== line || !("frame" in event)) return [event];
      const bytes = change(event);
      return bytes === undefined ? [] : [{ ...event, frame: { ...event.frame, bytes } }];
    });
    const other = { ...original, events };
    const patience = what === "answer" ? 1000 : 10_000;
    const open = (connection: string): Transport => replayServer(other, connection).transport;
    const { differences } = await replayClient(original, open, { patience });
    assertEquals(differences.map(({ line, what }) => [line, what]), [[line, what]]);
  }
  const whole = readCapture("cb605-ep-kv-observe");
  const closing = { ...whole, events: whole.events.filter(({ connection }) => connection === "seqnos-state-5") };
  const staying = { ...closing, events: closing.events.filter((event) => "frame" in event) };
  const open = (connection: string): Transport => replayServer(staying, connection).transport;
  const { differences } = await replayClient(closing, open, { patience: 1000 });
  assertEquals(differences.map(({ what }) => what), ["end"]);
});

function changed(bytes: Uint8Array, at: number, byte: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = byte;
  return copy;
}
