/** What the methods make of answers that are not as they must be, or that refuse. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { Client, Connection, ProtocolError, StatusError, TimeoutError } from "../../mod.ts";
import { endOfTurn, FakeTransport } from "../support/fake_transport.ts";
import { test } from "../support/test.ts";
import { answer, type WireParts } from "../support/wire_frame.ts";

type Method = (client: Client) => Promise<unknown>;

const METHODS: Readonly<Record<string, Method>> = {
  get: (client) => client.get("k"),
  getText: (client) => client.getText("k"),
  getJson: (client) => client.getJson("k"),
  getInto: (client) => client.getInto("k", new Uint8Array(100)),
  getAndTouch: (client) => client.getAndTouch("k", { ttl: 1 }),
  touch: (client) => client.touch("k", { ttl: 1 }),
  set: (client) => client.set("k", "v"),
  add: (client) => client.add("k", "v"),
  append: (client) => client.append("k", "v"),
  delete: (client) => client.delete("k"),
  increment: (client) => client.increment("k"),
  version: (client) => client.version(),
  flush: (client) => client.flush(),
  noop: (client) => client.noop(),
  quit: (client) => client.quit(),
};

/** Answers with status success that cannot be read, and what is wrong with them. */
const UNREADABLE: readonly (readonly [string, string, Partial<WireParts>])[] = [
  ["get", "2 bytes of extras", { extras: new Uint8Array(2), value: "v" }],
  ["get", "no flags", { value: "v" }],
  ["getInto", "2 bytes of extras", { extras: new Uint8Array(2), value: "v" }],
  ["getInto", "no flags", {}],
  ["getAndTouch", "8 bytes of extras", { extras: new Uint8Array(8) }],
  ["touch", "3 bytes of extras", { extras: new Uint8Array(3) }],
  ["set", "a value", { value: "v" }],
  ["add", "a key", { key: "k" }],
  ["append", "4 bytes of extras", { extras: new Uint8Array(4) }],
  ["increment", "4 bytes of value", { value: new Uint8Array(4) }],
  ["increment", "no value", {}],
  ["version", "a key", { key: "k", value: "1.6" }],
  ["flush", "a value", { value: "v" }],
  ["noop", "a value", { value: "v" }],
];

/** Calls a method and gives it an answer. */
async function answered(name: string, parts: Partial<WireParts>): Promise<[Promise<unknown>, Connection]> {
  const transport = new FakeTransport();
  const connection = new Connection(transport);
  const call = METHODS[name]!(new Client(connection));
  await endOfTurn();
  transport.receive(answer(transport.requests[0]!, parts));
  return [call, connection];
}

for (const [name, what, parts] of UNREADABLE) {
  test(`${name} rejects with ProtocolError and closes when the answer has ${what}`, async () => {
    const [call, connection] = await answered(name, parts);
    const error = await assertRejects(() => call, ProtocolError);
    assertStringIncludes(error.message, name === "getAndTouch" ? "gat" : name.replace(/(Into|Text|Json)$/, ""));
    assertEquals(connection.state, "closed");
  });
}

for (const name of Object.keys(METHODS)) {
  test(`${name} rejects with StatusError when the server is busy, and goes on`, async () => {
    const [call, connection] = await answered(name, { status: 0x85, value: "come back later" });
    const error = await assertRejects(() => call, StatusError);
    assertEquals([error.statusName, error.retryable, error.status, connection.state], ["EBUSY", true, 0x85, "open"]);
    assertStringIncludes(error.message, "come back later");
    connection.destroy();
  });
}

test("every method ends in time when the server stays silent", async () => {
  const transport = new FakeTransport();
  const client = new Client(new Connection(transport, { timeout: 20 }));
  const others: readonly Method[] = [
    (client) => client.stats(),
    (client) => client.eachStat("settings").next(),
    (client) => client.update("k", () => "v"),
    (client) => client.attempts("k").next(),
    (client) => client.verbosity(1),
  ];
  const calls = [...Object.values(METHODS), ...others].map((method) => method(client));
  for (const call of calls) {
    const error = await assertRejects(() => call, TimeoutError);
    assertEquals([error.code, error.sent], ["TIMEOUT", true]);
    assertStringIncludes(error.message, transport.peer);
  }
  const slow = new Client(new Connection(new FakeTransport()));
  await assertRejects(() => slow.get("k", { timeout: 20 }), TimeoutError);
  for (const { caller } of [client, slow]) (caller as Connection).destroy();
});
