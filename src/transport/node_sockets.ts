/**
 * The sockets of `node:net` and `node:tls`, loaded when they are first wanted: a static import would keep whatever
 * bundles this file out of runtimes that have no such module.
 */
import type net from "node:net";
import type tls from "node:tls";
import { UnsupportedError } from "../errors.ts";
import type { PipeState } from "./pipe_state.ts";
import type { Address, TcpAddress, TlsOptions, TlsServerOptions } from "./transport.ts";

/** One slab a connection; larger frames are read into the room that the sink gives. */
const SLAB_SIZE = 64 * 1024;
/** The end of the peer is not ours: what is being written still goes out. */
const HALF_OPEN = { allowHalfOpen: true };

/** The two modules. */
export interface NodeSockets {
  readonly net: typeof net;
  readonly tls: typeof tls;
}

/**
 * Loads the modules.
 *
 * @throws {UnsupportedError} Where there are none.
 */
export async function nodeSockets(): Promise<NodeSockets> {
  // With a `catch` on the import itself, bundlers for other runtimes warn instead of giving up.
  const net = await import("node:net").catch(absent);
  const tls = await import("node:tls").catch(absent);
  return { net: net.default, tls: tls.default };
}

function absent(cause: unknown): never {
  const message = "Cannot open sockets: this runtime has no node:net and node:tls; pass a `dial` of your own";
  throw new UnsupportedError(message, { cause, sent: false });
}

/** Begins to connect; reads go to the state's sink, into its room if it has one. */
export function openPlain({ net }: NodeSockets, address: Address, state: PipeState): net.Socket {
  const slab = new Uint8Array(SLAB_SIZE);
  const onread = {
    buffer: () => state.room() ?? slab,
    callback: (size: number, buffer: Uint8Array) => {
      state.deliver(buffer.subarray(0, size));
      return true;
    },
  };
  if ("path" in address) return net.connect({ path: address.path, ...HALF_OPEN, onread });
  return net.connect({ host: address.hostname, port: address.port, ...HALF_OPEN, noDelay: true, onread });
}

/** Begins to connect with TLS. */
export function openTls({ net, tls }: NodeSockets, address: TcpAddress, options: TlsOptions): tls.TLSSocket {
  const { hostname, port } = address;
  const name = options.serverName ?? hostname;
  return tls.connect({
    host: hostname,
    port,
    ...HALF_OPEN,
    // Said here because the environment can turn the default off.
    rejectUnauthorized: true,
    checkServerIdentity: (_host, certificate) => tls.checkServerIdentity(name, certificate),
    ...(net.isIP(name) === 0 && { servername: name }),
    ...(options.caCerts && { ca: [...trusted(tls), ...options.caCerts] }),
    ...(options.cert !== undefined && { cert: options.cert }),
    ...(options.key !== undefined && { key: options.key }),
  });
}

/** Makes a server that is not listening yet, and gives every socket that is ready to `welcome`. */
export function openServer(
  { net, tls }: NodeSockets,
  secured: TlsServerOptions | undefined,
  welcome: (socket: net.Socket) => void,
): net.Server {
  if (secured === undefined) {
    return net.createServer({ ...HALF_OPEN, noDelay: true, pauseOnConnect: true }).on("connection", welcome);
  }
  const { cert, key } = secured;
  return tls.createServer({ cert, key, ...HALF_OPEN, noDelay: true }).on("secureConnection", welcome);
}

/** What is trusted when nothing is said; giving `ca` would replace it. */
function trusted(module: typeof tls): readonly string[] {
  // Not in Node 20.
  const newer: { getCACertificates?: (type: "default") => string[] } = module;
  return newer.getCACertificates?.("default") ?? module.rootCertificates;
}
