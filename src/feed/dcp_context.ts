import type { FailoverEntry } from "../ops/vbucket.ts";
import { NO_POSITION, type VbucketPosition } from "./position.ts";

/** What events of one snapshot of one stream have in common; each of them points at it and copies nothing. */
export interface DcpContext {
  /** The vbucket of the stream. */
  readonly vbucket: number;
  /** Which stream of the vbucket it is, where there may be several. */
  readonly streamId: number | undefined;
  /** Whether keys begin with the number of their collection. */
  readonly collections: boolean;
  /** The histories of the vbucket, the newest first. */
  readonly log: readonly FailoverEntry[];
  /** The first seqno of the snapshot. */
  readonly start: bigint;
  /** The last seqno of the snapshot. */
  readonly end: bigint;
  /** While changes come in any order: where the consumer stands until all have come. */
  readonly standing: VbucketPosition | undefined;
}

/** The position behind a seqno. */
export function positionIn(context: DcpContext, seqno: bigint): VbucketPosition {
  const { log, start, end, standing } = context;
  if (standing !== undefined) return standing;
  return {
    vbuuid: historyAt(log, seqno),
    seqno,
    snapshotStart: start < seqno ? start : seqno,
    snapshotEnd: end > seqno ? end : seqno,
  };
}

/** The newest history that has a seqno in it: the one that most servers will still know. 0 if there is none. */
export function historyAt(log: readonly FailoverEntry[], seqno: bigint): bigint {
  for (const entry of log) if (entry.seqno <= seqno) return entry.vbuuid;
  return 0n;
}

/** Where to begin so as to have all up to a seqno and nothing behind it; at the beginning if no history has it. */
export function wholePosition(log: readonly FailoverEntry[], seqno: bigint): VbucketPosition {
  const vbuuid = historyAt(log, seqno);
  if (seqno === 0n || vbuuid === 0n) return NO_POSITION;
  return { vbuuid, seqno, snapshotStart: seqno, snapshotEnd: seqno };
}
