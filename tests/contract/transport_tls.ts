/** The transport contract over TLS: who is trusted, and what a failed handshake says. */
import net from "node:net";
import tls from "node:tls";
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ConnectionError } from "../../src/errors.ts";
import type { TcpAddress, TlsOptions, Transport } from "../../src/transport/transport.ts";
import { listenTo } from "../support/ear.ts";
import { limitedTest, listenOn, pem, SERVER_TLS, type Subject, turns } from "./transport_subject.ts";

const CA = pem("ca");

/** Registers the tests. */
export function tlsContract(subject: Subject): void {
  const refused: { what: string; options: true | TlsOptions }[] = [
    { what: "an authority that is not trusted", options: { caCerts: [pem("other_ca")] } },
    { what: "an authority that only we know", options: true },
    { what: "a certificate for another name", options: { caCerts: [CA], serverName: "cache.example" } },
  ];
  for (const { what, options } of refused) {
    limitedTest(`${subject.name} tls refuses ${what}, and goes on listening`, async () => {
      await withServer(subject, async (address, accepted) => {
        const error = await assertRejects(() => subject.dial({ ...address, tls: options }), ConnectionError);
        assertStringIncludes(error.message, `${address.hostname}:${address.port}`);
        assertStringIncludes(error.message, "TLS handshake");
        assertEquals(error.sent, false);
        await turns();
        const client = await subject.dial({ ...address, tls: { caCerts: [CA] } });
        await client.write(Uint8Array.of(1));
        client.close();
        await client.closed;
        await turns();
        assertEquals(accepted.filter((ear) => ear.size > 0).length, 1);
      });
    });
  }

  limitedTest(`${subject.name} tls asks for the server name it is given`, async () => {
    await withServer(subject, async (address, accepted) => {
      const client = await subject.dial({
        ...address,
        tls: { caCerts: [pem("other_ca"), CA], serverName: "localhost" },
      });
      assertEquals(client.secure, true);
      await client.write(Uint8Array.of(1));
      client.close();
      await client.closed;
      await turns();
      assertEquals(accepted.map((ear) => ear.size), [1]);
    });
  });

  limitedTest(`${subject.name} tls reports a server that does not speak it`, async () => {
    const server = net.createServer((socket) => {
      socket.on("error", () => {});
      socket.resume();
      socket.end("ERROR\r\n");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as net.AddressInfo;
    await assertRejects(
      () => subject.dial({ hostname: "127.0.0.1", port, tls: true }),
      ConnectionError,
      `127.0.0.1:${port}: TLS handshake failed`,
    );
    await new Promise((resolve) => server.close(resolve));
  });

  limitedTest(`${subject.name} tls does not accept a client that does not speak it`, async () => {
    await withServer(subject, async ({ hostname, port }, accepted) => {
      const client = await subject.dial({ hostname, port });
      const heard = listenTo(client);
      await client.write(new TextEncoder().encode("version\r\n"));
      await heard.ended;
      await client.closed;
      assertEquals(accepted.length, 0);
    });
  });

  limitedTest(`${subject.name} tls shows its own certificate`, async () => {
    let greet: (name: string) => void = () => {};
    const greeted = new Promise<string>((resolve) => greet = resolve);
    const server = tls.createServer(
      { ...SERVER_TLS, ca: CA, requestCert: true, rejectUnauthorized: true },
      (socket) => {
        socket.on("error", () => {});
        const { CN } = socket.getPeerCertificate().subject;
        greet(String(CN));
        socket.end("welcome");
      },
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as net.AddressInfo;
    const options = { caCerts: [CA], cert: pem("client"), key: pem("client_key"), serverName: "localhost" };
    const client = await subject.dial({ hostname: "127.0.0.1", port, tls: options });
    const heard = listenTo(client);
    assertEquals(await greeted, "memwire test client");
    assertEquals(await heard.ended, undefined);
    assertEquals(new TextDecoder().decode(heard.bytes()), "welcome");
    await client.closed;
    await new Promise((resolve) => server.close(resolve));
  });
}

type Ears = ReturnType<typeof listenTo>[];

/** Runs with a TLS server of the subject that only listens. */
async function withServer(
  subject: Subject,
  run: (address: TcpAddress, accepted: Ears) => Promise<void>,
): Promise<void> {
  const transports: Transport[] = [];
  const ears: Ears = [];
  const listener = await listenOn(subject, "tls", (transport) => {
    transports.push(transport);
    ears.push(listenTo(transport));
  });
  try {
    await run(listener.address as TcpAddress, ears);
  } finally {
    for (const transport of transports) transport.close();
    listener.close();
    await Promise.all([listener.closed, ...transports.map((transport) => transport.closed)]);
  }
}
