/** The embedded server beside a real memcached: the same random requests must be answered with the same bytes. */

import { assertEquals } from "@std/assert";
import { MemoryStore, Server } from "../../src/server.ts";
import { memoryPair } from "../../src/transport/memory.ts";
import { request, Talk } from "../contract/conformance_talk.ts";
import { toHex } from "../support/hex.ts";
import type { Memcached } from "../support/memcached.ts";
import { type Random, withRandom } from "../support/random.ts";
import { type CasPairs, type RandomRequest, randomRequest } from "../support/random_requests.ts";
import { wireOf } from "../support/transport_wire.ts";
import { withMemcached } from "../support/with_memcached.ts";
import type { WireFrame } from "../support/wire_frame.ts";
import { connectWire } from "../vectors/wire.ts";

const ROUNDS = 1500;

/** The opaque of the NOOP at the end of a round; no other request has it. */
const LAST = 0xffffffff;

// Its other threads would hold items now and then, which is seen when they are counted with.
const memcachedTest = await withMemcached({ args: ["-o", "no_lru_maintainer,no_lru_crawler"] });

memcachedTest("the embedded server answers thousands of random requests as memcached does", async (memcached) => {
  await withRandom(async (random) => {
    await using server = new Server();
    new MemoryStore({ version: memcached.version }).register(server);
    const pair = new Pair(memcached, server);
    try {
      for (let round = 0; round < ROUNDS; round++) await pair.play(randomRound(random, pair.casPairs));
    } finally {
      await pair.close();
    }
  });
});

/** Some requests that go at once. */
function randomRound(random: Random, pairs: CasPairs): RandomRequest[] {
  const requests: RandomRequest[] = [];
  let reads = false;
  for (let left = 1 + random.int(6); left > 0; left--) {
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
class Pair {
  readonly #memcached: Memcached;
  readonly #server: Server;
  #theirs: Talk | undefined;
  #ours: Talk | undefined;
  /** Which version of ours is which of theirs. */
  readonly #cas = new Map<bigint, bigint>();

  constructor(memcached: Memcached, server: Server) {
    this.#memcached = memcached;
    this.#server = server;
  }

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
    for (const [i, { cas }] of expected.entries()) this.#match(cas, actual[i]!.cas, sent);
    if (fatal) await this.close();
  }

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
