/** The client contract: what a key may be. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { Client } from "../../mod.ts";
import { bytesOf, type ClientSubject, clientTest, sentDuring } from "./client_subject.ts";

const LIMIT = 250;

/** Every method that takes a key. */
const KEYED: Readonly<Record<string, (client: Client, key: string | Uint8Array) => Promise<unknown>>> = {
  get: (client, key) => client.get(key),
  getText: (client, key) => client.getText(key),
  getJson: (client, key) => client.getJson(key),
  getInto: (client, key) => client.getInto(key, new Uint8Array(10)),
  getMulti: (client, key) => client.getMulti([key]),
  getAndTouch: (client, key) => client.getAndTouch(key, { ttl: 1 }),
  touch: (client, key) => client.touch(key, { ttl: 1 }),
  set: (client, key) => client.set(key, "v"),
  "set with options": (client, key) => client.set(key, "v", { ttl: 1 }),
  setMulti: (client, key) => client.setMulti([[key, "v"]]),
  add: (client, key) => client.add(key, "v"),
  replace: (client, key) => client.replace(key, "v"),
  append: (client, key) => client.append(key, "v"),
  prepend: (client, key) => client.prepend(key, "v"),
  delete: (client, key) => client.delete(key),
  deleteMulti: (client, key) => client.deleteMulti([key]),
  increment: (client, key) => client.increment(key),
  decrement: (client, key) => client.decrement(key),
  update: (client, key) => client.update(key, () => "v"),
  attempts: (client, key) => client.attempts(key).next(),
};

/** Registers the tests. */
export function keyContract(subject: ClientSubject): void {
  for (const [name, call] of Object.entries(KEYED)) {
    clientTest(subject, `${name} refuses a key that is too short or too long`, async ({ client, key }) => {
      const bad: (string | Uint8Array)[] = [
        "",
        new Uint8Array(0),
        "x".repeat(LIMIT + 1),
        new Uint8Array(LIMIT + 1).fill(120),
        // 126 characters, 252 bytes.
        "ü".repeat(126),
      ];
      const sent = await sentDuring(client, async () => {
        for (const wrong of bad) {
          const error = await assertRejects(() => call(client, wrong), RangeError);
          assertStringIncludes(error.message, "250 bytes");
        }
      });
      assertEquals(sent, []);
      // What was begun is forgotten: the next call goes out whole.
      await client.set(key("k"), "v");
      assertEquals(await client.getText(key("k")), "v");
    });
  }

  if (subject.protocol === "text") wordKeyContract(subject);
  else anyKeyContract(subject);

  clientTest(subject, "text and its UTF-8 bytes are the same key", async ({ client, key }) => {
    await client.set(key("Ä€😀"), "v");
    assertEquals(await client.getText(bytesOf(key("Ä€😀"))), "v");
    await client.append(bytesOf(key("Ä€😀")), "w");
    assertEquals(await client.getText(key("Ä€😀")), "vw");
  });

  clientTest(subject, "a key may be changed once the call was made", async ({ client, key }) => {
    const name = bytesOf(key("k"));
    const writing = client.set(name, "v");
    name.fill(0);
    await writing;
    assertEquals(await client.getText(key("k")), "v");
    const reading = bytesOf(key("k"));
    const found = client.getText(reading);
    reading.fill(0);
    assertEquals(await found, "v");
    assert(await client.delete(key("k")));
  });
}

function anyKeyContract(subject: ClientSubject): void {
  clientTest(subject, "keys of 1 to 250 bytes hold any bytes", async ({ client, key }) => {
    const prefix = key("");
    // In base64 there is less room.
    const limit = subject.protocol === "meta" ? 186 : LIMIT;
    const texts = [
      "a b",
      "a\nb",
      "a\r\nb",
      "a\0b",
      "\0",
      " ",
      "😀",
      "ü",
      "\x7f\x01",
      "x".repeat(LIMIT - prefix.length),
    ];
    const names: (string | Uint8Array)[] = [
      ...texts.map((text) => prefix + text),
      Uint8Array.of(...bytesOf(prefix), 0xff, 0xfe, 0x00),
      Uint8Array.of(...bytesOf(prefix), ...Array.from({ length: limit - prefix.length }, (_, i) => 255 - i)),
    ];
    const stored = await client.setMulti(names.map((name, i) => [name, `${i}`] as const));
    assertEquals(stored.hits.size, names.length);
    assertEquals(
      await Promise.all(names.map((name) => client.getText(name))),
      names.map((_, i) => `${i}`),
    );
    const { hits } = await client.getMulti(names);
    for (const [i, name] of names.entries()) assertEquals(hits.get(name)?.text(), `${i}`);
    for (const name of names) assertEquals(await client.delete(name), true);
  });

  clientTest(subject, "a key of one byte is a key", async ({ client }) => {
    // Not a key of this test alone, so only that it is taken.
    assertEquals(await client.getMulti([Uint8Array.of(1)]).then(({ errors }) => errors.size), 0);
  });
}

/** Where keys are words of a line. */
function wordKeyContract(subject: ClientSubject): void {
  for (const [name, call] of Object.entries(KEYED)) {
    clientTest(subject, `${name} refuses a key that a line cannot carry`, async ({ client, key }) => {
      const bad = ["a b", "a\nb", "a\r\nb", "\0", " ", "\x7f", Uint8Array.of(1)];
      const sent = await sentDuring(client, async () => {
        for (const wrong of bad) {
          const error = await assertRejects(() => call(client, wrong), TypeError);
          assertStringIncludes(error.message, "cannot go in a classic command");
        }
      });
      assertEquals(sent, []);
      await client.set(key("k"), "v");
      assertEquals(await client.getText(key("k")), "v");
    });
  }

  clientTest(subject, "keys of 1 to 250 bytes hold all that are no blanks and no control bytes", async (scene) => {
    const { client, key } = scene;
    const names: (string | Uint8Array)[] = [
      key("😀"),
      key("ü\u0085"),
      key("").padEnd(LIMIT, "x"),
      Uint8Array.of(...bytesOf(key("")), ...Array.from({ length: 94 }, (_, i) => 0x21 + i)),
      Uint8Array.of(...bytesOf(key("")), ...Array.from({ length: 128 }, (_, i) => 0x80 + i)),
    ];
    const stored = await client.setMulti(names.map((name, i) => [name, `${i}`] as const));
    assertEquals(stored.hits.size, names.length);
    const { hits } = await client.getMulti(names);
    for (const [i, name] of names.entries()) {
      assertEquals([await client.getText(name), hits.get(name)?.text()], [`${i}`, `${i}`]);
      assertEquals(await client.delete(name), true);
    }
  });
}
