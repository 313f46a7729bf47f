/** The client contract: reading one item. */
import { assert, assertEquals, assertInstanceOf, assertRejects, assertStringIncludes } from "@std/assert";
import { Item } from "../../mod.ts";
import { GATK, GETK, type GetKeyResponse } from "../../src/ops/retrieval.ts";
import { bytesOf, type ClientSubject, clientTest, patterned } from "./client_subject.ts";

/** Registers the tests. */
export function readContract(subject: ClientSubject): void {
  clientTest(subject, "get gives value, flags and version of what was set", async ({ client, key, told }) => {
    const cas = await told(key("k"), await client.set(key("k"), "Ada", { flags: 0xdeadbeef }));
    const item = await client.get(key("k"));
    assertInstanceOf(item, Item);
    assertEquals([item.value, item.flags, item.cas], [bytesOf("Ada"), 0xdeadbeef, cas]);
    assert(cas > 0n);
    assertEquals(item.text(), "Ada");
  });

  clientTest(subject, "reads resolve to undefined on a missing key", async ({ client, key }) => {
    const target = Uint8Array.of(1, 2, 3);
    const missing = key("missing");
    assertEquals(
      await Promise.all([
        client.get(missing),
        client.getText(missing),
        client.getJson(missing),
        client.getInto(missing, target),
        client.getAndTouch(missing, { ttl: 60 }),
        client.touch(missing, { ttl: 60 }),
      ]),
      [undefined, undefined, undefined, undefined, undefined, undefined],
    );
    assertEquals(target, Uint8Array.of(1, 2, 3));
  });

  clientTest(subject, "getText decodes UTF-8 and keeps a byte order mark", async ({ client, key }) => {
    const text = "\ufeffÄöü € 😀 \u0000 end";
    await client.set(key("k"), text);
    assertEquals(await client.getText(key("k")), text);
    assertEquals((await client.get(key("k")))?.text(), text);
    await client.set(key("k"), Uint8Array.of(0x61, 0xff, 0x62));
    assertEquals(await client.getText(key("k")), "a\ufffdb");
  });

  clientTest(subject, "getJson parses, and rejects with SyntaxError what is no JSON", async ({ client, key }) => {
    const document = { name: "Ada", born: 1815, tags: ["a", "ü"], none: null };
    await client.set(key("k"), JSON.stringify(document));
    assertEquals(await client.getJson(key("k")), document);
    assertEquals((await client.get(key("k")))?.json(), document);
    await client.set(key("k"), "{not json");
    await assertRejects(() => client.getJson(key("k")), SyntaxError);
    await client.set(key("k"), "");
    await assertRejects(() => client.getJson(key("k")), SyntaxError);
  });

  clientTest(subject, "getInto writes to the start of the array and nothing behind", async ({ client, key, told }) => {
    const value = patterned(3000, 1);
    const cas = await told(key("k"), await client.set(key("k"), value, { flags: 7 }));
    const target = new Uint8Array(4000).fill(0xaa);
    assertEquals(await client.getInto(key("k"), target), { length: 3000, flags: 7, cas });
    assertEquals(target.subarray(0, 3000), value);
    assert(target.subarray(3000).every((byte) => byte === 0xaa));

    const exact = new Uint8Array(3000);
    await client.getInto(key("k"), exact);
    assertEquals(exact, value);
  });

  clientTest(subject, "getInto takes large and empty values", async ({ client, key }) => {
    const value = patterned(500_000, 2);
    await client.set(key("large"), value);
    const target = new Uint8Array(500_000);
    for (let round = 0; round < 3; round++) {
      target.fill(0);
      assertEquals((await client.getInto(key("large"), target))?.length, 500_000);
      assertEquals(target, value);
    }
    await client.set(key("empty"), "");
    assertEquals((await client.getInto(key("empty"), new Uint8Array(0)))?.length, 0);
  });

  clientTest(subject, "getInto rejects with RangeError what does not fit", async ({ client, key }) => {
    await client.set(key("k"), new Uint8Array(100));
    const target = new Uint8Array(99).fill(1);
    const error = await assertRejects(() => client.getInto(key("k"), target), RangeError);
    assertStringIncludes(error.message, "100 bytes into 99");
    assert(target.every((byte) => byte === 1));
  });

  clientTest(subject, "getAndTouch and touch give what they found", async ({ client, key }) => {
    await client.set(key("k"), "v", { flags: 9 });
    const item = await client.getAndTouch(key("k"), { ttl: 600 });
    assertEquals([item?.text(), item?.flags], ["v", 9]);
    const touched = await client.touch(key("k"), { ttl: 600 });
    const now = (await client.get(key("k")))?.cas;
    // Classic text tells neither.
    const tells = subject.protocol === "text" ? [undefined, 0n] : [9, now];
    assertEquals([touched?.flags, touched?.cas], tells);
    assertEquals(await client.getText(key("k")), "v");
  });

  clientTest(subject, "getk and gatk repeat the key through the caller", async ({ client, key, told }) => {
    const cas = await told(key("ü"), await client.set(key("ü"), "v", { flags: 3 }));
    const parts = (reply: GetKeyResponse | undefined) => reply && [reply.key, reply.value, reply.flags, reply.cas];
    const expected = [bytesOf(key("ü")), bytesOf("v"), 3, cas];
    assertEquals(parts(await client.caller.call(GETK, { key: key("ü") })), expected);
    assertEquals(parts(await client.caller.call(GATK, { key: bytesOf(key("ü")), expiry: 0 })), expected);
    const { replies } = await client.caller.batch(GETK, [{ key: key("ü") }, { key: key("none") }]);
    assertEquals(replies.map(parts), [expected, undefined]);
  });
}
