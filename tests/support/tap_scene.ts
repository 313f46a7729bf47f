/** A node that is followed by TAP, in a time that passes by hand. */

import { assertEquals } from "@std/assert";
import { type CouchbaseBucket, CouchbaseNode, type CouchbaseNodeOptions, Server } from "../../src/server.ts";
import { deregisterTap, openTap, type TapEvent, type TapFeed, type TapOptions } from "../../src/tap.ts";
import { memoryListener } from "../../src/transport/memory.ts";

export const NODE = { hostname: "node", port: 11210 };

/** Timers that ring when the test says so. */
export class HandTimers {
  readonly #waiting = new Map<number, { readonly at: number; readonly callback: () => void }>();
  readonly #seen = new Set<number>();
  #wake: () => void = () => {};
  #next = 1;
  #now = 0;

  setTimeout(callback: () => void, ms: number): unknown {
    this.#waiting.set(this.#next, { at: this.#now + ms, callback });
    this.#seen.add(ms);
    this.#wake();
    return this.#next++;
  }

  clearTimeout(timer: unknown): void {
    this.#waiting.delete(timer as number);
  }

  /** Waits until a timer of so many milliseconds was asked for. */
  async asked(ms: number): Promise<void> {
    while (!this.#seen.has(ms)) await new Promise<void>((resolve) => this.#wake = resolve);
  }

  /** Lets so many milliseconds pass. */
  pass(ms: number): void {
    this.#now += ms;
    for (const [id, { at, callback }] of [...this.#waiting]) {
      if (at <= this.#now && this.#waiting.delete(id)) callback();
    }
  }
}

export class Scene implements AsyncDisposable {
  readonly errors: unknown[] = [];
  readonly timers: HandTimers = new HandTimers();
  readonly server: Server;
  readonly node: CouchbaseNode;
  readonly #network = memoryListener();
  readonly #listening: Promise<unknown>;

  constructor(options: CouchbaseNodeOptions = {}) {
    this.server = new Server({ onError: (error) => this.errors.push(error) });
    const buckets = [{ name: "default", vbucketCount: 4 }];
    this.node = new CouchbaseNode({ buckets, timers: this.timers, ...options }).register(this.server);
    this.#listening = this.server.listen(NODE, { listen: this.#network.listen });
  }

  get bucket(): CouchbaseBucket {
    return this.node.bucket("default");
  }

  async open(options: TapOptions = {}): Promise<TapFeed> {
    await this.#listening;
    return openTap(NODE, { dial: this.#network.connect, ...options });
  }

  async deregister(name: string): Promise<void> {
    await this.#listening;
    await deregisterTap(NODE, name, { dial: this.#network.connect });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
    assertEquals(this.errors, []);
  }
}

/** What an event is, in few words. */
export function short(event: TapEvent): string {
  switch (event.type) {
    case "mutation":
      return `${event.vbucket} ${event.keyText}=${event.text()}`;
    case "deletion":
      return `${event.vbucket} -${event.keyText}`;
    case "checkpoint-start":
    case "checkpoint-end":
      return `${event.vbucket} ${event.type} ${event.checkpoint}`;
    case "vbucket-state":
      return `${event.vbucket} state ${event.state}`;
    default:
      return `${event.vbucket} ${event.type}`;
  }
}

export async function all(feed: TapFeed): Promise<string[]> {
  const events: string[] = [];
  for await (const event of feed) events.push(short(event));
  return events;
}

export async function take(reader: ReadableStreamDefaultReader<TapEvent>, count: number): Promise<TapEvent[]> {
  const events: TapEvent[] = [];
  while (events.length < count) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`the feed ended after ${events.map(short)}`);
    events.push(value);
  }
  return events;
}

/** A key of a vbucket of four. */
export function keyOf(scene: Scene, vbucket: number, name = "k"): string {
  for (let i = 0;; i++) if (scene.bucket.vbucketOf(`${name}${i}`) === vbucket) return `${name}${i}`;
}
