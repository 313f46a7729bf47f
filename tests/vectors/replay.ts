/** Says to a server what was said to memcached, and compares what it answers. */

import { assert, assertEquals } from "@std/assert";
import { hex, toHex } from "../support/hex.ts";
import type { Exchange, Step } from "./memcached_1_6/exchange.ts";
import { HEADER, readFields } from "./plain.ts";
import type { Wire } from "./wire.ts";

/** How {@linkcode replay} compares. */
export interface ReplayOptions {
  /** The version of the server: the names of statistics are compared with one of the same version only. */
  readonly version?: string;
  /** How long an answer may take, in ms; 20,000 by default. */
  readonly patience?: number;
}

/** Asks for the version: every server answers that, whatever came before. */
const PROBE = "80 0b 0000 00 00 0000 00000000 70726f62 0000000000000000";
const PROBE_ANSWER = "81 0b 0000 00 00 0000 00000000 70726f62 0000000000000000";

/** The version of memcached that was recorded. */
export const RECORDED_VERSION = "1.6.18";

/** Replays an exchange on a connection and closes it; rejects at the first byte that is not as recorded, or when none comes. */
export async function replay(exchange: Exchange, wire: Wire, options: ReplayOptions = {}): Promise<void> {
  const inbox = new Inbox(wire);
  const answers: Uint8Array[] = [];
  const timer = setTimeout(() => void wire.close(), options.patience ?? 20_000);
  try {
    for (const [index, step] of exchange.steps.entries()) {
      const sent = hex(step.send);
      if (step.casOf !== undefined) sent.set((answers[step.casOf] as Uint8Array).subarray(16, 24), 16);
      await wire.write(sent);
      inbox.doing = `step ${index} of "${exchange.name}"`;
      answers.push(await readAnswer(step, inbox, options));
      if (step.closes) return await inbox.expectEnd();
    }
    if (exchange.speaksText) return;
    // Whatever should not have come stands before its answer.
    await wire.write(hex(PROBE));
    inbox.doing = `the end of "${exchange.name}"`;
    await readVersion(inbox, hex(PROBE_ANSWER));
  } finally {
    clearTimeout(timer);
    await wire.close();
  }
}

async function readAnswer(step: Step, inbox: Inbox, { version }: ReplayOptions): Promise<Uint8Array> {
  const expected = hex(step.receive);
  if (step.valuesVary) return await readVersion(inbox, expected);
  if (step.stats !== undefined) {
    const names = await readStats(inbox, expected);
    assert(names.length > 0, `${inbox.doing}: no statistics`);
    if (step.stats !== "" && version === RECORDED_VERSION) {
      assertEquals(names, step.stats.trim().split(/\s+/), inbox.doing);
    }
  }
  for (const [offset, length] of step.mask ?? []) {
    const cas = await inbox.peek(offset, length);
    assert(cas.some((byte) => byte !== 0), `${inbox.doing}: the CAS at ${offset} is 0`);
    expected.set(cas, offset);
  }
  return await inbox.expect(expected);
}

/** One frame with a value that is not known, as that of VERSION. */
async function readVersion(inbox: Inbox, expected: Uint8Array): Promise<Uint8Array> {
  const { bodyLength } = readFields(await inbox.peek(0, HEADER));
  assert(bodyLength > 0, `${inbox.doing}: no value`);
  const header = expected.slice(0, HEADER);
  header.set(await inbox.peek(8, 4), 8);
  await inbox.expect(header);
  return await inbox.take(bodyLength);
}

/** The names of the statistics up to the frame without a body, which stays. */
async function readStats(inbox: Inbox, last: Uint8Array): Promise<string[]> {
  const names: string[] = [];
  for (;;) {
    const head = await inbox.peek(0, HEADER);
    const { bodyLength, keyLength } = readFields(head);
    if (bodyLength === 0) return names;
    const expected = last.slice();
    for (const [offset, length] of [[2, 2], [8, 4]] as const) {
      expected.set(head.subarray(offset, offset + length), offset);
    }
    await inbox.expect(expected);
    assert(keyLength > 0 && keyLength <= bodyLength, `${inbox.doing}: a statistic without a name`);
    names.push(new TextDecoder().decode((await inbox.take(bodyLength)).subarray(0, keyLength)));
  }
}

/** What has come and was not looked at yet. */
class Inbox {
  /** For error messages. */
  doing = "";
  readonly #wire: Wire;
  #bytes = new Uint8Array(0);

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** Waits for bytes without taking them. */
  async peek(offset: number, length: number): Promise<Uint8Array> {
    while (this.#bytes.length < offset + length) {
      if (!await this.#fill()) {
        throw new Error(
          `${this.doing}: the connection closed, or was silent for too long, after ${toHex(this.#bytes) || "no bytes"}`,
        );
      }
    }
    return this.#bytes.slice(offset, offset + length);
  }

  async take(length: number): Promise<Uint8Array> {
    const taken = await this.peek(0, length);
    this.#bytes = this.#bytes.slice(length);
    return taken;
  }

  /** Takes bytes that must be these; fails at the first that differs, without waiting for the others. */
  async expect(expected: Uint8Array): Promise<Uint8Array> {
    for (let known = 0; known < expected.length;) {
      if (this.#bytes.length === known) await this.peek(known, 1);
      const end = Math.min(this.#bytes.length, expected.length);
      assertSame(this.#bytes.subarray(known, end), expected.subarray(known, end), `${this.doing}, from byte ${known}`);
      known = end;
    }
    return await this.take(expected.length);
  }

  async expectEnd(): Promise<void> {
    while (await this.#fill());
    assertEquals(toHex(this.#bytes), "", `${this.doing}: bytes before the connection closed`);
  }

  async #fill(): Promise<boolean> {
    const chunk = await this.#wire.read();
    if (chunk === undefined) return false;
    const bytes = new Uint8Array(this.#bytes.length + chunk.length);
    bytes.set(this.#bytes);
    bytes.set(chunk, this.#bytes.length);
    this.#bytes = bytes;
    return true;
  }
}

function assertSame(actual: Uint8Array, expected: Uint8Array, doing: string): void {
  if (actual.every((byte, index) => byte === expected[index])) return;
  const at = actual.findIndex((byte, index) => byte !== expected[index]);
  const shown = (bytes: Uint8Array): string => toHex(bytes.subarray(0, 256));
  assertEquals(shown(actual), shown(expected), `${doing}: byte ${at} there differs`);
}
