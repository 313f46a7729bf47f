/** What the tests of processing have in common. */
import type { MemoryCheckpointStore } from "../../src/dcp.ts";
import { settled } from "./model_clock.ts";
import { type ModelEvent, modelEvent } from "./model_feed.ts";

/** Work that the test ends event by event. */
export class Work {
  /** What was begun, in order. */
  readonly begun: string[] = [];
  readonly #open = new Map<string, { resolve: () => void; reject: (error: unknown) => void }>();

  readonly fn = (event: ModelEvent): Promise<void> => {
    const name = nameOf(event);
    this.begun.push(name);
    return new Promise((resolve, reject) => this.#open.set(name, { resolve, reject }));
  };

  get running(): string[] {
    return [...this.#open.keys()];
  }

  /** Ends the work on some events. */
  async end(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      this.#open.get(name)!.resolve();
      this.#open.delete(name);
    }
    await settled();
  }

  /** Has the work on an event fail. */
  async fail(name: string, error: unknown): Promise<void> {
    this.#open.get(name)!.reject(error);
    this.#open.delete(name);
    await settled();
  }
}

export function nameOf({ vbucket, seqno, type }: ModelEvent): string {
  return `${type === "mutation" ? "" : `${type} `}${vbucket}:${seqno}`;
}

/** Events 1 to n of a vbucket, each of a key of its own. */
export function events(n: number, vbucket = 0): ModelEvent[] {
  return Array.from({ length: n }, (_, i) => modelEvent(vbucket, i + 1));
}

/** The seqno that is saved of a vbucket. */
export async function saved(store: MemoryCheckpointStore, vbucket = 0): Promise<number | undefined> {
  const seqno = (await store.load())?.vbuckets[vbucket]?.seqno;
  return seqno === undefined ? undefined : Number(seqno);
}

/** What a promise rejects with. */
export function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then((value) => {
    throw new Error(`Expected a rejection, got ${JSON.stringify(value)}`);
  }, (error) => error);
}
