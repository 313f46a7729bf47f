/** What a checkpoint is, and what its stores make of it: read, check, merge and write, without any store. */
import { CheckpointCorruptError, CheckpointForeignError } from "./checkpoint_error.ts";
import { type FeedPosition, readFeedPosition, type StoredVbucketPosition } from "./position.ts";

/** What has been processed of a bucket: a {@linkcode FeedPosition}, which `from` of a feed takes to go on behind it. */
export type Checkpoint = FeedPosition;

/** What is stored: the checkpoint and who may change it. */
export interface CheckpointRecord {
  /** What has been processed. */
  readonly checkpoint: Checkpoint;
  /** The newest epoch that all vbuckets were claimed with; 0 before the first. */
  readonly epoch: number;
  /** The newest epoch that single vbuckets were claimed with. */
  readonly epochs: ReadonlyMap<number, number>;
}

/** What is stored before anything is. */
export const EMPTY_RECORD: CheckpointRecord = {
  checkpoint: { version: 1, bucket: "", vbuckets: {} },
  epoch: 0,
  epochs: new Map(),
};

/** The newest epoch that a vbucket was claimed with. */
export function epochOf(record: CheckpointRecord, vbucket: number): number {
  return Math.max(record.epoch, record.epochs.get(vbucket) ?? 0);
}

/** The newest epoch of all. */
export function newestEpoch(record: CheckpointRecord): number {
  let newest = record.epoch;
  for (const epoch of record.epochs.values()) newest = Math.max(newest, epoch);
  return newest;
}

/** Refuses the positions of another bucket. What has no bucket goes with any. */
export function checkBucket(stored: string, given: string | undefined, place: string): void {
  if (!given || !stored || stored === given) return;
  throw new CheckpointForeignError(
    `Cannot use ${place}: it is of the bucket ${stored}, and the feed is of ${given}; give each bucket a checkpoint of ` +
      "its own, or, if the bucket was made anew, call reset() to begin again",
    { stored, given, sent: false },
  );
}

/** Whether a position is behind another. */
export function isBehind(position: StoredVbucketPosition, other: StoredVbucketPosition): boolean {
  return BigInt(position.seqno) < BigInt(other.seqno);
}

/** Writes what is stored as text. */
export function formatRecord({ checkpoint, epoch, epochs }: CheckpointRecord): string {
  const { version, bucket, manifest, vbuckets } = checkpoint;
  return JSON.stringify({ version, bucket, manifest, epoch, epochs: Object.fromEntries(epochs), vbuckets });
}

/** Reads what is stored. */
export function parseRecord(text: string | undefined, place: string): CheckpointRecord {
  if (text === undefined) return EMPTY_RECORD;
  try {
    return readRecord(JSON.parse(text));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CheckpointCorruptError(
      `Cannot read ${place}: it is no checkpoint of this package (${why}); mend it, or delete it to begin again`,
      { cause, sent: false },
    );
  }
}

function readRecord(value: Record<string, unknown>): CheckpointRecord {
  readFeedPosition(value);
  const { version, bucket, manifest, vbuckets } = value as unknown as FeedPosition;
  const { epoch = 0, epochs = {} } = value;
  const claims = new Map(Object.entries(epochs as object).map(([vbucket, claim]) => [Number(vbucket), claim]));
  for (const claim of [epoch, ...claims.values()]) {
    if (!Number.isSafeInteger(claim) || claim < 0) throw new TypeError(`epoch ${JSON.stringify(claim)} is none`);
  }
  const named = manifest === undefined ? {} : { manifest };
  return { checkpoint: { version, bucket, ...named, vbuckets }, epoch: epoch as number, epochs: claims };
}
