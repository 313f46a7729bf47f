/** What was recorded still comes from a real memcached: the vectors are true, and the replay can be trusted with other servers. */

import { assertEquals } from "@std/assert";
import { locateMemcached, type Memcached, startMemcached } from "../support/memcached.ts";
import { run } from "../support/run_command.ts";
import { test } from "../support/test.ts";
import { withMemcached } from "../support/with_memcached.ts";
import { hex } from "../support/hex.ts";
import { type Exchange, EXCHANGES, SASL_EXCHANGES, SERVERS, UNKNOWN_OPCODES } from "./memcached_1_6.ts";
import { RECORDED_VERSION, replay } from "./replay.ts";
import { startSaslauthd, withSaslFolder } from "./saslauthd.ts";
import { connectWire } from "./wire.ts";

const { path, story } = await locateMemcached();
const version = path === undefined ? RECORDED_VERSION : /\d+(\.\d+)+/.exec(await run(path, ["-V"]))?.[0];
const memcachedTest = await withMemcached();

for (const exchange of EXCHANGES.filter(isFor)) {
  memcachedTest(`memcached answers as recorded: ${exchange.name}`, (server) => replayTo(server, exchange));
}

for (const exchange of SERVERS.filter(isFor)) {
  memcachedTest(`memcached answers as recorded: ${exchange.name}`, async () => {
    await using server = await startMemcached({ args: exchange.server ?? [] });
    await replayTo(server, exchange);
  });
}

memcachedTest("memcached answers all other opcodes with unknown command", async (server) => {
  const byte = (number: number): string => number.toString(16).padStart(2, "0");
  const steps = UNKNOWN_OPCODES.map((opcode) => ({
    send: `80 ${byte(opcode)} 0000 00 00 0000 00000000 000000${byte(opcode)} 0000000000000000`,
    receive: `81 ${byte(opcode)} 0000 00 00 0081 0000000f 000000${byte(opcode)} 0000000000000000
      556e6b6e6f776e20636f6d6d616e64`,
  }));
  await replayTo(server, { name: "all other opcodes", steps });
});

const obstacle = await findObstacle();

test(
  `memcached answers as recorded: SASL${obstacle === undefined ? "" : ` (${obstacle})`}`,
  async () => {
    await using saslauthd = await startSaslauthd();
    await using server = await withSaslFolder(saslauthd.folder, () => startMemcached({ args: ["-S"] }));
    for (const exchange of SASL_EXCHANGES.filter(isFor)) await replayTo(server, exchange);
  },
  { ignore: obstacle !== undefined },
);

memcachedTest("replay notices one byte that differs, one too many, one that is missing and a close", async (server) => {
  const send = "80 0a 0000 00 00 0000 00000000 00000001 0000000000000000";
  const receive = "81 0a 0000 00 00 0000 00000000 00000001 0000000000000000";
  const fails = async (step: Exchange["steps"][number]): Promise<boolean> =>
    await replayTo(server, { name: "other", steps: [step] }, 100).then(() => false, () => true);
  await replayTo(server, { name: "same", steps: [{ send, receive }] });
  assertEquals(await fails({ send, receive: receive.replace(/0$/, "1") }), true);
  assertEquals(await fails({ send, receive: receive.slice(0, -2) }), true);
  assertEquals(await fails({ send, receive: `${receive} 00` }), true);
  assertEquals(await fails({ send: "80 07 0000 00 00 0000 00000000 00000001 0000000000000000", receive }), true);
  assertEquals(await fails({ send, receive, mask: [[16, 8]] }), true);
});

function isFor(exchange: Exchange): boolean {
  return exchange.only === undefined || exchange.only === version;
}

async function replayTo({ port, version }: Memcached, exchange: Exchange, patience = 20_000): Promise<void> {
  await replay(exchange, await connectWire(port), { version, patience });
}

/** Why SASL cannot be tried here: not every memcached was built with it, not every system has the mechanism. */
async function findObstacle(): Promise<string | undefined> {
  if (path === undefined) return `no memcached: ${story}`;
  await using saslauthd = await startSaslauthd();
  try {
    await using server = await withSaslFolder(saslauthd.folder, () => startMemcached({ args: ["-S"] }));
    const wire = await connectWire(server.port);
    await wire.write(hex("80 20 0000 00 00 0000 00000000 00000000 0000000000000000"));
    const answer = await wire.read();
    await wire.close();
    return new TextDecoder().decode(answer).includes("PLAIN") ? undefined : "this memcached does not offer PLAIN";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
