import { utf8Encode } from "../../bytes.ts";
import { NO_CREATE } from "../../ops/counter.ts";
import { Datatype } from "../../wire/datatype.ts";
import { MAX_COUNTER, readCounter } from "../counter_value.ts";
import { EXISTS, NON_NUMERIC, NOT_FOUND, NOT_STORED } from "../status_reply.ts";
import type { CouchbaseDocument } from "./document.ts";
import { absoluteExpiry } from "./expiry.ts";
import { LOCK_HELD, LOCKED, NOT_LOCKED } from "./refusals.ts";
import { acceptValue, joinValue, plainValue, systemXattrs, type TypedValue } from "./stored_value.ts";
import { hasExpired, type Vbucket } from "./vbucket.ts";

/** Where a document is. */
export interface Place {
  /** The vbucket. */
  readonly vbucket: Vbucket;
  /** The number of the collection. */
  readonly collection: number;
  /** The key, without that number. */
  readonly key: Uint8Array;
}

/** What a write of a whole document says. */
export interface StoreDraft extends TypedValue {
  /** 32 bits to keep with the value. */
  readonly flags: number;
  /** As in a request: seconds from now up to 30 days, Unix seconds beyond, 0 for never. */
  readonly expiry: number;
  /** The version that there must be; 0 for whatever. */
  readonly cas: bigint;
  /** Whether a document that exists keeps its expiry. */
  readonly preserveExpiry: boolean;
}

/** What a count says. */
export interface CountDraft {
  /** By how much. */
  readonly delta: bigint;
  /** The value of a counter that is made. */
  readonly initial: bigint;
  /** Of a counter that is made, as in a request; `NO_CREATE` not to make it. */
  readonly expiry: number;
  /** Whether it counts down. */
  readonly down: boolean;
}

/** What a {@linkcode DocumentStore} goes by. */
export interface DocumentStoreHost {
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Largest body of a document, in bytes. */
  readonly itemSizeLimit: number;
  /** After how many seconds documents of a collection go at the latest; 0 for never. */
  maxTtl(collection: number): number;
}

/** For how many seconds a document is locked when that is not said, or too long. */
const DEFAULT_LOCK = 15;
const LONGEST_LOCK = 30;

/**
 * Reads and writes documents as Couchbase does: what is thrown are {@linkcode StatusReply}s.
 *
 * A document that has expired becomes a tombstone when somebody comes upon it.
 */
export class DocumentStore {
  readonly #host: DocumentStoreHost;

  /** Makes one for the vbuckets of a bucket. */
  constructor(host: DocumentStoreHost) {
    this.#host = host;
  }

  /** Now, in Unix seconds. */
  get now(): number {
    return Math.floor(this.#host.clock() / 1000);
  }

  /** The document, if there is one. */
  get(place: Place): CouchbaseDocument | undefined {
    const found = this.find(place);
    return found?.deleted === undefined ? found : undefined;
  }

  /** The document or its tombstone. */
  find({ vbucket, collection, key }: Place): CouchbaseDocument | undefined {
    const found = vbucket.find(collection, key);
    return found !== undefined && hasExpired(found, this.now) ? this.expire(vbucket, found) : found;
  }

  /** Makes a tombstone of a document whose time is over. */
  expire(vbucket: Vbucket, document: CouchbaseDocument): CouchbaseDocument {
    return this.#bury(vbucket, document, "expiration");
  }

  /** Writes a document, whether it exists or not; one with a `cas` must. */
  set(place: Place, draft: StoreDraft): CouchbaseDocument {
    const accepted = acceptValue(draft, this.#host.itemSizeLimit);
    const old = this.find(place);
    const alive = alone(old);
    if (alive === undefined && draft.cas !== 0n) throw NOT_FOUND;
    if (alive !== undefined) this.#begin(place, alive, draft.cas);
    return this.#write(place, old, { ...this.#options(place, draft, alive), ...keepXattrs(alive, accepted) });
  }

  /** Writes a document that must not exist. */
  add(place: Place, draft: StoreDraft): CouchbaseDocument {
    if (this.get(place) !== undefined) throw EXISTS;
    return this.set(place, draft);
  }

  /** Writes a document that must exist. */
  replace(place: Place, draft: StoreDraft): CouchbaseDocument {
    if (this.get(place) === undefined) throw NOT_FOUND;
    return this.set(place, draft);
  }

  /** Adds bytes before or behind the body of a document. */
  lengthen(
    place: Place,
    draft: Pick<StoreDraft, "value" | "datatype" | "cas">,
    where: "before" | "behind",
  ): CouchbaseDocument {
    const alive = this.get(place);
    if (alive === undefined) throw NOT_STORED;
    this.#begin(place, alive, draft.cas);
    const more = plainValue(draft).body;
    const { body, xattrs } = plainValue(alive);
    const value = where === "before" ? joined(more, body) : joined(body, more);
    const accepted = acceptValue(joinValue(xattrs ?? [], value), this.#host.itemSizeLimit);
    return this.#write(place, alive, { flags: alive.flags, expiry: alive.expiry, ...accepted });
  }

  /** Counts; a document that exists keeps flags and expiry. */
  count(place: Place, draft: CountDraft): { readonly document: CouchbaseDocument; readonly number: bigint } {
    const old = this.find(place);
    const alive = alone(old);
    if (alive === undefined) {
      if (draft.expiry === NO_CREATE) throw NOT_FOUND;
      const expiry = this.#expiry(place, draft.expiry);
      const document = this.#write(place, old, { flags: 0, expiry, ...numberValue(draft.initial) });
      return { document, number: draft.initial };
    }
    this.#begin(place, alive, 0n);
    const { body, xattrs } = plainValue(alive);
    const before = readCounter(body);
    if (before === undefined) throw NON_NUMERIC;
    const number = draft.down ? decreased(before, draft.delta) : (before + draft.delta) & MAX_COUNTER;
    const value = joinValue(xattrs ?? [], numberValue(number).value);
    return { document: this.#write(place, alive, { flags: alive.flags, expiry: alive.expiry, ...value }), number };
  }

  /** Changes the expiry; one that stays the same is no write. */
  touch(place: Place, expiry: number): CouchbaseDocument {
    const alive = this.get(place);
    if (alive === undefined) throw NOT_FOUND;
    this.#begin(place, alive, 0n);
    const wanted = this.#expiry(place, expiry);
    if (wanted === alive.expiry) return alive;
    const { flags, value, datatype } = alive;
    return this.#write(place, alive, { flags, value, datatype, expiry: wanted });
  }

  /** Makes a tombstone of a document; attributes of the system stay. */
  delete(place: Place, cas: bigint): CouchbaseDocument {
    const alive = this.get(place);
    if (alive === undefined) throw NOT_FOUND;
    this.#begin(place, alive, cas);
    return this.#bury(place.vbucket, alive, "deletion");
  }

  /** Locks a document for some seconds, and gives it the version that unlocks it. */
  lock(place: Place, seconds: number): CouchbaseDocument {
    const alive = this.get(place);
    if (alive === undefined) throw NOT_FOUND;
    if (place.vbucket.isLocked(alive)) throw LOCK_HELD;
    const time = seconds === 0 || seconds > LONGEST_LOCK ? DEFAULT_LOCK : seconds;
    return place.vbucket.lock(alive, this.#host.clock() + time * 1000);
  }

  /** Gives a lock back. */
  unlock(place: Place, cas: bigint): CouchbaseDocument {
    const alive = this.get(place);
    if (alive === undefined) throw NOT_FOUND;
    if (!place.vbucket.isLocked(alive)) throw NOT_LOCKED;
    if (alive.cas !== cas) throw LOCK_HELD;
    place.vbucket.unlock(alive);
    return alive;
  }

  /**
   * Writes what a change of parts made of a document or a tombstone. The new one keeps what is not given; a `deleted` one becomes
   * a tombstone.
   */
  change(place: Place, change: DocumentChange): CouchbaseDocument {
    const old = this.find(place);
    if (old !== undefined) this.#begin(place, old, change.cas);
    const { value, datatype } = acceptValue(change, this.#host.itemSizeLimit);
    const flags = change.flags ?? old?.flags ?? 0;
    if (change.deleted) {
      const draft = { flags, value, datatype, expiry: this.now, deleted: "deletion" as const };
      return this.#write(place, old, draft, change.newCas);
    }
    const alive = alone(old);
    const keeps = alive !== undefined && (change.expiry === undefined || change.preserveExpiry);
    const expiry = keeps ? alive.expiry : this.#expiry(place, change.expiry ?? 0);
    return this.#write(place, old, { flags, value, datatype, expiry }, change.newCas);
  }

  /** Refuses a write of a document that is locked, unless it has the version of the lock. */
  checkLock(place: Place, cas: bigint): void {
    const found = this.find(place);
    if (found !== undefined && place.vbucket.isLocked(found) && found.cas !== cas) throw LOCKED;
  }

  /** Whether a document may be written with this version; a lock is given back by it. */
  #begin({ vbucket }: Place, document: CouchbaseDocument, cas: bigint): void {
    if (vbucket.isLocked(document) && cas !== document.cas) throw LOCKED;
    if (cas !== 0n && cas !== document.cas) throw EXISTS;
  }

  #options(place: Place, draft: StoreDraft, alive: CouchbaseDocument | undefined): { flags: number; expiry: number } {
    const { flags } = draft;
    if (draft.preserveExpiry && alive !== undefined) return { flags, expiry: alive.expiry };
    return { flags, expiry: this.#expiry(place, draft.expiry) };
  }

  #expiry({ collection }: Place, expiry: number): number {
    return absoluteExpiry(expiry, { now: this.now, maxTtl: this.#host.maxTtl(collection) });
  }

  #bury(vbucket: Vbucket, document: CouchbaseDocument, deleted: "deletion" | "expiration"): CouchbaseDocument {
    const { collection, key } = document;
    const kept = systemXattrs(plainValue(document).xattrs);
    return this.#write({ vbucket, collection, key }, document, { flags: 0, expiry: this.now, ...kept, deleted });
  }

  #write(
    { vbucket, collection, key }: Place,
    old: CouchbaseDocument | undefined,
    parts: Pick<CouchbaseDocument, "value" | "datatype" | "flags" | "expiry" | "deleted">,
    cas: bigint = vbucket.versions.next(),
  ): CouchbaseDocument {
    const revision = (old === undefined ? vbucket.deletedRevision : old.revision) + 1n;
    return vbucket.put({ key: old?.key ?? key.slice(), collection, ...parts, cas, revision });
  }
}

/** What a change of parts makes of a document. */
export interface DocumentChange extends TypedValue {
  /** The version that there must be; 0 for whatever. */
  readonly cas: bigint;
  /** The version that it gets. */
  readonly newCas: bigint;
  /** As in a request; left as it is when missing. */
  readonly expiry?: number;
  /** Left as they are when missing. */
  readonly flags?: number;
  /** Whether a document that exists keeps its expiry. */
  readonly preserveExpiry: boolean;
  /** Whether it is a tombstone then. */
  readonly deleted: boolean;
}

/** A document, and nothing for a tombstone. */
function alone(found: CouchbaseDocument | undefined): CouchbaseDocument | undefined {
  return found?.deleted === undefined ? found : undefined;
}

/** A write of the body leaves the attributes alone. */
function keepXattrs(old: CouchbaseDocument | undefined, given: TypedValue): TypedValue {
  if (old === undefined || (old.datatype & Datatype.XATTR) === 0) return given;
  return joinValue(plainValue(old).xattrs ?? [], plainValue(given).body);
}

function numberValue(number: bigint): TypedValue {
  return { value: utf8Encode(number.toString()), datatype: Datatype.JSON };
}

function decreased(number: bigint, delta: bigint): bigint {
  return delta > number ? 0n : number - delta;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}
