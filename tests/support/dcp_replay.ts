/** Plays the streams of a recorded session of DCP to a feed, whatever that asks beside them. */

import { type Capture, isFrame, type RecordedFrame } from "./capture.ts";
import type { DcpPeer, DcpPeerOptions } from "./dcp_peer.ts";
import { answer, type WireFrame } from "./wire_frame.ts";

/** One stream that was recorded: the request, and all that the server sent with its opaque. */
export interface RecordedStream {
  readonly connection: string;
  readonly asked: RecordedFrame;
  /** The answer to the request, then the messages. */
  readonly answers: readonly RecordedFrame[];
  /** The flags that the connection was opened with. */
  readonly flags: number;
  /** The features that were agreed on there. */
  readonly features: readonly number[];
}

/** All streams of a capture that a server granted, or wanted to roll back. */
export function recordedStreams(capture: Capture): RecordedStream[] {
  const streams: (RecordedStream & { answers: RecordedFrame[] })[] = [];
  const flags = new Map<string, number>();
  const features = new Map<string, number[]>();
  for (const event of capture.events) {
    if (!isFrame(event)) continue;
    const { frame, connection, sent } = event;
    if (sent && frame.opcode === 0x50 && frame.extras.length === 8) {
      flags.set(connection, new DataView(frame.extras.buffer).getUint32(4));
    }
    if (!sent && frame.opcode === 0x1f && frame.status === 0) {
      features.set(connection, Array.from({ length: frame.value.length / 2 }, (_, i) => frame.value[2 * i + 1]!));
    }
    if (sent && frame.opcode === 0x53 && frame.extras.length === 48) {
      streams.push({
        connection,
        asked: event,
        answers: [],
        flags: flags.get(connection) ?? 0,
        features: features.get(connection) ?? [],
      });
    } else if (!sent && (frame.opcode === 0x53 || (frame.magic === 0x80 && frame.opcode !== 0x5c))) {
      const stream = streams.findLast((other) =>
        other.connection === connection && other.asked.frame.opaque === frame.opaque
      );
      if (stream !== undefined) stream.answers.push(event);
    }
  }
  return streams.filter(({ answers }) => answers[0]?.frame.opcode === 0x53 && answers[0].frame.status === 0);
}

/** The bytes of a frame with another opaque. */
export function withOpaque(bytes: Uint8Array, opaque: number): Uint8Array<ArrayBuffer> {
  const copy = Uint8Array.from(bytes);
  new DataView(copy.buffer).setUint32(12, opaque);
  return copy;
}

/** A peer that answers the request for a vbucket as it was recorded, and then sends all that followed. */
export function playing(stream: RecordedStream): DcpPeerOptions {
  const { vbucket, answers } = { vbucket: stream.asked.frame.status, answers: stream.answers };
  let played = false;
  return {
    features: stream.features,
    handlers: {
      0x53: (request: WireFrame, _peer: DcpPeer) => {
        if (played || request.status !== vbucket) return answer(request, { status: 0x07 });
        played = true;
        return answers.map(({ frame }) => withOpaque(frame.bytes, request.opaque));
      },
    },
  };
}
