/** The embedded server says in text what memcached 1.6.18 was recorded to say, however the requests are cut. */

import { MemoryStore, type MemoryStoreOptions, Server } from "../../../src/server.ts";
import { memoryPair } from "../../../src/transport/memory.ts";
import { test } from "../../support/test.ts";
import { replayText } from "../../support/text_replay.ts";
import { bytewise, cutAt } from "../../support/text_wire.ts";
import { wireOf } from "../../support/transport_wire.ts";
import { TEXT_RECORDED, type TextExchange } from "../../vectors/text_recorded.ts";

/** Longer requests are cut at few places only: in their lines, and at the ends of their values. */
const LONG = 3000;

/** What arguments of memcached are here; `undefined` where there is nothing like it. */
function optionsFor(args: readonly string[] = []): MemoryStoreOptions | undefined {
  switch (args.join(" ")) {
    case "":
      return {};
    case "-Y AUTH_FILE":
      return { users: { ada: "lovelace" } };
    case "-A":
      return { onShutdown: () => {} };
    default:
      return undefined;
  }
}

for (const exchange of TEXT_RECORDED) {
  const options = optionsFor(exchange.server);
  if (options === undefined) continue;
  test(`the embedded server answers as recorded: ${exchange.name}`, () => play(exchange, options));
  test(`the embedded server answers as recorded, cut at every byte: ${exchange.name}`, async () => {
    const longest = Math.max(...exchange.steps.map(({ send }) => send.length));
    for (const at of places(longest)) {
      await play(exchange, options, (bytes) => at < bytes.length ? cutAt(bytes, at) : [bytes]);
    }
    if (longest < LONG) await play(exchange, options, bytewise);
  });
}

function places(longest: number): number[] {
  if (longest < LONG) return Array.from({ length: longest - 1 }, (_, i) => i + 1);
  return [1, 4, 12, 20, 28, 2048, longest - 3, longest - 2, longest - 1];
}

async function play(
  exchange: TextExchange,
  options: MemoryStoreOptions,
  cut: (bytes: Uint8Array) => readonly Uint8Array[] = (bytes) => [bytes],
): Promise<void> {
  await using server = new Server();
  new MemoryStore(options).register(server);
  const [client, peer] = memoryPair();
  server.serve(peer);
  const wire = wireOf(client);
  try {
    await replayText(exchange, wire, { exact: true, cut });
  } finally {
    await wire.close();
  }
}
