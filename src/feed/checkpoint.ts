/** What a checkpoint is, and what its stores make of it: read, check, merge and write, without any store. */
import { CheckpointCorruptError, CheckpointForeignError } from "./checkpoint_error.ts";

/** Where a stream of one vbucket has got to; the numbers are unsigned 64-bit ones as decimal text, so that JSON keeps them. */
export interface CheckpointVbucket {
  /** The branch of history that the seqno is of. */
  readonly vbuuid: string;
  /** The last seqno that has been processed, and every one before it. */
  readonly seqno: string;
  /** Where the snapshot begins that the seqno lies in; never above it. */
  readonly snapshotStart: string;
  /** Where that snapshot ends; never below the seqno. */
  readonly snapshotEnd: string;
}

/** What has been processed of a bucket: JSON-safe, and what `from` of a feed takes to go on behind it. */
export interface Checkpoint {
  /** The version of the form. */
  readonly version: 1;
  /** UUID of the bucket; "" when it has none, as with TAP. */
  readonly bucket: string;
  /** UID of the newest collection manifest that was seen, as hex. */
  readonly manifest?: string;
  /** The streams by the number of their vbucket. */
  readonly vbuckets: { readonly [vbucket: number]: CheckpointVbucket };
}

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

const MOST_VBUCKET = 0xffff;
const MOST_SEQNO = 0xffff_ffff_ffff_ffffn;
const DECIMAL = /^(0|[1-9]\d{0,19})$/;

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
export function isBehind(position: CheckpointVbucket, other: CheckpointVbucket): boolean {
  return BigInt(position.seqno) < BigInt(other.seqno);
}

/**
 * What is wrong with a position, in words; `undefined` when nothing is. One whose seqno lies outside of its snapshot would
 * have the server roll back to zero.
 */
export function positionFault(vbucket: number, position: unknown): string | undefined {
  if (!Number.isInteger(vbucket) || vbucket < 0 || vbucket > MOST_VBUCKET) return `vbucket ${vbucket} is none`;
  if (typeof position !== "object" || position === null) return `vbucket ${vbucket} has no position`;
  const { vbuuid, seqno, snapshotStart, snapshotEnd } = position as Record<string, unknown>;
  for (const [name, value] of Object.entries({ vbuuid, seqno, snapshotStart, snapshotEnd })) {
    if (typeof value === "string" && DECIMAL.test(value) && BigInt(value) <= MOST_SEQNO) continue;
    return `${name} of vbucket ${vbucket} is ${JSON.stringify(value)}, not an unsigned 64-bit number as text`;
  }
  const inside = BigInt(snapshotStart as string) <= BigInt(seqno as string) &&
    BigInt(seqno as string) <= BigInt(snapshotEnd as string);
  if (inside) return undefined;
  return `seqno ${seqno} of vbucket ${vbucket} lies outside of its snapshot, ${snapshotStart} to ${snapshotEnd}`;
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
  const { version, bucket, manifest, epoch = 0, epochs = {}, vbuckets } = value;
  if (version !== 1) throw new TypeError(`version is ${JSON.stringify(version)}, not 1`);
  if (typeof bucket !== "string") throw new TypeError("bucket is no text");
  if (manifest !== undefined && typeof manifest !== "string") throw new TypeError("manifest is no text");
  if (typeof vbuckets !== "object" || vbuckets === null) throw new TypeError("vbuckets is no object");
  for (const [vbucket, position] of Object.entries(vbuckets)) {
    const fault = positionFault(Number(vbucket), position);
    if (fault !== undefined) throw new TypeError(fault);
  }
  const claims = new Map(Object.entries(epochs as object).map(([vbucket, claim]) => [Number(vbucket), claim]));
  for (const claim of [epoch, ...claims.values()]) {
    if (!Number.isSafeInteger(claim) || claim < 0) throw new TypeError(`epoch ${JSON.stringify(claim)} is none`);
  }
  const named = manifest === undefined ? {} : { manifest };
  return {
    checkpoint: { version, bucket, ...named, vbuckets: vbuckets as Checkpoint["vbuckets"] },
    epoch: epoch as number,
    epochs: claims,
  };
}
