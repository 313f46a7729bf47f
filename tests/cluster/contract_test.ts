/** The client contract over a router: four embedded servers over TCP, in several ways to place keys and to reach servers. */
import { connect, type ConnectOptions } from "../../mod.ts";
import type { ClusterOptions } from "../../src/cluster.ts";
import { attemptsContract } from "../contract/client_attempts.ts";
import { callsContract } from "../contract/client_calls.ts";
import { counterContract } from "../contract/client_counters.ts";
import { expiryContract } from "../contract/client_expiry.ts";
import { keyContract } from "../contract/client_keys.ts";
import { multiContract } from "../contract/client_multi.ts";
import { readContract } from "../contract/client_reads.ts";
import type { ClientSubject } from "../contract/client_subject.ts";
import { updateContract } from "../contract/client_updates.ts";
import { valueContract } from "../contract/client_values.ts";
import { writeContract } from "../contract/client_writes.ts";
import { startEmbedded } from "../contract/embedded_subject.ts";
import { embeddedWays } from "../contract/embedded_ways.ts";
import { afterAll } from "../support/test.ts";

const SERVERS = 4;
const [way] = embeddedWays("cluster");

/** How the servers are used. */
const WAYS: Readonly<Record<string, ClusterOptions>> = {
  "four servers": {},
  "four servers with a policy": { failover: "next-node", ring: "rendezvous" },
};

async function start() {
  const servers = await Promise.all(Array.from({ length: SERVERS }, () => startEmbedded(way!)));
  return {
    connect: (options: ConnectOptions | undefined, how: ClusterOptions) =>
      connect(servers.map(({ address }) => address), { ...options as ClusterOptions, ...how }),
    secondsLeft: (key: string): number | undefined => {
      const found = servers.map(({ store }) => store.get(key)).find((item) => item !== undefined);
      if (found === undefined) return undefined;
      return found.expiresAt === Infinity ? -1 : Math.round((found.expiresAt - Date.now()) / 1000);
    },
    stop: async () => {
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
}

for (const [name, how] of Object.entries(WAYS)) {
  const servers = await start();
  afterAll(() => servers.stop());
  const subject: ClientSubject = {
    name,
    kind: "embedded",
    servers: SERVERS,
    connect: (options) => servers.connect(options, how),
    own: async () => {
      const own = await start();
      return { connect: (options) => own.connect(options, how), [Symbol.asyncDispose]: () => own.stop() };
    },
    secondsLeft: (key) => Promise.resolve(servers.secondsLeft(key)),
  };
  readContract(subject);
  writeContract(subject);
  expiryContract(subject);
  multiContract(subject);
  counterContract(subject);
  updateContract(subject);
  attemptsContract(subject);
  keyContract(subject);
  valueContract(subject);
  callsContract(subject);
}
