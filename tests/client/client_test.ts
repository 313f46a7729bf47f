/** The client contract inside one process, and what needs a peer that does as it is told. */
import { memoryListener } from "../../src/transport/memory.ts";
import { clientContract } from "../contract/client_contract.ts";
import { embeddedSubject, type EmbeddedWay, startEmbedded } from "../contract/embedded_subject.ts";
import { afterAll } from "../support/test.ts";

const memory = memoryListener();
const way: EmbeddedWay = {
  name: "memory",
  address: () => ({ hostname: "memory", port: 0 }),
  listen: { listen: memory.listen },
  connect: { dial: memory.connect },
};
const embedded = await startEmbedded(way);
afterAll(() => embedded.stop());
clientContract(embeddedSubject(way, embedded));
