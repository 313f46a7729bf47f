/** A batch over several nodes: what it waits for, and what becomes of it when some of them fail. */

import { assertEquals, assertRejects } from "@std/assert";
import type { BatchResult, Caller } from "../../src/connection/caller.ts";
import { VbucketBatch, type VbucketBatchHost } from "../../src/couchbase/vbucket_batch.ts";
import { ClosedError, NotMyVbucketError, OverloadError, TimeoutError } from "../../src/errors.ts";
import { SET } from "../../src/ops/storage.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { endOfTurn } from "../support/fake_transport.ts";
import { test } from "../support/test.ts";

type Answer = (places: number) => Promise<BatchResult<unknown>>;

/** A node that answers batches in one way. */
function nodeOf(answer: Answer, sent: string[] = []): Caller {
  return {
    batch: (_: unknown, requests: readonly { readonly key: string }[]) => {
      sent.push(...requests.map(({ key }) => key));
      return answer(requests.length);
    },
  } as unknown as Caller;
}

const done: Answer = (places) => Promise.resolve({ replies: new Array(places).fill("done"), errors: undefined });

const elsewhere: Answer = (places) => {
  const error = new NotMyVbucketError("it is elsewhere", { op: "SET", status: 7, sent: true } as never, undefined);
  return Promise.resolve({
    replies: new Array(places).fill(undefined),
    errors: new Map(Array.from({ length: places }, (_, i) => [i, error])),
  });
};

function batchOf(
  keys: readonly string[],
  host: VbucketBatchHost,
  signal?: AbortSignal,
): VbucketBatch<never, never, unknown> {
  const requests = keys.map((key) => ({ key, value: "v", flags: 0, expiry: 0 }));
  const options = { vbuckets: keys.map((_, i) => i), ...(signal === undefined ? {} : { signal }) };
  return new VbucketBatch({ op: SET, requests, options, settle: undefined } as never, host);
}

test("vbucket batch: it waits for a newer map no longer than its time", async () => {
  const clock = new FakeClock();
  const node = nodeOf(elsewhere);
  const host = { clock, closed: false, nodeOf: () => node, newerMap: () => new Promise<void>(() => {}) };
  let result: BatchResult<unknown> | undefined;
  void batchOf(["k"], host).run(1000).then((found) => result = found);
  await clock.pass(999);
  assertEquals(result, undefined);
  await clock.pass(2);
  assertEquals(result?.errors?.get(0) instanceof NotMyVbucketError, true);
  assertEquals(clock.timers, 0);
});

test("vbucket batch: it is given up while it waits for a newer map", async () => {
  const clock = new FakeClock();
  const host = { clock, closed: false, nodeOf: () => nodeOf(elsewhere), newerMap: () => new Promise<void>(() => {}) };
  const giveUp = new AbortController();
  const running = batchOf(["k"], host, giveUp.signal).run(0);
  await endOfTurn();
  giveUp.abort(new Error("enough"));
  await assertRejects(() => running, Error, "enough");
});

test("vbucket batch: a client that is closed has no node to look for", async () => {
  const host = { clock: new FakeClock(), closed: true, nodeOf: () => undefined, newerMap: () => Promise.resolve() };
  const { errors } = await batchOf(["k"], host).run(0);
  assertEquals(errors?.get(0) instanceof ClosedError, true);
});

test("vbucket batch: a node that refuses its part does not take back what others have done", async () => {
  const refused = new OverloadError("too much", { sent: false });
  const nodes = [nodeOf(done), nodeOf(() => Promise.reject(refused)), nodeOf(done)];
  const host = {
    clock: new FakeClock(),
    closed: false,
    nodeOf: (vbucket: number | undefined) => nodes[vbucket!],
    newerMap: () => Promise.resolve(),
  };
  const { replies, errors } = await batchOf(["a", "b", "c"], host).run(1000);
  assertEquals(replies, ["done", undefined, "done"]);
  assertEquals([...errors!], [[1, refused]]);
});

test("vbucket batch: a key that cannot be written is found before anything is sent", async () => {
  const sent: string[] = [];
  const nodes = [nodeOf(done, sent), nodeOf(done, sent)];
  const host = {
    clock: new FakeClock(),
    closed: false,
    nodeOf: (vbucket: number | undefined) => nodes[vbucket!],
    newerMap: () => Promise.resolve(),
  };
  await assertRejects(() => batchOf(["a", "k".repeat(251)], host).run(1000), RangeError);
  assertEquals(sent, []);
});

test("vbucket batch: a vbucket that no node has is looked for, no longer than its time", async () => {
  const clock = new FakeClock();
  const newerMap = () => new Promise<void>((resolve) => void clock.after(100, resolve));
  const running = batchOf(["k"], { clock, closed: false, nodeOf: () => undefined, newerMap }).run(250);
  await clock.pass(300);
  const { errors } = await running;
  assertEquals(errors?.get(0) instanceof TimeoutError, true);
});
