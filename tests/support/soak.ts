/** Very many calls of all kinds at random, given up at random, whose every answer can be told from all others. */

import {
  type CallOptions,
  CasMismatchError,
  type Client,
  type Item,
  KeyNotFoundError,
  type MultiResult,
  NotStoredError,
  TimeoutError,
} from "../../mod.ts";
import { GATK, GETK } from "../../src/ops/retrieval.ts";
import type { Random } from "./random.ts";
import {
  checkCount,
  checkValue,
  counterName,
  counterStart,
  flagsOf,
  keyName,
  KEYS,
  makeValue,
  sameFlags,
  sizeFrom,
} from "./soak_values.ts";

/** What came of a soak. */
export interface Tally {
  /** Calls made; each key of a multi call is one. */
  operations: number;
  /** Reads that found something. */
  hits: number;
  /** Reads that did not. */
  misses: number;
  /** Calls that their caller gave up. */
  aborted: number;
  /** Calls that had too little time. */
  timedOut: number;
  /** Writes that were refused as they had to be. */
  refused: number;
}

/** What a soak takes. */
export interface SoakOptions {
  /** How many calls. */
  readonly operations: number;
  /** Comes before every key. */
  readonly run: string;
  /** Where everything that is random comes from. */
  readonly random: Random;
  /** Whether the clients speak classic text, whose writes tell no version and whose touches tell no flags. */
  readonly text?: boolean;
}

/** The most calls of one turn. */
const BURST = 300;
/** Turns whose calls may be under way at once on one connection. */
const DEPTH = 4;
/** Times that are too short for most calls, in ms. */
const TINY = [0.001, 0.5, 1, 2, 5] as const;

/** Runs calls on all clients at once until there were enough; rejects with the first answer that is not right. */
export async function soak(clients: readonly Client[], options: SoakOptions): Promise<Tally> {
  const tally: Tally = { operations: 0, hits: 0, misses: 0, aborted: 0, timedOut: 0, refused: 0 };
  await Promise.all(clients.map((client) => new Soaker(client, options, tally).run()));
  return tally;
}

class Soaker {
  readonly #client: Client;
  readonly #options: SoakOptions;
  readonly #random: Random;
  readonly #tally: Tally;
  /** The items that were read and kept, to be looked at again. */
  readonly #kept: { readonly key: string; readonly item: Item }[] = [];
  #sequence = 0;

  constructor(client: Client, options: SoakOptions, tally: Tally) {
    this.#client = client;
    this.#options = options;
    this.#random = options.random;
    this.#tally = tally;
  }

  async run(): Promise<void> {
    const turns: Promise<unknown>[] = [];
    while (this.#tally.operations < this.#options.operations) {
      const turn = this.#turn();
      // It is waited for below, perhaps after another that has failed.
      turn.catch(() => {});
      turns.push(turn);
      if (turns.length >= DEPTH) await turns.shift();
      if (this.#random.int(4) === 0) await turns.shift();
    }
    await Promise.all(turns);
    for (const { key, item } of this.#kept) checkValue(key, item.value);
  }

  /** The calls of one turn, some of which are given up together: before they leave, on their way, or much later. */
  #turn(): Promise<unknown> {
    const random = this.#random;
    const controller = new AbortController();
    const doomed = random.int(3) === 0;
    const calls = Array.from(
      { length: 1 + random.int(BURST) },
      () => this.#call(this.#fate(doomed, controller.signal)),
    );
    if (doomed) this.#abortSomeTime(controller);
    return Promise.all(calls);
  }

  #fate(doomed: boolean, signal: AbortSignal): CallOptions {
    if (doomed && this.#random.int(3) === 0) return { signal };
    return this.#random.int(30) === 0 ? { timeout: this.#random.pick(TINY) } : {};
  }

  #abortSomeTime(controller: AbortController): void {
    const abort = () => controller.abort(GIVEN_UP);
    switch (this.#random.int(4)) {
      case 0:
        return abort();
      case 1:
        return queueMicrotask(abort);
      default:
        setTimeout(abort, this.#random.int(4));
    }
  }

  /** One call, which must end as one of its kind may. */
  async #call(fate: CallOptions): Promise<void> {
    const tally = this.#tally;
    tally.operations++;
    try {
      await this.#pickCall(fate);
    } catch (error) {
      if (error === GIVEN_UP && fate.signal !== undefined) tally.aborted++;
      else if (error instanceof TimeoutError && fate.timeout !== undefined) tally.timedOut++;
      else throw error;
    }
  }

  #pickCall(fate: CallOptions): Promise<void> {
    const index = this.#random.int(KEYS);
    const key = keyName(this.#options.run, index);
    const dice = this.#random.int(200);
    if (dice < 70) return this.#get(key, index, fate);
    if (dice < 115) return this.#set(key, index, fate);
    if (dice < 130) return this.#getKey(key, fate);
    if (dice < 142) return this.#add(key, index, fate);
    if (dice < 152) return this.#delete(key, fate);
    if (dice < 164) return this.#touch(key, index, fate);
    if (dice < 180) return this.#count(fate);
    if (dice < 190) return this.#readOtherwise(key, fate);
    if (dice < 196) return this.#getMulti(fate);
    return dice < 198 ? this.#changeMulti(fate) : this.#ask(fate);
  }

  async #get(key: string, index: number, fate: CallOptions): Promise<void> {
    const item = await this.#client.get(key, fate);
    this.#look(key, index, item);
  }

  #look(key: string, index: number, item: Item | undefined): void {
    if (item === undefined) {
      this.#tally.misses++;
      return;
    }
    this.#tally.hits++;
    checkValue(key, item.value);
    if (item.flags !== flagsOf(index)) throw new Error(`${key} gave flags of ${item.flags}`);
    if (this.#kept.length < 500 && this.#random.int(50) === 0) this.#kept.push({ key, item });
  }

  #next(key: string): Uint8Array<ArrayBuffer> {
    return makeValue(key, this.#sequence++, sizeFrom(this.#random));
  }

  async #set(key: string, index: number, fate: CallOptions): Promise<void> {
    const { cas } = await this.#client.set(key, this.#next(key), { ...fate, flags: flagsOf(index) });
    if ((cas === 0n) !== (this.#options.text === true)) throw new Error(`set ${key} gave version ${cas}`);
  }

  async #add(key: string, index: number, fate: CallOptions): Promise<void> {
    try {
      await this.#client.add(key, this.#next(key), { ...fate, flags: flagsOf(index) });
    } catch (error) {
      if (!(error instanceof NotStoredError)) throw error;
      this.#tally.refused++;
    }
  }

  async #delete(key: string, fate: CallOptions): Promise<void> {
    const deleted: unknown = await this.#client.delete(key, fate);
    if (typeof deleted !== "boolean") throw new Error(`delete ${key} gave ${deleted}`);
  }

  async #touch(key: string, index: number, fate: CallOptions): Promise<void> {
    const touched = await this.#client.touch(key, { ...fate, ttl: 3600 });
    const flags = this.#options.text === true ? undefined : flagsOf(index);
    if (touched !== undefined && touched.flags !== flags) {
      throw new Error(`touch ${key} gave flags of ${touched.flags}`);
    }
  }

  async #count(fate: CallOptions): Promise<void> {
    const index = this.#random.int(KEYS);
    const initial = counterStart(index);
    const options = this.#random.int(4) === 0 ? fate : { ...fate, initial };
    try {
      const count = await this.#client.increment(counterName(this.#options.run, index), options);
      if (count !== undefined) checkCount(index, count);
    } catch (error) {
      // In text it takes two commands to make a counter, between which another may.
      if (this.#options.text !== true || !(error instanceof CasMismatchError)) throw error;
      this.#tally.refused++;
    }
  }

  async #getKey(key: string, fate: CallOptions): Promise<void> {
    try {
      const found = this.#random.int(2) === 0
        ? await this.#client.caller.call(GETK, { key }, fate)
        : await this.#client.caller.call(GATK, { key, expiry: 3600 }, fate);
      this.#tally.hits++;
      if (new TextDecoder().decode(found.key) !== key) throw new Error(`getk ${key} gave another key`);
      checkValue(key, found.value);
    } catch (error) {
      if (!(error instanceof KeyNotFoundError)) throw error;
      this.#tally.misses++;
    }
  }

  async #readOtherwise(key: string, fate: CallOptions): Promise<void> {
    const dice = this.#random.int(3);
    if (dice === 0) {
      const target = new Uint8Array(100_000);
      const info = await this.#client.getInto(key, target, fate);
      if (info !== undefined) checkValue(key, target.subarray(0, info.length));
    } else if (dice === 1) {
      const text = await this.#client.getText(key, fate);
      if (text !== undefined && !text.startsWith(`${key} `)) {
        throw new Error(`getText ${key} gave ${text.slice(0, 50)}`);
      }
    } else {
      const item = await this.#client.getAndTouch(key, { ...fate, ttl: 3600 });
      if (item !== undefined) checkValue(key, item.value);
    }
  }

  /** Keys with their numbers, all with the flags of one item. */
  #someKeys(): Map<string, number> {
    const random = this.#random;
    const keys = new Map<string, number>();
    const first = random.int(KEYS);
    for (let i = random.int(30); i >= 0; i--) {
      const index = sameFlags(first, random);
      keys.set(keyName(this.#options.run, index), index);
    }
    this.#tally.operations += keys.size - 1;
    return keys;
  }

  async #getMulti(fate: CallOptions): Promise<void> {
    const keys = this.#someKeys();
    const result = await this.#client.getMulti(keys.keys(), fate);
    this.#judge(result, keys.size, fate);
    for (const [key, item] of result.hits) this.#look(key, keys.get(key)!, item);
    this.#tally.misses += result.misses.size;
  }

  async #changeMulti(fate: CallOptions): Promise<void> {
    const keys = this.#someKeys();
    const [flags = 0] = Array.from(keys.values(), flagsOf);
    const result = this.#random.int(3) === 0
      ? await this.#client.deleteMulti(keys.keys(), fate)
      : await this.#client.setMulti(Array.from(keys.keys(), (key) => [key, this.#next(key)]), { ...fate, flags });
    this.#judge(result, keys.size, fate);
  }

  /** Every key is in one place, and errors are for those whose time was too short. */
  #judge({ hits, misses, errors }: MultiResult<string, unknown>, size: number, fate: CallOptions): void {
    if (hits.size + misses.size + errors.size !== size) throw new Error("A multi call lost keys");
    for (const error of errors.values()) {
      if (!(error instanceof TimeoutError) || fate.timeout === undefined) throw error;
      this.#tally.timedOut++;
    }
  }

  /** What is not about a key: one answer, or many of which some are not taken. */
  async #ask(fate: CallOptions): Promise<void> {
    const dice = this.#random.int(10);
    if (dice > 1) return await this.#client.noop(fate);
    if (dice === 1) {
      const version = await this.#client.version(fate);
      if (!/^\d+\.\d+/.test(version)) throw new Error(`version gave ${version}`);
      return;
    }
    let left = this.#random.int(40);
    for await (const { key, value } of this.#client.eachStat("settings", fate)) {
      if (!/^[a-z_0-9]+$/.test(key) || value.includes(":item:")) throw new Error(`stat gave ${key} ${value}`);
      if (left-- === 0) break;
    }
  }
}

/** The reason of every signal that is aborted. */
const GIVEN_UP = new Error("given up");
