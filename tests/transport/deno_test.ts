/** The transport contract under Deno: its own sockets, `node:net` in compatibility, memory and streams. */
import * as deno from "../../src/transport/deno.ts";
import { memoryListener } from "../../src/transport/memory.ts";
import * as node from "../../src/transport/node.ts";
import { fromStreams, toStreams } from "../../src/transport/streams.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { socketAddresses } from "../contract/socket_addresses.ts";
import { type Kind, transportContract } from "../contract/transport_contract.ts";

transportContract({
  name: "deno",
  dial: deno.connect,
  listen: deno.listen,
  address: socketAddresses("deno"),
  sockets: true,
  room: () => true,
  keepsHandshake: true,
});

transportContract({
  name: "node under Deno",
  dial: node.connect,
  listen: node.listen,
  address: socketAddresses("node-deno"),
  sockets: true,
  room: (kind) => kind !== "tls",
});

const inMemory = (kind: Kind) => kind === "unix" ? { path: "/memory" } : { hostname: "memory", port: 0 };
const memory = memoryListener();

transportContract({
  name: "memory",
  dial: memory.connect,
  listen: memory.listen,
  address: inMemory,
  sockets: false,
  room: () => true,
});

const below = memoryListener();
const overStreams = (transport: Transport) =>
  fromStreams({ ...toStreams(transport), peer: transport.peer, secure: transport.secure });

transportContract({
  name: "streams",
  dial: async (address, options) => overStreams(await below.connect(address, options)),
  listen: (address, accept, options) =>
    below.listen(address, (transport) => {
      const streams = overStreams(transport);
      try {
        accept(streams);
      } catch (error) {
        streams.close();
        throw error;
      }
    }, options),
  address: inMemory,
  sockets: false,
  room: () => false,
});
