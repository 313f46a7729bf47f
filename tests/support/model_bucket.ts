/** A bucket whose vbuckets any number of feeds stream, event by event. */
import type { FeedPosition } from "../../src/feed/position.ts";
import { type ModelEvent, modelEvent } from "./model_feed.ts";

/** A bucket with a log for each vbucket. */
export class ModelBucket {
  readonly logs: ModelEvent[][];
  readonly #feeds = new Set<BucketFeed>();

  constructor(vbuckets: number) {
    this.logs = Array.from({ length: vbuckets }, () => []);
  }

  /** Writes to a vbucket. */
  write(vbucket: number, key: string): void {
    const log = this.logs[vbucket]!;
    log.push(modelEvent(vbucket, log.length + 1, { key }));
    for (const feed of this.#feeds) feed.wake();
  }

  /** Opens a feed that streams nothing yet. */
  feed(): BucketFeed {
    const feed = new BucketFeed(this);
    this.#feeds.add(feed);
    return feed;
  }
}

/** A feed as of `openDcp`: what was streamed lies in one queue until it is taken, and stays there when its stream is closed. */
export class BucketFeed {
  closed = false;
  /** What was asked of the feed. */
  readonly asked: string[] = [];
  /** Runs before a stream is added or closed: for a server that takes its time. */
  delay: () => Promise<void> = () => Promise.resolve();
  readonly #bucket: ModelBucket;
  readonly #next = new Map<number, number>();
  readonly #queue: (ModelEvent & { readonly final?: boolean })[] = [];
  #wake: (() => void) | undefined;

  constructor(bucket: ModelBucket) {
    this.#bucket = bucket;
  }

  position(): { readonly bucket: string } {
    return { bucket: "b1" };
  }

  async addStream({ vbucket, from }: { vbucket: number; from: "beginning" | "now" | FeedPosition }): Promise<void> {
    await this.delay();
    if (this.#next.has(vbucket)) throw new TypeError(`Cannot add a stream of vbucket ${vbucket}: there is one`);
    const seqno = typeof from === "string" ? 0 : Number(from.vbuckets[vbucket]!.seqno);
    this.asked.push(`add ${vbucket} from ${seqno}`);
    this.#next.set(vbucket, seqno);
    this.wake();
  }

  async closeStream(vbucket: number): Promise<void> {
    if (!this.#next.has(vbucket)) throw new TypeError(`Cannot close the stream of vbucket ${vbucket}: there is none`);
    this.asked.push(`close ${vbucket}`);
    await this.delay();
    this.#fetch();
    const seqno = this.#next.get(vbucket)!;
    this.#next.delete(vbucket);
    this.#queue.push({ ...modelEvent(vbucket, seqno, { type: "stream-end" }), final: true });
    this.wake();
  }

  close(): Promise<void> {
    this.closed = true;
    this.wake();
    return Promise.resolve();
  }

  wake(): void {
    this.#wake?.();
  }

  async *batches({ max }: { readonly max: number }): AsyncGenerator<ModelEvent[], void> {
    while (!this.closed) {
      this.#fetch();
      if (this.#queue.length > 0) yield this.#queue.splice(0, max);
      else await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ModelEvent, void> {
    for await (const batch of this.batches({ max: 1 })) yield* batch;
  }

  #fetch(): void {
    for (const [vbucket, from] of this.#next) {
      const log = this.#bucket.logs[vbucket]!;
      this.#queue.push(...log.slice(from));
      this.#next.set(vbucket, log.length);
    }
  }
}
