/** The client with a real memcached: the whole contract over TCP and a unix socket. */
import type { NetConnectOpts } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { type Address, connect } from "../../mod.ts";
import { clientContract } from "../contract/client_contract.ts";
import { locateMemcached, type Memcached, startMemcached, type StartOptions } from "../support/memcached.ts";
import { secondsLeft } from "../support/memcached_text.ts";
import { afterAll, test } from "../support/test.ts";

let sockets = 0;

/** How to reach a memcached by TCP and by a unix socket. */
const WAYS: Readonly<Record<string, () => StartOptions>> = {
  "memcached over TCP": () => ({}),
  "memcached over a unix socket": () => ({
    socketPath: join(tmpdir(), `memwire-contract-${process.pid}-${sockets++}.sock`),
  }),
};

function addressOf(server: Memcached, options: StartOptions): Address {
  return options.socketPath === undefined ? { hostname: "127.0.0.1", port: server.port } : { path: options.socketPath };
}

const { path, story } = await locateMemcached();

for (const [name, makeOptions] of Object.entries(WAYS)) {
  if (path === undefined && process.env.CI !== "true") {
    test(`${name}: the client contract (no memcached: ${story})`, () => {}, { ignore: true });
    continue;
  }
  const options = makeOptions();
  const server = await startMemcached(options);
  afterAll(() => server.stop());
  const address = addressOf(server, options);
  const text: NetConnectOpts = "path" in address ? address : { host: address.hostname, port: address.port };
  clientContract({
    name,
    kind: "memcached",
    connect: (how) => connect(address, how),
    own: async () => {
      const ownOptions = makeOptions();
      const own = await startMemcached(ownOptions);
      return {
        connect: (how) => connect(addressOf(own, ownOptions), how),
        [Symbol.asyncDispose]: () => own.stop(),
      };
    },
    secondsLeft: (key) => secondsLeft(text, key),
  });
}
