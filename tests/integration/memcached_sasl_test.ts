/** The client with a real memcached that asks who it is. */
import process from "node:process";
import { assertRejects } from "@std/assert";
import { AuthError, connect, StatusError } from "../../mod.ts";
import { SASL_LIST_MECHS } from "../../src/ops/auth.ts";
import { authContract, USERS } from "../contract/auth_contract.ts";
import { locateMemcached, startMemcached } from "../support/memcached.ts";
import { startSaslauthd } from "../support/saslauthd.ts";
import { afterAll, test } from "../support/test.ts";
import { withMemcached } from "../support/with_memcached.ts";

const memcachedTest = await withMemcached();

memcachedTest("memcached without -S: credentials are refused with AuthError", async ({ port }) => {
  await assertRejects(() => connect(`memcached://ada:secret@127.0.0.1:${port}`), AuthError, "SASL");
});

const { path, story } = await locateMemcached();
if (path === undefined && process.env.CI !== "true") {
  test(`memcached -S: the contract (no memcached: ${story})`, () => {}, { ignore: true });
} else {
  const daemon = await startSaslauthd(USERS);
  afterAll(() => daemon.stop());
  const server = await startMemcached({ args: ["-S"], env: daemon.env });
  afterAll(() => server.stop());
  const mechanisms = await mechanismsOf(server.port);
  if (mechanisms.includes("PLAIN")) {
    authContract({
      name: "memcached -S",
      secure: false,
      connect: (user, options) => connect(`memcached://${user}${user && "@"}127.0.0.1:${server.port}`, options),
    });
  } else {
    // The SASL library takes its mechanisms from a package of its own.
    test(`memcached -S: the contract (its SASL library offers "${mechanisms}", not PLAIN)`, () => {}, { ignore: true });
  }
}

/** The mechanisms that it offers; where it has none, memcached refuses to say so. */
async function mechanismsOf(port: number): Promise<string> {
  await using client = await connect(`127.0.0.1:${port}`);
  const asking = client.caller.call(SASL_LIST_MECHS, {}).catch((error) => {
    if (error instanceof StatusError) return { mechanisms: "" };
    throw error;
  });
  return (await asking).mechanisms;
}
