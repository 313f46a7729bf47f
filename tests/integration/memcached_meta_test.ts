/** The client over the meta protocol with a real memcached: the whole contract over TCP. */
import process from "node:process";
import { connect, type ConnectOptions } from "../../mod.ts";
import { clientContract } from "../contract/client_contract.ts";
import { locateMemcached, type Memcached, startMemcached } from "../support/memcached.ts";
import { secondsLeft } from "../support/memcached_text.ts";
import { afterAll, test } from "../support/test.ts";

const { path, story } = await locateMemcached();

if (path === undefined && process.env.CI !== "true") {
  test(`memcached over meta: the client contract (no memcached: ${story})`, () => {}, { ignore: true });
} else {
  const server = await startMemcached();
  afterAll(() => server.stop());
  clientContract({
    name: "memcached over meta",
    kind: "memcached",
    protocol: "meta",
    connect: (how) => connectTo(server, how),
    own: async () => {
      const own = await startMemcached();
      return { connect: (how) => connectTo(own, how), [Symbol.asyncDispose]: () => own.stop() };
    },
    secondsLeft: (key) => secondsLeft({ host: "127.0.0.1", port: server.port }, key),
  });
}

function connectTo({ port }: Memcached, how: ConnectOptions = {}) {
  return connect({ hostname: "127.0.0.1", port }, { ...how, protocol: "meta" });
}
