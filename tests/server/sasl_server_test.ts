/** A server with a table of users, against what memcached was heard to say with `-S`. */

import { assertEquals } from "@std/assert";
import { connect } from "../../mod.ts";
import { AuthError } from "../../src/errors.ts";
import { request } from "../contract/conformance_talk.ts";
import { ServerScene } from "../support/server_scene.ts";
import { test } from "../support/test.ts";
import { wireOf } from "../support/transport_wire.ts";
import { SASL_EXCHANGES } from "../vectors/memcached_1_6.ts";
import { replay } from "../vectors/replay.ts";

const USERS = { user: "pencil", ada: "ℕ love\tlace" };

for (const exchange of SASL_EXCHANGES) {
  test(`the embedded server with users answers as memcached: ${exchange.name}`, async () => {
    await using scene = ServerScene.withStore({ users: USERS });
    await replay(exchange, wireOf(scene.connectTransport()));
  });
}

/** Sends PLAIN messages one behind the other; gives the statuses of their answers. */
async function statuses(...messages: readonly string[]): Promise<number[]> {
  await using scene = ServerScene.withStore({ users: USERS });
  await using talk = scene.connect();
  const heard: number[] = [];
  for (const value of messages) heard.push((await talk.ask({ opcode: 0x21, key: "PLAIN", value })).status);
  return heard;
}

test("the embedded server takes no other message of PLAIN than a good one", async () => {
  const wrong = [
    "\0user\0pencil\0",
    "\0user\0",
    "\0user\0pencils",
    "\0user\0penci",
    "user\0pencil",
    "user\0user",
    "ada\0user\0pencil",
    "\0nobody\0pencil",
    "\0\0pencil",
    "\0toString\0pencil",
    "\0__proto__\0",
  ];
  assertEquals(await statuses(...wrong), wrong.map(() => 0x20));
  for (const good of ["\0user\0pencil", "user\0user\0pencil", "\0ada\0ℕ love\tlace"]) {
    assertEquals(await statuses(...wrong, good), [...wrong.map(() => 0x20), 0]);
  }
});

test("the embedded server takes the name of the mechanism in any case", async () => {
  await using scene = ServerScene.withStore({ users: USERS });
  await using talk = scene.connect();
  assertEquals((await talk.ask({ opcode: 0x21, key: "plain", value: "\0user\0pencil" })).status, 0);
  assertEquals((await talk.ask({ opcode: 0x0a })).status, 0);
});

test("the embedded server forgets who it was when the mechanisms are asked for, as memcached does", async () => {
  await using scene = ServerScene.withStore({ users: USERS });
  await using talk = scene.connect();
  await talk.ask({ opcode: 0x21, key: "PLAIN", value: "\0user\0pencil" });
  assertEquals(Array.from(scene.server.sessions, ({ user }) => user), ["user"]);
  assertEquals((await talk.ask({ opcode: 0x20 })).status, 0);
  await talk.send(request({ opcode: 0x0a }));
  assertEquals([(await talk.next())?.status, await talk.next()], [0x20, undefined]);
});

test("a client logs in to the embedded server, and is refused with a wrong password", async () => {
  await using scene = ServerScene.withStore({ users: USERS });
  const { address } = await scene.server.listen({ hostname: "127.0.0.1", port: 0 });
  await using mc = await connect(address, { credentials: { username: "user", password: "pencil" } });
  await mc.set("k", "v");
  assertEquals((await mc.get("k"))?.text(), "v");
  const error = await connect(address, { credentials: { username: "user", password: "pen" } }).catch((error) => error);
  assertEquals(error instanceof AuthError, true);
});
