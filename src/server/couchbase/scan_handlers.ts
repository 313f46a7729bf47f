import { TimeoutError } from "../../errors.ts";
import { RANGE_SCAN_CANCEL, RANGE_SCAN_CONTINUE, RANGE_SCAN_CREATE } from "../../ops/range_scan.ts";
import { VbucketState } from "../../ops/vbucket.ts";
import { Feature } from "../../wire/features.ts";
import { Status } from "../../wire/status.ts";
import type { Exchange } from "../exchange.ts";
import type { Server } from "../server.ts";
import { NOT_FOUND, StatusReply } from "../status_reply.ts";
import { toldStatus } from "./error_mapping.ts";
import type { NodeContext } from "./node_context.ts";
import { invalid, UNKNOWN_COLLECTION } from "./refusals.ts";
import { readScanRequest, type ScanSnapshot } from "./scan_request.ts";
import type { Vbucket } from "./vbucket.ts";

const OTHER_HISTORY = new StatusReply(Status.RANGE_SCAN_VB_UUID_NOT_EQUAL);
const NOT_YET = new StatusReply(Status.ETMPFAIL);

/** Items go in frames of about so many bytes. */
const FRAME_BYTES = 256 * 1024;

/** Answers range scans. */
export function registerScans(server: Server, context: NodeContext): void {
  const active = (exchange: Exchange<never> | Exchange) => context.vbucketIn(exchange, VbucketState.ACTIVE);
  server
    .on(RANGE_SCAN_CREATE, async ({ json }, exchange) => {
      const bucket = context.bucket(exchange);
      const vbucket = active(exchange);
      const request = readScanRequest(json);
      if (request.includeXattrs && !exchange.features.has(Feature.RANGE_SCAN_INCLUDE_XATTR)) {
        throw invalid("Attributes in scans were not agreed on");
      }
      if (bucket.manifest.find(request.collection) === undefined) throw UNKNOWN_COLLECTION;
      if (request.snapshot !== undefined) await meet(vbucket, request.snapshot, exchange.signal);
      return { id: bucket.scans.create(vbucket, request) };
    })
    .on(RANGE_SCAN_CONTINUE, async (request, exchange) => {
      const { scans } = context.bucket(exchange);
      const scan = scans.find(request.id, active(exchange));
      let left = request.itemLimit;
      let bytes = request.byteLimit;
      while (true) {
        const byteLimit = bytes === 0 ? FRAME_BYTES : Math.min(bytes, FRAME_BYTES);
        const { items, complete } = scans.next(scan, { ...request, itemLimit: left, byteLimit }, exchange.features);
        const ends = complete || (left > 0 && items.length >= left) || (bytes > 0 && bytes <= FRAME_BYTES);
        if (ends) {
          const status = complete ? Status.RANGE_SCAN_COMPLETE : Status.RANGE_SCAN_MORE;
          // Without extended errors these two are none that could be told.
          if (toldStatus(new StatusReply(status), exchange.features) === undefined) throw new StatusReply(status);
          exchange.status = status;
          return { items, status };
        }
        await exchange.push({ items, status: Status.SUCCESS });
        if (left > 0) left -= items.length;
        if (bytes > 0) bytes -= FRAME_BYTES;
      }
    })
    .on(RANGE_SCAN_CANCEL, ({ id }, exchange) => context.bucket(exchange).scans.cancel(id, active(exchange)));
}

/** Waits until a vbucket has what a scan must see. */
async function meet(vbucket: Vbucket, snapshot: ScanSnapshot, signal: AbortSignal): Promise<void> {
  const { vbuuid, seqno, mustExist, timeout } = snapshot;
  if (vbucket.vbuuid !== vbuuid) throw OTHER_HISTORY;
  if (vbucket.persistedSeqno < seqno && timeout === 0) throw NOT_YET;
  try {
    await vbucket.persisted(seqno, { signal, timeout });
  } catch (error) {
    throw error instanceof TimeoutError ? NOT_YET : error;
  }
  if (mustExist && ![...vbucket.since(seqno - 1n)].some((document) => document.seqno === seqno)) throw NOT_FOUND;
}
