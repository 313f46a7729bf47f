import { ProtocolError } from "../../../errors.ts";
import { readStreamFilter, type StreamFilter } from "../../../ops/dcp_filter.ts";
import { DcpOpenFlag, DcpStreamFlag } from "../../../ops/dcp_flags.ts";
import type { DcpStreamRequest } from "../../../ops/dcp_stream.ts";
import { Status } from "../../../wire/status.ts";
import { EXISTS, StatusReply } from "../../status_reply.ts";
import type { CollectionsManifest } from "../manifest.ts";
import { invalid, NOT_SUPPORTED } from "../refusals.ts";
import type { Vbucket } from "../vbucket.ts";
import { ChangeFilter } from "./change_filter.ts";
import type { DcpProducer } from "./dcp_producer.ts";
import type { StreamPlan } from "./dcp_stream.ts";
import { rollbackPoint } from "./rollback.ts";

const KNOWN_FLAGS = DcpStreamFlag.TAKEOVER | DcpStreamFlag.DISK_ONLY | DcpStreamFlag.TO_LATEST |
  DcpStreamFlag.ACTIVE_VB_ONLY | DcpStreamFlag.STRICT_VB_UUID | DcpStreamFlag.FROM_LATEST |
  DcpStreamFlag.IGNORE_PURGED_TOMBSTONES;

const OUT_OF_RANGE = new StatusReply(Status.ERANGE);
const STREAM_ID_INVALID = new StatusReply(Status.DCP_STREAM_ID_INVALID, {
  context: "The number of the stream is missing, or there must be none",
});

/** What a request for a stream is about, beside what it says. */
export interface StreamRequestPlace {
  /** The opaque of the request. */
  readonly opaque: number;
  /** The vbucket, which is here and in a state that may be streamed. */
  readonly vbucket: Vbucket;
  /** The collections of the bucket. */
  readonly manifest: CollectionsManifest;
}

/**
 * What a stream is to send that is asked for; or the seqno up to which the consumer must roll back.
 *
 * @throws {StatusReply} If there can be no such stream.
 */
export function planStream(
  request: DcpStreamRequest,
  producer: DcpProducer,
  place: StreamRequestPlace,
): StreamPlan | bigint {
  const { vbucket, opaque } = place;
  const has = (flag: number): boolean => (request.flags & flag) !== 0;
  checkRequest(request, producer);
  const range = rangeOf(request, vbucket);
  const wanted = readFilter(request.filter, producer);
  const { streamId = 0 } = wanted;
  if (producer.settings.streamIds !== (streamId !== 0)) throw STREAM_ID_INVALID;
  const filter = producer.settings.collections ? ChangeFilter.from(wanted, place.manifest) : ChangeFilter.forDefault();
  if (producer.find(vbucket.id, streamId) !== undefined) throw EXISTS;
  if (!has(DcpStreamFlag.FROM_LATEST)) {
    const rollback = rollbackPoint(
      { ...request, strict: has(DcpStreamFlag.STRICT_VB_UUID) },
      {
        failoverLog: vbucket.failoverLog,
        highSeqno: vbucket.highSeqno,
        purgeSeqno: missedPurge(request, wanted, { vbucket, filter }),
      },
    );
    if (rollback !== undefined) return rollback;
  }
  return {
    head: { opaque, vbucket: vbucket.id, streamId },
    vbucket,
    ...range,
    diskOnly: has(DcpStreamFlag.DISK_ONLY),
    takeover: has(DcpStreamFlag.TAKEOVER),
    filter,
    ignoresPurged: has(DcpStreamFlag.IGNORE_PURGED_TOMBSTONES),
  };
}

function checkRequest({ flags }: DcpStreamRequest, { settings }: DcpProducer): void {
  if ((flags & ~KNOWN_FLAGS) !== 0) throw invalid("There is no such flag");
  const needsNoop = settings.collections || (settings.flags & DcpOpenFlag.INCLUDE_XATTRS) !== 0;
  // Clients that know so much must be able to tell a dead server from a silent one.
  if (needsNoop && !settings.noop) throw NOT_SUPPORTED;
}

function rangeOf(request: DcpStreamRequest, vbucket: Vbucket): Pick<StreamPlan, "start" | "end" | "snapshotStart"> {
  const { flags, startSeqno, endSeqno, snapshotStart, snapshotEnd } = request;
  let end = endSeqno;
  if ((flags & DcpStreamFlag.TO_LATEST) !== 0) end = vbucket.highSeqno;
  if ((flags & DcpStreamFlag.DISK_ONLY) !== 0) end = vbucket.persistedSeqno;
  const latest = (flags & DcpStreamFlag.FROM_LATEST) !== 0;
  const start = latest ? vbucket.highSeqno : startSeqno;
  if (start > end) throw OUT_OF_RANGE;
  if (!latest && (snapshotStart > start || start > snapshotEnd)) throw OUT_OF_RANGE;
  return { start, end, snapshotStart: latest ? start : snapshotStart };
}

function readFilter(json: string | undefined, { settings }: DcpProducer): StreamFilter {
  if (json === undefined) return {};
  if (!settings.collections) throw invalid("A filter needs collections");
  try {
    return readStreamFilter(json);
  } catch (error) {
    if (error instanceof ProtocolError) throw invalid(error.message);
    throw error;
  }
}

/** The last tombstone that is gone and that the consumer would miss. */
function missedPurge(
  { flags }: DcpStreamRequest,
  { purgeSeqno }: StreamFilter,
  { vbucket, filter }: Pick<StreamPlan, "vbucket" | "filter">,
): bigint {
  if ((flags & DcpStreamFlag.IGNORE_PURGED_TOMBSTONES) !== 0) return 0n;
  if (purgeSeqno === vbucket.purgeSeqno) return 0n;
  return vbucket.purgedOf((collection) => filter.has(collection));
}
