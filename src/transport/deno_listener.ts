/** A listener over a `Deno.Listener`, and the loop that accepts. */
import { formatAddress } from "./address.ts";
import { DenoTransport } from "./deno_transport.ts";
import type { Address, Listener, Transport } from "./transport.ts";

/** How long the listener rests when the system has no connection to give, in ms: first, and at most. */
const FIRST_REST = 5;
const LONGEST_REST = 1000;

/** Accepts connections until it is closed. */
export class DenoListener implements Listener {
  readonly address: Address;
  readonly closed: Promise<void>;
  readonly #listener: Deno.Listener;
  readonly #accept: (transport: Transport) => void;
  #open = true;
  #wake: (() => void) | undefined;
  #rest: ReturnType<typeof setTimeout> | undefined;

  /** Starts to accept. */
  constructor(
    listener: Deno.Listener,
    options: { readonly address: Address; readonly accept: (transport: Transport) => void },
  ) {
    const { addr } = listener;
    this.address = "port" in addr ? { ...options.address, port: addr.port } : options.address;
    this.#listener = listener;
    this.#accept = options.accept;
    this.closed = this.#acceptAll();
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#listener.close();
    if ("path" in this.address) removeSocket(this.address.path);
    clearTimeout(this.#rest);
    this.#wake?.();
  }

  /** Accepts until closed; never rejects. */
  async #acceptAll(): Promise<void> {
    let rest = FIRST_REST;
    while (this.#open) {
      try {
        this.#welcome(await this.#listener.accept());
        rest = FIRST_REST;
      } catch {
        // Closed, or a connection that was gone before we came, or no file descriptor left: try again, more slowly.
        if (!this.#open) return;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
          this.#rest = setTimeout(resolve, rest);
        });
        rest = Math.min(rest * 2, LONGEST_REST);
      }
    }
  }

  #welcome(conn: Deno.Conn): void {
    const { remoteAddr } = conn;
    if ("setNoDelay" in conn) (conn as Deno.TcpConn).setNoDelay(true);
    const peer = formatAddress("hostname" in remoteAddr ? remoteAddr : this.address);
    const transport = new DenoTransport(conn, { peer, secure: false });
    try {
      this.#accept(transport);
    } catch (error) {
      transport.fail(error);
    }
  }
}

function removeSocket(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // Gone already, or not ours to remove: the listener is closed all the same.
  }
}
