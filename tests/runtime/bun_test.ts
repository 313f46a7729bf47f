/** What must hold under Bun itself: `bun test tests/runtime/bun_test.ts` in the root of the repository. */
import * as bun from "../../src/transport/bun.ts";
import { dial, listen } from "../../src/transport/detect.ts";
import * as node from "../../src/transport/node.ts";
import { clientOnSockets } from "../contract/client_on_sockets.ts";
import { socketAddresses } from "../contract/socket_addresses.ts";
import { transportContract } from "../contract/transport_contract.ts";
import "../cluster/connect_test.ts";
import "../cluster/failover_test.ts";
import "../cluster/hashes_test.ts";
import "../cluster/resolve_test.ts";
import "../cluster/rings_test.ts";
import "../cluster/router_test.ts";
import "../cluster/states_test.ts";
import "../server/text/recorded_test.ts";
import "../feed/checkpoint_file_test.ts";
import "../feed/group_consume_test.ts";

transportContract({
  name: "bun",
  dial: bun.connect,
  listen: bun.listen,
  address: socketAddresses("bun"),
  sockets: true,
  room: () => false,
});

transportContract({
  name: "node under Bun",
  dial: node.connect,
  listen: node.listen,
  address: socketAddresses("node-bun"),
  sockets: true,
  room: (kind) => kind !== "tls",
});

transportContract({
  name: "detected under Bun",
  dial,
  listen,
  address: (kind) => kind === "tcp" ? { hostname: "127.0.0.1", port: 0 } : undefined,
  sockets: true,
  room: () => false,
});

await clientOnSockets("bun");
