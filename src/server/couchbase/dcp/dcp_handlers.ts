import { DCP_BUFFER_ACK, DCP_CONTROL, DCP_NOOP, DCP_OPEN, DCP_SET_VBUCKET_STATE } from "../../../ops/dcp.ts";
import {
  DCP_ABORT,
  DCP_COMMIT,
  DCP_DELETION,
  DCP_EXPIRATION,
  DCP_MUTATION,
  DCP_OSO_SNAPSHOT,
  DCP_PREPARE,
  DCP_SEQNO_ACKNOWLEDGED,
  DCP_SEQNO_ADVANCED,
} from "../../../ops/dcp_events.ts";
import { DcpStreamFlag } from "../../../ops/dcp_flags.ts";
import { DCP_SNAPSHOT_MARKER } from "../../../ops/dcp_snapshot.ts";
import {
  DCP_ADD_STREAM,
  DCP_CLOSE_STREAM,
  DCP_GET_FAILOVER_LOG,
  DCP_STREAM_END,
  DCP_STREAM_REQUEST,
} from "../../../ops/dcp_stream.ts";
import { DCP_SYSTEM_EVENT } from "../../../ops/dcp_system.ts";
import type { Nothing, Op } from "../../../ops/op.ts";
import { VbucketState } from "../../../ops/vbucket.ts";
import { Status } from "../../../wire/status.ts";
import type { Exchange } from "../../exchange.ts";
import type { Server } from "../../server.ts";
import { NOT_FOUND, StatusReply } from "../../status_reply.ts";
import type { CouchbaseBucket } from "../bucket.ts";
import type { NodeContext } from "../node_context.ts";
import { control } from "./controls.ts";
import { DcpProducer } from "./dcp_producer.ts";
import { SYSTEM_TIMERS } from "./noop_timer.ts";
import { openSettings } from "./settings.ts";
import { planStream } from "./stream_request.ts";

/** After how many milliseconds without a byte a consumer is gone when nobody says otherwise. */
const IDLE_TIMEOUT = 360_000;

const NO_STREAM_ID = new StatusReply(Status.DCP_STREAM_ID_INVALID);

/** What only a consumer takes, or nobody: a producer closes the connection. */
const FOR_CONSUMERS: readonly Op<never, unknown>[] = [
  DCP_ADD_STREAM,
  DCP_NOOP,
  DCP_SET_VBUCKET_STATE,
  DCP_STREAM_END,
  DCP_SNAPSHOT_MARKER,
  DCP_MUTATION,
  DCP_DELETION,
  DCP_EXPIRATION,
  DCP_PREPARE,
  DCP_COMMIT,
  DCP_ABORT,
  DCP_SEQNO_ADVANCED,
  DCP_OSO_SNAPSHOT,
  DCP_SYSTEM_EVENT,
] as unknown as readonly Op<never, unknown>[];

/** Answers DCP: the change feeds of the buckets. */
export function registerDcp(server: Server, context: NodeContext): void {
  server
    .on(DCP_OPEN, (request, exchange) => open(request, exchange, context))
    .on(DCP_CONTROL, (request, exchange) => {
      const producer = producerOf(exchange, context);
      if (producer === undefined) return;
      const bucket = context.bucket(exchange);
      control(producer.settings, request, { history: bucket.history, streaming: producer.streams.length > 0 });
      producer.settingsChanged();
    })
    .on(DCP_BUFFER_ACK, ({ bytes }, exchange) => {
      producerOf(exchange, context)?.acknowledge(bytes);
      exchange.silence();
    })
    .on(DCP_SEQNO_ACKNOWLEDGED, (_, exchange) => {
      // Nothing waits for replicas here.
      if (producerOf(exchange, context) !== undefined) exchange.silence();
    })
    .on(DCP_GET_FAILOVER_LOG, (_, exchange) => ({ entries: context.anyVbucket(exchange).failoverLog }));
  for (const op of FOR_CONSUMERS) server.on(op, (_, exchange) => void leave(exchange));
  registerStreams(server, context);
}

function registerStreams(server: Server, context: NodeContext): void {
  server
    .on(DCP_STREAM_REQUEST, (request, exchange) => {
      const producer = producerOf(exchange, context);
      if (producer === undefined) return { entries: [] };
      const active = (request.flags & DcpStreamFlag.ACTIVE_VB_ONLY) !== 0;
      const vbucket = active ? context.vbucketIn(exchange, VbucketState.ACTIVE) : context.anyVbucket(exchange);
      const bucket = context.bucket(exchange);
      const fault = bucket.dcp.faults.takeAnswer(vbucket.id);
      if (fault !== undefined && "status" in fault) throw new StatusReply(fault.status);
      const rollback = fault !== undefined && fault.rollback < request.startSeqno ? fault.rollback : undefined;
      const plan = rollback ??
        planStream(request, producer, { opaque: exchange.opaque, vbucket, manifest: bucket.manifest });
      if (typeof plan === "bigint") {
        exchange.status = Status.ROLLBACK;
        return { entries: [], rollback: plan };
      }
      producer.add(plan);
      return { entries: vbucket.failoverLog };
    })
    .on(DCP_CLOSE_STREAM, (_, exchange) => {
      const producer = producerOf(exchange, context);
      if (producer === undefined) return;
      const info = exchange.infos.find((info) => info.type === "stream-id");
      if (producer.settings.streamIds !== (info !== undefined)) throw NO_STREAM_ID;
      const stream = producer.find(exchange.vbucket, info?.streamId ?? 0);
      if (stream === undefined) throw NOT_FOUND;
      producer.close(stream);
    });
}

function open(
  request: { readonly name: string; readonly flags: number; readonly json?: string },
  exchange: Exchange<Nothing>,
  context: NodeContext,
): void {
  const state = context.state(exchange.session);
  if (state.feed !== undefined) return leave(exchange);
  const bucket = context.bucket(exchange);
  const settings = openSettings(request, exchange.features);
  const producer = new DcpProducer(exchange.session, { name: request.name, settings, host: hostOf(bucket, context) });
  state.feed = producer;
  bucket.dcp.add(producer);
  exchange.session.attach(producer);
}

function hostOf(
  bucket: CouchbaseBucket,
  { options }: NodeContext,
): ConstructorParameters<typeof DcpProducer>[1]["host"] {
  return {
    faults: bucket.dcp.faults,
    timers: options.timers ?? SYSTEM_TIMERS,
    idleTimeout: options.feedIdleTimeout ?? IDLE_TIMEOUT,
    surrender: (vbucket) => bucket.setVbucketState(vbucket, VbucketState.DEAD),
    ended: (producer) => bucket.dcp.remove(producer),
  };
}

/** The feed of a connection; without one the connection is closed, and nothing is answered. */
function producerOf(exchange: Exchange<never>, context: NodeContext): DcpProducer | undefined {
  const { feed } = context.state(exchange.session);
  if (feed instanceof DcpProducer) return feed;
  leave(exchange);
  return undefined;
}

/** Closes the connection without an answer. */
function leave(exchange: Exchange<never>): void {
  exchange.silence();
  exchange.close();
}
