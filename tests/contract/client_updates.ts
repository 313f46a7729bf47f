/** The client contract: the compare-and-set loop as a function. */
import { assertEquals, assertNotEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { CasMismatchError, DELETE_ITEM, type Item } from "../../mod.ts";
import { bytesOf, type ClientSubject, clientTest, rejection } from "./client_subject.ts";

/** Registers the tests. */
export function updateContract(subject: ClientSubject): void {
  clientTest(subject, "update stores what the function makes of the item", async ({ client, key, told }) => {
    const cas = await told(key("k"), await client.set(key("k"), "1", { flags: 42 }));
    const seen: (Item | undefined)[] = [];
    const result = await client.update(key("k"), (item) => {
      seen.push(item);
      return `${item?.text()}2`;
    });
    const item = await client.get(key("k"));
    assertEquals(result, { outcome: "stored", cas: subject.protocol === "text" ? 0n : item?.cas ?? 0n });
    assertEquals([item?.text(), item?.flags], ["12", 42]);
    assertEquals([seen.length, seen[0]?.text(), seen[0]?.flags, seen[0]?.cas], [1, "1", 42, cas]);
  });

  clientTest(subject, "update creates what is missing, and takes bytes and promises", async ({ client, key }) => {
    const result = await client.update(key("k"), (item) => Promise.resolve(bytesOf(`${item === undefined}`)));
    assertEquals(result.outcome, "stored");
    const item = await client.get(key("k"));
    assertEquals([item?.text(), item?.flags], ["true", 0]);
  });

  clientTest(subject, "update changes the flags only when told", async ({ client, key }) => {
    await client.set(key("k"), "1", { flags: 42 });
    await client.update(key("k"), () => "2", { flags: 43 });
    assertEquals((await client.get(key("k")))?.flags, 43);
    await client.update(key("k"), () => "3", { ttl: 60 });
    assertEquals((await client.get(key("k")))?.flags, 43);
    await client.update(key("k"), () => "4", { flags: 0 });
    assertEquals((await client.get(key("k")))?.flags, 0);
    await client.update(key("new"), () => "1", { flags: 7 });
    assertEquals((await client.get(key("new")))?.flags, 7);
  });

  clientTest(subject, "update deletes when the function says so", async ({ client, key }) => {
    await client.set(key("k"), "1");
    assertEquals(await client.update(key("k"), () => DELETE_ITEM), { outcome: "deleted" });
    assertEquals(await client.get(key("k")), undefined);
    assertEquals(await client.update(key("k"), () => DELETE_ITEM), { outcome: "deleted" });
  });

  clientTest(subject, "update leaves the item when the function returns nothing", async ({ client, key, told }) => {
    const cas = await told(key("k"), await client.set(key("k"), "1", { flags: 3 }));
    assertEquals(await client.update(key("k"), () => undefined), { outcome: "quit" });
    const item = await client.get(key("k"));
    assertEquals([item?.text(), item?.flags, item?.cas], ["1", 3, cas]);
    assertEquals(await client.update(key("none"), () => undefined), { outcome: "quit" });
    assertEquals(await client.get(key("none")), undefined);
  });

  clientTest(subject, "update rejects with what the function throws", async ({ client, key }) => {
    await client.set(key("k"), "1");
    const thrown = new Error("no idea");
    const failing = client.update(key("k"), () => {
      throw thrown;
    });
    assertEquals(await rejection(failing), thrown);
    assertEquals(await rejection(client.update(key("k"), () => Promise.reject(thrown))), thrown);
    assertEquals(await client.getText(key("k")), "1");
  });

  clientTest(subject, "update tries again when another was quicker", async ({ client, key }) => {
    await using other = await subject.connect({ timeout: 30_000 });
    const cases: { before?: string; meanwhile: () => Promise<unknown>; seen: (string | undefined)[] }[] = [
      { before: "1", meanwhile: () => other.set(key("k"), "2"), seen: ["1", "2"] },
      { before: "1", meanwhile: () => other.delete(key("k")), seen: ["1", undefined] },
      { meanwhile: () => other.add(key("k"), "2"), seen: [undefined, "2"] },
    ];
    for (const { before, meanwhile, seen } of cases) {
      for (const wanted of ["new", DELETE_ITEM] as const) {
        if (wanted === DELETE_ITEM && before === undefined) continue;
        await (before === undefined ? client.delete(key("k")) : client.set(key("k"), before));
        const found: (string | undefined)[] = [];
        const result = await client.update(key("k"), async (item) => {
          found.push(item?.text());
          if (found.length === 1) await meanwhile();
          return wanted;
        });
        assertEquals(found, seen);
        assertEquals(result.outcome, wanted === DELETE_ITEM ? "deleted" : "stored");
        assertEquals(await client.getText(key("k")), wanted === DELETE_ITEM ? undefined : wanted);
      }
    }
  });

  clientTest(subject, "update of twenty at once loses none", async ({ client, key }) => {
    await client.set(key("n"), "0", { flags: 99 });
    await using other = await subject.connect({ timeout: 30_000 });
    const increase = (item: Item | undefined) => `${Number(item?.text()) + 1}`;
    // Nobody can lose more often than others win, so twenty attempts are always enough.
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? client : other).update(key("n"), increase, { attempts: 20 })),
    );
    assertEquals(new Set(results.map((result) => result.outcome)), new Set(["stored"]));
    const versions = new Set(results.map((result) => result.outcome === "stored" && result.cas));
    assertEquals(versions.size, subject.protocol === "text" ? 1 : 20);
    const item = await client.get(key("n"));
    assertEquals([item?.text(), item?.flags], ["20", 99]);
  });

  clientTest(subject, "update of twenty at once creates one item", async ({ client, key }) => {
    const append = (item: Item | undefined) => `${item?.text() ?? ""}x`;
    await Promise.all(Array.from({ length: 20 }, () => client.update(key("k"), append, { attempts: 20 })));
    assertEquals(await client.getText(key("k")), "x".repeat(20));
  });

  clientTest(subject, "update gives up after its attempts with CasMismatchError", async ({ client, key }) => {
    await client.set(key("k"), "0");
    let calls = 0;
    const error = await assertRejects(
      () =>
        client.update(key("k"), async () => {
          await client.set(key("k"), `other ${++calls}`);
          return "mine";
        }, { attempts: 3 }),
      CasMismatchError,
    );
    assertEquals([calls, error.op, error.statusName, error.retryable], [3, "update", "KEY_EEXISTS", true]);
    assertStringIncludes(error.message, key("k"));
    assertStringIncludes(error.message, "3 attempts");
    assertEquals(await client.getText(key("k")), "other 3");

    const named = Uint8Array.of(...bytesOf(key("b")));
    const failing = client.update(named, () => client.set(named, "other").then(() => "mine"), { attempts: 1 });
    assertStringIncludes(String(await rejection(failing)), key("b"));
  });

  clientTest(subject, "update ends with the reason of its signal", async ({ client, key }) => {
    await client.set(key("k"), "0");
    const reason = new Error("changed my mind");
    const before = client.update(key("k"), () => "1", { signal: AbortSignal.abort(reason) });
    assertEquals(await rejection(before), reason);
    const controller = new AbortController();
    let calls = 0;
    const during = client.update(key("k"), async () => {
      await client.set(key("k"), `${++calls}`);
      if (calls === 2) controller.abort(reason);
      return "mine";
    }, { signal: controller.signal });
    assertEquals(await rejection(during), reason);
    assertEquals([calls, await client.getText(key("k"))], [2, "2"]);
  });

  clientTest(subject, "update refuses a number of attempts that makes no sense", async ({ client, key }) => {
    for (const attempts of [0, -1, NaN]) {
      await assertRejects(() => client.update(key("k"), () => "1", { attempts }), RangeError, "attempts");
    }
    assertEquals(await client.get(key("k")), undefined);
  });

  clientTest(subject, "update gives every round a version of its own", async ({ client, key, told }) => {
    const version = async (value: string) => {
      const result = await client.update(key("k"), () => value);
      return await told(key("k"), { cas: result.outcome === "stored" ? result.cas : -1n });
    };
    assertNotEquals(await version("1"), await version("2"));
  });
}
