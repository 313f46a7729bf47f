/** The transport contract: opening, refusing and giving up. */
import net from "node:net";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ConnectionError } from "../../src/errors.ts";
import type { Address, Transport } from "../../src/transport/transport.ts";
import { echo, listenTo } from "../support/ear.ts";
import { type Kind, limitedTest, listenOn, pairTest, type Subject, toDial, turns } from "./transport_subject.ts";

/** Registers the tests. */
export function dialContract(subject: Subject, kind: Kind): void {
  const name = (what: string) => `${subject.name} ${kind} ${what}`;

  pairTest(subject, kind, {
    name: "says who the peer is and whether it is secure",
    run: ({ client, server, address }) => {
      assertEquals(client.peer, "path" in address ? `unix:${address.path}` : `${address.hostname}:${address.port}`);
      assertEquals([client.secure, server.secure], [kind === "tls", kind === "tls"]);
      assert(server.peer !== "");
      return Promise.resolve();
    },
  });

  limitedTest(name("reports a refused dial with the address, and that nothing was sent"), async () => {
    const listener = await listenOn(subject, kind, (transport) => transport.close());
    const address = toDial(listener, kind);
    listener.close();
    await listener.closed;
    const error = await assertRejects(() => subject.dial(address), ConnectionError);
    assertStringIncludes(error.message, "path" in address ? address.path : `${address.hostname}:${address.port}`);
    assertEquals(error.sent, false);
    assert(error.cause !== undefined);
  });

  limitedTest(name("dials nothing when the signal is aborted already"), async () => {
    const accepted: Transport[] = [];
    const listener = await listenOn(subject, kind, (transport) => accepted.push(transport));
    const reason = new Error("changed my mind");
    const signal = AbortSignal.abort(reason);
    const error = await assertRejects(() => subject.dial(toDial(listener, kind), { signal }));
    assertEquals(error, reason);
    await turns();
    assertEquals(accepted.length, 0);
    listener.close();
    await listener.closed;
  });

  limitedTest(name("gives a dial up with the reason of its signal, and leaves nothing open"), async () => {
    const accepted: Transport[] = [];
    const listener = await listenOn(subject, kind, (transport) => {
      accepted.push(transport);
      listenTo(transport);
    });
    const address = toDial(listener, kind);
    const reason = new Error("changed my mind");
    const controller = new AbortController();
    const dialling = subject.dial(address, { signal: controller.signal });
    controller.abort(reason);
    assertEquals(await assertRejects(() => dialling), reason);
    await turns();
    await Promise.all(accepted.map((transport) => transport.closed));
    listener.close();
    await listener.closed;
  });

  limitedTest(name("does not mind an abort after the dial"), async () => {
    const controller = new AbortController();
    const accepted: Transport[] = [];
    const listener = await listenOn(subject, kind, (transport) => {
      accepted.push(transport);
      echo(transport);
    });
    const client = await subject.dial(toDial(listener, kind), { signal: controller.signal });
    controller.abort(new Error("too late"));
    await turns();
    const heard = listenTo(client);
    await client.write(Uint8Array.of(1));
    await heard.hears(1);
    client.close();
    listener.close();
    await Promise.all([client.closed, listener.closed, ...accepted.map((transport) => transport.closed)]);
  });

  limitedTest(name("reports an address that is in use"), async () => {
    const listener = await listenOn(subject, kind, () => {});
    const again = subject.listen(listener.address, () => {});
    const error = await assertRejects(() => again, ConnectionError, "Cannot listen");
    const { address } = listener;
    assertStringIncludes(error.message, "path" in address ? address.path : `:${address.port}`);
    listener.close();
    await listener.closed;
  });

  pairTest(subject, kind, {
    name: "keeps connections when the listener is closed, and frees the address",
    run: async ({ client, server, listener }) => {
      listener.close();
      listener.close();
      await listener.closed;
      const heard = listenTo(server);
      await client.write(Uint8Array.of(1, 2));
      await heard.hears(2);
      if (kind !== "unix") return;
      const next = await subject.listen(listener.address, () => {});
      next.close();
      await next.closed;
    },
  });

  limitedTest(name("closes a connection whose accept throws, and goes on"), async () => {
    const accepted: Transport[] = [];
    const listener = await listenOn(subject, kind, (transport) => {
      accepted.push(transport);
      if (accepted.length === 1) throw new Error("do not like the first one");
      listenTo(transport);
    });
    const first = await subject.dial(toDial(listener, kind));
    await listenTo(first).ended;
    const second = await subject.dial(toDial(listener, kind));
    second.close();
    listener.close();
    const closed = [first, second].map((transport) => transport.closed);
    await Promise.all([...closed, listener.closed]);
    await turns();
    assertEquals(accepted.length, 2);
    await Promise.all(accepted.map((transport) => transport.closed));
  });

  if (kind === "tcp") addresses(subject);
}

function addresses(subject: Subject): void {
  limitedTest(`${subject.name} refuses addresses that cannot be`, async () => {
    for (const port of [0, -1, 65536, 1.5, NaN]) {
      await assertRejects(() => subject.dial({ hostname: "127.0.0.1", port }), RangeError, `${port}`);
    }
    for (const port of [-1, 65536, 1.5]) {
      await assertRejects(() => subject.listen({ hostname: "127.0.0.1", port }, () => {}), RangeError, `${port}`);
    }
    const nowhere: Address[] = [{ hostname: "", port: 1 }, { path: "" }];
    for (const address of nowhere) {
      await assertRejects(() => subject.dial(address), TypeError, "empty");
      await assertRejects(() => subject.listen(address, () => {}), TypeError, "empty");
    }
  });

  if (!subject.sockets) return;

  limitedTest(`${subject.name} reports a host name that does not exist`, async () => {
    const error = await assertRejects(
      () => subject.dial({ hostname: "no-such-host.invalid", port: 11211 }),
      ConnectionError,
      "no-such-host.invalid:11211",
    );
    assertEquals(error.sent, false);
  });

  limitedTest(`${subject.name} gives up a TLS handshake that is not answered`, async () => {
    let arrived: () => void = () => {};
    const connected = new Promise<void>((resolve) => arrived = resolve);
    let left: () => void = () => {};
    const gone = new Promise<void>((resolve) => left = resolve);
    let hangUp: () => void = () => {};
    const server = net.createServer((socket) => {
      socket.on("error", () => {});
      socket.on("close", left);
      socket.once("data", arrived);
      hangUp = () => socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as net.AddressInfo;
    const controller = new AbortController();
    const dialling = subject.dial({ hostname: "127.0.0.1", port, tls: true }, { signal: controller.signal });
    const failed = assertRejects(() => dialling);
    await connected;
    const reason = new Error("waited long enough");
    controller.abort(reason);
    assertEquals(await failed, reason);
    if (subject.keepsHandshake) hangUp();
    await gone;
    await new Promise((resolve) => server.close(resolve));
  });
}
