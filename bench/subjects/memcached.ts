import { Buffer } from "node:buffer";
import Memcached from "memcached";
import type { Start, Subject } from "./subject.ts";

/** memcached speaks the text protocol and takes callbacks; strings are what it is quickest with. */
export const start: Start<Subject<string | undefined, string, Record<string, string>>> = (port) => {
  // Its time-out also counts while nothing is asked, and the pool refuses calls while it connects again.
  const options = { poolSize: 1, maxValue: 8 * 1024 * 1024, timeout: 3_600_000, idle: 3_600_000, retries: 0 };
  const client = new Memcached(`127.0.0.1:${port}`, options);
  return {
    value: (size) => Buffer.alloc(size, "v").toString("latin1"),
    set: (key, value) => promise((done) => client.set(key, value, 0, done)),
    get: (key) => promise((done) => client.get(key, done)),
    lengthOf: (reply) => reply?.length ?? -1,
    getMany: (keys) => promise((done) => client.getMulti(keys, done)),
    countOf(reply, size, keys) {
      let count = 0;
      for (const key of keys) if (reply[key]?.length === size) count++;
      return count;
    },
    close: () => client.end(),
  };
};

function promise<T>(run: (done: (error: unknown, result: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    run((error, result) => error ? reject(error) : resolve(result));
  });
}
