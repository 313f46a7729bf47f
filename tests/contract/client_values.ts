/** The client contract: what a value may be, and that what was read stays as it is. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type Client, NotStoredError, StatusError, ValueTooLargeError } from "../../mod.ts";
import { type ClientSubject, clientTest, patterned } from "./client_subject.ts";

/** What both servers keep at most, with the item's own needs, unless told otherwise. */
const ITEM_SIZE = 1024 * 1024;

/** Sizes around everything that has a border somewhere: slabs, chunks, segments; and steps between them. */
const SIZES: readonly number[] = [
  ...Array.from({ length: 70 }, (_, i) => 1 + i * 1000),
  ...[32, 250, 1024, 4096, 16_384, 32_768, 65_536].flatMap((border) =>
    [-29, -28, -25, -24, -1, 0, 1].map((step) => border + step)
  ),
  70_000,
];

/** Registers the tests. */
export function valueContract(subject: ClientSubject): void {
  clientTest(subject, "values of 1 to 70,000 bytes come back, one after the other", async ({ client, key }) => {
    for (const size of SIZES) {
      await client.set(key("k"), patterned(size, size));
      assertEquals((await client.get(key("k")))?.value, patterned(size, size));
    }
  });

  clientTest(subject, "values of 1 to 70,000 bytes come back, all at once", async ({ client, key }) => {
    const stored = await Promise.all(SIZES.map((size) => client.set(key(`${size}`), patterned(size, size))));
    const versions = new Set(stored.map(({ cas }) => cas));
    if (subject.servers === undefined) assertEquals(versions.size, subject.protocol === "text" ? 1 : SIZES.length);
    const items = await Promise.all(SIZES.map((size) => client.get(key(`${size}`))));
    const { hits } = await client.getMulti(SIZES.map((size) => key(`${size}`)));
    for (const [i, size] of SIZES.entries()) {
      assertEquals(items[i]?.value, patterned(size, size));
      assertEquals(hits.get(key(`${size}`))?.value, patterned(size, size));
    }
  });

  clientTest(subject, "an empty value is a value", async ({ client, key }) => {
    for (const empty of ["", new Uint8Array(0)]) {
      await client.set(key("k"), empty, { flags: 1 });
      const item = await client.get(key("k"));
      assertEquals([item?.value, item?.flags, item?.text()], [new Uint8Array(0), 1, ""]);
      assertEquals(await client.getText(key("k")), "");
    }
  });

  clientTest(subject, "values may be parts of larger arrays, and text of any length", async ({ client, key }) => {
    const large = patterned(200_000, 5);
    for (const [from, to] of [[10, 20], [1, 70_001], [100_000, 200_000]] as const) {
      await client.set(key("k"), large.subarray(from, to));
      assertEquals((await client.get(key("k")))?.value, large.slice(from, to));
    }
    for (const text of ["ü".repeat(31), "€".repeat(33), "a".repeat(65_535) + "😀", "x".repeat(300_000)]) {
      await client.set(key("k"), text);
      assertEquals(await client.getText(key("k")), text);
    }
  });

  clientTest(subject, "a value of a megabyte less its keep fits, twice in a row and many at once", async (scene) => {
    const { client, key } = scene;
    const value = patterned(ITEM_SIZE - 1000, 3);
    await Promise.all(["a", "b", "c", "d"].map((name) => client.set(key(name), value)));
    const items = await Promise.all(["a", "b", "c", "d"].map((name) => client.get(key(name))));
    for (const item of items) assertEquals(item?.value, value);
    await Promise.all(["a", "b", "c", "d"].map((name) => client.delete(key(name))));
  });

  clientTest(subject, "a value that is too large is refused and the rest goes on", async ({ client, key }) => {
    const small = patterned(100, 1);
    for (const size of [ITEM_SIZE, ITEM_SIZE + 1, 5 * ITEM_SIZE]) {
      const calls = [
        client.set(key("before"), small),
        client.set(key("k"), new Uint8Array(size)),
        client.get(key("before")),
      ] as const;
      const error = await assertRejects(() => calls[1], ValueTooLargeError);
      assertEquals([error.code, error.statusName, error.op], ["VALUE_TOO_LARGE", "E2BIG", "set"]);
      assertStringIncludes(error.message, key("k"));
      assertEquals((await calls[2])?.value, small);
      await assertRejects(() => client.add(key("k"), new Uint8Array(size)), ValueTooLargeError);
      assertEquals(await client.get(key("k")), undefined);
    }
  });

  clientTest(subject, "append and prepend refuse to grow beyond the limit and keep what was", async (scene) => {
    const { client, key, subject } = scene;
    const value = patterned(ITEM_SIZE - 1000, 4);
    await client.set(key("k"), value);
    for (const name of ["append", "prepend"] as const) {
      const error = await assertRejects(() => client[name](key("k"), new Uint8Array(2000)), StatusError);
      // Here memcached says no more than that it was not stored.
      assertEquals(error instanceof ValueTooLargeError || error instanceof NotStoredError, true);
      assertStringIncludes(error.message, "larger than the server keeps");
      assertEquals((await client.get(key("k")))?.value, value);
      await assertRejects(() => client[name](key("k"), new Uint8Array(2 * ITEM_SIZE)), ValueTooLargeError);
      // Over text memcached deletes the item that it cannot replace, in every mode.
      if (subject.protocol !== undefined) await client.set(key("k"), value);
    }
    assertEquals((await client.get(key("k")))?.value, value);
    await client.delete(key("k"));
  });

  clientTest(subject, "values that were read never change", async ({ client, key }) => {
    const sizes = [1, 2, 31, 100, 700, 4000, 16_383, 20_000, 66_000];
    const names = sizes.map((size) => key(`${size}`));
    await client.setMulti(names.map((name, i) => [name, patterned(sizes[i]!, i)]));
    const single = await Promise.all(names.map((name) => client.get(name)));
    const { hits } = await client.getMulti(names);
    const touched = await Promise.all(names.map((name) => client.getAndTouch(name, { ttl: 0 })));
    await churn(client, key);
    for (const [i, size] of sizes.entries()) {
      const expected = patterned(size, i);
      assertEquals(single[i]?.value, expected);
      assertEquals(hits.get(names[i]!)?.value, expected);
      assertEquals(touched[i]?.value, expected);
    }
  });

  clientTest(subject, "what was read may be changed without changing what others read", async ({ client, key }) => {
    const names = Array.from({ length: 50 }, (_, i) => key(`${i}`));
    await client.setMulti(names.map((name, i) => [name, patterned(50 + i, i)]));
    const { hits } = await client.getMulti(names);
    for (const [i, name] of names.entries()) if (i % 2 === 0) hits.get(name)?.value.fill(0xff);
    for (const [i, name] of names.entries()) {
      if (i % 2 === 1) assertEquals(hits.get(name)?.value, patterned(50 + i, i));
      assertEquals((await client.get(name))?.value, patterned(50 + i, i));
    }
  });
}

/** A thousand further calls of all kinds. */
async function churn(client: Client, key: (name: string) => string): Promise<void> {
  const other = patterned(3000, 99);
  await client.set(key("other"), other);
  await client.set(key("large"), new Uint8Array(100_000).fill(0xbb));
  const target = new Uint8Array(100_000);
  for (let round = 0; round < 10; round++) {
    await Promise.all(Array.from({ length: 100 }, (_, i) => {
      if (i % 10 === 0) return client.getInto(key("large"), target);
      if (i % 3 === 0) return client.set(key("other"), other);
      return i % 2 === 0 ? client.get(key("other")) : client.getText(key("large"));
    }));
  }
}
