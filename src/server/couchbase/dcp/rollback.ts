import type { FailoverEntry } from "../../../ops/vbucket.ts";

/** What a consumer has of a vbucket, as it says. */
export interface ConsumerState {
  /** The last change that it has. */
  readonly startSeqno: bigint;
  /** Where the snapshot begins and ends that this one lies in. */
  readonly snapshotStart: bigint;
  readonly snapshotEnd: bigint;
  /** The history that it has it of. */
  readonly vbuuid: bigint;
  /** Whether the history is compared also for who has nothing. */
  readonly strict: boolean;
}

/** What the producer has. */
export interface ProducerState {
  /** The histories, the newest first. */
  readonly failoverLog: readonly FailoverEntry[];
  /** The last change. */
  readonly highSeqno: bigint;
  /** The last tombstone that is gone and that the consumer would miss; 0 for none. */
  readonly purgeSeqno: bigint;
}

/** Up to where a consumer must forget what it has before it can go on; `undefined` if it can go on as it is. */
export function rollbackPoint(consumer: ConsumerState, producer: ProducerState): bigint | undefined {
  const { startSeqno, vbuuid } = consumer;
  if (startSeqno === 0n && (!consumer.strict || vbuuid === 0n)) return undefined;
  if (startSeqno !== 0n && startSeqno < producer.purgeSeqno) return 0n;
  const { failoverLog } = producer;
  const at = failoverLog.findIndex((entry) => entry.vbuuid === vbuuid);
  if (at < 0) return 0n;
  // What it has of this history is common to both up to where the next one began.
  const common = at === 0 ? producer.highSeqno : failoverLog[at - 1]!.seqno;
  const { snapshotStart, snapshotEnd } = consumer;
  // Of a snapshot of which it has nothing yet, or all, only the one end counts.
  const end = startSeqno === snapshotStart ? startSeqno : snapshotEnd;
  if (end <= common) return undefined;
  const start = startSeqno === snapshotEnd ? startSeqno : snapshotStart;
  return common < start ? common : start;
}
