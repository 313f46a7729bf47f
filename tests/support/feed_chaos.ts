/** What goes wrong for those who follow a bucket, at random. */

import type { DcpFeed, DcpStreamState } from "../../src/dcp.ts";
import { StreamEndReason } from "../../src/dcp.ts";
import { Status } from "../../src/codec.ts";
import type { CouchbaseBucket, VbucketCopy } from "../../src/server.ts";
import type { Follower, LiveWriter } from "./feed_follower.ts";
import type { Life, SceneTime } from "./feed_life.ts";
import type { Random } from "./random.ts";

/** The reasons behind which a stream is asked for again; 99 is none. */
const REASONS = [
  StreamEndReason.CLOSED,
  StreamEndReason.STATE_CHANGED,
  StreamEndReason.DISCONNECTED,
  StreamEndReason.SLOW,
  StreamEndReason.BACKFILL_FAIL,
  StreamEndReason.ROLLBACK,
  99,
];

/** What is refused for now. */
const REFUSALS = [Status.ETMPFAIL, Status.EBUSY, Status.NOT_MY_VBUCKET, Status.ENOMEM, Status.KEY_ENOENT, 0x7abc];

/** How long a server is silent, in ms: longer than a feed with no-ops every second puts up with. */
const SILENCE = 4000;

/** After how many events whoever was to be rolled back would have been. */
const PATIENCE = 100;

/** Who is hit. */
export interface Target {
  readonly feed: DcpFeed;
  readonly life: Life;
  readonly follower: Follower;
}

/** What befalls one bucket of one node and its followers. */
export class Chaos {
  /** How often a connection or a consumer was killed. */
  kills = 0;
  /** How often each thing was done. */
  readonly done: Map<string, number> = new Map();
  readonly #random: Random;
  readonly #bucket: CouchbaseBucket;
  readonly #writer: LiveWriter;
  readonly #time: SceneTime;
  /** What a replica has of a vbucket, of its history of now. */
  readonly #copies = new Map<number, VbucketCopy>();
  /** The vbucket whose followers must be rolled back before anything else goes wrong, how often they had been, and for how long. */
  #waiting: { readonly vbucket: number; readonly rollbacks: number; events: number } | undefined = undefined;

  constructor(random: Random, { bucket, writer, time }: {
    readonly bucket: CouchbaseBucket;
    readonly writer: LiveWriter;
    readonly time: SceneTime;
  }) {
    this.#random = random;
    this.#bucket = bucket;
    this.#writer = writer;
    this.#time = time;
  }

  /** Whether nothing may go wrong for the moment. */
  isCalm(follower: Follower): boolean {
    const waiting = this.#waiting;
    if (waiting === undefined) return false;
    // It does not come to one whose connection was lost just then.
    const isOver = follower.rollbacks[waiting.vbucket]! > waiting.rollbacks || waiting.events++ > PATIENCE;
    if (isOver) this.#waiting = undefined;
    return !isOver;
  }

  /** Perhaps does something. */
  step(target: Target): void {
    const random = this.#random;
    if (this.isCalm(target.follower) || random.int(2) === 0) return;
    const vbucket = random.int(this.#bucket.vbucketCount);
    switch (random.int(16)) {
      case 0:
        return this.#kill("drop", () => this.#bucket.dcp.drop());
      case 1:
        return this.#kill("drop later", () => this.#bucket.dcp.drop({ after: random.int(8) }));
      case 2:
      case 3:
        return this.#kill("crash", () => target.life.kill());
      case 4:
        if (random.int(4) === 0) this.#kill("silence", () => this.#silence());
        return;
      case 5:
        return this.#do("end", () => void this.#bucket.dcp.endStreams(random.pick(REASONS), { vbucket }));
      case 6:
        return this.#do("refuse", () => this.#bucket.dcp.refuseNext(vbucket, random.pick(REFUSALS)));
      case 7:
        this.#copies.set(vbucket, this.#bucket.copyVbucket(vbucket));
        return;
      case 8:
        return this.#failover(vbucket);
      case 9:
        return this.#rollBack(vbucket, target);
      case 10:
        return this.#do("excess", () => this.#bucket.dcp.exceedWindow(random.int(3) * 500));
      case 11:
        return this.#do("unknown", () => this.#bucket.dcp.mixUnknown(random.int(4)));
      case 12:
        return this.#purge(vbucket);
      default:
        return;
    }
  }

  /** From now on nothing goes wrong any more. */
  end(): void {
    this.#bucket.dcp.silence(false);
    this.#bucket.dcp.exceedWindow(0);
    this.#bucket.dcp.mixUnknown(0);
  }

  #kill(name: string, kill: () => void): void {
    this.kills++;
    this.#do(name, kill);
  }

  #do(name: string, what: () => void): void {
    this.done.set(name, (this.done.get(name) ?? 0) + 1);
    what();
  }

  #silence(): void {
    this.#bucket.dcp.silence();
    this.#time.after(SILENCE, () => this.#bucket.dcp.silence(false));
  }

  #failover(vbucket: number): void {
    const copy = this.#copies.get(vbucket);
    this.#copies.delete(vbucket);
    if (copy === undefined || this.#random.int(2) === 0) {
      return this.#do("failover", () => this.#bucket.failover(vbucket));
    }
    this.#do("failover with loss", () => {
      this.#bucket.failover(vbucket, { to: copy });
      this.#writer.lose(vbucket, copy.seqno);
    });
  }

  #purge(vbucket: number): void {
    this.#copies.delete(vbucket);
    this.#do("purge", () => {
      this.#bucket.purge(vbucket);
      this.#writer.forget(vbucket);
    });
  }

  /** A rollback for no reason, of a stream that runs and is not at its beginning: others would be against the protocol. */
  #rollBack(vbucket: number, { feed, follower }: Target): void {
    const runs = this.#bucket.dcp.connections.some(({ streams }) => streams.some((other) => other.vbucket === vbucket));
    const { streams, rollbacks } = feed.stats();
    const stream = streams.find((other) => other.vbucket === vbucket);
    const state: DcpStreamState | undefined = stream?.state;
    const { seqno = 0n } = stream ?? {};
    if (!runs || state !== "streaming" || seqno === 0n || rollbacks !== follower.rollbacksOfLife) return;
    this.#waiting = { vbucket, rollbacks: follower.rollbacks[vbucket]!, events: 0 };
    this.#do("rollback", () => {
      this.#bucket.dcp.rollbackNext(vbucket, BigInt(this.#random.int(Number(seqno))));
      this.#bucket.dcp.endStreams(StreamEndReason.STATE_CHANGED, { vbucket });
    });
  }
}
