import { Buffer } from "node:buffer";
import { Memcache } from "memcache";
import type { Start, Subject } from "./subject.ts";

/** memcache speaks the text protocol and takes and gives strings only. */
export const start: Start<Subject<string | undefined, string, Map<string, string>>> = async (port) => {
  const client = new Memcache({ nodes: [`127.0.0.1:${port}`], timeout: 5000 });
  await client.connect();
  return {
    value: (size) => Buffer.alloc(size, "v").toString("latin1"),
    set: (key, value) => client.set(key, value),
    get: (key) => client.get(key),
    lengthOf: (reply) => reply?.length ?? -1,
    getMany: (keys) => client.gets(keys),
    countOf(reply, size) {
      let count = 0;
      for (const value of reply.values()) if (value.length === size) count++;
      return count;
    },
    close: () => client.disconnect(),
  };
};
