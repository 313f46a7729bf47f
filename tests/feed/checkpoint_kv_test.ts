import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  CheckpointCorruptError,
  type Kv,
  type KvAtomic,
  KvCheckpointStore,
  type KvKeyPart,
  KvRecord,
} from "../../src/dcp.ts";
import { at, checkpointContract, checkpointOf } from "../contract/checkpoint_contract.ts";
import { test } from "../support/test.ts";

const KEY = ["checkpoints", "orders"];

/** The limits that Deno KV documents, in bytes and in operations. */
const LIMITS = { value: 65_536, total: 819_200, checks: 10, mutations: 1000 };

/** Deno KV as it is documented: versionstamps that grow, transactions that hold wholly or not at all, and limits. */
class ModelKv implements Kv {
  readonly entries = new Map<string, { value: unknown; versionstamp: string }>();
  #version = 0;
  /** Runs before the next read. */
  beforeGet: ((key: string) => void) | undefined;

  async get(key: readonly KvKeyPart[]): Promise<{ value: unknown; versionstamp: string | null }> {
    await Promise.resolve();
    this.beforeGet?.(JSON.stringify(key));
    return structuredClone(this.entries.get(JSON.stringify(key))) ?? { value: null, versionstamp: null };
  }

  atomic(): KvAtomic {
    const checks: { key: readonly KvKeyPart[]; versionstamp: string | null }[] = [];
    const changes = new Map<string, unknown>();
    const atomic: KvAtomic = {
      check: (...more) => (checks.push(...more), atomic),
      set: (key, value) => (changes.set(JSON.stringify(key), structuredClone(value)), atomic),
      delete: (key) => (changes.set(JSON.stringify(key), undefined), atomic),
      commit: async () => {
        await Promise.resolve();
        let total = 0;
        for (const [key, value] of changes) {
          const size = value instanceof Uint8Array ? value.length : JSON.stringify(value)?.length ?? 0;
          if (size > LIMITS.value) throw new TypeError(`Value too large (max ${LIMITS.value} bytes)`);
          total += size + key.length;
        }
        if (total > LIMITS.total) throw new TypeError(`Total mutation size too large (max ${LIMITS.total} bytes)`);
        if (checks.length > LIMITS.checks || changes.size > LIMITS.mutations) {
          throw new TypeError("Too many operations");
        }
        const held = checks.every(({ key, versionstamp }) =>
          (this.entries.get(JSON.stringify(key))?.versionstamp ?? null) === versionstamp
        );
        if (!held) return { ok: false };
        const versionstamp = `${++this.#version}`.padStart(20, "0");
        for (const [key, value] of changes) {
          if (value === undefined) this.entries.delete(key);
          else this.entries.set(key, { value, versionstamp });
        }
        return { ok: true };
      },
    };
    return atomic;
  }
}

checkpointContract({
  name: "KV",
  run: (body) => {
    const kv = new ModelKv();
    return body(() => new KvRecord(kv, KEY));
  },
});

checkpointContract({
  name: "KV in small parts",
  run: (body) => {
    const kv = new ModelKv();
    return body(() => new KvRecord(kv, KEY, { partSize: 1000 }));
  },
});

// Deno has it only when started with `--unstable-kv`.
const openKv = (globalThis as { Deno?: { openKv?: (path: string) => Promise<Kv & Disposable> } }).Deno?.openKv;
if (openKv !== undefined) {
  checkpointContract({
    name: "Deno KV",
    run: async (body) => {
      using kv = await openKv(":memory:");
      await body(() => new KvRecord(kv, KEY));
    },
  });
}

test("KvRecord deletes the parts of the text before", async () => {
  const kv = new ModelKv();
  const record = new KvRecord(kv, KEY, { partSize: 10 });
  for (const size of [95, 5, 31]) {
    await record.write("x".repeat(size), (await record.read())?.version);
    assertEquals(kv.entries.size, 1 + Math.ceil(size / 10));
  }
});

test("KvRecord reads again when the text is replaced while it reads", async () => {
  const kv = new ModelKv();
  const record = new KvRecord(kv, KEY, { partSize: 10 });
  await record.write("a".repeat(30), undefined);
  const { version } = (await record.read())!;
  let reads = 0;
  kv.beforeGet = (key) => {
    // The first part of the first text is about to be read: both it and what says so are replaced.
    if (key.includes(version.head.write) && reads++ === 0) {
      for (const old of [...kv.entries.keys()].filter((each) => each !== JSON.stringify(KEY))) kv.entries.delete(old);
      kv.entries.set(JSON.stringify(KEY), { value: { write: "w", parts: 1 }, versionstamp: "9" });
      kv.entries.set(JSON.stringify([...KEY, "w", 0]), { value: new TextEncoder().encode("new"), versionstamp: "9" });
    }
  };
  assertEquals((await record.read())?.text, "new");
});

test("KvCheckpointStore says what is wrong when something else has the key, or parts are gone", async () => {
  const kv = new ModelKv();
  const store = new KvCheckpointStore(kv, KEY, { partSize: 50 });
  await kv.atomic().set(KEY, "mine").commit();
  await assertRejects(() => store.load(), CheckpointCorruptError, "something else is stored there");
  await kv.atomic().delete(KEY).commit();
  await store.save(checkpointOf({ 1: at(1) }));
  const part = [...kv.entries.keys()].find((key) => key.endsWith(",1]"))!;
  kv.entries.delete(part);
  await assertRejects(() => store.load(), CheckpointCorruptError, "parts are gone");
});

test("KvRecord takes no parts that Deno KV would refuse", () => {
  for (const partSize of [0, -1, 1.5, 60_001]) {
    assertThrows(() => new KvRecord(new ModelKv(), KEY, { partSize }), RangeError, "60000");
  }
});
