import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { MAX_SLOTS, Pipeline, type Slot, type Waiter } from "../../src/connection/pipeline.ts";
import { ProtocolError } from "../../src/errors.ts";
import { Frame } from "../../src/frame/frame.ts";
import { GET, GETK } from "../../src/ops/retrieval.ts";
import { SET } from "../../src/ops/storage.ts";
import type { AnyOp } from "../../src/ops/table.ts";
import { test } from "../support/test.ts";
import { withRandom } from "../support/random.ts";
import { wire, type WireParts } from "../support/wire_frame.ts";

interface Asked {
  readonly slot: Slot;
  /** What became of the call. */
  readonly outcome: { resolved?: unknown; rejected?: unknown; released?: true };
}

/** Takes a slot for a call and writes down what becomes of it. */
function ask(pipeline: Pipeline, op: AnyOp = GET, key = "k"): Asked {
  const slot = pipeline.take()!;
  const outcome: Asked["outcome"] = {};
  slot.op = op;
  slot.opcode = op.opcode;
  slot.request = { key };
  slot.settle = (frame) => new TextDecoder().decode(frame.value);
  slot.resolve = (value) => outcome.resolved = value;
  slot.reject = (error) => outcome.rejected = error;
  slot.release = () => outcome.released = true;
  return { slot, outcome };
}

function reply(opaque: number, parts: Partial<WireParts> = {}): Frame {
  return Frame.from(wire({ opcode: GET.opcode, opaque, ...parts }));
}

test("Pipeline gives answers to their callers in whatever order they come", async () => {
  await withRandom((random) => {
    const pipeline = new Pipeline(1000);
    const asked = Array.from({ length: 500 }, () => ask(pipeline));
    assertEquals([pipeline.live, pipeline.used], [500, 500]);
    const order = [...asked];
    while (order.length > 0) {
      const { slot } = order.splice(random.int(order.length), 1)[0]!;
      pipeline.dispatch(reply(slot.opaque, { value: `answer ${slot.opaque}` }));
    }
    for (const [i, { outcome }] of asked.entries()) {
      assertEquals(outcome, { resolved: `answer ${i}`, released: true });
    }
    assertEquals([pipeline.live, pipeline.used, pipeline.lateReplies], [0, 0, 0]);
  });
});

test("Pipeline refuses an answer with an opaque that was never used", () => {
  const pipeline = new Pipeline(10);
  const { outcome } = ask(pipeline);
  for (const opaque of [1, 9, 0xffff, 0x10000, 0xffffffff]) {
    const error = assertThrows(() => pipeline.dispatch(reply(opaque)), ProtocolError, "nobody waits for its opaque");
    assert(error.message.includes(`0x${opaque.toString(16).padStart(8, "0")}`));
    assertEquals(error.bytes.length, 24);
  }
  assertEquals(outcome, {});
});

test("Pipeline refuses the second answer to a call, also when its slot waits for another", () => {
  const pipeline = new Pipeline(10);
  const first = ask(pipeline);
  const { opaque } = first.slot;
  pipeline.dispatch(reply(opaque));
  assertThrows(() => pipeline.dispatch(reply(opaque)), ProtocolError, "nobody waits for its opaque");
  const second = ask(pipeline);
  assertStrictEquals(second.slot, first.slot);
  assert(second.slot.opaque !== opaque);
  assertThrows(() => pipeline.dispatch(reply(opaque)), ProtocolError, "nobody waits for its opaque any more");
  assertEquals(second.outcome, {});
});

test("Pipeline refuses an answer with another opcode than was asked", () => {
  const pipeline = new Pipeline(10);
  const { slot, outcome } = ask(pipeline);
  for (const opcode of [SET.opcode, GET.quiet!.opcode, 0xee]) {
    assertThrows(() => pipeline.dispatch(reply(slot.opaque, { opcode })), ProtocolError, "what was asked is get");
  }
  assertEquals(outcome, {});
});

test("Pipeline refuses an answer that echoes another key, and takes the right one", () => {
  const pipeline = new Pipeline(10);
  for (const key of ["user:1", "clé"]) {
    const { slot, outcome } = ask(pipeline, GETK, key);
    const { opaque } = slot;
    for (const other of ["user:2", "user:10", "c"]) {
      const frame = reply(opaque, { opcode: GETK.opcode, key: other });
      assertThrows(() => pipeline.dispatch(frame), ProtocolError, `what was asked is getk "${key}"`);
    }
    pipeline.dispatch(reply(opaque, { opcode: GETK.opcode, key, value: "v" }));
    assertEquals(outcome.resolved, "v");
  }
});

test("Pipeline does not give a slot away before the answer to the call that was given up", () => {
  const pipeline = new Pipeline(2);
  const gone = ask(pipeline);
  pipeline.abandon(gone.slot, "given up");
  assertEquals(gone.outcome, { rejected: "given up", released: true });
  assertEquals([pipeline.live, pipeline.used], [0, 1]);
  const other = ask(pipeline);
  assert(other.slot !== gone.slot);
  assertEquals(pipeline.take(), undefined);
  // The answer comes late: it is counted and reaches nobody.
  pipeline.dispatch(reply(gone.slot.opaque, { value: "late" }));
  assertEquals([pipeline.live, pipeline.used, pipeline.lateReplies], [1, 1, 1]);
  assertEquals(gone.outcome.resolved, undefined);
  assertEquals(other.outcome, {});
  assertStrictEquals(pipeline.take(), gone.slot);
});

test("Pipeline looks at late answers as closely as at others", () => {
  const pipeline = new Pipeline(2);
  const { slot } = ask(pipeline, GETK, "k");
  pipeline.abandon(slot, "given up");
  const opcode = GETK.opcode;
  assertThrows(() => pipeline.dispatch(reply(slot.opaque, { opcode: 1 })), ProtocolError);
  assertThrows(() => pipeline.dispatch(reply(slot.opaque, { opcode, key: "other" })), ProtocolError);
  assertThrows(() => pipeline.dispatch(reply(slot.opaque + MAX_SLOTS, { opcode })), ProtocolError);
  assertEquals(pipeline.lateReplies, 0);
});

test("Pipeline never uses an opaque again before all other generations of its slot", () => {
  const pipeline = new Pipeline(1);
  const seen = new Set<number>();
  for (let use = 0; use < 0x10000; use++) {
    const { slot } = ask(pipeline);
    assert(slot.opaque >= 0 && slot.opaque <= 0xffffffff && !seen.has(slot.opaque));
    seen.add(slot.opaque);
    pipeline.dispatch(reply(slot.opaque));
  }
  const { slot, outcome } = ask(pipeline);
  assertEquals(slot.opaque, 0);
  pipeline.dispatch(reply(0, { value: "wrapped" }));
  assertEquals(outcome.resolved, "wrapped");
});

test("Pipeline uses opaques up to the last of 32 bits", () => {
  const pipeline = new Pipeline(MAX_SLOTS);
  let last: Slot | undefined;
  for (let i = 0; i < MAX_SLOTS; i++) last = ask(pipeline).slot;
  assertEquals(pipeline.take(), undefined);
  // The last slot of the table, in its last generation.
  for (let use = 0; use < 0xffff; use++) {
    pipeline.dispatch(reply(last!.opaque));
    assertStrictEquals(ask(pipeline).slot, last);
  }
  assertEquals(last!.opaque, 0xffffffff);
  pipeline.dispatch(reply(0xffffffff));
  assertEquals(ask(pipeline).slot.opaque, 0xffff);
});

test("Pipeline has no more slots than its limit, nor than the opaque has room for", () => {
  for (const [limit, slots] of [[1, 1], [7, 7], [1_000_000, MAX_SLOTS]] as const) {
    const pipeline = new Pipeline(limit);
    let taken = 0;
    while (pipeline.take() !== undefined) taken++;
    assertEquals(taken, slots);
  }
  for (const limit of [0, -1, NaN]) assertThrows(() => new Pipeline(limit), RangeError, "Cannot use maxInFlight");
});

test("Pipeline.giveBack frees the slot of a request that was never written", () => {
  const pipeline = new Pipeline(1);
  const { slot, outcome } = ask(pipeline);
  pipeline.giveBack(slot);
  assertEquals([pipeline.live, pipeline.used], [0, 0]);
  assertEquals(outcome, { released: true });
  assertStrictEquals(pipeline.take(), slot);
});

test("Pipeline.cancel tells the caller and frees the slot at once", () => {
  const pipeline = new Pipeline(1);
  const { slot, outcome } = ask(pipeline);
  pipeline.cancel(slot, "cancelled");
  assertEquals(outcome, { rejected: "cancelled", released: true });
  assertEquals([pipeline.live, pipeline.used], [0, 0]);
  assertStrictEquals(pipeline.take(), slot);
});

test("Pipeline.failAll tells every caller and forgets all slots", () => {
  const pipeline = new Pipeline(10);
  const asked = [ask(pipeline), ask(pipeline), ask(pipeline), ask(pipeline)];
  pipeline.dispatch(reply(asked[0]!.slot.opaque, { value: "answered" }));
  pipeline.abandon(asked[1]!.slot, "given up");
  pipeline.failAll((slot) => `failed ${slot.index}`);
  assertEquals(asked.map(({ outcome }) => outcome.resolved ?? outcome.rejected), [
    "answered",
    "given up",
    "failed 2",
    "failed 3",
  ]);
  assertEquals([pipeline.live, pipeline.used], [0, 0]);
  for (const { slot } of asked) assertThrows(() => pipeline.dispatch(reply(slot.opaque)), ProtocolError);
  pipeline.failAll(() => "again");
});

test("Pipeline.expire gives up those whose time has come and says when to look again", () => {
  const pipeline = new Pipeline(10);
  const deadlines = [300, 100, 200, Infinity, 100];
  const asked = deadlines.map((deadline) => {
    const one = ask(pipeline);
    one.slot.deadline = deadline;
    return one;
  });
  const expire = (now: number) => pipeline.expire(now, (slot) => pipeline.abandon(slot, `late ${slot.deadline}`));
  assertEquals(expire(99), 100);
  assertEquals(asked.map(({ outcome }) => outcome.rejected), [undefined, undefined, undefined, undefined, undefined]);
  assertEquals(expire(100), 200);
  assertEquals(expire(250), 300);
  assertEquals(expire(1000), Infinity);
  assertEquals(asked.map(({ outcome }) => outcome.rejected), [
    "late 300",
    "late 100",
    "late 200",
    undefined,
    "late 100",
  ]);
  assertEquals([pipeline.live, pipeline.used], [1, 5]);
});

test("Pipeline.hurry shortens deadlines and lengthens none", () => {
  const pipeline = new Pipeline(10);
  const slots = [50, 500, Infinity].map((deadline) => {
    const { slot } = ask(pipeline);
    slot.deadline = deadline;
    return slot;
  });
  pipeline.hurry(100);
  assertEquals(slots.map((slot) => slot.deadline), [50, 100, 100]);
});

test("Pipeline forgets the deadline and the caller of a slot that is free again", () => {
  const pipeline = new Pipeline(1);
  const { slot, outcome } = ask(pipeline);
  slot.deadline = 100;
  pipeline.dispatch(reply(slot.opaque, { value: "v" }));
  const again = pipeline.take()!;
  assertEquals([again.deadline, again.waiter, again.settle, again.request, again.release], [
    Infinity,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  again.reject("of nobody");
  assertEquals(outcome, { resolved: "v", released: true });
});

test("Pipeline rejects the call with what its settle function throws, and goes on", () => {
  const pipeline = new Pipeline(1);
  const { slot, outcome } = ask(pipeline);
  slot.settle = () => {
    throw new RangeError("does not fit");
  };
  pipeline.dispatch(reply(slot.opaque));
  assert(outcome.rejected instanceof RangeError);
  assertEquals(pipeline.used, 0);
});

test("Pipeline lets a ProtocolError of a settle function out, and leaves the call to failAll", () => {
  const pipeline = new Pipeline(1);
  const { slot, outcome } = ask(pipeline);
  slot.settle = () => {
    throw new ProtocolError("no body of a get");
  };
  assertThrows(() => pipeline.dispatch(reply(slot.opaque)), ProtocolError, "no body of a get");
  assertEquals(outcome, {});
  pipeline.failAll(() => "with where and what");
  assertEquals(outcome.rejected, "with where and what");
});

/** A waiter that takes three answers. */
class Three implements Waiter {
  readonly heard: string[] = [];

  accept(frame: Frame): boolean {
    this.heard.push(new TextDecoder().decode(frame.value));
    return this.heard.length === 3;
  }

  fail(error: unknown, aborted: boolean): void {
    this.heard.push(`${error}${aborted ? ", aborted" : ""}`);
  }
}

test("Pipeline gives a waiter all answers on its opaque and frees its slot after the last", () => {
  const pipeline = new Pipeline(2);
  const { slot, outcome } = ask(pipeline);
  const waiter = slot.waiter = new Three();
  const { opaque } = slot;
  for (const value of ["one", "two", "three"]) {
    assertEquals([pipeline.live, outcome.released], [1, undefined]);
    pipeline.dispatch(reply(opaque, { value }));
  }
  assertEquals(waiter.heard, ["one", "two", "three"]);
  assertEquals([pipeline.live, pipeline.used, outcome.released], [0, 0, true]);
  assertThrows(() => pipeline.dispatch(reply(opaque)), ProtocolError);
});

// A frame with the slot of a stream of statistics was taken for a statistic, whatever else it was.
test("Pipeline refuses what is no answer for a waiter: another opcode, another generation", () => {
  const pipeline = new Pipeline(2);
  pipeline.giveBack(ask(pipeline).slot);
  const { slot } = ask(pipeline);
  const waiter = slot.waiter = new Three();
  assertThrows(() => pipeline.dispatch(reply(slot.opaque, { opcode: 1 })), ProtocolError, "what was asked is get");
  assertThrows(() => pipeline.dispatch(reply(slot.index)), ProtocolError, "nobody waits for its opaque any more");
  assertEquals(waiter.heard, []);
});

test("Pipeline counts the late answers of a waiter and frees its slot after the last", () => {
  const pipeline = new Pipeline(2);
  const { slot } = ask(pipeline);
  const waiter = slot.waiter = new Three();
  pipeline.abandon(slot, "given up", true);
  const { opaque } = slot;
  assertEquals([waiter.heard.splice(0), pipeline.live, pipeline.used], [["given up, aborted"], 0, 1]);
  for (let i = 0; i < 3; i++) pipeline.dispatch(reply(opaque));
  assertEquals([pipeline.live, pipeline.used, pipeline.lateReplies], [0, 0, 3]);
});
