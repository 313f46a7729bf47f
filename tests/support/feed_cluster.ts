/** A cluster in simulated time, somebody who writes to it, and somebody who follows it. */

import { type DcpEvent, type DcpFeed, type DcpOptions, openDcp } from "../../src/dcp.ts";
import { type CouchbaseBucket, CouchbaseCluster, type CouchbaseClusterOptions } from "../../src/server.ts";
import { Follower, LiveWriter } from "./feed_follower.ts";
import { Life, SceneTime } from "./feed_life.ts";
import type { Random } from "./random.ts";

export const VBUCKETS = 16;
export const BUCKET = "b";

/** What a cluster is like beside its buckets. */
export interface FeedClusterOptions extends Pick<CouchbaseClusterOptions, "nodes" | "server"> {
  readonly replicas?: number;
  readonly memoryChanges?: number;
}

/** A cluster with a bucket of 16 vbuckets. */
export class FeedCluster implements AsyncDisposable {
  readonly time: SceneTime;
  readonly cluster: CouchbaseCluster;
  readonly writer: LiveWriter;
  readonly follower: Follower;
  /** What the servers reported. */
  readonly errors: unknown[] = [];
  /** The first process that follows. */
  readonly life: Life;
  readonly #feeds: DcpFeed[] = [];

  constructor(random: Random, options: FeedClusterOptions = {}) {
    const { nodes = 3, replicas = 0, memoryChanges = 10_000 } = options;
    this.time = new SceneTime(random);
    this.cluster = new CouchbaseCluster({
      nodes,
      buckets: [{ name: BUCKET, vbucketCount: VBUCKETS, replicas, memoryChanges }],
      timers: this.time.timers,
      clock: this.time.wall,
      random: () => this.time.random(),
      server: { onError: (error) => void this.errors.push(error) },
    });
    const bucketOf = (vbucket: number): CouchbaseBucket => this.cluster.bucket(BUCKET, vbucket);
    this.writer = new LiveWriter(random, bucketOf, { vbuckets: VBUCKETS, keys: 100 });
    this.follower = new Follower(VBUCKETS, bucketOf);
    for (const { node } of this.cluster.members) this.writer.hear(node.bucket(BUCKET));
    this.life = this.newLife();
  }

  /** Another process. */
  newLife(): Life {
    return new Life(this.cluster.dial, this.time);
  }

  /** Writes so often. */
  write(count: number): void {
    for (let i = 0; i < count; i++) this.writer.write();
  }

  /** Opens a feed from the beginning, unless told otherwise, from the first node. */
  async open(options: DcpOptions = {}, life: Life = this.life): Promise<DcpFeed> {
    const feed = await this.time.until(openDcp([...this.cluster.addresses], this.options(options, life)));
    this.#feeds.push(feed);
    return feed;
  }

  /** How feeds are opened here. */
  options(options: DcpOptions = {}, life: Life = this.life): DcpOptions {
    return {
      bucket: BUCKET,
      dial: life.dial,
      clock: life.clock,
      connectTimeout: 0,
      from: "beginning",
      name: "follower",
      noopInterval: 1,
      maxBackoff: 500,
      stallTimeout: 5000,
      verifyOrder: true,
      ...options,
    };
  }

  /** Takes events until what was written last to each vbucket has come; then the copy must be what the cluster holds. */
  async catchUp(feed: DcpFeed, see: (event: DcpEvent) => void = () => {}): Promise<void> {
    this.writer.touchAll();
    await this.takeUntil(feed, () => this.isCaughtUp, see);
    this.follower.check();
    this.writer.check(this.follower.seen);
  }

  /** Whether what was written last to each vbucket has come. */
  get isCaughtUp(): boolean {
    return this.follower.seen.every((seen, vbucket) => seen.has(this.writer.last(vbucket)));
  }

  /** Takes events until something holds. */
  async takeUntil(feed: DcpFeed, holds: () => boolean, see: (event: DcpEvent) => void = () => {}): Promise<void> {
    const iterator = feed.values({ preventCancel: true });
    while (!holds()) {
      const { done, value } = await this.time.until(iterator.next());
      if (done) throw new Error("the feed has ended");
      this.follower.apply(value);
      see(value);
    }
    await iterator[Symbol.asyncDispose]();
  }

  /** Adds a node, whose writes are heard too. */
  async add(): Promise<number> {
    const adding = this.cluster.add();
    // It is there at once; by the time it resolves it may have failed.
    this.writer.hear(this.cluster.members.at(-1)!.node.bucket(BUCKET));
    return await adding;
  }

  /** Moves all vbuckets of a node to others in turn. */
  empty(id: number): void {
    const others = this.cluster.members.filter((member) => member.id !== id);
    for (let vbucket = 0; vbucket < VBUCKETS; vbucket++) {
      if (this.cluster.activeOf(BUCKET, vbucket) !== id) continue;
      this.cluster.moveVbucket(BUCKET, vbucket, others[vbucket % others.length]!.id);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#feeds.map((feed) => feed.close()));
    await this.cluster[Symbol.asyncDispose]();
  }
}
