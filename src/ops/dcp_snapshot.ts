/**
 * DCP: what the changes that follow are a part of.
 */

import type { Frame } from "../frame/frame.ts";
import { type Body, expectParts, failParts, NOTHING, type Nothing, type Op } from "./op.ts";

/** The forms of a snapshot marker. 1 stands in the extras, the others in the value. */
export type SnapshotMarkerVersion = "1" | "2.0" | "2.1" | "2.2";

/** The changes that follow, up to the next marker, are one consistent state at its end. */
export interface DcpSnapshotMarker {
  /** The first seqno of the snapshot. */
  readonly startSeqno: bigint;
  /** The last seqno of the snapshot, which may not be sent itself. */
  readonly endSeqno: bigint;
  /** Bits of {@linkcode SnapshotFlag}. */
  readonly flags: number;
  /** In which form it comes; 1 when missing. */
  readonly version?: SnapshotMarkerVersion;
  /** From 2.0 on: the last seqno that is not a write that waits; 0 on connections without synchronous writes. */
  readonly maxVisibleSeqno?: bigint;
  /** From 2.0 on: the last write that was carried out or given up; 0 on connections without synchronous writes. */
  readonly highCompletedSeqno?: bigint;
  /** Only 2.1, retired: when the snapshot was made. */
  readonly timestamp?: bigint;
  /** Only 2.2: deletions up to here may have been purged. */
  readonly purgeSeqno?: bigint;
  /** Only 2.2: the last write that waits. */
  readonly highPreparedSeqno?: bigint;
}

const V1_EXTRAS = 20;
const V2_EXTRAS = 1;
/** By the byte in the extras: the version, and how long its value is. */
const V2 = [["2.0", 36], ["2.1", 44], ["2.2", 52]] as const;

const marker: Body<DcpSnapshotMarker> = {
  write(out, message) {
    const { version = "1" } = message;
    if (version === "1") {
      const at = out.extras(V1_EXTRAS);
      writeRange(out.view, at, message);
      return;
    }
    const code = V2.findIndex(([name]) => name === version);
    if (code < 0) throw new TypeError(`Cannot write a snapshot marker of version ${version}`);
    const extrasAt = out.extras(V2_EXTRAS);
    out.view.setUint8(extrasAt, code);
    const at = out.reserve(V2[code]![1]);
    writeRange(out.view, at, message);
    out.view.setBigUint64(at + 20, message.maxVisibleSeqno ?? 0n);
    out.view.setBigUint64(at + 28, message.highCompletedSeqno ?? 0n);
    if (version === "2.1") out.view.setBigUint64(at + 36, message.timestamp ?? 0n);
    if (version !== "2.2") return;
    out.view.setBigUint64(at + 36, message.purgeSeqno ?? 0n);
    out.view.setBigUint64(at + 44, message.highPreparedSeqno ?? 0n);
  },
  read(frame) {
    if (frame.extrasLength !== V2_EXTRAS) {
      expectParts(frame, V1_EXTRAS, false, false);
      return { ...readRange(frame.view, frame.extrasAt), version: "1" };
    }
    const { version, at } = findV2(frame);
    const { view } = frame;
    const both = {
      ...readRange(view, at),
      version,
      maxVisibleSeqno: view.getBigUint64(at + 20),
      highCompletedSeqno: view.getBigUint64(at + 28),
    };
    if (version === "2.1") return { ...both, timestamp: view.getBigUint64(at + 36) };
    if (version === "2.0") return both;
    return { ...both, purgeSeqno: view.getBigUint64(at + 36), highPreparedSeqno: view.getBigUint64(at + 44) };
  },
};

function findV2(frame: Frame): { readonly version: SnapshotMarkerVersion; readonly at: number } {
  expectParts(frame, V2_EXTRAS, false, true);
  const code = frame.view.getUint8(frame.extrasAt);
  const form = V2[code];
  if (form === undefined) failParts(frame, `version 2.${code} of a snapshot marker, expected 2.0 to 2.2`);
  const [version, size] = form;
  if (frame.valueLength !== size) failParts(frame, `a value of ${frame.valueLength} bytes, expected ${size}`);
  return { version, at: frame.valueAt };
}

function writeRange(view: DataView, at: number, message: DcpSnapshotMarker): void {
  view.setBigUint64(at, message.startSeqno);
  view.setBigUint64(at + 8, message.endSeqno);
  view.setUint32(at + 16, message.flags);
}

function readRange(view: DataView, at: number): Pick<DcpSnapshotMarker, "startSeqno" | "endSeqno" | "flags"> {
  return { startSeqno: view.getBigUint64(at), endSeqno: view.getBigUint64(at + 8), flags: view.getUint32(at + 16) };
}

/** Says what the changes that follow are a part of; answered only when it has the flag `ACK`, and then after the last of them. */
export const DCP_SNAPSHOT_MARKER: Op<DcpSnapshotMarker, Nothing> = {
  name: "dcp-snapshot-marker",
  opcode: 0x56,
  request: marker,
  response: NOTHING,
  idempotent: true,
};
