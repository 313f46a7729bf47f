/**
 * What must hold under Node itself. Node 20 knows neither TypeScript nor `await using`, so Bun's bundler makes one plain file of
 * this first: see `../runtimes.ts`.
 */
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
  name: "node",
  dial: node.connect,
  listen: node.listen,
  address: socketAddresses("node"),
  sockets: true,
  room: (kind) => kind !== "tls",
});

transportContract({
  name: "detected under Node",
  dial,
  listen,
  address: (kind) => kind === "tcp" ? { hostname: "127.0.0.1", port: 0 } : undefined,
  sockets: true,
  room: () => true,
});

await clientOnSockets("node");
