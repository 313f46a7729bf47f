/** A small name server on 127.0.0.1: answers A, AAAA and SRV questions over UDP with what a test says. */

import { createSocket } from "node:dgram";
import { Buffer } from "node:buffer";

/** The records by name and type, as `cache.local A`; data as on the wire. */
export type Zone = Map<string, readonly Uint8Array[]>;

/** A name server that runs. */
export interface NameServerHere extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  /** What was asked, as `cache.local A`. */
  readonly asked: string[];
}

const TYPES: Readonly<Record<number, string>> = { 1: "A", 28: "AAAA", 33: "SRV" };

/** Starts one. A name that is not in the zone at all does not exist. */
export async function startNameServer(zone: Zone): Promise<NameServerHere> {
  const socket = createSocket("udp4");
  const asked: string[] = [];
  socket.on("message", (message, from) => {
    const { name, type, end } = readQuestion(message);
    asked.push(`${name} ${TYPES[type] ?? type}`);
    const records = zone.get(`${name} ${TYPES[type] ?? type}`) ?? [];
    const exists = [...zone.keys()].some((key) => key.startsWith(`${name} `));
    socket.send(answer(message.subarray(0, end), { type, records, exists }), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return {
    address: "127.0.0.1",
    port: socket.address().port,
    asked,
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

/** The data of a SRV record. */
export function srv(target: string, port: number): Uint8Array {
  const labels = target.split(".").flatMap((label) => [label.length, ...new TextEncoder().encode(label)]);
  return Uint8Array.from([0, 10, 0, 5, port >> 8, port & 0xff, ...labels, 0]);
}

/** The name in lower case, the type, and where the question ends, which is behind a header of 12 bytes. */
function readQuestion(message: Uint8Array): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  while (message[at]! > 0) {
    labels.push(new TextDecoder().decode(message.subarray(at + 1, at + 1 + message[at]!)));
    at += 1 + message[at]!;
  }
  return { name: labels.join(".").toLowerCase(), type: message[at + 1]! * 256 + message[at + 2]!, end: at + 5 };
}

function answer(
  question: Uint8Array,
  { type, records, exists }: { type: number; records: readonly Uint8Array[]; exists: boolean },
): Uint8Array {
  const head = Uint8Array.from(question);
  const view = new DataView(head.buffer);
  // A final answer; 3 says that there is no such name. No further sections, whatever the question had.
  view.setUint16(2, exists ? 0x8580 : 0x8583);
  view.setUint16(6, records.length);
  view.setUint32(8, 0);
  // Each record points at the name of the question, and may be kept for 0 seconds.
  const parts = records.flatMap((data) => [
    Uint8Array.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, data.length >> 8, data.length & 0xff]),
    data,
  ]);
  return Buffer.concat([head, ...parts]);
}
