/** Bytes that a caller gave and changes as soon as the call was made. */

import { assertEquals } from "@std/assert";
import type { ConnectionError } from "../../src/errors.ts";
import { mayHaveChanged, ownBytes } from "../../src/link/own_bytes.ts";
import { GET } from "../../src/ops/retrieval.ts";
import { SET } from "../../src/ops/storage.ts";
import { endOfTurn } from "../support/fake_transport.ts";
import { failureOf, LinkScene } from "../support/link_scene.ts";
import { test } from "../support/test.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test("Link: a key and a value may be changed once the call was made, though it waits", async () => {
  const scene = new LinkScene();
  await using link = await scene.link({ lazy: true });
  const key = bytes("a");
  const value = bytes("1");
  const calls = [
    link.call(SET, { key, value, flags: 0, expiry: 0 }, undefined, () => {}),
    link.batch(GET, [{ key }]),
  ];
  key[0] = 0x62;
  value[0] = 0x32;
  const asked = await scene.asked();
  assertEquals(asked.map(({ key }) => key), ["a", "a", ""]);
  assertEquals(asked[0]!.value, bytes("1"));
  await scene.serve();
  await Promise.all(calls);
});

test("Link makes a call again only with bytes that cannot have changed, or are said not to", async () => {
  for (const stableBytes of [false, true]) {
    const scene = new LinkScene();
    await using link = await scene.link({ stableBytes });
    const large = new Uint8Array(64 * 1024);
    const given = failureOf(link.call(GET, { key: bytes("a") }, undefined, () => "a"));
    const batch = link.batch(GET, [{ key: "t" }, { key: bytes("b") }], undefined, () => "b");
    const text = link.call(GET, { key: "c" }, undefined, () => "c");
    await endOfTurn();
    // Held, so that the next one does not leave.
    scene.peer.mode = "held";
    const before = link.call(GET, { key: "d" }, undefined, () => "d");
    await endOfTurn();
    const unsent = link.call(SET, { key: "e", value: large, flags: 0, expiry: 0 }, undefined, () => "e");
    const small = failureOf(link.call(SET, { key: "f", value: bytes("v"), flags: 0, expiry: 0 }, undefined, () => "f"));
    await endOfTurn();
    scene.peer.end();
    await scene.comeBack(50);
    await scene.serve();
    assertEquals([await text, await before, await unsent], ["c", "d", "e"]);
    if (stableBytes) {
      assertEquals([await given, await small], [undefined, undefined]);
      assertEquals(await batch, { replies: ["b", "b"], errors: undefined });
      continue;
    }
    // Its caller may safely make the second again, and says so itself.
    assertEquals([(await given as ConnectionError).sent, (await small as ConnectionError).sent], [true, false]);
    assertEquals((await batch).errors?.size, 2);
  }
});

test("ownBytes copies what may change, wherever it is, and mayHaveChanged finds it", () => {
  const small = bytes("v");
  const large = new Uint8Array(64 * 1024);
  const features = new Map([[1, 2]]);
  const request = { key: "k", specs: [{ path: small }], large, features, cas: 1n, none: undefined };
  const own = ownBytes(request);
  assertEquals(own, request);
  assertEquals([own.specs[0]!.path === small, own.large === large, own.features === features], [false, true, true]);
  assertEquals([mayHaveChanged(request), mayHaveChanged({ ...request, specs: [] })], [true, false]);
});
