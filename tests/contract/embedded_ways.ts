/** The ways to an embedded server over the sockets of whatever runtime this is. */
import type { Address } from "../../mod.ts";
import type { EmbeddedWay } from "./embedded_subject.ts";
import { socketAddresses } from "./socket_addresses.ts";
import { pem, SERVER_TLS } from "./transport_subject.ts";

/** Over TCP and a unix socket, by addresses; over TLS, by URLs. */
export function embeddedWays(name: string): readonly EmbeddedWay[] {
  const free = socketAddresses(`embedded-${name}`);
  return [
    { name: `${name} TCP`, address: () => free("tcp") },
    { name: `${name} unix socket`, address: () => free("unix"), toDial: (address) => `unix:${pathOf(address)}` },
    {
      name: `${name} TLS`,
      address: () => free("tls"),
      listen: { tls: SERVER_TLS },
      toDial: (address) => `memcacheds://${hostOf(address)}`,
      connect: { tls: { caCerts: [pem("ca")] } },
    },
  ];
}

/** `host:port`. */
export function hostOf(address: Address | string): string {
  if (typeof address === "string") return address.replace(/^memcacheds:\/\//, "");
  if ("path" in address) throw new TypeError("A unix socket has no port");
  return `${address.hostname}:${address.port}`;
}

function pathOf(address: Address): string {
  if (!("path" in address)) throw new TypeError("Only a unix socket has a path");
  return address.path;
}
