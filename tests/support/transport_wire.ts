/** A transport as something that a test writes to and reads from. */

import type { Transport } from "../../src/transport/transport.ts";
import type { Wire } from "../vectors/wire.ts";

/** Starts a transport and lets it be read chunk by chunk. */
export function wireOf(transport: Transport): Wire {
  const chunks: Uint8Array[] = [];
  let ended = false;
  let wake = (): void => {};
  transport.start({
    data: (chunk) => {
      chunks.push(chunk.slice());
      wake();
    },
    end: () => {
      ended = true;
      wake();
    },
  });
  return {
    async write(bytes) {
      // A peer that is gone is noticed when reading.
      await transport.write(bytes)?.catch(() => {});
    },
    async read() {
      while (chunks.length === 0 && !ended) await new Promise<void>((resolve) => wake = resolve);
      return chunks.shift();
    },
    async close() {
      transport.close();
      await transport.closed;
    },
  };
}
