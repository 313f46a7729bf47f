import type { Frame } from "../frame/frame.ts";
import { DCP_SNAPSHOT_MARKER, type DcpSnapshotMarker } from "../ops/dcp_snapshot.ts";
import { DCP_STREAM_END } from "../ops/dcp_stream.ts";
import { DCP_SYSTEM_EVENT } from "../ops/dcp_system.ts";
import { readSystemEvent } from "../ops/dcp_system_value.ts";
import { StreamEndReason } from "../ops/dcp_flags.ts";
import { type DcpContext, positionIn } from "./dcp_context.ts";
import type {
  DcpOsoEvent,
  DcpRollbackEvent,
  DcpSeqnoAdvancedEvent,
  DcpSnapshotEvent,
  DcpStreamEndEvent,
  DcpStreamEndReason,
  DcpSystemEvent,
  DcpUnknownEvent,
} from "./dcp_event.ts";
import type { VbucketPosition } from "./position.ts";

/** Events that are not about documents: few enough to be read as a whole when they come. */

type Where = Pick<DcpContext, "vbucket" | "streamId">;

function whereOf({ vbucket, streamId }: Where): Where {
  return { vbucket, streamId };
}

/** Reads a snapshot marker. The position stays where it was: nothing of the snapshot has come yet. */
export function snapshotEvent(frame: Frame, context: Where, position: VbucketPosition): DcpSnapshotEvent {
  const marker: DcpSnapshotMarker = DCP_SNAPSHOT_MARKER.request.read(frame);
  return {
    type: "snapshot",
    ...whereOf(context),
    startSeqno: marker.startSeqno,
    endSeqno: marker.endSeqno,
    flags: marker.flags,
    version: marker.version ?? "1",
    maxVisibleSeqno: marker.maxVisibleSeqno,
    highCompletedSeqno: marker.highCompletedSeqno,
    purgeSeqno: marker.purgeSeqno,
    highPreparedSeqno: marker.highPreparedSeqno,
    position,
  };
}

/** Reads what happened to a collection or a scope. */
export function systemEvent(frame: Frame, context: DcpContext): DcpSystemEvent {
  const message = DCP_SYSTEM_EVENT.request.read(frame);
  const { seqno } = message;
  return {
    type: "system",
    ...whereOf(context),
    seqno,
    event: readSystemEvent(message),
    position: positionIn(context, seqno),
  };
}

/** Says that nothing up to a seqno comes. */
export function advancedEvent(seqno: bigint, context: DcpContext): DcpSeqnoAdvancedEvent {
  return { type: "seqno-advanced", ...whereOf(context), seqno, position: positionIn(context, seqno) };
}

/** Says that changes in any order begin or have all come. */
export function osoEvent(phase: "start" | "end", context: Where, position: VbucketPosition): DcpOsoEvent {
  return { type: "oso", ...whereOf(context), phase, position };
}

const REASONS: Readonly<Record<number, DcpStreamEndReason>> = {
  [StreamEndReason.OK]: "ok",
  [StreamEndReason.CLOSED]: "closed",
  [StreamEndReason.STATE_CHANGED]: "state-changed",
  [StreamEndReason.DISCONNECTED]: "disconnected",
  [StreamEndReason.SLOW]: "slow",
  [StreamEndReason.BACKFILL_FAIL]: "backfill-failed",
  [StreamEndReason.ROLLBACK]: "rollback",
  [StreamEndReason.FILTER_EMPTY]: "filter-empty",
  [StreamEndReason.LOST_PRIVILEGES]: "lost-privileges",
};

/** The reasons behind which there is nothing to ask for any more. With any other, known or not, the stream is asked for again. */
const FINAL: readonly number[] = [StreamEndReason.OK, StreamEndReason.FILTER_EMPTY, StreamEndReason.LOST_PRIVILEGES];

/** Reads why a stream ended. */
export function readEndReason(frame: Frame): number {
  return DCP_STREAM_END.request.read(frame).reason;
}

/** Says that a stream has ended. */
export function endEvent(code: number, context: Where, position: VbucketPosition): DcpStreamEndEvent {
  return {
    type: "stream-end",
    ...whereOf(context),
    reason: REASONS[code] ?? "unknown",
    code,
    final: FINAL.includes(code),
    position,
  };
}

/** Says that a stream was closed from here. */
export function closedEvent(context: Where, position: VbucketPosition): DcpStreamEndEvent {
  return {
    type: "stream-end",
    ...whereOf(context),
    reason: "closed",
    code: StreamEndReason.CLOSED,
    final: true,
    position,
  };
}

/** Says that history was rolled back. */
export function rollbackEvent(from: bigint, context: Where, position: VbucketPosition): DcpRollbackEvent {
  return { type: "rollback", ...whereOf(context), from, to: position.seqno, position };
}

/** Shows what is not known. */
export function unknownEvent(frame: Frame, context: Where, position: VbucketPosition): DcpUnknownEvent {
  return { type: "unknown", ...whereOf(context), opcode: frame.opcode, frame: frame.clone(), position };
}
