/**
 * A soak: links, pools and routers over servers that fail in every way there is, at random. Every call ends, no value is another
 * key's, what was said not to have been sent is nowhere, and nothing is left behind.
 */

import { assert, assertEquals } from "@std/assert";
import { MemcachedError, type MultiResult } from "../../mod.ts";
import type { ClusterClient } from "../../src/client/cluster_client.ts";
import { type ClusterOptions, connectCluster } from "../../src/client/connect_cluster.ts";
import type { Link } from "../../src/link/link.ts";
import type { Pool } from "../../src/link/pool.ts";
import type { Fault, FaultRule } from "../../src/testing/fault_plan.ts";
import { FaultServer } from "../../src/testing/fault_server.ts";
import type { Dial } from "../../src/transport/transport.ts";
import { type Random, withRandom } from "../support/random.ts";
import { test } from "../support/test.ts";

const KEYS = Array.from({ length: 24 }, (_, i) => `key-${i}`);
const TURNS = 120;
/** Far more than any call may take: what has not ended by then never does. */
const NEVER = 30_000;

/** What goes wrong, and with which chance. */
const FAULTS: readonly (readonly [Fault, number])[] = [
  [{ kind: "delay", ms: 3 }, 0.01],
  [{ kind: "drop" }, 0.002],
  [{ kind: "duplicate" }, 0.002],
  [{ kind: "reorder" }, 0.004],
  [{ kind: "truncate" }, 0.002],
  [{ kind: "split" }, 0.02],
  [{ kind: "wrong-opaque" }, 0.002],
  [{ kind: "wrong-opcode" }, 0.002],
  [{ kind: "wrong-key" }, 0.002],
  [{ kind: "silence" }, 0.002],
  [{ kind: "reset" }, 0.002],
  [{ kind: "half-close" }, 0.002],
];

const RULES: readonly FaultRule[] = FAULTS.map(([fault, chance]) => ({ fault, chance, direction: "both" }));

const WAYS: Readonly<Record<string, ClusterOptions>> = {
  "one connection each, failing fast": {},
  "a pool each, reads of a turn together": {
    pool: { connections: 3, openAt: 2, largeValueBytes: 2000 },
    batchReads: true,
  },
  "the next node": { failover: "next-node" },
  "a gutter": { failover: "gutter", gutter: ["d:1"], pool: 2 },
};

const GIVEN_UP = new Error("given up");

/** Servers that fail by themselves. */
class Servers implements AsyncDisposable {
  readonly #servers: ReadonlyMap<string, FaultServer>;

  constructor(random: Random) {
    this.#servers = new Map(
      ["a", "b", "c", "d"].map((name) => [name, new FaultServer({ faults: RULES, seed: random.next() })]),
    );
  }

  readonly dial: Dial = (address, options) =>
    this.#servers.get((address as { readonly hostname: string }).hostname)!.dial(address, options);

  /** Takes one down, and up again a little later. */
  async flap(random: Random): Promise<void> {
    const server = this.#servers.get(random.pick(["a", "b", "c"]))!;
    await server.flap(1, { down: random.int(20), up: 0 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers.values()) await server[Symbol.asyncDispose]();
  }
}

class Soaker {
  readonly #client: ClusterClient;
  readonly #random: Random;
  /** Values of writes that are said not to have been sent. */
  readonly #unsent = new Set<string>();
  readonly ended = { done: 0, failed: 0, abandoned: 0 };
  #sequence = 0;

  constructor(client: ClusterClient, random: Random) {
    this.#client = client;
    this.#random = random;
  }

  /** The calls of one turn. */
  async turn(): Promise<void> {
    const random = this.#random;
    const controller = new AbortController();
    const calls = Array.from({ length: 1 + random.int(12) }, () => {
      const timeout = 20 + random.int(60);
      const options = random.int(4) === 0 ? { timeout, signal: controller.signal } : { timeout };
      return this.#ends(this.#call(options));
    });
    const timer = random.int(3) > 0 ? undefined : setTimeout(() => controller.abort(GIVEN_UP), random.int(10));
    await Promise.all(calls);
    clearTimeout(timer);
  }

  #call(options: { readonly timeout: number; readonly signal?: AbortSignal }): Promise<void> {
    const key = this.#random.pick(KEYS);
    const some = KEYS.filter(() => this.#random.int(3) === 0);
    switch (this.#random.int(8)) {
      case 0:
      case 1:
        return this.#client.get(key, options).then((item) => item && this.#check(key, item.text()));
      case 2:
        return this.#client.get(key).then((item) => item && this.#check(key, item.text()));
      case 3:
        return this.#write(key, (value) => this.#client.set(key, value, options));
      case 4:
        return this.#client.getMulti(some, options).then((result) => {
          this.#complete(some, result);
          for (const [found, item] of result.hits) this.#check(found, item.text());
        });
      case 5: {
        const values = new Map(some.map((one) => [one, this.#value(one)]));
        return this.#client.setMulti(values, options).then((result) => {
          this.#complete(some, result);
          for (const [one, error] of result.errors) this.#failed(error, values.get(one)!);
        });
      }
      case 6:
        return this.#client.delete(key, options).then(() => {});
      default:
        return this.#client.versions(options).then(({ errors }) => {
          for (const error of errors.values()) this.#failed(error);
        });
    }
  }

  async #write(key: string, write: (value: string) => Promise<unknown>): Promise<void> {
    const value = this.#value(key);
    try {
      await write(value);
    } catch (error) {
      this.#failed(error, value);
      throw error;
    }
  }

  /** A value that says whose it is; some are large. */
  #value(key: string): string {
    const value = `${key}=${this.#sequence++};`;
    return this.#random.int(10) === 0 ? value.padEnd(3000, ".") : value;
  }

  #check(key: string, value: string): void {
    assert(value.startsWith(`${key}=`), `${key} is ${value.slice(0, 40)}`);
    assert(!this.#unsent.has(value), `${value.slice(0, 40)} was said not to have been sent`);
  }

  /** Each key is in exactly one of the three. */
  #complete(keys: readonly string[], { hits, misses, errors }: MultiResult<string, unknown>): void {
    for (const key of keys) {
      assertEquals(Number(hits.has(key)) + Number(misses.has(key)) + Number(errors.has(key)), 1, key);
    }
  }

  #failed(error: unknown, value?: string): void {
    if (error === GIVEN_UP) return;
    if (!(error instanceof MemcachedError)) throw error;
    if (value !== undefined && !error.sent) this.#unsent.add(value);
  }

  /** Every call ends, with an error of ours if not well. */
  async #ends(call: Promise<void>): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const never = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error("a call does not end")), NEVER);
    });
    try {
      await Promise.race([call, never]);
      this.ended.done++;
    } catch (error) {
      this.#failed(error);
      if (error === GIVEN_UP) this.ended.abandoned++;
      else this.ended.failed++;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Waits that are short, so that much goes wrong in little time. */
const QUICK: ClusterOptions = {
  timeout: 60,
  connectTimeout: 50,
  reconnect: {
    backoff: { first: 1, most: 4 },
    downAfter: 2,
    probeAfter: 30,
    probeTimeout: 20,
    probeIdle: 15,
    maxLifetime: 100,
  },
};

for (const [way, options] of Object.entries(WAYS)) {
  test(`soak: every call ends, and rightly, over servers that fail in every way, with ${way}`, async () => {
    await withRandom(async (random) => {
      await using servers = new Servers(random);
      const all = ["a:1", "b:1", "c:1"].map((address) => ({ name: address, address }));
      const lazily = { ...QUICK, ...options, reconnect: { ...QUICK.reconnect, lazy: true } };
      const client = await connectCluster(all, { ...lazily, dial: servers.dial });
      const soaker = new Soaker(client, random);
      const seen = new Set(client.shards.shards);
      let flapping: Promise<void> = Promise.resolve();
      for (let turn = 0; turn < TURNS; turn++) {
        if (random.int(20) === 0) flapping = flapping.then(() => servers.flap(random));
        // One goes, comes back, or is reached in another way.
        if (random.int(20) === 0) client.shards.update(all.filter((_, i) => i > 0 || random.int(2) === 0));
        if (random.int(20) === 0) {
          client.shards.update(all.map((one) => ({ ...one, address: `memcached://${one.address}` })));
        }
        if (random.int(10) === 0) client.shards.update(all);
        for (const shard of client.shards.shards) seen.add(shard);
        const turns = [soaker.turn()];
        while (random.int(3) === 0) turns.push(soaker.turn());
        await Promise.all(turns);
      }
      await flapping;
      const closing = [soaker.turn(), client.close(), client.close()];
      await Promise.all(closing);
      for (const { caller } of seen) {
        assertEquals(leftAt(caller), [0, 0]);
      }
      const { done, failed, abandoned } = soaker.ended;
      assert(done > 0 && failed > 0 && abandoned > 0, JSON.stringify(soaker.ended));
    });
  });
}

/** How many calls and connections a link or a pool still has. */
function leftAt(caller: unknown): readonly number[] {
  const { state } = caller as Link | Pool;
  if (typeof state === "object") return [state.inFlight, state.open];
  const { inFlight, connection } = caller as Link;
  return [inFlight ?? 0, connection === undefined || connection.state === "closed" ? 0 : 1];
}
