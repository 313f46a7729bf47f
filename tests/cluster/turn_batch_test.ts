/** Reads of one turn in one batch: what a read asks for, and what it gives. */

import { assertEquals } from "@std/assert";
import { Connection } from "../../src/connection/connection.ts";
import { TurnBatch } from "../../src/cluster/turn_batch.ts";
import { GET } from "../../src/ops/retrieval.ts";
import { endOfTurn, FakeTransport } from "../support/fake_transport.ts";
import { test } from "../support/test.ts";
import { answer, hit } from "../support/wire_frame.ts";

test("TurnBatch reads the keys that were given, whatever becomes of their bytes in the same turn", async () => {
  const transport = new FakeTransport();
  const batch = new TurnBatch(new Connection(transport));
  const key = new TextEncoder().encode("one");
  const read = () => batch.call(GET, { key }, undefined, (frame) => new TextDecoder().decode(frame.value));
  const first = read();
  key.set(new TextEncoder().encode("two"));
  const second = read();
  key.fill(0x78);
  await endOfTurn();
  const [one, two, noop] = transport.requests;
  assertEquals([one!.key, two!.key], ["one", "two"]);
  transport.receive(hit(one!, "1"), hit(two!, "2"), answer(noop!));
  assertEquals(await Promise.all([first, second]), ["1", "2"]);
  const alone = read();
  key.fill(0x79);
  await endOfTurn();
  assertEquals(transport.requests.at(-1)!.key, "xxx");
  transport.receive(hit(transport.requests.at(-1)!, "3"));
  assertEquals(await alone, "3");
  await batch.close();
});
