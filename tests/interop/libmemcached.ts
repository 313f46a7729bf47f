/** libmemcached itself, called through Deno's foreign functions: no compiler is needed. */

import { utf8Encode } from "../../src/bytes.ts";
import type { Libmemcached } from "./install_libmemcached.ts";

const SYMBOLS = {
  memcached_create: { parameters: ["pointer"], result: "pointer" },
  memcached_free: { parameters: ["pointer"], result: "void" },
  memcached_lib_version: { parameters: [], result: "pointer" },
  memcached_behavior_set: { parameters: ["pointer", "u32", "u64"], result: "i32" },
  memcached_server_add_with_weight: { parameters: ["pointer", "buffer", "u16", "u32"], result: "i32" },
  memcached_server_add_unix_socket_with_weight: { parameters: ["pointer", "buffer", "u32"], result: "i32" },
  memcached_generate_hash: { parameters: ["pointer", "buffer", "usize"], result: "u32" },
  memcached_set: {
    parameters: ["pointer", "buffer", "usize", "buffer", "usize", "i64", "u32"],
    result: "i32",
  },
  memcached_get: {
    parameters: ["pointer", "buffer", "usize", "buffer", "buffer", "buffer"],
    result: "pointer",
  },
} as const;

type Library = Deno.DynamicLibrary<typeof SYMBOLS>;

/** How it distributes keys. */
export type Distribution = "modula" | "ketama" | "weighted" | "spy";

/** The name of one of its hashes. */
export type LibraryHash =
  | "one_at_a_time"
  | "md5"
  | "crc"
  | "fnv1_64"
  | "fnv1a_64"
  | "fnv1_32"
  | "fnv1a_32"
  | "murmur"
  | "jenkins"
  | "murmur3";

/** The library's numbers of its hashes. */
const HASHES: Readonly<Record<LibraryHash, number>> = {
  one_at_a_time: 0,
  md5: 1,
  crc: 2,
  fnv1_64: 3,
  fnv1a_64: 4,
  fnv1_32: 5,
  fnv1a_32: 6,
  murmur: 8,
  jenkins: 9,
  murmur3: 10,
};

const Behavior = { HASH: 2, DISTRIBUTION: 9, KETAMA_WEIGHTED: 16 } as const;
const Distributions = { KETAMA: 2, SPY: 4 } as const;

/** A server as it takes it: a host or, beginning with a slash, a path. */
export interface LibraryServer {
  readonly host: string;
  readonly port: number;
  readonly weight: number;
}

/** The library, loaded. */
export class LibmemcachedLibrary implements Disposable {
  readonly #library: Library;
  readonly #needed: readonly Disposable[];

  /** Loads it, and what it needs before it, which would not be looked for in its folder. */
  constructor({ libraries }: Libmemcached) {
    const needed: Deno.DynamicLibrary<Record<never, never>>[] = [];
    for (const name of ["libdb-5.3.so", "libsasl2.so.2", "libhashkit.so.2"]) {
      try {
        needed.push(Deno.dlopen(`${libraries}/${name}`, {}));
      } catch {
        // The system may have its own; the last one says what is missing.
      }
    }
    this.#library = Deno.dlopen(`${libraries}/libmemcached.so.11`, SYMBOLS);
    this.#needed = needed.map((library) => ({ [Symbol.dispose]: () => library.close() }));
  }

  /** As `1.1.4`. */
  get version(): string {
    const pointer = this.#library.symbols.memcached_lib_version();
    return pointer === null ? "unknown" : Deno.UnsafePointerView.getCString(pointer);
  }

  /** Makes a client. */
  open(distribution: Distribution, hash: LibraryHash, servers: readonly LibraryServer[]): LibraryClient {
    return new LibraryClient(this.#library, { distribution, hash, servers });
  }

  [Symbol.dispose](): void {
    this.#library.close();
    for (const library of this.#needed) library[Symbol.dispose]();
  }
}

/** What a client of the library is made from. */
interface ClientOptions {
  readonly distribution: Distribution;
  readonly hash: LibraryHash;
  readonly servers: readonly LibraryServer[];
}

/** A client of the library. */
export class LibraryClient implements Disposable {
  readonly #call: Library["symbols"];
  readonly #client: Deno.PointerValue;

  constructor(library: Library, { distribution, hash, servers }: ClientOptions) {
    this.#call = library.symbols;
    this.#client = this.#call.memcached_create(null);
    this.#behave(Behavior.HASH, HASHES[hash]);
    if (distribution === "ketama") this.#behave(Behavior.DISTRIBUTION, Distributions.KETAMA);
    if (distribution === "weighted" || distribution === "spy") this.#behave(Behavior.KETAMA_WEIGHTED, 1);
    if (distribution === "spy") this.#behave(Behavior.DISTRIBUTION, Distributions.SPY);
    for (const { host, port, weight } of servers) {
      const name = utf8Encode(`${host}\0`);
      check(
        host.startsWith("/")
          ? this.#call.memcached_server_add_unix_socket_with_weight(this.#client, name, weight)
          : this.#call.memcached_server_add_with_weight(this.#client, name, port, weight),
        `add ${host}`,
      );
    }
  }

  /** The number of the server of a key. */
  locate(key: Uint8Array<ArrayBuffer>): number {
    return this.#call.memcached_generate_hash(this.#client, key, BigInt(key.length));
  }

  /** Stores a value. */
  set(key: Uint8Array<ArrayBuffer>, value: Uint8Array<ArrayBuffer>): void {
    const lengths = [BigInt(key.length), BigInt(value.length)] as const;
    check(this.#call.memcached_set(this.#client, key, lengths[0], value, lengths[1], 0n, 0), "set");
  }

  /** Reads a value; `undefined` if there is none. */
  get(key: Uint8Array<ArrayBuffer>): Uint8Array | undefined {
    const length = new BigUint64Array(1);
    const code = new Int32Array(1);
    const bytes = BigInt(key.length);
    const pointer = this.#call.memcached_get(this.#client, key, bytes, length, new Uint32Array(1), code);
    if (code[0] === NOT_FOUND) return undefined;
    check(code[0]!, "get");
    if (pointer === null) return new Uint8Array(0);
    return new Uint8Array(Deno.UnsafePointerView.getArrayBuffer(pointer, Number(length[0]))).slice();
  }

  #behave(behavior: number, value: number): void {
    check(this.#call.memcached_behavior_set(this.#client, behavior, BigInt(value)), `set behavior ${behavior}`);
  }

  [Symbol.dispose](): void {
    this.#call.memcached_free(this.#client);
  }
}

const NOT_FOUND = 16;

function check(code: number, what: string): void {
  if (code !== 0) throw new Error(`libmemcached cannot ${what}: it says ${code}`);
}
