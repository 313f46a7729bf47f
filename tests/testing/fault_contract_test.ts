/** A transport without a fault in its plan is like any other. */

import { memoryListener } from "../../src/transport/memory.ts";
import { faultDial, FaultTransport } from "../../src/testing/fault_transport.ts";
import { faultPlan } from "../../src/testing/fault_plan.ts";
import { type Kind, transportContract } from "../contract/transport_contract.ts";

const memory = memoryListener();
const nothing = faultPlan([]);
let paths = 0;

transportContract({
  name: "faults, none",
  dial: faultDial(memory.connect, nothing),
  listen: (address, accept, options) =>
    memory.listen(address, (transport) => {
      const faulty = new FaultTransport(transport, nothing);
      try {
        accept(faulty);
      } catch (error) {
        faulty.close();
        throw error;
      }
    }, options),
  address: (kind: Kind) => kind === "unix" ? { path: `/faults/${paths++}` } : { hostname: "memory", port: 0 },
  sockets: false,
  room: () => false,
});
