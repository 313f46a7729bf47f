import type { CouchbaseBucket } from "../bucket.ts";
import type { DcpProducer } from "./dcp_producer.ts";

/** A name and its value. */
type Statistic = readonly [name: string, value: string];

/** What the group `dcp` of STAT says: each connection and each of its streams. */
export function dcpStats({ dcp }: CouchbaseBucket): Statistic[] {
  const { producers } = dcp;
  return [
    ...producers.flatMap(connectionStats),
    ["ep_dcp_count", `${producers.length}`],
    ["ep_dcp_producer_count", `${producers.length}`],
  ];
}

function connectionStats(producer: DcpProducer): Statistic[] {
  const { name, settings, window, streams } = producer;
  const at = `eq_dcpq:${name}`;
  const stats: readonly (readonly [string, string | number | boolean])[] = [
    ["type", "producer"],
    ["connected", true],
    ["num_streams", streams.length],
    ["items_sent", producer.messages],
    ["total_bytes_sent", window.sent],
    ["flow_control", settings.window > 0 ? "enabled" : "disabled"],
    ["max_buffer_bytes", settings.window],
    ["unacked_bytes", window.unacked],
    ["paused", window.isFull(settings.window)],
    ["noop_enabled", settings.noop],
    ["noop_tx_interval", settings.noopInterval / 1000],
    ["noop_wait", producer.awaitsNoop],
    ["force_value_compression", settings.compress],
    ["priority", "medium"],
    ...streams.flatMap(({ plan, seqno }): [string, string | number][] => {
      const { vbucket, streamId } = plan.head;
      const stream = streamId === 0 ? `stream_${vbucket}` : `sid:${streamId}_stream_${vbucket}`;
      return [
        [`${stream}_opaque`, plan.head.opaque],
        [`${stream}_start_seqno`, `${plan.start}`],
        [`${stream}_end_seqno`, `${plan.end}`],
        [`${stream}_last_sent_seqno`, `${seqno}`],
        [`${stream}_snap_start_seqno`, `${plan.snapshotStart}`],
      ];
    }),
  ];
  return stats.map(([key, value]): Statistic => [`${at}:${key}`, `${value}`]);
}
