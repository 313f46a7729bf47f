import { ProtocolError } from "../errors.ts";
import type { Found } from "./poll.ts";
import type { ServerOptions } from "./server_spec.ts";

/**
 * Reads what hosted caches say of their nodes:
 *
 * ```text
 * 12                                                the version
 * host|address|port host|address|port …             the nodes; lines or blanks part them, the address may be empty
 * ```
 *
 * @throws {ProtocolError} If it is something else.
 */
export function readClusterConfig(text: string): Found & { readonly version: bigint } {
  const [version = "", ...nodes] = text.split(/\s+/).filter((word) => word !== "");
  if (!/^\d{1,20}$/.test(version)) throw malformed(`"${version.slice(0, 40)}" is no version`);
  return { version: BigInt(version), servers: nodes.map(readNode) };
}

function readNode(text: string): ServerOptions {
  const parts = text.split("|");
  const [host = "", address = "", port = ""] = parts;
  const number = Number(port);
  if (parts.length !== 3 || (host === "" && address === "") || !/^\d+$/.test(port) || number < 1 || number > 65535) {
    throw malformed(`"${text.slice(0, 80)}" is no host|address|port`);
  }
  const hostname = host === "" ? address : host;
  return { name: `${hostname}:${port}`, address: { hostname, port: number } };
}

function malformed(what: string): ProtocolError {
  return new ProtocolError(`Cannot read the configuration of the cluster: ${what}`);
}
