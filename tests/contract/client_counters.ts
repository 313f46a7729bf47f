/** The client contract: counters. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { StatusError } from "../../mod.ts";
import { type ClientSubject, clientTest, sentDuring } from "./client_subject.ts";

const MAX = 0xffff_ffff_ffff_ffffn;

/** Registers the tests. */
export function counterContract(subject: ClientSubject): void {
  clientTest(subject, "counters count up and down by one, or by what is asked", async ({ client, key }) => {
    assertEquals(await client.increment(key("n"), { initial: 10 }), 10n);
    assertEquals(await client.increment(key("n")), 11n);
    assertEquals(await client.increment(key("n"), { by: 5 }), 16n);
    assertEquals(await client.increment(key("n"), { by: 0n }), 16n);
    assertEquals(await client.decrement(key("n"), { by: 4n }), 12n);
    assertEquals(await client.decrement(key("n")), 11n);
    assertEquals(await client.getText(key("n")), "11");
  });

  clientTest(subject, "a counter that is not there stays so without initial", async ({ client, key }) => {
    assertEquals(await client.increment(key("n")), undefined);
    assertEquals(await client.decrement(key("n"), { by: 2 }), undefined);
    assertEquals(await client.get(key("n")), undefined);
  });

  clientTest(subject, "initial is the first value, to which nothing is added", async ({ client, key }) => {
    assertEquals(await client.increment(key("up"), { by: 5, initial: 100n }), 100n);
    assertEquals(await client.decrement(key("down"), { by: 5, initial: 100, ttl: 60 }), 100n);
    assertEquals(await client.increment(key("zero"), { initial: 0 }), 0n);
    assertEquals(await client.increment(key("up"), { by: 5, initial: 0 }), 105n);
    const item = await client.get(key("down"));
    assertEquals([item?.text(), item?.flags], ["100", 0]);
    assertEquals(await client.increment(key("max"), { initial: MAX }), MAX);
    assertEquals(await client.getText(key("max")), "18446744073709551615");
  });

  clientTest(subject, "counting up wraps at 2⁶⁴ and counting down stays at 0", async ({ client, key }) => {
    await client.set(key("n"), `${MAX - 1n}`);
    assertEquals(await client.increment(key("n")), MAX);
    assertEquals(await client.increment(key("n")), 0n);
    await client.set(key("n"), "5");
    assertEquals(await client.increment(key("n"), { by: MAX }), 4n);
    assertEquals(await client.decrement(key("n"), { by: 3 }), 1n);
    assertEquals(await client.decrement(key("n"), { by: MAX }), 0n);
    assertEquals(await client.decrement(key("n")), 0n);
  });

  clientTest(subject, "counting down keeps the length of the text", async ({ client, key }) => {
    await client.set(key("n"), "100");
    assertEquals(await client.decrement(key("n")), 99n);
    assertEquals(await client.getText(key("n")), "99 ");
    assertEquals(await client.increment(key("n")), 100n);
    assertEquals(await client.getText(key("n")), "100");
  });

  clientTest(subject, "text that is a number is a counter and keeps its flags", async ({ client, key }) => {
    await client.set(key("n"), "41", { flags: 12 });
    assertEquals(await client.increment(key("n")), 42n);
    const item = await client.get(key("n"));
    assertEquals([item?.text(), item?.flags], ["42", 12]);
  });

  clientTest(subject, "what is no number is refused with DELTA_BADVAL", async ({ client, key }) => {
    for (const text of ["abc", "-1", `${MAX + 1n}`]) {
      await client.set(key("n"), text);
      const error = await assertRejects(() => client.increment(key("n"), { initial: 1 }), StatusError);
      assertEquals([error.op, error.statusName, error.code, error.sent], ["increment", "DELTA_BADVAL", "STATUS", true]);
      assertStringIncludes(error.message, key("n"));
      await assertRejects(() => client.decrement(key("n")), StatusError, "DELTA_BADVAL");
      assertEquals(await client.getText(key("n")), text);
    }
  });

  clientTest(subject, "counter options that make no sense are refused and nothing sent", async ({ client, key }) => {
    const sent = await sentDuring(client, async () => {
      await assertRejects(() => client.increment(key("n"), { ttl: 60 }), TypeError, "initial");
      await assertRejects(() => client.decrement(key("n"), { expiresAt: new Date() }), TypeError, "initial");
      for (const bad of [-1, -1n, MAX + 1n, 1.5, NaN]) {
        await assertRejects(() => client.increment(key("n"), { by: bad }), RangeError);
        await assertRejects(() => client.decrement(key("n"), { initial: bad }), RangeError);
      }
    });
    assertEquals(sent, []);
  });

  clientTest(subject, "counts of many callers at once all count", async ({ client, key }) => {
    await client.set(key("n"), "0");
    await using other = await subject.connect({ timeout: 30_000 });
    const seen = await Promise.all(
      Array.from({ length: 1000 }, (_, i) => (i % 2 === 0 ? client : other).increment(key("n"))),
    );
    assertEquals(new Set(seen).size, 1000);
    assertEquals(await client.getText(key("n")), "1000");
  });
}
