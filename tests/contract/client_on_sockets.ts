/** The client contract on the sockets of the runtime that it runs in, which `connect` and the server find by themselves. */
import { afterAll } from "../support/test.ts";
import { clientContract } from "./client_contract.ts";
import { embeddedSubject, startEmbedded } from "./embedded_subject.ts";
import { embeddedWays } from "./embedded_ways.ts";

/** Starts embedded servers that listen by TCP, on a unix socket and with TLS, and registers the tests for each. */
export async function clientOnSockets(name: string): Promise<void> {
  for (const way of embeddedWays(name)) {
    const embedded = await startEmbedded(way);
    afterAll(() => embedded.stop());
    clientContract(embeddedSubject(way, embedded));
    // TLS makes no difference for what is said, and is slow.
    if (way.listen?.tls !== undefined) continue;
    clientContract(embeddedSubject(way, embedded, "meta"));
    clientContract(embeddedSubject(way, embedded, "text"));
  }
}
