import { assertEquals, assertRejects } from "@std/assert";
import { UnsupportedError } from "../../src/errors.ts";
import * as bun from "../../src/transport/bun.ts";
import { dial, listen } from "../../src/transport/detect.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { echo, listenTo } from "../support/ear.ts";
import { test } from "../support/test.ts";

test("dial and listen find the sockets of this runtime", async () => {
  const accepted: Transport[] = [];
  const listener = await listen({ hostname: "127.0.0.1", port: 0 }, (transport) => {
    accepted.push(transport);
    echo(transport);
  });
  const client = await dial(listener.address);
  const heard = listenTo(client);
  await client.write(Uint8Array.of(1, 2, 3));
  await heard.hears(3);
  assertEquals([...heard.bytes()], [1, 2, 3]);
  client.close();
  listener.close();
  await Promise.all([client.closed, listener.closed, ...accepted.map((transport) => transport.closed)]);
});

if (!("Bun" in globalThis)) {
  test("the sockets of Bun say so where there is no Bun", async () => {
    const address = { hostname: "127.0.0.1", port: 11211 };
    await assertRejects(() => bun.connect(address), UnsupportedError, "Bun is not the runtime");
    await assertRejects(() => bun.listen(address, () => {}), UnsupportedError, "Bun is not the runtime");
  });
}
