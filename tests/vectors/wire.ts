/** A connection as bytes and nothing else, for replays. */

import { once } from "node:events";
import { connect } from "node:net";

/** Bytes that go and bytes that come. */
export interface Wire {
  /** Sends; a peer that is gone is noticed when reading. */
  write(bytes: Uint8Array): Promise<void>;
  /** The next bytes, as they come; `undefined` when the peer has closed or reset the connection. */
  read(): Promise<Uint8Array | undefined>;
  /** Closes, and waits until that is done. */
  close(): Promise<void>;
}

/** Connects to a port of this machine. */
export async function connectWire(port: number): Promise<Wire> {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  await once(socket, "connect");
  const chunks: Uint8Array[] = [];
  let ended = false;
  let wake = (): void => {};
  const end = (): void => {
    ended = true;
    wake();
  };
  // Not by an iterator, which drops what came before a reset.
  socket.on("data", (chunk: Uint8Array) => {
    chunks.push(chunk);
    wake();
  });
  socket.on("end", end);
  socket.on("error", end);
  const closed = new Promise<void>((resolve) => socket.on("close", () => (end(), resolve())));
  return {
    write: (bytes) => new Promise((resolve) => socket.write(bytes, () => resolve())),
    async read() {
      while (chunks.length === 0 && !ended) await new Promise<void>((resolve) => wake = resolve);
      return chunks.shift();
    },
    close() {
      socket.destroy();
      return closed;
    },
  };
}
