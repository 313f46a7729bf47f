import type { Frame } from "../frame/frame.ts";
import { opcodeName } from "../ops/table.ts";
import { isResponse } from "../wire/header.ts";
import type { FrameListener } from "./frame_listeners.ts";

/** Counts of frames in one direction, by the name of their opcode. Plain JSON; empty when nothing was counted. */
export interface FrameCounts {
  /** Bytes of frames; `total` for all. */
  readonly bytes: Record<string, number>;
  /** Frames; `total` for all. */
  readonly ops: Record<string, number>;
  /** Answers that are not success; `total` for all. */
  readonly errs: Record<string, number>;
}

/** What {@linkcode createOpStats} counts. */
export interface OpStats {
  /** Frames that were sent. */
  readonly xmit: FrameCounts;
  /** Frames that were received, TAP aside. */
  readonly recv: FrameCounts;
  /** TAP messages that were received. */
  readonly tap: FrameCounts;
  /** Stops counting. */
  stop(): void;
}

/** Something whose frames can be watched: a client or a connection. */
export type Watched =
  | { watchFrames(listener: FrameListener): () => void }
  | { observe(listener: FrameListener): () => void };

const TAP_FIRST = "tap-";

/**
 * Counts the frames of a client from now on: bytes, operations and errors by opcode, for what is sent and received.
 *
 * @example
 * ```ts
 * import { Client, Connection } from "@memwire/memwire";
 * import { createOpStats } from "@memwire/memwire/couchbase";
 * import { MemoryStore, Server } from "@memwire/memwire/server";
 * import { memoryPair } from "@memwire/memwire/transport/memory";
 * import { assertEquals } from "@std/assert";
 *
 * const [here, there] = memoryPair();
 * const server = new Server();
 * new MemoryStore().register(server);
 * server.serve(there);
 * await using client = new Client(new Connection(here));
 *
 * const stats = createOpStats(client);
 * await client.get("k");
 * assertEquals(stats.xmit.ops, { get: 1, total: 1 });
 * assertEquals(stats.recv.errs, { get: 1, total: 1 });
 * stats.stop();
 * ```
 */
export function createOpStats(watched: Watched): OpStats {
  const xmit = noCounts();
  const recv = noCounts();
  const tap = noCounts();
  const listener: FrameListener = {
    sent: (frame) => count(xmit, frame),
    received: (frame) => count(isTap(frame) ? tap : recv, frame),
  };
  const stop = "watchFrames" in watched ? watched.watchFrames(listener) : watched.observe(listener);
  return { xmit, recv, tap, stop };
}

function noCounts(): FrameCounts {
  return { bytes: {}, ops: {}, errs: {} };
}

function isTap(frame: Frame): boolean {
  return !isResponse(frame.magic) && opcodeName(frame.opcode).startsWith(TAP_FIRST);
}

function count(counts: FrameCounts, frame: Frame): void {
  const name = opcodeName(frame.opcode, frame.magic);
  add(counts.bytes, name, frame.size);
  add(counts.ops, name, 1);
  if (isResponse(frame.magic) && frame.status !== 0) add(counts.errs, name, 1);
}

function add(counts: Record<string, number>, name: string, by: number): void {
  counts[name] = (counts[name] ?? 0) + by;
  counts.total = (counts.total ?? 0) + by;
}
