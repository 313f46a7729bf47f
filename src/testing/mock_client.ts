import { Client } from "../client/client.ts";
import { Connection } from "../connection/connection.ts";
import { MemoryStore } from "../server/memory_store.ts";
import type { Exchange } from "../server/exchange.ts";
import { Server } from "../server/server.ts";
import type { MemoryStoreOptions } from "../server/store_options.ts";
import { StatusReply } from "../server/status_reply.ts";
import { memoryPair } from "../transport/memory.ts";
import { Status } from "../wire/status.ts";

/** What a {@linkcode MockClient} answers instead of doing it: as if the key were missing, or a status of the server. */
export type MockAnswer = "miss" | "error" | number;

/** How a {@linkcode MockClient} is set. */
export interface MockClientOptions {
  /**
   * What is answered to which command, by its name in the protocol: `get`, `set`, `add`, `delete`, `increment` …; `*` is for all
   * that are not named. `"error"` is the status EINTERNAL.
   */
  readonly faults?: Readonly<Record<string, MockAnswer>>;
  /** How the engine behind it is set, such as its clock. */
  readonly store?: MemoryStoreOptions;
}

/** The commands that read. */
const GETS: readonly string[] = ["get", "getk", "gat", "gatk"];

/** What is behind a mock. */
interface Behind {
  readonly connection: Connection;
  readonly server: Server;
  readonly store: MemoryStore;
}

/**
 * A client with an engine of its own in memory, for tests: it does what memcached does, through the same codec and the same
 * methods, and fails where it is told to.
 *
 * @example
 * ```ts
 * import { MockClient } from "@memwire/memwire/testing";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * await using client = new MockClient({ faults: { set: "error" } });
 * await client.add("k", "1");
 * await assertRejects(() => client.set("k", "2"), Error, "EINTERNAL");
 * assertEquals(await client.getText("k"), "1");
 *
 * client.faults = { get: "miss" };
 * assertEquals(await client.get("k"), undefined);
 * ```
 */
export class MockClient extends Client {
  /** What goes wrong from the next request on. */
  faults: Readonly<Record<string, MockAnswer>>;
  readonly #behind: Behind;

  /** Makes a client with an empty engine. */
  constructor(options: MockClientOptions = {}) {
    const behind = setUp(options.store ?? {});
    super(behind.connection);
    this.faults = options.faults ?? {};
    this.#behind = behind;
    behind.server.guard((exchange) => this.#guard(exchange));
  }

  /** A client that finds nothing. */
  static missAllGets(options: MockClientOptions = {}): MockClient {
    return new MockClient({ ...options, faults: { ...all(GETS, "miss"), ...options.faults } });
  }

  /** A client whose every `set` fails; `add` and the others do not. */
  static failAllSets(options: MockClientOptions = {}): MockClient {
    return new MockClient({ ...options, faults: { set: "error", ...options.faults } });
  }

  /** A client to which every command fails. */
  static failEverything(options: MockClientOptions = {}): MockClient {
    return new MockClient({ ...options, faults: { "*": "error", ...options.faults } });
  }

  /** The engine behind it, to look into. */
  get store(): MemoryStore {
    return this.#behind.store;
  }

  /** Closes the client and the engine behind it. */
  override async close(): Promise<void> {
    await super.close();
    await this.#behind.server.close();
  }

  #guard({ op }: Exchange): void {
    const answer = this.faults[op?.name ?? "*"] ?? this.faults["*"];
    if (answer === undefined) return;
    if (typeof answer === "number") throw new StatusReply(answer);
    throw new StatusReply(answer === "miss" ? Status.KEY_ENOENT : Status.EINTERNAL);
  }
}

function setUp(options: MemoryStoreOptions): Behind {
  const server = new Server();
  const store = new MemoryStore(options);
  store.register(server);
  const [here, there] = memoryPair({ peers: ["mock", "client"] });
  server.serve(there);
  return { connection: new Connection(here), server, store };
}

function all(names: readonly string[], answer: MockAnswer): Record<string, MockAnswer> {
  return Object.fromEntries(names.map((name) => [name, answer]));
}
