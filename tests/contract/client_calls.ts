/** The client contract: many calls at once, giving up, and limits. */
import { assert, assertEquals, assertGreater, assertLess, assertRejects } from "@std/assert";
import { type Client, OverloadError } from "../../mod.ts";
import { type ClientSubject, clientTest, connectionsOf, rejection, sentDuring } from "./client_subject.ts";

const MANY = 10_000;

/** Registers the tests. */
export function callsContract(subject: ClientSubject): void {
  clientTest(subject, "ten thousand calls of one turn are all answered", async ({ client, key }) => {
    const before = countersOf(client);
    const sets = Array.from({ length: MANY }, (_, i) => client.set(key(`${i}`), `value ${i}`));
    await Promise.all(sets);
    const gets = await Promise.all(Array.from({ length: MANY }, (_, i) => client.getText(key(`${i}`))));
    for (const [i, text] of gets.entries()) assertEquals(text, `value ${i}`);
    const after = countersOf(client);
    // All requests of a turn leave together, for each server.
    assertEquals(after.writes - before.writes, 2 * (subject.servers ?? 1));
    assertEquals(after.lateReplies, 0);
  });

  clientTest(subject, "calls of one turn are done in their order", async ({ client, key }) => {
    const texts: Promise<string | undefined>[] = [];
    for (let i = 0; i < 500; i++) {
      client.set(key("k"), `${i}`).catch(() => {});
      texts.push(client.getText(key("k")));
    }
    assertEquals(await Promise.all(texts), Array.from({ length: 500 }, (_, i) => `${i}`));
  });

  clientTest(subject, "a signal that is aborted already sends nothing", async ({ client, key }) => {
    const reason = new Error("changed my mind");
    const signal = AbortSignal.abort(reason);
    const sent = await sentDuring(client, async () => {
      const calls = [
        client.get(key("k"), { signal }),
        client.getText(key("k"), { signal }),
        client.getJson(key("k"), { signal }),
        client.getInto(key("k"), new Uint8Array(1), { signal }),
        client.getMulti([key("k")], { signal }),
        client.getAndTouch(key("k"), { ttl: 1, signal }),
        client.touch(key("k"), { ttl: 1, signal }),
        client.set(key("k"), "v", { signal }),
        client.setMulti([[key("k"), "v"]], { signal }),
        client.add(key("k"), "v", { signal }),
        client.replace(key("k"), "v", { signal }),
        client.append(key("k"), "v", { signal }),
        client.prepend(key("k"), "v", { signal }),
        client.delete(key("k"), { signal }),
        client.deleteMulti([key("k")], { signal }),
        client.increment(key("k"), { initial: 1, signal }),
        client.decrement(key("k"), { initial: 1, signal }),
        client.update(key("k"), () => "v", { signal }),
        client.attempts(key("k"), { signal }).next(),
        client.stats("settings", { signal }),
        client.eachStat("settings", { signal }).next(),
        client.version({ signal }),
        client.verbosity(1, { signal }),
        client.noop({ signal }),
        client.quit({ signal }),
      ];
      for (const call of calls) assertEquals(await rejection(call), reason);
    });
    assertEquals(sent, []);
  });

  clientTest(subject, "a call that is aborted under way rejects with the reason", async ({ client, key }) => {
    await client.set(key("k"), "v");
    const reason = new Error("changed my mind");
    for (const turns of [0, 1]) {
      const { lateReplies } = countersOf(client);
      const controller = new AbortController();
      const calls = [
        client.get(key("k"), { signal: controller.signal }),
        client.set(key("other"), "v", { signal: controller.signal }),
        client.getText(key("k")),
      ] as const;
      // After one microtask all is written and nothing yet answered.
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      controller.abort(reason);
      assertEquals([await rejection(calls[0]), await rejection(calls[1])], [reason, reason]);
      assertEquals(await calls[2], "v");
      await client.noop();
      // What had not left yet was not sent at all.
      assertEquals(countersOf(client).lateReplies - lateReplies, 2 * turns);
    }
  });

  clientTest(subject, "answers to calls that were given up reach nobody else", async ({ client, key }) => {
    const names = Array.from({ length: 200 }, (_, i) => key(`${i}`));
    await client.setMulti(names.map((name) => [name, name]));
    const given: Promise<unknown>[] = [];
    const kept: Promise<string | undefined>[] = [];
    const wanted: string[] = [];
    for (let round = 0; round < 20; round++) {
      const controller = new AbortController();
      for (const [i, name] of names.entries()) {
        if (i % 3 === 0) {
          given.push(rejection(client.get(name, { signal: controller.signal })));
        } else {
          kept.push(client.getText(name));
          wanted.push(name);
        }
      }
      if (round % 2 === 1) await Promise.resolve();
      controller.abort();
    }
    assertEquals(await Promise.all(kept), wanted);
    for (const error of await Promise.all(given)) assertEquals((error as Error).name, "AbortError");
  });

  clientTest(subject, "a signal that is aborted too late does nothing", async ({ client, key }) => {
    const controller = new AbortController();
    const { signal } = controller;
    await client.set(key("k"), "v", { signal });
    assertEquals(await client.getText(key("k"), { signal }), "v");
    assertEquals((await client.getMulti([key("k")], { signal })).hits.size, 1);
    controller.abort();
    assertEquals(await client.getText(key("k")), "v");
  });

  clientTest(subject, "a timeout that makes no sense is refused", async ({ client, key }) => {
    for (const timeout of [-1, NaN]) {
      await assertRejects(() => client.get(key("k"), { timeout }), RangeError, "timeout");
      await assertRejects(() => client.getMulti([key("k")], { timeout }), RangeError, "timeout");
      await assertRejects(() => client.stats(undefined, { timeout }), RangeError, "timeout");
    }
  });

  clientTest(subject, "a timeout may be longer than a timer can be, or for ever", async ({ client, key }) => {
    for (const timeout of [0, 2 ** 31, 2 ** 40, Infinity]) {
      await client.set(key("k"), "v", { timeout });
      assertEquals(await client.getText(key("k"), { timeout }), "v");
    }
  });

  // What each connection may hold is shared out at random where there are several.
  if (subject.servers === undefined) limitsContract(subject);
}

function limitsContract(subject: ClientSubject): void {
  clientTest(subject, "more calls than may be in flight are refused at once, unsent", async ({ client, key, told }) => {
    const calls = Array.from({ length: 15 }, (_, i) => client.set(key(`${i}`), "v"));
    const outcomes = await Promise.allSettled(calls);
    for (const [i, outcome] of outcomes.entries()) {
      assertEquals(outcome.status, i < 10 ? "fulfilled" : "rejected");
      if (outcome.status === "fulfilled") continue;
      assert(outcome.reason instanceof OverloadError);
      assertEquals([outcome.reason.code, outcome.reason.sent], ["OVERLOAD", false]);
    }
    assertEquals(await client.get(key("10")), undefined);
    assertEquals(await told(key("10"), await client.set(key("10"), "v")) > 0n, true);
  }, { maxInFlight: 10 });

  clientTest(subject, "more bytes than may wait are refused at once, unsent", async ({ client, key }) => {
    const value = new Uint8Array(60_000);
    const calls = Array.from({ length: 10 }, (_, i) => client.set(key(`${i}`), value));
    const refused = (await Promise.allSettled(calls)).filter(({ status }) => status === "rejected");
    assertGreater(refused.length, 4);
    assertLess(refused.length, 10);
    for (const { reason } of refused as PromiseRejectedResult[]) assert(reason instanceof OverloadError);
    await client.set(key("later"), value);
  }, { maxQueuedBytes: 200_000 });

  clientTest(subject, "reads of a peer's answer are bounded by maxBody", async ({ key }) => {
    await using writer = await subject.connect();
    await writer.set(key("k"), new Uint8Array(2000));
    await using client = await subject.connect({ maxBody: 1000 });
    const error = await rejection(client.get(key("k")));
    assertEquals((error as Error).name, "ProtocolError");
    assertEquals(connectionsOf(client).map(({ state }) => state), ["closed"]);
    assertEquals((await writer.get(key("k")))?.value.length, 2000);
  });
}

/** What the connections of a client count, together. */
function countersOf(client: Client): { readonly writes: number; readonly lateReplies: number } {
  const counters = connectionsOf(client).map((connection) => connection.counters);
  const sum = (name: "writes" | "lateReplies") => counters.reduce((total, one) => total + one[name], 0);
  return { writes: sum("writes"), lateReplies: sum("lateReplies") };
}
