import { Buffer } from "node:buffer";
import { MemcacheClient } from "memcache-client";
import type { Start, Subject } from "./subject.ts";

interface Reply {
  readonly value: Uint8Array;
}

/** memcache-client speaks the text protocol; what was stored as a buffer it gives back without decoding it. */
export const start: Start<Subject<Reply | undefined, Buffer, Record<string, Reply>>> = (port) => {
  const client = new MemcacheClient({ server: { server: `127.0.0.1:${port}`, maxConnections: 1 }, lifetime: 3600 });
  return {
    value: (size) => Buffer.alloc(size, "v"),
    set: (key, value) => client.set(key, value),
    get: (key) => client.get<Buffer>(key),
    lengthOf: (reply) => reply?.value.length ?? -1,
    getMany: (keys) => client.get<Record<string, Reply>>(keys) as Promise<unknown> as Promise<Record<string, Reply>>,
    countOf(reply, size, keys) {
      let count = 0;
      for (const key of keys) if (reply[key]?.value.length === size) count++;
      return count;
    },
    close: () => client.shutdown(),
  };
};
