/** A memcached and an embedded server that are asked the same in binary, and must answer the same. */

import { assertEquals } from "@std/assert";
import type { Server } from "../../src/server.ts";
import { memoryPair } from "../../src/transport/memory.ts";
import { request, Talk } from "../contract/conformance_talk.ts";
import { connectWire } from "../vectors/wire.ts";
import { toHex } from "./hex.ts";
import type { Memcached } from "./memcached.ts";
import type { Random } from "./random.ts";
import { type CasPairs, type RandomRequest, randomRequest } from "./random_requests.ts";
import { wireOf } from "./transport_wire.ts";
import type { WireFrame } from "./wire_frame.ts";

/** The opaque of the NOOP at the end of a round; no other request has it. */
const LAST = 0xffffffff;

/** Some requests that go at once. */
export function randomRequests(random: Random, pairs: CasPairs, most: number): RandomRequest[] {
  const requests: RandomRequest[] = [];
  let reads = false;
  for (let left = 1 + random.int(most); left > 0; left--) {
    const next = randomRequest(random, pairs);
    if (next.senseless && requests.length > 0) continue;
    // memcached leaves an item alone that it has yet to send, and makes a new one of another width.
    if (next.counts && reads) continue;
    requests.push(next);
    reads ||= next.reads;
    if (next.fatal) break;
  }
  return requests;
}

/** A connection to each of the two. */
export class BinaryPair {
  readonly #memcached: Memcached;
  readonly #server: Server;
  #theirs: Talk | undefined;
  #ours: Talk | undefined;
  /** Which version of ours is which of theirs. */
  readonly #cas = new Map<bigint, bigint>();
  /** How many requests were answered alike. */
  requests = 0;

  /** Connects when there is something to say. */
  constructor(memcached: Memcached, server: Server) {
    this.#memcached = memcached;
    this.#server = server;
  }

  /** The versions that are known of both. */
  get casPairs(): CasPairs {
    return [...this.#cas];
  }

  /** Sends the same to both, and compares what comes. Only the last may be fatal. */
  async play(requests: readonly RandomRequest[]): Promise<void> {
    const theirs = this.#theirs ??= await this.#open(new Talk(await connectWire(this.#memcached.port)));
    const ours = this.#ours ??= await this.#open(this.#connect());
    const fatal = requests.some((request) => request.fatal);
    if (fatal && requests.length > 1) {
      // Apart, since memcached resets a connection that it closes with bytes unread, and answers that are under way get lost.
      await this.play(requests.slice(0, -1));
      return await this.play(requests.slice(-1));
    }
    const end = fatal ? [] : [request({ opcode: 0x0a, opaque: LAST })];
    await theirs.send(...requests.map(({ bytes }) => bytes), ...end);
    await ours.send(...requests.map(withOtherCas), ...end);
    const expected = await hear(theirs);
    const actual = await hear(ours);
    if (fatal && expected.length === 0) actual.length = 0;
    const sent = requests.map(({ bytes }) => toHex(bytes.subarray(0, 300))).join("\n");
    assertEquals(actual.map(withoutCas), expected.map(withoutCas), `after the requests\n${sent}\n`);
    this.requests += requests.length;
    for (const [i, { cas }] of expected.entries()) this.#match(cas, actual[i]!.cas, sent);
    if (fatal) await this.close();
  }

  /** Closes both; they are opened again when there is something to say. */
  async close(): Promise<void> {
    await this.#theirs?.[Symbol.asyncDispose]();
    await this.#ours?.[Symbol.asyncDispose]();
    this.#theirs = this.#ours = undefined;
  }

  #connect(): Talk {
    const [client, peer] = memoryPair();
    this.#server.serve(peer);
    return new Talk(wireOf(client));
  }

  /** The first byte of all says which protocol it is: it must be a good one. */
  async #open(talk: Talk): Promise<Talk> {
    await talk.ask({ opcode: 0x0a });
    return talk;
  }

  #match(theirs: bigint, ours: bigint, sent: string): void {
    const known = this.#cas.get(theirs);
    assertEquals(theirs === 0n ? 0n : known ?? ours, ours, `the CAS after the requests\n${sent}\n`);
    if (theirs === 0n || known !== undefined) return;
    this.#cas.set(theirs, ours);
    // Those of long ago are no more than wrong.
    if (this.#cas.size > 100) this.#cas.delete(this.#cas.keys().next().value!);
  }
}

/** The answers up to that of the last NOOP, or to the end of the connection. */
async function hear(talk: Talk): Promise<WireFrame[]> {
  const answers: WireFrame[] = [];
  for (let answer = await talk.next(); answer !== undefined; answer = await talk.next()) {
    answers.push(answer);
    if (answer.opaque === LAST) break;
  }
  return answers;
}

function withOtherCas({ bytes, otherCas }: RandomRequest): Uint8Array {
  const other = bytes.slice();
  new DataView(other.buffer).setBigUint64(16, otherCas);
  return other;
}

function withoutCas({ bytes }: WireFrame): string {
  const rest = bytes.slice();
  rest.fill(0, 16, 24);
  return toHex(rest.length > 2000 ? rest.subarray(0, 2000) : rest);
}
