import { type Client, connect } from "@memwire/memwire";
import type { Item, MultiResult } from "@memwire/memwire";
import type { Start, Subject } from "./subject.ts";

/** memwire as a user writes it. */
export const start: Start<Subject<Item | undefined, Uint8Array, MultiResult<string, Item>>> = async (port) =>
  makeSubject(await connect(`127.0.0.1:${port}`, { timeout: 5000 }));

/** The calls that are measured. */
export function makeSubject(client: Client): Subject<Item | undefined, Uint8Array, MultiResult<string, Item>> {
  return {
    value: (size) => new Uint8Array(size).fill(0x76),
    set: (key, value) => client.set(key, value),
    get: (key) => client.get(key),
    lengthOf: (reply) => reply === undefined ? -1 : reply.value.length,
    getMany: (keys) => client.getMulti(keys),
    countOf(reply, size) {
      let count = 0;
      for (const item of reply.hits.values()) if (item.value.length === size) count++;
      return count;
    },
    close: () => client.close(),
  };
}
