/** The client contract: writing and deleting one item. */
import { assert, assertEquals, assertNotEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { CasMismatchError, KeyNotFoundError, NotStoredError, StatusError, UnsupportedError } from "../../mod.ts";
import { bytesOf, type ClientSubject, clientTest, type ErrorClass, rejection, sentDuring } from "./client_subject.ts";

const WRONG = 0x7fff_0000_0000_0001n;

/** Registers the tests. */
export function writeContract(subject: ClientSubject): void {
  clientTest(subject, "set writes over what was there, with a new version", async ({ client, key, told }) => {
    const first = await told(key("k"), await client.set(key("k"), "one", { flags: 1 }));
    const second = await told(key("k"), await client.set(key("k"), bytesOf("two")));
    assertNotEquals(first, second);
    const item = await client.get(key("k"));
    assertEquals([item?.text(), item?.flags, item?.cas], ["two", 0, second]);
  });

  clientTest(subject, "flags are 32 unsigned bits", async ({ client, key }) => {
    for (const flags of [0, 1, 0x7fffffff, 0x80000000, 0xffffffff]) {
      await client.set(key("k"), "v", { flags });
      assertEquals((await client.get(key("k")))?.flags, flags);
    }
    const sent = await sentDuring(client, async () => {
      for (const flags of [-1, 0x1_0000_0000, 1.5, NaN]) {
        await assertRejects(() => client.set(key("k"), "v", { flags }), RangeError, `${flags}`);
        await assertRejects(() => client.setMulti([[key("k"), "v"]], { flags }), RangeError, `${flags}`);
      }
    });
    assertEquals(sent, []);
  });

  clientTest(subject, "set with cas holds once for each version", async ({ client, key, told }) => {
    const cas = await told(key("k"), await client.set(key("k"), "one"));
    const next = await told(key("k"), await client.set(key("k"), "two", { cas, flags: 5 }));
    assertNotEquals(next, cas);
    const error = await assertRejects(() => client.set(key("k"), "three", { cas }), CasMismatchError);
    assertEquals(
      [error.name, error.code, error.op, error.statusName, error.sent],
      ["CasMismatchError", "CAS_MISMATCH", "set", "KEY_EEXISTS", true],
    );
    assertStringIncludes(error.message, key("k"));
    assert(error instanceof StatusError);
    assertEquals(await client.getText(key("k")), "two");
  });

  clientTest(subject, "writes with cas reject on a missing key and create nothing", async ({ client, key }) => {
    await assertRejects(() => client.set(key("k"), "v", { cas: WRONG }), KeyNotFoundError);
    await assertRejects(() => client.replace(key("k"), "v", { cas: WRONG }), KeyNotFoundError);
    const refused: ErrorClass = subject.protocol === "text" ? UnsupportedError : NotStoredError;
    await assertRejects(() => client.append(key("k"), "v", { cas: WRONG }), refused);
    await assertRejects(() => client.prepend(key("k"), "v", { cas: WRONG }), refused);
    assertEquals(await client.delete(key("k"), { cas: WRONG }), false);
    assertEquals(await client.get(key("k")), undefined);
  });

  clientTest(subject, "writes with another version reject and change nothing", async ({ client, key, told }) => {
    const cas = await told(key("k"), await client.set(key("k"), "v", { flags: 4 }));
    await assertRejects(() => client.set(key("k"), "x", { cas: WRONG }), CasMismatchError);
    await assertRejects(() => client.replace(key("k"), "x", { cas: WRONG }), CasMismatchError);
    const refused: ErrorClass = subject.protocol === "text" ? UnsupportedError : CasMismatchError;
    await assertRejects(() => client.append(key("k"), "x", { cas: WRONG }), refused);
    await assertRejects(() => client.prepend(key("k"), "x", { cas: WRONG }), refused);
    await assertRejects(() => client.delete(key("k"), { cas: WRONG }), CasMismatchError);
    const item = await client.get(key("k"));
    assertEquals([item?.text(), item?.flags, item?.cas], ["v", 4, cas]);
  });

  clientTest(subject, "add writes only where there is nothing", async ({ client, key, told }) => {
    const cas = await told(key("k"), await client.add(key("k"), "one", { flags: 2 }));
    const error = await assertRejects(() => client.add(key("k"), "two"), NotStoredError);
    assertEquals([error.code, error.op, error.sent], ["NOT_STORED", "add", true]);
    assertStringIncludes(error.message, "exists already");
    const item = await client.get(key("k"));
    assertEquals([item?.text(), item?.flags, item?.cas], ["one", 2, cas]);
  });

  clientTest(subject, "replace writes only where there is something", async ({ client, key, told }) => {
    const error = await assertRejects(() => client.replace(key("k"), "one"), KeyNotFoundError);
    assertEquals([error.code, error.op], ["KEY_NOT_FOUND", "replace"]);
    assertEquals(await client.get(key("k")), undefined);
    await client.set(key("k"), "one", { flags: 1 });
    const cas = await told(key("k"), await client.replace(key("k"), "two", { flags: 6 }));
    const third = await told(key("k"), await client.replace(key("k"), "three", { cas }));
    const item = await client.get(key("k"));
    assertEquals([item?.text(), item?.flags, item?.cas], ["three", 0, third]);
  });

  clientTest(subject, "append and prepend lengthen a value and keep its flags", async ({ client, key, told }) => {
    await client.set(key("k"), "b", { flags: 77 });
    await client.append(key("k"), "c");
    const cas = await told(key("k"), await client.prepend(key("k"), bytesOf("a")));
    const versioned = subject.protocol === "text" ? {} : { cas };
    const held = await told(key("k"), await client.append(key("k"), "d", versioned));
    await client.append(key("k"), "");
    const item = await client.get(key("k"));
    assertEquals([item?.text(), item?.flags], ["abcd", 77]);
    const refused: ErrorClass = subject.protocol === "text" ? UnsupportedError : CasMismatchError;
    await assertRejects(() => client.prepend(key("k"), "x", { cas }), refused);
    assertNotEquals(held, cas);
  });

  clientTest(subject, "append and prepend reject where there is nothing", async ({ client, key }) => {
    for (const name of ["append", "prepend"] as const) {
      const error = await assertRejects(() => client[name](key("k"), "v"), NotStoredError);
      assertEquals([error.code, error.op], ["NOT_STORED", name]);
      assertStringIncludes(error.message, key("k"));
    }
    assertEquals(await client.get(key("k")), undefined);
  });

  clientTest(subject, "delete tells whether there was something", async ({ client, key, told }) => {
    await client.set(key("k"), "v");
    assertEquals(await client.delete(key("k")), true);
    assertEquals(await client.delete(key("k")), false);
    const cas = await told(key("k"), await client.set(key("k"), "v"));
    assertEquals(await client.delete(key("k"), { cas }), true);
    assertEquals(await client.get(key("k")), undefined);
  });

  clientTest(subject, "expected errors look and print like any error", async ({ client, key }) => {
    const error = await rejection(client.replace(key("k"), "v"));
    assert(error instanceof Error && error instanceof KeyNotFoundError);
    assertStringIncludes(String(error), `KeyNotFoundError: Cannot replace "${key("k")}"`);
    assertStringIncludes(error.stack ?? "", "KeyNotFoundError: Cannot replace");
  });
}
