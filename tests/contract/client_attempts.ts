/** The client contract: the compare-and-set loop as a loop. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { CasMismatchError } from "../../mod.ts";
import { type ClientSubject, clientTest, rejection, sentDuring } from "./client_subject.ts";

/** Registers the tests. */
export function attemptsContract(subject: ClientSubject): void {
  clientTest(subject, "attempts end when a store holds", async ({ client, key, told }) => {
    await client.set(key("k"), "1", { flags: 5 });
    let rounds = 0;
    for await (const attempt of client.attempts(key("k"))) {
      rounds++;
      assertEquals(await attempt.store(`${attempt.item?.text()}2`), true);
      assertEquals(attempt.lost, false);
      assertEquals(await told(key("k"), attempt), (await client.get(key("k")))?.cas);
    }
    const item = await client.get(key("k"));
    assertEquals([rounds, item?.text(), item?.flags], [1, "12", 5]);
  });

  clientTest(subject, "attempts end when a delete holds", async ({ client, key }) => {
    await client.set(key("k"), "1");
    let rounds = 0;
    for await (const attempt of client.attempts(key("k"))) {
      rounds++;
      assertEquals(await attempt.delete(), true);
    }
    for await (const attempt of client.attempts(key("k"))) {
      rounds++;
      assertEquals([attempt.item, await attempt.delete()], [undefined, true]);
    }
    assertEquals([rounds, await client.get(key("k"))], [2, undefined]);
  });

  clientTest(subject, "attempts end when one passes without a write, and by break", async ({ client, key }) => {
    await client.set(key("k"), "1");
    let rounds = 0;
    for await (const attempt of client.attempts(key("k"))) {
      rounds++;
      assertEquals(attempt.item?.text(), "1");
    }
    for await (const attempt of client.attempts(key("k"))) {
      rounds++;
      assertEquals(attempt.lost, false);
      break;
    }
    assertEquals([rounds, await client.getText(key("k"))], [2, "1"]);
  });

  clientTest(subject, "attempts go on while others are quicker", async ({ client, key }) => {
    await client.set(key("k"), "0");
    const seen: (string | undefined)[] = [];
    for await (const attempt of client.attempts(key("k"))) {
      seen.push(attempt.item?.text());
      if (seen.length === 1) await client.set(key("k"), "1");
      if (seen.length === 2) await client.delete(key("k"));
      if (seen.length === 3) await client.add(key("k"), "2");
      assertEquals(await attempt.store("mine"), seen.length === 4);
      assertEquals(attempt.lost, seen.length < 4);
    }
    assertEquals(seen, ["0", "1", undefined, "2"]);
    assertEquals(await client.getText(key("k")), "mine");
  });

  clientTest(subject, "attempts can tell a delete that was lost", async ({ client, key }) => {
    await client.set(key("k"), "0");
    const outcomes: boolean[] = [];
    for await (const attempt of client.attempts(key("k"))) {
      if (outcomes.length === 0) await client.set(key("k"), "1");
      outcomes.push(await attempt.delete());
    }
    assertEquals([outcomes, await client.get(key("k"))], [[false, true], undefined]);
  });

  clientTest(subject, "attempts throw CasMismatchError when none is left", async ({ client, key }) => {
    let rounds = 0;
    await assertRejects(async () => {
      for await (const attempt of client.attempts(key("k"), { attempts: 4 })) {
        await client.set(key("k"), `${++rounds}`);
        assertEquals(await attempt.store("mine"), false);
      }
    }, CasMismatchError);
    assertEquals([rounds, await client.getText(key("k"))], [4, "4"]);
  });

  clientTest(subject, "attempts let a store say more than the loop did", async ({ client, key }) => {
    await client.set(key("k"), "1", { flags: 1 });
    for await (const attempt of client.attempts(key("k"), { flags: 2, ttl: 60 })) await attempt.store("2");
    assertEquals((await client.get(key("k")))?.flags, 2);
    for await (const attempt of client.attempts(key("k"), { flags: 2, ttl: 60 })) {
      await attempt.store("3", { flags: 3, expiresAt: new Date(Date.now() + 60_000) });
    }
    for await (const attempt of client.attempts(key("k"), { expiresAt: new Date(Date.now() + 60_000) })) {
      assertEquals([attempt.item?.text(), attempt.item?.flags], ["3", 3]);
      assert(await attempt.store("4", { ttl: 60 }));
    }
    assertEquals(await client.getText(key("k")), "4");
  });

  clientTest(
    subject,
    "attempts read nothing before the first round, and pass errors on",
    async ({ client, key, subject }) => {
      const sent = await sentDuring(client, async () => {
        client.attempts(key("k"));
        await client.noop();
      });
      // Of the NOOP alone.
      assertEquals(sent.length, subject.servers ?? 1);
      const failing = async () => {
        for await (const attempt of client.attempts("")) assert(attempt === undefined);
      };
      await assertRejects(failing, RangeError, "empty key");
      const thrown = new Error("from the body");
      const throwing = async () => {
        for await (const attempt of client.attempts(key("k"))) throw attempt.item === undefined ? thrown : undefined;
      };
      assertEquals(await rejection(throwing()), thrown);
    },
  );
}
