/** The client with the embedded server over the sockets of Deno: the contract, authentication, and what TLS refuses. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { connect, ConnectionError } from "../../mod.ts";
import { authContract, USERS } from "../contract/auth_contract.ts";
import { clientOnSockets } from "../contract/client_on_sockets.ts";
import { connectionOf } from "../contract/client_subject.ts";
import { startEmbedded } from "../contract/embedded_subject.ts";
import { embeddedWays, hostOf } from "../contract/embedded_ways.ts";
import { pem } from "../contract/transport_subject.ts";
import { afterAll, test } from "../support/test.ts";

const [tcp, , tls] = embeddedWays("deno");

await clientOnSockets("deno");

const users = Object.fromEntries(USERS);
for (const [scheme, way] of [["memcached", tcp!], ["memcacheds", tls!]] as const) {
  const asking = await startEmbedded(way, { users });
  afterAll(() => asking.stop());
  authContract({
    name: `embedded server with users by ${scheme}://`,
    secure: way === tls,
    connect: (user, options) =>
      connect(`${scheme}://${user}${user && "@"}${hostOf(asking.address)}`, { ...way.connect, ...options }),
  });
}

test("connect by memcacheds:// is encrypted, and by memcached:// is not", async () => {
  await using server = await startEmbedded(tls!);
  await using secure = await connect(server.address, { tls: { caCerts: [pem("ca")] } });
  assertEquals(connectionOf(secure).secure, true);
  await using other = await startEmbedded(tcp!);
  await using plain = await connect(`memcached://${hostOf(other.address)}`);
  assertEquals(connectionOf(plain).secure, false);
});

for (const protocol of ["meta", "text", "auto"] as const) {
  test(`connect by memcacheds:// speaks ${protocol}`, async () => {
    await using server = await startEmbedded(tls!);
    await using client = await connect(server.address, { tls: { caCerts: [pem("ca")] }, protocol });
    await client.set("k", "v".repeat(100_000));
    const { hits, misses } = await client.getMulti(["k", "none"]);
    assertEquals([hits.get("k")?.text().length, [...misses]], [100_000, ["none"]]);
    assertEquals(connectionOf(client).secure, true);
  });
}

test("connect by memcacheds:// rejects an authority that is not trusted with ConnectionError", async () => {
  await using server = await startEmbedded(tls!);
  for (const caCerts of [[pem("other_ca")], []]) {
    const error = await assertRejects(() => connect(server.address, { tls: { caCerts } }), ConnectionError);
    assertStringIncludes(error.message, hostOf(server.address));
    assertStringIncludes(error.message, "TLS");
    assertEquals(error.sent, false);
  }
});

test("connect by memcacheds:// never falls back to a connection that is not encrypted", async () => {
  await using server = await startEmbedded(tcp!);
  for (const options of [{ tls: { caCerts: [pem("ca")] } }, {}]) {
    const dialled = connect(`memcacheds://${hostOf(server.address)}`, { ...options, connectTimeout: 20_000 });
    await assertRejects(() => dialled, ConnectionError);
  }
});

test("a client that is not encrypted gets nothing of a server with TLS", async () => {
  await using server = await startEmbedded(tls!);
  await using client = await connect(`memcached://${hostOf(server.address)}`, { timeout: 20_000 });
  await assertRejects(() => client.get("k"));
  assertEquals(connectionOf(client).state, "closed");
});
