/** The client contract: when items go away. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { type ClientSubject, clientTest, sentDuring, until } from "./client_subject.ts";

const DAY = 24 * 60 * 60;

/** Registers the tests. */
export function expiryContract(subject: ClientSubject): void {
  clientTest(subject, "ttl of a second lets every kind of write go away", async ({ client, key }) => {
    const keys = ["set", "add", "replace", "multi", "touch", "gat", "counter", "update"].map(key);
    const [set, add, replace, multi, touch, gat, counter, update] = keys as [string, ...string[]];
    await client.setMulti([replace, touch, gat].map((name) => [name as string, "v"]));
    await Promise.all([
      client.set(set, "v", { ttl: 1 }),
      client.add(add as string, "v", { ttl: 1 }),
      client.replace(replace as string, "v", { ttl: 1 }),
      client.setMulti([[multi as string, "v"]], { ttl: 1 }),
      client.touch(touch as string, { ttl: 1 }),
      client.getAndTouch(gat as string, { ttl: 1 }),
      client.increment(counter as string, { initial: 1, ttl: 1 }),
      client.update(update as string, () => "v", { ttl: 1 }),
      client.set(key("kept"), "v"),
      client.set(key("longer"), "v", { ttl: 60 * 60 }),
    ]);
    await until(async () => (await client.getMulti(keys)).misses.size === keys.length);
    assertEquals((await client.getMulti([key("kept"), key("longer")])).misses.size, 0);
  });

  clientTest(subject, "a moment that has passed is gone at once", async ({ client, key }) => {
    for (const expiresAt of [new Date(0), new Date(1000), new Date(Date.now() - 60_000)]) {
      await client.set(key("k"), "v", { expiresAt });
      assertEquals(await client.get(key("k")), undefined);
    }
    await client.set(key("k"), "v");
    await client.touch(key("k"), { expiresAt: new Date(Date.now() - 60_000) });
    assertEquals(await client.get(key("k")), undefined);
  });

  clientTest(subject, "a moment to come and any long ttl keep the item", async ({ client, key }) => {
    await client.set(key("at"), "v", { expiresAt: new Date(Date.now() + 3600_000) });
    assertEquals(await client.getText(key("at")), "v");
    for (const ttl of [30 * DAY, 30 * DAY + 1, 31 * DAY, 365 * DAY, 10 * 365 * DAY]) {
      await client.set(key("ttl"), `${ttl}`, { ttl });
      assertEquals(await client.getText(key("ttl")), `${ttl}`);
      assertEquals((await client.getAndTouch(key("ttl"), { ttl }))?.text(), `${ttl}`);
      assert(await client.touch(key("ttl"), { ttl }) !== undefined);
      assertEquals(await client.getText(key("ttl")), `${ttl}`);
    }
    await client.increment(key("n"), { initial: 5, ttl: 40 * DAY });
    assertEquals(await client.getText(key("n")), "5");
  });

  clientTest(subject, "ttl 0 and touching with 0 keep the item for ever", async ({ client, key }) => {
    await client.set(key("k"), "v", { ttl: 1 });
    await client.touch(key("k"), { ttl: 0 });
    await client.set(key("set"), "v", { ttl: 0 });
    // Another item with the ttl that the first had: when it has gone, so would have the first.
    await client.set(key("witness"), "v", { ttl: 1 });
    await until(async () => await client.get(key("witness")) === undefined);
    assertEquals((await client.getMulti([key("k"), key("set")])).misses.size, 0);
  });

  clientTest(subject, "a fraction of a second is rounded up, not to for ever and not to at once", async (scene) => {
    const { client, key } = scene;
    await client.set(key("k"), "v", { ttl: 0.001 });
    await until(async () => await client.get(key("k")) === undefined);
  });

  clientTest(subject, "an expiry that makes no sense is refused and nothing sent", async ({ client, key }) => {
    const expiresAt = new Date(Date.now() + 1000);
    const sent = await sentDuring(client, async () => {
      for (const ttl of [-1, -0.5, NaN, Infinity, 100 * 365 * DAY]) {
        await assertRejects(() => client.set(key("k"), "v", { ttl }), RangeError);
        await assertRejects(() => client.touch(key("k"), { ttl }), RangeError);
        await assertRejects(() => client.getAndTouch(key("k"), { ttl }), RangeError);
        await assertRejects(() => client.setMulti([[key("k"), "v"]], { ttl }), RangeError);
        await assertRejects(() => client.increment(key("k"), { initial: 1, ttl }), RangeError);
        await assertRejects(() => client.flush({ delay: ttl }), RangeError);
      }
      await assertRejects(() => client.set(key("k"), "v", { expiresAt: new Date(NaN) }), RangeError);
      await assertRejects(() => client.set(key("k"), "v", { expiresAt: new Date(2 ** 32 * 1000) }), RangeError);
      await assertRejects(() => client.set(key("k"), "v", { ttl: 1, expiresAt }), TypeError);
      await assertRejects(() => client.touch(key("k"), { ttl: 1, expiresAt }), TypeError);
    });
    assertEquals(sent, []);
  });

  const { secondsLeft } = subject;
  if (secondsLeft === undefined) return;
  clientTest(subject, "the server counts what was asked for", async ({ client, key }) => {
    const left = async (what: object) => {
      await client.set(key("k"), "v", what);
      return await secondsLeft(key("k"));
    };
    // The clocks of both sides count seconds, and memcached has its own begin up to two early: a little less or more is right too.
    const isAbout = (found: number | undefined, wanted: number) => {
      assert(found !== undefined && found <= wanted + 2 && found > wanted - 60, `${found} for ${wanted}`);
    };
    assertEquals(await left({}), -1);
    assertEquals(await left({ ttl: 0 }), -1);
    for (const ttl of [100, 99.5, DAY, 30 * DAY, 30 * DAY + 1, 31 * DAY, 365 * DAY]) isAbout(await left({ ttl }), ttl);
    isAbout(await left({ expiresAt: new Date(Date.now() + 5000_000) }), 5000);
    await client.touch(key("k"), { ttl: 45 * DAY });
    isAbout(await secondsLeft(key("k")), 45 * DAY);
    await client.getAndTouch(key("k"), { ttl: 0 });
    assertEquals(await secondsLeft(key("k")), -1);
    await client.increment(key("n"), { initial: 1, ttl: 50 * DAY });
    isAbout(await secondsLeft(key("n")), 50 * DAY);
    await client.append(key("k"), "more");
    assertEquals(await secondsLeft(key("k")), -1);
    await client.update(key("k"), () => "new", { ttl: 500 });
    isAbout(await secondsLeft(key("k")), 500);
  });
}
