import { DcpOpenFlag, SnapshotFlag } from "../../../ops/dcp_flags.ts";
import type { DcpSnapshotMarker } from "../../../ops/dcp_snapshot.ts";
import type { VbucketChange } from "../change_log.ts";
import { isCollectionChange } from "../collection_change.ts";
import { compareKeys } from "../document.ts";
import type { Vbucket } from "../vbucket.ts";
import type { ChangeFilter } from "./change_filter.ts";
import type { DcpSettings } from "./settings.ts";

/** Changes that together lead to one state of a vbucket. */
export interface Snapshot {
  /** The changes that are sent. */
  readonly changes: readonly VbucketChange[];
  /** The last seqno of that state; the change may not be among those that are sent. */
  readonly end: bigint;
  /** Whether it was read from the vbucket itself, else from the log of its last changes. */
  readonly disk: boolean;
  /** Whether the changes come in the order of their keys. */
  readonly anyOrder: boolean;
}

/** How a snapshot is made. */
export interface SnapshotOptions {
  /** Everything behind it. */
  readonly after: bigint;
  /** Only what is on disk, and only up to this seqno. */
  readonly diskUpTo?: bigint | undefined;
  /** Which changes. */
  readonly filter: ChangeFilter;
  /** How the connection works. */
  readonly settings: DcpSettings;
}

/** Takes what there is behind a seqno; what is written afterwards does not change it. */
export function takeSnapshot(vbucket: Vbucket, options: SnapshotOptions): Snapshot {
  const { after, diskUpTo, filter, settings } = options;
  // Whoever has nothing yet and takes any order is given the order of the keys.
  const anyOrder = after === 0n && settings.anyOrder !== "no" && filter.selects;
  const disk = diskUpTo !== undefined || anyOrder || !vbucket.log.reaches(after);
  const end = diskUpTo ?? vbucket.highSeqno;
  const skipsDeletes = disk && after === 0n && (settings.flags & DcpOpenFlag.SKIP_DELETES_IN_INITIAL_BACKFILL) !== 0;
  const changes = behind(vbucket, after, disk, settings).filter((change) =>
    change.seqno <= end && filter.takes(change) && isTold(change, settings) && !(skipsDeletes && isTombstone(change))
  );
  if (anyOrder) changes.sort(byKey);
  return { changes, end, disk, anyOrder };
}

function behind(vbucket: Vbucket, after: bigint, disk: boolean, { history }: DcpSettings): VbucketChange[] {
  if (history) return vbucket.historySince(after);
  return disk ? vbucket.changesSince(after) : vbucket.log.since(after);
}

/** There is only one form of the event that a collection was changed. */
function isTold(change: VbucketChange, { flatEvents }: DcpSettings): boolean {
  return flatEvents || !isCollectionChange(change) || change.type !== "collection-changed";
}

function isTombstone(change: VbucketChange): boolean {
  return !isCollectionChange(change) && change.deleted !== undefined;
}

function byKey(a: VbucketChange, b: VbucketChange): number {
  // Collections are told of before what is in them.
  if (isCollectionChange(a) || isCollectionChange(b)) {
    return Number(isCollectionChange(b)) - Number(isCollectionChange(a)) || Number(a.seqno - b.seqno);
  }
  return a.collection - b.collection || compareKeys(a.key, b.key);
}

/** What a marker says beside what the snapshot knows. */
export interface MarkerOptions {
  /** The first seqno. */
  readonly start: bigint;
  /** Whether it begins in the middle of what was written together. */
  readonly midway: boolean;
  /** Whether the consumer is to answer. */
  readonly answered: boolean;
  /** How the connection works. */
  readonly settings: DcpSettings;
}

/** The marker of a snapshot, in the newest version that the consumer knows. */
export function markerOf(snapshot: Snapshot, vbucket: Vbucket, options: MarkerOptions): DcpSnapshotMarker {
  const { settings, start } = options;
  const { disk, end } = snapshot;
  let flags: number = disk ? SnapshotFlag.DISK : SnapshotFlag.MEMORY;
  if (disk || !options.midway) flags |= SnapshotFlag.CHECKPOINT;
  if (settings.history) flags |= SnapshotFlag.HISTORY | SnapshotFlag.MAY_CONTAIN_DUPLICATES;
  if (options.answered) flags |= SnapshotFlag.ACK;
  const range = { startSeqno: start, endSeqno: end, flags };
  // Nothing waits here for other nodes: all is visible and completed, which only those are told who take part.
  const replica = settings.syncWrites && settings.consumerName !== "";
  const visible = replica ? { maxVisibleSeqno: end } : {};
  if (disk && settings.marker22) return { ...range, version: "2.2", ...visible, purgeSeqno: vbucket.purgeSeqno };
  return replica ? { ...range, version: "2.0", ...visible } : range;
}
