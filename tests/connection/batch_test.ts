import { assertEquals, assertThrows } from "@std/assert";
import { Batch } from "../../src/connection/batch.ts";
import type { BatchResult } from "../../src/connection/caller.ts";
import { Pipeline, type Slot } from "../../src/connection/pipeline.ts";
import { ProtocolError } from "../../src/errors.ts";
import { Frame } from "../../src/frame/frame.ts";
import { GET, GETK } from "../../src/ops/retrieval.ts";
import { DELETE } from "../../src/ops/storage.ts";
import type { AnyOp } from "../../src/ops/table.ts";
import { test } from "../support/test.ts";
import { wire, type WireParts } from "../support/wire_frame.ts";

interface Batched {
  readonly slot: Slot;
  readonly outcome: { resolved?: BatchResult<string>; rejected?: unknown };
}

/** Takes a slot for a batch of reads. */
function askBatch(pipeline: Pipeline, keys: readonly string[], op: AnyOp = GET): Batched {
  const slot = pipeline.take()!;
  const outcome: Batched["outcome"] = {};
  slot.op = op;
  const settled = {
    resolve: (result: BatchResult<string>) => void (outcome.resolved = result),
    reject: (reason: unknown) => void (outcome.rejected = reason),
  };
  const settle = (frame: Frame): string => {
    if (frame.status !== 0) throw new Error(`status ${frame.status}`);
    return new TextDecoder().decode(frame.value);
  };
  slot.waiter = new Batch(op, keys.map((key) => ({ key })), settle, settled);
  return { slot, outcome };
}

/** An answer to one request of a batch, by its place. */
function placed(slot: Slot, place: number, parts: Partial<WireParts> = {}): Frame {
  return Frame.from(wire({ opcode: GET.quiet!.opcode, opaque: ((place << 16) | slot.index) >>> 0, ...parts }));
}

const NOOP = { opcode: 0x0a };

test("Batch gathers what was answered, by place, until its NOOP", () => {
  const pipeline = new Pipeline(1);
  const { slot, outcome } = askBatch(pipeline, ["a", "b", "c", "d"]);
  pipeline.dispatch(placed(slot, 2, { value: "C" }));
  pipeline.dispatch(placed(slot, 0, { value: "A" }));
  pipeline.dispatch(placed(slot, 3, { status: 0x82 }));
  assertEquals([outcome.resolved, pipeline.used], [undefined, 1]);
  pipeline.dispatch(placed(slot, 4, NOOP));
  assertEquals(outcome.resolved!.replies, ["A", undefined, "C", undefined]);
  assertEquals([...outcome.resolved!.errors!], [[3, new Error("status 130")]]);
  assertEquals([pipeline.used, pipeline.live], [0, 0]);
});

test("Batch of nothing waits for its NOOP, and one of the most there can be has places for all", () => {
  const pipeline = new Pipeline(2);
  const empty = askBatch(pipeline, []);
  pipeline.dispatch(placed(empty.slot, 0, NOOP));
  assertEquals(empty.outcome.resolved, { replies: [], errors: undefined });
  const { slot, outcome } = askBatch(pipeline, new Array(0xffff).fill("k"));
  pipeline.dispatch(placed(slot, 0xfffe, { value: "last" }));
  pipeline.dispatch(placed(slot, 0xffff, NOOP));
  assertEquals(outcome.resolved!.replies[0xfffe], "last");
});

test("Batch refuses what cannot be an answer to it", () => {
  const wrong: [string, Partial<WireParts>, number][] = [
    ["a place that it does not have", {}, 3],
    ["its last place with another opcode", { opcode: 0x09 }, 2],
    ["a NOOP in the middle", NOOP, 1],
    ["the loud twin of its opcode", { opcode: 0x00 }, 0],
    ["another opcode", { opcode: 0x11 }, 0],
  ];
  for (const [what, parts, place] of wrong) {
    const pipeline = new Pipeline(1);
    const { slot, outcome } = askBatch(pipeline, ["a", "b"]);
    const visit = () => pipeline.dispatch(placed(slot, place, parts));
    assertThrows(visit, ProtocolError, "a batch of 2 get waits", what);
    assertEquals(outcome, {});
  }
});

// The second answer overwrote the first.
test("Batch refuses a second answer to the same request", () => {
  const pipeline = new Pipeline(1);
  const { slot } = askBatch(pipeline, ["a", "b"]);
  pipeline.dispatch(placed(slot, 1, { value: "once" }));
  const again = () => pipeline.dispatch(placed(slot, 1, { value: "twice" }));
  assertThrows(again, ProtocolError, "request 1 of the batch has been answered");
});

// The keys of answers were looked at for single calls only.
test("Batch refuses an answer that echoes another key", () => {
  const pipeline = new Pipeline(1);
  const { slot } = askBatch(pipeline, ["a", "b"], GETK);
  const opcode = GETK.quiet!.opcode;
  pipeline.dispatch(placed(slot, 0, { opcode, key: "a" }));
  const other = () => pipeline.dispatch(placed(slot, 1, { opcode, key: "a" }));
  assertThrows(other, ProtocolError, `what was asked is getk "b"`);
});

test("Batch that failed resolves: what was not answered has the error, what was answered keeps its answer", () => {
  const pipeline = new Pipeline(1);
  const { slot, outcome } = askBatch(pipeline, ["a", "b", "c"]);
  pipeline.dispatch(placed(slot, 0, { value: "A" }));
  pipeline.dispatch(placed(slot, 1, { status: 5 }));
  pipeline.abandon(slot, "too late");
  assertEquals(outcome.resolved!.replies, ["A", undefined, undefined]);
  assertEquals([...outcome.resolved!.errors!], [[1, new Error("status 5")], [2, "too late"]]);
  // The rest comes late and reaches nobody; the slot is free after the NOOP.
  pipeline.dispatch(placed(slot, 2, { value: "C" }));
  pipeline.dispatch(placed(slot, 3, NOOP));
  assertEquals([pipeline.used, pipeline.lateReplies], [0, 2]);
  assertEquals(outcome.resolved!.replies, ["A", undefined, undefined]);
});

test("Batch that was aborted rejects with the reason", () => {
  const pipeline = new Pipeline(1);
  const { slot, outcome } = askBatch(pipeline, ["a"]);
  pipeline.abandon(slot, "reason", true);
  assertEquals(outcome, { rejected: "reason" });
  pipeline.dispatch(placed(slot, 1, NOOP));
  assertEquals([pipeline.used, outcome], [0, { rejected: "reason" }]);
});

test("Batch lets a ProtocolError of its settle function out and does not count the request as answered", () => {
  const pipeline = new Pipeline(1);
  const slot = pipeline.take()!;
  let resolved: BatchResult<unknown> | undefined;
  slot.op = DELETE;
  const settle = () => {
    throw new ProtocolError("no body of a delete");
  };
  slot.waiter = new Batch(DELETE, [{ key: "a" }], settle, {
    resolve: (result) => resolved = result,
    reject: () => {},
  });
  const visit = () => pipeline.dispatch(placed(slot, 0, { opcode: DELETE.quiet!.opcode }));
  assertThrows(visit, ProtocolError, "no body of a delete");
  pipeline.failAll(() => "with where and what");
  assertEquals([...resolved!.errors!], [[0, "with where and what"]]);
});
