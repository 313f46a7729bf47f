/** Which event may be processed when: no I/O, no clock, no promise. */
import type { ProcessEvent } from "./process_event.ts";
import { Fifo } from "./process_fifo.ts";
import type { ProcessOptions } from "./process_options.ts";
import type { Entry, VbucketProgress } from "./process_vbucket.ts";

/** What waits for each other. */
interface Lane<E> {
  busy: boolean;
  readonly queue: Fifo<Entry<E>>;
}

/** What kinds of event say nothing about data and so need no order among the others. */
const FREE: ReadonlySet<string> = new Set(["snapshot", "seqno-advanced"]);
/** So many lanes for each function that may run; keys that share one wait for each other without need, which is rare then. */
const LANES_EACH = 32;
const MOST_LANES = 8192;

/** Puts events in order: by key, by vbucket, or only behind a rollback. */
export class Schedule<E extends ProcessEvent> {
  readonly #orderBy: "key" | "vbucket" | "none";
  readonly #serial: boolean;
  readonly #lanes: Lane<E>[];
  readonly #ofVbucket: Map<VbucketProgress<E>, Lane<E>> = new Map();
  readonly #ready: Fifo<Entry<E>> = new Fifo();
  #waiting = 0;

  /** Makes a schedule without events. */
  constructor(orderBy: NonNullable<ProcessOptions<E>["orderBy"]>, concurrency: number) {
    // One at a time, everything goes in the order in which it came.
    this.#orderBy = concurrency === 1 ? "none" : orderBy;
    this.#serial = concurrency === 1;
    const lanes = this.#orderBy === "key" ? Math.min(MOST_LANES, concurrency * LANES_EACH) : 0;
    this.#lanes = Array.from({ length: lanes }, () => ({ busy: false, queue: new Fifo<Entry<E>>() }));
  }

  /** How many events were added and not taken by `next`. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Adds the next event of a vbucket. */
  add(event: E, vbucket: VbucketProgress<E>): void {
    const entry: Entry<E> = { event, vbucket, barrier: this.#isBarrier(event), done: false };
    vbucket.add(entry);
    this.#waiting++;
    if (vbucket.blocked || vbucket.held.length > 0 || (entry.barrier && vbucket.active > 0)) vbucket.held.push(entry);
    else this.#admit(entry);
  }

  /** The next event that may be processed now; `undefined` while there is none. */
  next(): Entry<E> | undefined {
    const entry = this.#ready.shift();
    if (entry !== undefined) this.#waiting--;
    return entry;
  }

  /** Says that an event of `next` is over, processed or not: others may have waited for it. */
  over(entry: Entry<E>): void {
    const { vbucket } = entry;
    vbucket.active--;
    if (entry.barrier) vbucket.blocked = false;
    const lane = this.#laneOf(entry);
    if (lane !== undefined) {
      const following = lane.queue.shift();
      if (following === undefined) lane.busy = false;
      else this.#ready.push(following);
    }
    while (vbucket.held.length > 0 && !vbucket.blocked) {
      if (vbucket.held.peek()!.barrier && vbucket.active > 0) break;
      this.#admit(vbucket.held.shift()!);
    }
  }

  /** Forgets the lane of a vbucket that will not come again. */
  forget(vbucket: VbucketProgress<E>): void {
    this.#ofVbucket.delete(vbucket);
  }

  #admit(entry: Entry<E>): void {
    entry.vbucket.active++;
    if (entry.barrier) entry.vbucket.blocked = true;
    const lane = this.#laneOf(entry);
    if (lane?.busy) {
      lane.queue.push(entry);
      return;
    }
    if (lane !== undefined) lane.busy = true;
    this.#ready.push(entry);
  }

  #laneOf({ event, vbucket, barrier }: Entry<E>): Lane<E> | undefined {
    if (this.#orderBy === "none" || barrier) return undefined;
    if (this.#orderBy === "key") {
      return event.key === undefined ? undefined : this.#lanes[hashOf(event.key, event.vbucket) % this.#lanes.length];
    }
    let lane = this.#ofVbucket.get(vbucket);
    if (lane === undefined) this.#ofVbucket.set(vbucket, lane = { busy: false, queue: new Fifo() });
    return lane;
  }

  #isBarrier({ type, key }: E): boolean {
    if (this.#serial) return false;
    if (type === "rollback") return true;
    return this.#orderBy === "key" && key === undefined && !FREE.has(type);
  }
}

/** Spreads keys over lanes (FNV-1a, 32 bits); equal ones of a vbucket meet. */
function hashOf(key: Uint8Array, vbucket: number): number {
  let hash = Math.imul(0x811c9dc5 ^ vbucket, 0x01000193);
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key[i]!, 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
