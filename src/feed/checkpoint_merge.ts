/** How a save changes what is stored. */
import { type Checkpoint, type CheckpointRecord, epochOf, isBehind } from "./checkpoint.ts";
import type { StoredVbucketPosition } from "./position.ts";

/** Who saves, and what may move back. */
export interface MergeRules {
  /** The epoch of the claim that the save is made with; the number for all vbuckets or for each. */
  readonly epoch: number | ReadonlyMap<number, number>;
  /** The vbuckets that were rolled back. */
  readonly rolledBack: ReadonlySet<number>;
}

/** What a save comes to. */
export interface Merged {
  /** What is to be stored; the very record that was given if nothing changes. */
  readonly record: CheckpointRecord;
  /** The vbuckets that were further on already. */
  readonly kept: readonly number[];
  /** The vbuckets that another has claimed since. */
  readonly fenced: readonly number[];
}

/** Puts the positions of a checkpoint over those of a record, vbucket by vbucket. */
export function mergeCheckpoint(record: CheckpointRecord, given: Checkpoint, rules: MergeRules): Merged {
  const kept: number[] = [];
  const fenced: number[] = [];
  const stored = record.checkpoint;
  const vbuckets: Record<number, StoredVbucketPosition> = { ...stored.vbuckets };
  let changed = false;
  for (const [name, position] of Object.entries(given.vbuckets)) {
    const vbucket = Number(name);
    const before = stored.vbuckets[vbucket];
    if (epochOf(record, vbucket) > epochIn(rules, vbucket)) fenced.push(vbucket);
    else if (before !== undefined && isBehind(position, before) && !rules.rolledBack.has(vbucket)) kept.push(vbucket);
    else if (before === undefined || !isSame(before, position)) {
      const { vbuuid, seqno, snapshotStart, snapshotEnd } = position;
      vbuckets[vbucket] = { vbuuid, seqno, snapshotStart, snapshotEnd };
      changed = true;
    }
  }
  if (fenced.length > 0 && !changed) return { record, kept, fenced };
  const bucket = stored.bucket || given.bucket;
  const manifest = newerManifest(stored.manifest, given.manifest);
  changed ||= bucket !== stored.bucket || manifest !== stored.manifest;
  if (!changed) return { record, kept, fenced };
  const named = manifest === undefined ? {} : { manifest };
  return { record: { ...record, checkpoint: { version: 1, bucket, ...named, vbuckets } }, kept, fenced };
}

/** The epoch that a save has for a vbucket; one without a claim has 0. */
export function epochIn({ epoch }: Pick<MergeRules, "epoch">, vbucket: number): number {
  return typeof epoch === "number" ? epoch : epoch.get(vbucket) ?? 0;
}

function isSame(a: StoredVbucketPosition, b: StoredVbucketPosition): boolean {
  return a.seqno === b.seqno && a.vbuuid === b.vbuuid && a.snapshotStart === b.snapshotStart &&
    a.snapshotEnd === b.snapshotEnd;
}

/** UIDs of manifests only grow, so that the members of a group may save theirs in any order. */
function newerManifest(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return BigInt(`0x${a}`) < BigInt(`0x${b}`) ? b : a;
}
