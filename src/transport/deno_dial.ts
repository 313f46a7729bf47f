/** The steps of a dial under Deno, each of which can be given up. */
import { abortable } from "./abort.ts";
import { dialError } from "./address.ts";
import type { Address, TcpAddress, TlsOptions } from "./transport.ts";

/** Connects over TCP, with Nagle's algorithm off, or to a unix socket. */
export async function openPlain(address: Address, signal: AbortSignal | undefined): Promise<Deno.Conn> {
  try {
    if ("path" in address) {
      const opening = Deno.connect({ transport: "unix", path: address.path });
      return await abortable(opening, { signal, dispose: (conn) => conn.close() });
    }
    const { hostname, port } = address;
    const opening = Deno.connect({ hostname, port, ...(signal && { signal }) });
    const conn = await abortable(opening, { signal, dispose: (conn) => conn.close() });
    conn.setNoDelay(true);
    return conn;
  } catch (cause) {
    signal?.throwIfAborted();
    throw dialError(address, cause);
  }
}

/** Runs the handshake over a connection, which is taken or closed. */
export async function startTls(
  conn: Deno.TcpConn,
  dial: { readonly address: TcpAddress; readonly options: TlsOptions; readonly signal: AbortSignal | undefined },
): Promise<Deno.TlsConn> {
  const { address, options, signal } = dial;
  let open: Deno.Conn = conn;
  const abort = () => open.close();
  try {
    const hostname = options.serverName ?? address.hostname;
    const secure = await Deno.startTls(conn, { hostname, ...(options.caCerts && { caCerts: [...options.caCerts] }) });
    open = secure;
    signal?.throwIfAborted();
    signal?.addEventListener("abort", abort, { once: true });
    await secure.handshake();
    signal?.throwIfAborted();
    return secure;
  } catch (cause) {
    try {
      open.close();
    } catch {
      // Closed by the abort, or taken by the handshake that failed.
    }
    signal?.throwIfAborted();
    throw dialError(address, cause, "TLS handshake");
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}
