/** Who writes to buckets, who follows them, and whether the one has got what the other has written. */

import { assert, assertEquals, assertGreater } from "@std/assert";
import type { DcpEvent, FeedPosition } from "../../src/dcp.ts";
import type { CouchbaseBucket, CouchbaseDocument } from "../../src/server.ts";
import type { Random } from "./random.ts";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Where a vbucket is now. */
export type BucketOf = (vbucket: number) => CouchbaseBucket;

/** One write: what it was about, and by which version it is known. */
interface Write {
  readonly key: string;
  readonly cas: bigint;
}

/** Writes to a bucket for ever, and knows what must come of it to those who follow. */
export class LiveWriter {
  /** The writes of each vbucket that still hold, by their seqno. */
  readonly #writes: Map<bigint, Write>[];
  readonly #random: Random;
  readonly #bucketOf: BucketOf;
  readonly #keys: number;
  #count = 0;

  constructor(random: Random, bucketOf: BucketOf, { vbuckets, keys }: { vbuckets: number; keys: number }) {
    this.#random = random;
    this.#bucketOf = bucketOf;
    this.#keys = keys;
    this.#writes = Array.from({ length: vbuckets }, () => new Map());
  }

  /** Hears of what is written on a node, whoever does. */
  hear(bucket: CouchbaseBucket): void {
    bucket.onMutation(({ id }, { seqno, key, cas }: CouchbaseDocument) => {
      this.#writes[id]!.set(seqno, { key: text(key), cas });
    });
  }

  /** Sets, deletes, sets with an expiry, or appends. */
  write(key = `k${this.#random.int(this.#keys)}`): void {
    const bucket = this.#bucketOf(this.#bucketOf(0).vbucketOf(key));
    const old = bucket.get(key);
    const value = `${this.#count++} ${"x".repeat(this.#random.int(200))}`;
    switch (this.#random.int(8)) {
      case 0:
      case 1:
        if (old !== undefined) bucket.delete(key);
        return;
      case 2:
        bucket.set(key, value, { expiry: 1 + this.#random.int(3) });
        return;
      case 3:
        bucket.set(key, `${old === undefined ? "" : text(old.value)}+`, { flags: 3 });
        return;
      default:
        bucket.set(key, value, { flags: this.#random.next() });
    }
  }

  /** Writes to each vbucket once. */
  touchAll(): void {
    const left = new Set(this.#writes.keys());
    for (let i = 0; left.size > 0; i++) {
      const key = `last ${i}`;
      const vbucket = this.#bucketOf(0).vbucketOf(key);
      if (left.delete(vbucket)) this.#bucketOf(vbucket).set(key, "written last");
    }
  }

  /** What was written behind a seqno never happened. What it had replaced may have been left out, and does not come again. */
  lose(vbucket: number, seqno: bigint): void {
    const writes = this.#writes[vbucket]!;
    const lost = new Set([...writes].filter(([written]) => written > seqno).map(([, { key }]) => key));
    for (const [written, { key }] of writes) if (lost.has(key)) writes.delete(written);
  }

  /** Tombstones up to a seqno are forgotten; who has not seen them need not. */
  forget(vbucket: number): void {
    const kept = new Set([...this.#bucketOf(vbucket).findVbucket(vbucket)!.since()].map(({ seqno }) => seqno));
    for (const written of this.#writes[vbucket]!.keys()) if (!kept.has(written)) this.#writes[vbucket]!.delete(written);
  }

  /** The version of the last write to a vbucket. */
  last(vbucket: number): string {
    const seqno = [...this.#writes[vbucket]!.keys()].reduce((a, b) => a > b ? a : b, 0n);
    return versionOf(seqno, this.#writes[vbucket]!.get(seqno)?.cas ?? 0n);
  }

  /** Fails if a write was not seen that no later one of the same key has replaced: those may be left out. */
  check(seen: readonly ReadonlySet<string>[]): void {
    for (const [vbucket, writes] of this.#writes.entries()) {
      const newest = new Map<string, bigint>();
      for (const [seqno, { key }] of writes) if (seqno > (newest.get(key) ?? 0n)) newest.set(key, seqno);
      for (const [seqno, { key, cas }] of writes) {
        const shown = seen[vbucket]!.has(versionOf(seqno, cas)) || newest.get(key)! > seqno;
        assert(shown, `seqno ${seqno} of vbucket ${vbucket} was not seen`);
      }
    }
  }
}

function versionOf(seqno: bigint, cas: bigint): string {
  return `${seqno}/${cas}`;
}

interface Copied {
  /** Nothing for one that is deleted. */
  readonly value: string | undefined;
  readonly vbucket: number;
  readonly seqno: bigint;
}

/** What somebody makes of a feed who keeps a copy of a bucket, over all of his lives. */
export class Follower {
  /** The documents, by their keys, those that are deleted too. */
  readonly documents: Map<string, Copied> = new Map();
  /** The versions of all that came, by vbucket. */
  readonly seen: readonly Set<string>[];
  /** The last seqno of each vbucket in this life. */
  readonly last: bigint[];
  /** Which vbuckets have been rolled back, and how often. */
  readonly rollbacks: number[];
  /** How many of them in this life. */
  rollbacksOfLife = 0;
  /** Events that came more than once. */
  repeated = 0;
  expirations = 0;
  readonly #bucketOf: BucketOf;
  /** The vbuckets that have been rolled back in this life. */
  readonly #undone = new Set<number>();

  constructor(vbuckets: number, bucketOf: BucketOf) {
    this.#bucketOf = bucketOf;
    this.seen = Array.from({ length: vbuckets }, () => new Set<string>());
    this.last = Array.from({ length: vbuckets }, () => 0n);
    this.rollbacks = Array.from({ length: vbuckets }, () => 0);
  }

  /** Begins another life behind a position: what was made of events behind it is undone, as they may never have happened. */
  begin(position: FeedPosition | undefined): void {
    this.rollbacksOfLife = 0;
    for (const vbucket of this.last.keys()) {
      const seqno = BigInt(position?.vbuckets[vbucket]?.seqno ?? 0);
      // It died between a rollback and the save of it: what it has dropped need not come again.
      if (this.#undone.has(vbucket)) this.#fetch(vbucket, seqno);
      this.#goBack(vbucket, seqno);
    }
    this.#undone.clear();
  }

  /** Takes an event; with `ordered: false` those of different keys may have overtaken each other. */
  apply(event: DcpEvent, { ordered = true }: { readonly ordered?: boolean } = {}): void {
    const { vbucket } = event;
    if (event.type === "rollback") {
      if (ordered) assertEquals(event.from, this.last[vbucket], `rollback of vbucket ${vbucket} from`);
      assert(event.to <= event.from);
      this.rollbacks[vbucket]!++;
      this.rollbacksOfLife++;
      this.#undone.add(vbucket);
      return this.#goBack(vbucket, event.to);
    }
    if (event.type === "stream-end") assertEquals([event.final, event.reason === "ok"], [false, false]);
    if (!("seqno" in event)) return;
    if (ordered) assertGreater(event.seqno, this.last[vbucket]!, `seqno of vbucket ${vbucket}`);
    if (event.seqno > this.last[vbucket]!) this.last[vbucket] = event.seqno;
    if (event.type !== "mutation" && event.type !== "deletion" && event.type !== "expiration") return;
    this.#see(event);
  }

  /** Fails unless the copy is what the bucket holds. */
  check(): void {
    const there = new Map<string, string>();
    for (const id of this.last.keys()) {
      for (const { key, value, deleted } of this.#bucketOf(id).findVbucket(id)!.since()) {
        if (deleted === undefined) there.set(text(key), text(value));
      }
    }
    const keys = [...new Set([...there.keys(), ...this.documents.keys()])].toSorted();
    const wrong = keys.filter((key) => there.get(key) !== this.documents.get(key)?.value);
    assertEquals(wrong.map((key) => [key, this.documents.get(key)?.value, there.get(key)]), []);
  }

  #see(event: DcpEvent & { readonly seqno: bigint; readonly cas: bigint; readonly keyText: string }): void {
    const { vbucket, seqno, cas, keyText, type } = event;
    const version = versionOf(seqno, cas);
    if (this.seen[vbucket]!.has(version)) this.repeated++;
    this.seen[vbucket]!.add(version);
    if (type === "expiration") this.expirations++;
    const value = type === "mutation" ? event.text() : undefined;
    this.documents.set(keyText, { value, vbucket, seqno });
  }

  /** Asks for all documents of a vbucket that were written up to a seqno. */
  #fetch(vbucket: number, seqno: bigint): void {
    for (const document of this.#bucketOf(vbucket).findVbucket(vbucket)!.since()) {
      if (document.seqno > seqno || document.deleted !== undefined) continue;
      this.documents.set(text(document.key), { vbucket, seqno: document.seqno, value: text(document.value) });
    }
  }

  /** What was written behind a seqno is not so any more: the documents are asked for, as older versions do not come again. */
  #goBack(vbucket: number, seqno: bigint): void {
    this.last[vbucket] = seqno;
    const bucket = this.#bucketOf(vbucket);
    for (const [key, copied] of this.documents) {
      if (copied.vbucket !== vbucket || copied.seqno <= seqno) continue;
      // At the beginning one has nothing: a deletion that was forgotten since would not be told.
      const document = seqno === 0n ? undefined : bucket.get(key);
      const value = document === undefined ? undefined : text(document.value);
      this.documents.set(key, { value, vbucket, seqno: document?.seqno ?? seqno });
    }
  }
}
