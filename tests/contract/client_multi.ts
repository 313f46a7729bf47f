/** The client contract: many keys at once. */
import { assertEquals, assertRejects } from "@std/assert";
import { ClosedError, ValueTooLargeError } from "../../mod.ts";
import { bytesOf, type ClientSubject, clientTest, patterned, rejection, sentDuring } from "./client_subject.ts";

/** More than one batch holds. */
const MANY = 5000;
const TOO_LARGE = 2 * 1024 * 1024;

/** Registers the tests. */
export function multiContract(subject: ClientSubject): void {
  clientTest(subject, "getMulti puts every key into hits or misses", async ({ client, key, told }) => {
    const cas = await told(key("a"), await client.set(key("a"), "A", { flags: 1 }));
    await client.set(key("b"), "");
    const { hits, misses, errors } = await client.getMulti([key("a"), key("none"), key("b"), key("nor")]);
    assertEquals([...hits.keys()], [key("a"), key("b")]);
    const item = hits.get(key("a"));
    assertEquals([item?.text(), item?.flags, item?.cas, hits.get(key("b"))?.value.length], ["A", 1, cas, 0]);
    assertEquals([misses, errors.size], [new Set([key("none"), key("nor")]), 0]);
  });

  clientTest(subject, "multi calls with no key send nothing", async ({ client }) => {
    const empty = { hits: new Map(), misses: new Set(), errors: new Map() };
    const sent = await sentDuring(client, async () => {
      assertEquals(await client.getMulti([]), empty);
      assertEquals(await client.setMulti(new Map()), empty);
      assertEquals(await client.deleteMulti(new Set<string>()), empty);
    });
    assertEquals(sent, []);
  });

  clientTest(subject, "multi calls take any iterable", async ({ client, key }) => {
    const entries = new Map([[key("a"), "1"], [key("b"), "2"]]);
    await client.setMulti(entries);
    const found = await client.getMulti(entries.keys());
    assertEquals([...found.hits].map(([name, item]) => [name, item.text()]), [...entries]);
    assertEquals((await client.deleteMulti(new Set(entries.keys()))).hits.size, 2);
  });

  clientTest(subject, "a key given twice is in one place only", async ({ client, key }) => {
    await client.set(key("a"), "1");
    const twice = [key("a"), key("none"), key("a"), key("none")];
    const found = await client.getMulti(twice);
    assertEquals([[...found.hits.keys()], [...found.misses]], [[key("a")], [key("none")]]);
    // The first of the two deletes, so the second finds nothing.
    const deleted = await client.deleteMulti(twice);
    assertEquals([[...deleted.hits.keys()], [...deleted.misses]], [[key("a")], [key("none")]]);
    const set = await client.setMulti([[key("a"), "first"], [key("a"), "last"]]);
    assertEquals(set.hits.size, 1);
    assertEquals(await client.getText(key("a")), "last");
  });

  clientTest(subject, "keys may be bytes, each object a key of its own", async ({ client, key }) => {
    const keys = [0, 1, 2].map((i) =>
      Uint8Array.of(...bytesOf(key("k")), ...(subject.protocol === "text" ? [] : [0]), 0x80 + i, 255)
    );
    const stored = await client.setMulti(keys.slice(0, 2).map((name, i) => [name, Uint8Array.of(i)] as const));
    assertEquals(stored.hits.size, 2);
    const { hits, misses } = await client.getMulti(keys);
    assertEquals(hits.get(keys[1]!)?.value, Uint8Array.of(1));
    assertEquals([[...hits.keys()], [...misses]], [keys.slice(0, 2), [keys[2]]]);
    assertEquals(await client.delete(keys[0]!), true);
  });

  clientTest(subject, "thousands of keys in one call", async ({ client, key }) => {
    const names = Array.from({ length: MANY }, (_, i) => key(`${i}`));
    const value = (i: number) => patterned(i % 300, i);
    const stored = await client.setMulti(names.map((name, i) => [name, value(i)]), { flags: 3 });
    assertEquals([stored.hits.size, stored.misses.size, stored.errors.size], [MANY, 0, 0]);
    const asked = names.flatMap((name) => [name, `${name}-none`]);
    const { hits, misses, errors } = await client.getMulti(asked);
    assertEquals([hits.size, misses.size, errors.size], [MANY, MANY, 0]);
    for (const [i, name] of names.entries()) assertEquals(hits.get(name)?.value, value(i));
    const deleted = await client.deleteMulti(asked);
    assertEquals([deleted.hits.size, deleted.misses.size, deleted.errors.size], [MANY, MANY, 0]);
    assertEquals((await client.getMulti(names)).misses.size, MANY);
  });

  clientTest(subject, "setMulti tells what failed beside what did not", async ({ client, key }) => {
    const { hits, misses, errors } = await client.setMulti([
      [key("a"), "1"],
      [key("big"), new Uint8Array(TOO_LARGE)],
      [key("c"), "3"],
    ], { flags: 8 });
    assertEquals([[...hits], misses.size], [[[key("a"), true], [key("c"), true]], 0]);
    const error = errors.get(key("big"));
    assertEquals([error instanceof ValueTooLargeError, errors.size], [true, 1]);
    const found = await client.getMulti([key("a"), key("big"), key("c")]);
    assertEquals([...found.hits.values()].map((item) => [item.text(), item.flags]), [["1", 8], ["3", 8]]);
  });

  clientTest(subject, "a key that cannot be used refuses the whole call and sends nothing", async ({ client, key }) => {
    const long = "x".repeat(251);
    const sent = await sentDuring(client, async () => {
      for (const bad of ["", long, new Uint8Array(0), bytesOf(long)]) {
        const few = [key("a"), bad, key("c")];
        // The bad one in the last of several batches.
        const many = [...Array.from({ length: MANY }, (_, i) => key(`${i}`)), bad];
        for (const keys of [few, many]) {
          await assertRejects(() => client.getMulti<string | Uint8Array>(keys), RangeError);
          await assertRejects(() => client.deleteMulti<string | Uint8Array>(keys), RangeError);
          await assertRejects(() => client.setMulti(keys.map((name) => [name, "v"] as const)), RangeError);
        }
      }
    });
    assertEquals(sent, []);
    assertEquals(await client.get(key("0")), undefined);
  });

  clientTest(subject, "an aborted multi call rejects with the reason and harms nobody", async ({ client, key }) => {
    const names = Array.from({ length: 500 }, (_, i) => key(`${i}`));
    await client.setMulti(names.map((name) => [name, name]));
    const reason = new Error("changed my mind");
    const gaveUp = new AbortController();
    const calls = [client.getMulti(names, { signal: gaveUp.signal }), client.getMulti(names)] as const;
    gaveUp.abort(reason);
    assertEquals(await rejection(calls[0]), reason);
    const others = Promise.all(names.map((name) => client.getText(name)));
    for (const [name, item] of (await calls[1]).hits) assertEquals(item.text(), name);
    assertEquals(await others, names);
    assertEquals(await rejection(client.getMulti(names, { signal: AbortSignal.abort(reason) })), reason);
  });

  clientTest(subject, "multi calls after close reject with ClosedError", async ({ key }) => {
    const client = await subject.connect();
    await client.close();
    await assertRejects(() => client.getMulti([key("a")]), ClosedError);
    await assertRejects(() => client.setMulti([[key("a"), "1"]]), ClosedError);
    await assertRejects(() => client.deleteMulti([key("a")]), ClosedError);
  });
}
