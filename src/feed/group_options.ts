/** How a group is joined. */
import type { RecordStore } from "./checkpoint_record.ts";
import type { LeaseLostError } from "./group_error.ts";
import type { FeedClock } from "./process_clock.ts";

/** What a member is told. */
export interface GroupHandlers {
  /**
   * These vbuckets are the member's from now on, each with its epoch: a number that rises with every owner, to fence off earlier
   * ones by wherever results are written.
   */
  assigned(vbuckets: ReadonlyMap<number, number>): void | Promise<void>;
  /** These are to be given back: end what is under way and save the position. They go to another once this has settled. */
  revoked(vbuckets: readonly number[]): void | Promise<void>;
  /** These are the member's no more: stop at once, the lease is about to run out. */
  lost(vbuckets: readonly number[], reason: LeaseLostError): void;
}

/** How members share vbuckets. */
export interface GroupOptions {
  /**
   * Where the members of the group meet: a record that all of them reach, as `new ItemRecord(client, "billing-group")`,
   * `new KvRecord(kv, ["billing-group"])` or, on one machine, `new FileRecord("billing.group")`. A record of its own.
   */
  readonly store: RecordStore;
  /** What the group is called; all members say the same. */
  readonly name: string;
  /** What this member is called, for people to read; random by default. Names need not differ. */
  readonly member?: string;
  /** How many vbuckets there are to share, the same number for all members; 1024 by default. */
  readonly vbuckets?: number;
  /** How long after a member was last heard of its vbuckets go to others, in ms; the same for all members. 15,000 by default. */
  readonly leaseMs?: number;
  /** How long before the end of its lease a member gives up its vbuckets, in ms; a third of `leaseMs` by default. */
  readonly safetyMs?: number;
  /** How often the lease is renewed, in ms; a fifth of `leaseMs` by default. */
  readonly renewMs?: number;
  /** How long the members must have been the same before vbuckets change hands, in ms; 5000 by default. */
  readonly rebalanceDelayMs?: number;
  /** Leaves the group when aborted, as {@linkcode Group.leave} does. */
  readonly signal?: AbortSignal;
  /** Is told of every failure of the store; it is tried again until the lease is about to run out. */
  readonly onError?: (error: unknown) => void;
  /** Timers and chance, for tests. */
  readonly clock?: FeedClock;
}

/** A membership of a group, however it comes about. */
export interface Membership {
  /** Whether a vbucket may be worked on at this moment, by the member's own clock. Once false, it is so until it is assigned anew. */
  holds(vbucket: number): boolean;
  /** Gives everything back and leaves. */
  leave(): Promise<void>;
  /** Settles when the membership is over; rejects with what has ended it. */
  readonly closed: Promise<void>;
}
