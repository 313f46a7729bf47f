/** A consumer of DCP in frames made by hand, and the bytes that a producer must send it. */

import { assertEquals } from "@std/assert";
import type { Timers } from "../../src/server.ts";
import { type CouchbasePeer, type CouchbaseScene, numbers, type RequestParts } from "./couchbase_scene.ts";
import { toHex } from "./hex.ts";
import { bytesOf, joined, type WireFrame } from "./wire_frame.ts";

export const OPEN = 0x50;
export const CLOSE_STREAM = 0x52;
export const STREAM = 0x53;
export const END = 0x55;
export const MARKER = 0x56;
export const MUTATION = 0x57;
export const DELETION = 0x58;
export const EXPIRATION = 0x59;
export const NOOP = 0x5c;
export const ACK = 0x5d;
export const CONTROL = 0x5e;
export const SYSTEM = 0x5f;
export const ADVANCED = 0x64;
export const OSO = 0x65;

const MAX = 0xffffffffffffffffn;

/** How a connection is opened. */
export interface OpenOptions {
  readonly features?: readonly number[];
  readonly name?: string;
  /** Beside the bit that says that the server is the producer. */
  readonly flags?: number;
  readonly controls?: Readonly<Record<string, string>>;
}

/** A peer that has opened a connection of DCP and set its controls. */
export async function openPeer(scene: CouchbaseScene, options: OpenOptions = {}): Promise<CouchbasePeer> {
  const { features, name = "test", flags = 0, controls = {} } = options;
  const peer = await scene.peer(features === undefined ? {} : { features });
  assertEquals((await peer.ask(openRequest(name, 1 | flags))).status, 0);
  for (const [key, value] of Object.entries(controls)) {
    assertEquals([key, (await peer.ask({ opcode: CONTROL, key, value })).status], [key, 0]);
  }
  return peer;
}

/** The request that opens a connection. */
export function openRequest(name: string, flags: number): RequestParts {
  return { opcode: OPEN, key: name, extras: numbers(4, 0, flags) };
}

/** What a request for a stream says that is not zero. */
export interface StreamParts {
  readonly vbucket?: number;
  readonly opaque?: number;
  readonly flags?: number;
  readonly start?: bigint;
  readonly end?: bigint;
  readonly vbuuid?: bigint;
  /** Where the snapshot begins and ends; `start` both when missing. */
  readonly snapshot?: readonly [bigint, bigint];
  readonly filter?: unknown;
}

/** The request for a stream. */
export function streamRequest(parts: StreamParts = {}): RequestParts {
  const { vbucket = 0, opaque = 0x1000, flags = 0, start = 0n, end = MAX, vbuuid = 0n, filter } = parts;
  const [from, to] = parts.snapshot ?? [start, start];
  return {
    opcode: STREAM,
    vbucket,
    opaque,
    extras: joined(numbers(4, flags, 0), numbers(8, start, end, vbuuid, from, to)),
    ...(filter === undefined ? {} : { value: JSON.stringify(filter) }),
  };
}

/** Asks for a stream that must be granted. */
export async function stream(peer: CouchbasePeer, parts: StreamParts = {}): Promise<WireFrame> {
  const answer = await peer.ask(streamRequest(parts));
  assertEquals(answer.status, 0);
  return answer;
}

/** The next messages, as short as they can be told. */
export async function told(peer: CouchbasePeer, count: number): Promise<string[]> {
  const all: string[] = [];
  while (all.length < count) all.push(tell(await peer.next()));
  return all;
}

const NAMES: Readonly<Record<number, string>> = {
  [END]: "end",
  [MARKER]: "marker",
  [MUTATION]: "mutation",
  [DELETION]: "deletion",
  [EXPIRATION]: "expiration",
  [NOOP]: "noop",
  [SYSTEM]: "system",
  [ADVANCED]: "advanced",
  [OSO]: "oso",
  [0x5b]: "state",
};

/** A message in a few words: what it is, where it lies, what it is about. */
export function tell(frame: WireFrame): string {
  const view = new DataView(frame.extras.buffer, frame.extras.byteOffset, frame.extras.length);
  const name = NAMES[frame.opcode] ?? `opcode ${frame.opcode.toString(16)}`;
  switch (frame.opcode) {
    case END:
    case OSO:
      return `${name} ${view.getUint32(0)}`;
    case MARKER:
      if (frame.extras.length === 1) return `${name} v2.${frame.extras[0]} ${range(frame.value)}`;
      return `${name} ${range(frame.extras)}`;
    case MUTATION:
      return `${name} ${view.getBigUint64(0)} ${frame.key}=${new TextDecoder().decode(frame.value)}`;
    case DELETION:
    case EXPIRATION:
      return `${name} ${view.getBigUint64(0)} ${frame.key}`;
    case SYSTEM:
      return `${name} ${view.getBigUint64(0)} ${view.getUint32(8)}v${frame.extras[12]} ${frame.key} ${
        toHex(frame.value)
      }`;
    case ADVANCED:
      return `${name} ${view.getBigUint64(0)}`;
    default:
      return name;
  }
}

function range(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return `${view.getBigUint64(0)}-${view.getBigUint64(8)} ${view.getUint32(16).toString(16)}`;
}

/** Makes room for so many bytes. */
export function acknowledge(peer: CouchbasePeer, bytes: number): Promise<void> {
  return peer.send({ opcode: ACK, extras: numbers(4, bytes) });
}

/** A key as it stands behind the number of its collection, below 128. */
export function collectionKey(collection: number, key: string): string {
  return new TextDecoder().decode(joined(new Uint8Array([collection]), bytesOf(key)));
}

/** Timers that go as far as a test says. */
export class ManualTimers implements Timers {
  readonly #waiting = new Map<number, { readonly at: number; readonly callback: () => void }>();
  #now = 0;
  #next = 1;

  /** How many timers wait. */
  get waiting(): number {
    return this.#waiting.size;
  }

  setTimeout(callback: () => void, ms: number): number {
    this.#waiting.set(this.#next, { at: this.#now + ms, callback });
    return this.#next++;
  }

  clearTimeout(timer: unknown): void {
    this.#waiting.delete(timer as number);
  }

  /** Lets time pass. */
  pass(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const due = [...this.#waiting].filter(([, { at }]) => at <= until).sort(([, a], [, b]) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#waiting.delete(due[0]);
      this.#now = due[1].at;
      due[1].callback();
    }
    this.#now = until;
  }
}
