/** Where an answer differs from the recorded one, in what the protocol fixes. */

import type { RecordedFrame } from "./capture.ts";
import { toHex } from "./hex.ts";
import type { WireFrame } from "./wire_frame.ts";

/** One thing in which an answer is not as recorded. */
export interface Difference {
  /** The line of the recorded answer. */
  readonly line: number;
  readonly what: string;
  readonly recorded: string;
  readonly actual: string;
}

/** What is known of a server so far. */
export interface Learned {
  /** Versions and histories: what was recorded, what they are now. */
  readonly numbers: Map<bigint, bigint>;
  /** Cluster maps that the server was given, in hexadecimal digits; others are its own business. */
  readonly configs: Set<string>;
}

/** Opcodes whose value is the server's own business: mechanisms, versions, statistics, what is random, features, maps of errors. */
const OWN_VALUE = [0x0b, 0x10, 0x1f, 0x20, 0x21, 0x22, 0x93, 0xad, 0xae, 0xb6, 0xfe];
const RANDOM_KEY = 0xb6;
const OBSERVE = 0x92;
const OBSERVE_SEQNO = 0x91;
const FAILOVER_LOGS = [0x54, 0x96];
const GET_META = 0xa0;
const GET_CLUSTER_CONFIG = 0xb5;
const NOT_MY_VBUCKET = 0x07;
const FIRST_DETAILED = 0xa0;
const TOKEN_SIZE = 16;

/** Compares an answer, and learns what the server has made up. */
export function differences(event: RecordedFrame, actual: WireFrame, learned: Learned): Difference[] {
  const found: Difference[] = [];
  const compare = (what: string, recorded: unknown, now: unknown): void => {
    if (recorded === now) return;
    found.push({ line: event.line, what, recorded: String(recorded), actual: String(now) });
  };
  const { frame } = event;
  compare("opcode", frame.opcode, actual.opcode);
  compare("status", frame.status, actual.status);
  if (found.length > 0) return found;
  learn(frame, actual, learned);
  compare("datatype", frame.datatype, actual.datatype);
  // That of OBSERVE is no version but two times.
  if (frame.opcode !== OBSERVE) compare("has a CAS", frame.cas !== 0n, actual.cas !== 0n);
  compare("extras", stableExtras(frame), stableExtras(actual));
  if (frame.opcode !== RANDOM_KEY) compare("key", frame.key, actual.key);
  if (isFixed(frame, learned)) compare("value", stableValue(frame), stableValue(actual));
  return found;
}

function learn(frame: WireFrame, actual: WireFrame, { numbers }: Learned): void {
  if (frame.cas !== 0n && frame.opcode !== OBSERVE) numbers.set(frame.cas, actual.cas);
  if (frame.extras.length === TOKEN_SIZE && actual.extras.length === TOKEN_SIZE) {
    numbers.set(u64(frame.extras, 0), u64(actual.extras, 0));
  }
  if (!FAILOVER_LOGS.includes(frame.opcode)) return;
  for (let at = 0; at + 16 <= Math.min(frame.value.length, actual.value.length); at += 16) {
    numbers.set(u64(frame.value, at), u64(actual.value, at));
  }
}

function u64(bytes: Uint8Array, at: number): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(at);
}

/** Extras without what the server makes up: the history in a token, the time in metadata. */
function stableExtras({ opcode, extras }: WireFrame): string {
  const stable = extras.slice();
  if (extras.length === TOKEN_SIZE) stable.fill(0xff, 0, 8);
  if (opcode === GET_META && extras.length >= 12 && u32(extras, 8) !== 0) stable.fill(0xff, 8, 12);
  return toHex(stable);
}

function u32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
}

/** Whether the protocol fixes the value of an answer. */
function isFixed({ opcode, status, value }: WireFrame, { configs }: Learned): boolean {
  if (OWN_VALUE.includes(opcode)) return false;
  if (status === NOT_MY_VBUCKET || opcode === GET_CLUSTER_CONFIG) return configs.has(toHex(value));
  // Words about an error are free; from here on they are answers of scans and sub-documents.
  return status === 0 || status >= FIRST_DETAILED;
}

/** The value without what the server makes up. */
function stableValue({ opcode, value }: WireFrame): string {
  if (opcode === OBSERVE) return toHex(withoutVersions(value));
  const stable = value.slice();
  if (opcode === OBSERVE_SEQNO) stable.fill(0xff, 3, 11);
  if (FAILOVER_LOGS.includes(opcode)) { for (let at = 0; at < stable.length; at += 16) stable.fill(0xff, at, at + 8); }
  return toHex(stable);
}

/** `vbucket u16, length u16, key, state u8, cas u64`, over and over. */
function withoutVersions(value: Uint8Array): Uint8Array {
  const stable = value.slice();
  const view = new DataView(stable.buffer);
  for (let at = 0; at + 4 <= stable.length;) {
    const end = at + 4 + view.getUint16(at + 2) + 9;
    if (end > stable.length) return stable;
    if (view.getBigUint64(end - 8) !== 0n) stable.fill(0xff, end - 8, end);
    at = end;
  }
  return stable;
}
