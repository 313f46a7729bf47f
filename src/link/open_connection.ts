import { Connection, type ConnectionOptions } from "../connection/connection.ts";
import { TimeoutError } from "../errors.ts";
import { dial as dialHere } from "../transport/detect.ts";
import type { Address, Dial, Transport } from "../transport/transport.ts";

/** How a connection is opened. */
export interface OpenOptions extends ConnectionOptions {
  /** How long opening may take, with the handshakes, in milliseconds; 2000 by default, 0 for ever. */
  readonly connectTimeout?: number;
  /** Gives up when aborted; it then rejects with the reason of the signal. */
  readonly signal?: AbortSignal;
  /** Opens the transport; that of the runtime when not given. */
  readonly dial?: Dial;
}

/** The longest that timers can wait, in milliseconds; more would ring at once. */
const LONGEST = 0x7fffffff;

/**
 * Dials, and makes a connection ready for use: all within the time that the options give. A connection that could not be made
 * ready is closed.
 *
 * @throws {RangeError} If `connectTimeout` is negative or no number.
 */
export async function openConnection<T>(
  address: Address,
  options: OpenOptions,
  prepare: (connection: Connection, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { connectTimeout = 2000, signal } = options;
  if (!(connectTimeout >= 0)) {
    throw new RangeError(`Cannot use a connectTimeout of ${connectTimeout}: it is milliseconds, 0 for ever`);
  }
  signal?.throwIfAborted();
  const giveUp = new AbortController();
  const onAbort = () => giveUp.abort(signal?.reason);
  signal?.addEventListener("abort", onAbort, { once: true });
  const timer = connectTimeout === 0 || connectTimeout > LONGEST ? undefined : setTimeout(() => {
    giveUp.abort(
      new TimeoutError(`Cannot connect to ${addressName(address)}: not done after ${connectTimeout} ms`, {
        sent: false,
      }),
    );
  }, connectTimeout);
  try {
    const dial = options.dial ?? dialHere;
    const transport = await unlessAborted(dial(address, { signal: giveUp.signal }), giveUp.signal);
    const connection = new Connection(transport, options);
    try {
      return await prepare(connection, giveUp.signal);
    } catch (error) {
      connection.destroy(error);
      throw error;
    }
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

/** A dial may not look at its signal, or too late: then nobody waits for it, and what it opens is closed. */
function unlessAborted(dialling: Promise<Transport>, signal: AbortSignal): Promise<Transport> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    dialling.then((transport) => signal.aborted ? transport.close() : resolve(transport), reject);
  });
}

/** An address as text. */
export function addressName(address: Address): string {
  return "path" in address ? `unix:${address.path}` : `${address.hostname}:${address.port}`;
}
