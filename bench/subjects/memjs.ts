import { Buffer } from "node:buffer";
import memjs from "memjs";
import type { Start, Subject } from "./subject.ts";

/** memjs speaks the binary protocol, takes and gives buffers, and has no multi-get. */
export const start: Start<Subject<{ value: Uint8Array | null }, Buffer>> = (port) => {
  const client = memjs.Client.create(`127.0.0.1:${port}`, { timeout: 5, retries: 1, logger: { log() {} } });
  const options = { expires: 0 };
  return {
    value: (size) => Buffer.alloc(size, "v"),
    set: (key, value) => client.set(key, value, options),
    get: (key) => client.get(key),
    lengthOf: (reply) => reply.value?.length ?? -1,
    close: () => client.close(),
  };
};
