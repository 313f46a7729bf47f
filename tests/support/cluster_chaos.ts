/** What goes wrong in a cluster, at random: nodes that come, go, stop, fall silent and fail, and vbuckets that move between them. */

import { Status } from "../../src/codec.ts";
import { BUCKET, type FeedCluster, VBUCKETS } from "./feed_cluster.ts";
import type { Life } from "./feed_life.ts";
import type { Random } from "./random.ts";

const FEWEST_NODES = 2;
const MOST_NODES = 5;

/** What befalls a cluster and those who follow it. */
export class ClusterChaos {
  /** How often a connection, a node or a consumer was killed. */
  kills = 0;
  /** How often each thing was done. */
  readonly done: Map<string, number> = new Map();
  readonly #random: Random;
  readonly #scene: FeedCluster;
  readonly #stopped = new Set<number>();
  /** What the replicas have: the last seqno of each vbucket. */
  #replicated: bigint[] = [];
  /** Nodes come and go one after the other. */
  #changing: Promise<unknown> = Promise.resolve();
  #ended = false;

  constructor(random: Random, scene: FeedCluster) {
    this.#random = random;
    this.#scene = scene;
    this.#replicate();
  }

  /** Perhaps does something. */
  step(life: Life): void {
    const random = this.#random;
    const { cluster } = this.#scene;
    if (this.#ended || random.int(2) === 0) return;
    const { id, node } = random.pick(cluster.members);
    const { dcp } = node.bucket(BUCKET);
    switch (random.int(16)) {
      case 0:
        return this.#kill("crash", () => life.kill());
      case 1:
        return this.#kill("drop", () => dcp.drop());
      case 2:
        return this.#kill("drop later", () => dcp.drop({ after: random.int(8) }));
      case 3:
        return this.#kill("stop", () => this.#stop(id));
      case 4:
        if (random.int(3) === 0) this.#kill("silence", () => this.#silence(id));
        return;
      case 5:
        return this.#do("end", () => void dcp.endStreams(1 + random.int(5), { vbucket: random.int(VBUCKETS) }));
      case 6:
        return this.#do("refuse", () => dcp.refuseNext(random.int(VBUCKETS), Status.NOT_MY_VBUCKET));
      case 7:
        return this.#do("replicate", () => this.#replicate());
      case 8:
        if (random.int(4) === 0) this.#do("fail", () => this.#fail(id));
        return;
      case 9:
        if (random.int(4) === 0) this.#do("add", () => this.#add());
        return;
      case 10:
        if (random.int(4) === 0) this.#do("remove", () => this.#remove(id));
        return;
      case 11:
        return this.#do("new history", () => cluster.bucket(BUCKET, 0).failover(0));
      case 12:
        return this.#do("move all", () => this.#scene.empty(id));
      default:
        return this.#do("move", () => cluster.moveVbucket(BUCKET, random.int(VBUCKETS), id));
    }
  }

  /** From now on nothing goes wrong any more. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.#changing;
    for (const { id, node } of this.#scene.cluster.members) {
      node.bucket(BUCKET).dcp.silence(false);
      this.#scene.cluster.start(id);
    }
  }

  #kill(name: string, kill: () => void): void {
    this.kills++;
    this.#do(name, kill);
  }

  #do(name: string, what: () => void): void {
    this.done.set(name, (this.done.get(name) ?? 0) + 1);
    what();
  }

  #replicate(): void {
    const { cluster } = this.#scene;
    cluster.replicate(BUCKET);
    this.#replicated = Array.from(
      { length: VBUCKETS },
      (_, vbucket) => cluster.bucket(BUCKET, vbucket).findVbucket(vbucket)!.highSeqno,
    );
  }

  #has(id: number): boolean {
    return this.#scene.cluster.members.some((member) => member.id === id);
  }

  #stop(id: number): void {
    const { cluster, time } = this.#scene;
    if (this.#stopped.size > 0) return;
    this.#stopped.add(id);
    cluster.stop(id);
    time.after(this.#random.int(5000), () => {
      this.#stopped.delete(id);
      if (this.#has(id)) cluster.start(id);
    });
  }

  #silence(id: number): void {
    const { dcp } = this.#scene.cluster.members.find((member) => member.id === id)!.node.bucket(BUCKET);
    dcp.silence();
    this.#scene.time.after(4000, () => dcp.silence(false));
  }

  #fail(id: number): void {
    const { cluster, writer } = this.#scene;
    if (cluster.members.length <= FEWEST_NODES) return;
    const lose = this.#random.int(2) === 0;
    const had = Array.from({ length: VBUCKETS }, (_, vbucket) => vbucket).filter((vbucket) =>
      cluster.activeOf(BUCKET, vbucket) === id
    );
    cluster.failover(id, { lose });
    if (lose) { for (const vbucket of had) writer.lose(vbucket, this.#replicated[vbucket]!); }
  }

  #add(): void {
    this.#change(async () => {
      if (this.#scene.cluster.members.length < MOST_NODES) await this.#scene.add();
    });
  }

  #remove(id: number): void {
    this.#change(async () => {
      const { cluster } = this.#scene;
      if (!this.#has(id) || cluster.members.length <= FEWEST_NODES) return;
      this.#scene.empty(id);
      await cluster.remove(id);
    });
  }

  #change(change: () => Promise<void>): void {
    this.#changing = this.#changing.then(change);
  }
}
