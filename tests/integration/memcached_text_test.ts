/** The client over the meta and the classic text protocol with a real memcached: the whole contract over TCP and a unix socket. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { type Address, connect, type ConnectOptions } from "../../mod.ts";
import { clientContract } from "../contract/client_contract.ts";
import { locateMemcached, type Memcached, startMemcached } from "../support/memcached.ts";
import { secondsLeft } from "../support/memcached_text.ts";
import { afterAll, test } from "../support/test.ts";

const { path, story } = await locateMemcached();

if (path === undefined && process.env.CI !== "true") {
  test(`memcached over text: the client contract (no memcached: ${story})`, () => {}, { ignore: true });
} else {
  const socketPath = join(tmpdir(), `memwire-text-${process.pid}.sock`);
  const overTcp = await startMemcached();
  const onSocket = await startMemcached({ socketPath });
  afterAll(() => overTcp.stop().then(() => onSocket.stop()));
  for (const protocol of ["meta", "text"] as const) {
    const name = `memcached over ${protocol}`;
    register(name, protocol, { hostname: "127.0.0.1", port: overTcp.port });
    register(`${name} on a unix socket`, protocol, { path: socketPath });
  }
}

function register(name: string, protocol: "meta" | "text", address: Address): void {
  clientContract({
    name,
    kind: "memcached",
    protocol,
    connect: (how) => connect(address, { ...how, protocol }),
    own: async () => {
      const own = await startMemcached();
      return { connect: (how) => connectTo(own, { ...how, protocol }), [Symbol.asyncDispose]: () => own.stop() };
    },
    secondsLeft: (key) =>
      secondsLeft("path" in address ? { path: address.path } : { host: address.hostname, port: address.port }, key),
  });
}

function connectTo({ port }: Memcached, how: ConnectOptions) {
  return connect({ hostname: "127.0.0.1", port }, how);
}
