/** One key among very many that cannot be written is found before anything is sent, by the rules of what is spoken. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { type Client, connect, type ProtocolName, type Wire } from "../../mod.ts";
import { checkRequests } from "../../src/connection/check_requests.ts";
import { MetaWire } from "../../src/connection/meta_wire.ts";
import { TextWire } from "../../src/connection/text_wire.ts";
import { GET } from "../../src/ops/retrieval.ts";
import { SET } from "../../src/ops/storage.ts";
import { MemoryStore } from "../../src/server/memory_store.ts";
import { Server } from "../../src/server/server.ts";
import { memoryListener } from "../../src/transport/memory.ts";
import { LineScene } from "../support/line_scene.ts";
import { test } from "../support/test.ts";

/** More keys than go into one batch, with one near the end of them. */
function manyWith(key: string): string[] {
  return Array.from({ length: 5000 }, (_, i) => i === 4900 ? key : `key:${i}`);
}

/** Which keys cannot be written. */
const REFUSED: readonly (readonly [protocol: "meta" | "text", key: string])[] = [
  ["meta", "x".repeat(251)],
  ["meta", `${"x".repeat(186)} `],
  ["text", "x".repeat(251)],
  ["text", "a b"],
  ["text", "a\r\nflush_all"],
];

for (const [protocol, key] of REFUSED) {
  test(`getMulti and setMulti over ${protocol} send nothing of 5000 keys when one is ${JSON.stringify(key.slice(0, 20))}`, async () => {
    const { client, connection, sent, say } = new LineScene(protocol === "meta" ? new MetaWire() : new TextWire());
    await assertRejects(() => client.getMulti(manyWith(key)));
    await assertRejects(() => client.setMulti(manyWith(key).map((one) => [one, "v"] as const)));
    assertEquals([await sent(), connection.unanswered], ["", 0]);
    const version = client.version();
    assertEquals(await sent(), "version\r\n");
    say("VERSION 1\r\n");
    assertEquals(await version, "1");
  });
}

async function withClient(
  options: { readonly protocol: ProtocolName; readonly connections: number },
  run: (client: Client) => Promise<void>,
): Promise<void> {
  const memory = memoryListener();
  await using server = new Server();
  new MemoryStore().register(server);
  const { address } = await server.listen({ hostname: "memory", port: 0 }, { listen: memory.listen });
  await using client = await connect(address, { ...options, dial: memory.connect });
  await run(client);
}

for (const connections of [1, 3]) {
  test(`getMulti and setMulti go by what ${connections} connections speak`, async () => {
    await withClient({ protocol: "text", connections }, async (client) => {
      await assertRejects(() => client.setMulti(manyWith("a b").map((key) => [key, "v"] as const)), TypeError);
      assertEquals((await client.getMulti(manyWith("a"))).hits.size, 0);
    });
    await withClient({ protocol: "meta", connections }, async (client) => {
      await client.setMulti(manyWith("a b").map((key) => [key, "v"] as const));
      assertEquals((await client.getMulti(manyWith("a b"))).hits.size, 5000);
    });
  });
}

test("checkRequests leaves a wire as it was, with what waits on it", () => {
  const wires: readonly (readonly [Wire, string])[] = [
    [new MetaWire(), "mg k O00000000 f c v\r\nmg l O00000001 f c v\r\n"],
    [new TextWire(), "gets k\r\ngets l\r\n"],
  ];
  for (const [wire, expected] of wires) {
    wire.write(GET as never, GET.opcode, { key: "k" }, 1, undefined);
    const size = wire.output.size;
    const large = new Uint8Array(100_000);
    const stores = ["a", "b"].map((key) => ({ key, value: large, flags: 0, expiry: 0 }));
    checkRequests(SET, stores, wire);
    checkRequests(GET, [{ key: "a" }, { key: "b" }], wire);
    assertThrows(() => checkRequests(GET, [{ key: "a" }, { key: "" }], wire), RangeError);
    assertEquals(wire.output.size, size);
    wire.write(GET as never, GET.opcode, { key: "l" }, 2, undefined);
    assertEquals(wire.output.take().map((bytes) => new TextDecoder().decode(bytes)).join(""), expected);
    const seen: number[] = [];
    const answers = wire instanceof MetaWire ? "EN O00000000\r\nEN O00000001\r\n" : "END\r\nEND\r\n";
    wire.input.push(new TextEncoder().encode(answers), ({ opaque }) => seen.push(opaque));
    assertEquals(seen, [1, 2]);
  }
});

test("checkRequests without a wire goes by the rules of frames", () => {
  checkRequests(GET, [{ key: "a b" }]);
  assertThrows(() => checkRequests(GET, [{ key: "k" }, { key: "x".repeat(251) }]), RangeError);
});
