/** Calls that name their collection: what is asked for, by whom, and for how long. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import type { BatchResult, CallOptions, ClosableCaller } from "../../src/connection/caller.ts";
import { DocumentCaller } from "../../src/couchbase/document_caller.ts";
import { StatusError } from "../../src/errors.ts";
import { COLLECTIONS_GET_ID } from "../../src/ops/collections.ts";
import { GET } from "../../src/ops/retrieval.ts";
import { Status } from "../../src/wire/status.ts";
import { endOfTurn } from "../support/fake_transport.ts";
import { test } from "../support/test.ts";

interface Asked {
  readonly op: string;
  readonly options: CallOptions | undefined;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A caller whose answers are given by the test. */
class Held {
  readonly asked: Asked[] = [];
  readonly caller: ClosableCaller = {
    call: (op: { name: string }, _: unknown, options: CallOptions) => this.#ask(op.name, options),
    batch: (op: { name: string }, _: unknown, options: CallOptions) => this.#ask(`many ${op.name}`, options),
  } as unknown as ClosableCaller;

  #ask(op: string, options: CallOptions | undefined): Promise<unknown> {
    return new Promise((resolve, reject) => this.asked.push({ op, options, resolve, reject }));
  }

  /** The next question, once it was asked. */
  async next(): Promise<Asked> {
    while (this.asked.length === 0) await endOfTurn();
    return this.asked.shift()!;
  }
}

const unknown = () =>
  new StatusError("the collection is unknown", {
    op: "GET",
    status: Status.UNKNOWN_COLLECTION,
    statusName: "UNKNOWN_COLLECTION",
    sent: true,
  } as never);

test("document caller: who gives up does not give up the question of others after the same collection", async () => {
  const held = new Held();
  const documents = new DocumentCaller(held.caller, { vbucketCount: 0, collection: "s.c" });
  const giveUp = new AbortController();
  const one = documents.call(GET, { key: "a" }, { signal: giveUp.signal });
  const other = documents.call(GET, { key: "b" });
  const question = await held.next();
  assertEquals([question.op, held.asked.length], [COLLECTIONS_GET_ID.name, 0]);
  giveUp.abort(new Error("enough"));
  await assertRejects(() => one, Error, "enough");
  // A call below would end its question by the signal that it was given.
  if (question.options?.signal?.aborted) question.reject(question.options.signal.reason);
  else question.resolve({ id: 9 });
  const get = await held.next();
  assertEquals(get.options?.collection, 9);
  get.resolve("b");
  assertEquals(await other as unknown, "b");
});

test("document caller: a question after a collection leaves the call less time", async () => {
  const held = new Held();
  const documents = new DocumentCaller(held.caller, { vbucketCount: 0, collection: "s.c" });
  const before = performance.now();
  const call = documents.call(GET, { key: "a" }, { timeout: 5000 });
  const question = await held.next();
  while (performance.now() - before < 3) await endOfTurn();
  question.resolve({ id: 9 });
  const get = await held.next();
  assert(get.options!.timeout! <= 4997, `${get.options!.timeout}`);
  get.resolve("a");
  await call;
});

test("document caller: many keys in a collection that was made anew find it again", async () => {
  const held = new Held();
  const documents = new DocumentCaller(held.caller, { vbucketCount: 64, collection: "s.c" });
  const many = documents.batch(GET, [{ key: "a" }, { key: "b" }, { key: "c" }]);
  (await held.next()).resolve({ id: 9 });
  const first = await held.next();
  assertEquals(first.options?.collection, 9);
  first.resolve({ replies: [undefined, "b", undefined], errors: new Map([[0, unknown()], [2, unknown()]]) });
  (await held.next()).resolve({ id: 10 });
  const second = await held.next();
  assertEquals(second.options?.collection, 10);
  assertEquals(second.options?.vbuckets, [0, 2].map((i) => first.options!.vbuckets![i]!));
  second.resolve({ replies: ["a", undefined], errors: new Map([[1, new Error("no")]]) });
  const { replies, errors } = await many as BatchResult<unknown>;
  assertEquals(replies, ["a", "b", undefined]);
  assertEquals([...errors!].map(([place, error]) => [place, (error as Error).message]), [[2, "no"]]);
});

test("document caller: a collection that is still unknown is not asked for again and again", async () => {
  const held = new Held();
  const documents = new DocumentCaller(held.caller, { vbucketCount: 0, collection: "s.c" });
  const many = documents.batch(GET, [{ key: "a" }]);
  (await held.next()).resolve({ id: 9 });
  (await held.next()).resolve({ replies: [undefined], errors: new Map([[0, unknown()]]) });
  (await held.next()).resolve({ id: 9 });
  const { errors } = await many;
  assertEquals((errors!.get(0) as StatusError).status, Status.UNKNOWN_COLLECTION);
});
