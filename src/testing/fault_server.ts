import { ConnectionError } from "../errors.ts";
import { MemoryStore } from "../server/memory_store.ts";
import { Server, type ServerListener, type ServerListenOptions, type ServerOptions } from "../server/server.ts";
import type { Exchange } from "../server/exchange.ts";
import { StatusReply, type StatusReplyOptions } from "../server/status_reply.ts";
import { listen } from "../transport/detect.ts";
import { memoryPair } from "../transport/memory.ts";
import type { Address, Dial, Listen, Transport } from "../transport/transport.ts";
import type { After } from "./fault_lane.ts";
import { faultPlan, type FaultRule, type FaultTiming } from "./fault_plan.ts";
import { FaultTransport } from "./fault_transport.ts";
import { FaultTurns, seeded } from "./fault_turns.ts";

/** A status that is answered in the place of what would be. */
export interface FaultReply extends FaultTiming, StatusReplyOptions {
  /** The status, such as `Status.ETMPFAIL` or `Status.NOT_MY_VBUCKET`. */
  readonly status: number;
  /** Only to requests of this row, quiet ones with them, by its opcode; to all by default. */
  readonly opcode?: number;
  /** Only to requests for this vbucket. */
  readonly vbucket?: number;
}

/** What answers behind the faults: a {@linkcode MemoryStore}, a {@linkcode CouchbaseNode}. */
export interface FaultBackend {
  /** Gives a server its handlers. */
  register(server: Server): unknown;
}

/** How a {@linkcode FaultServer} is set. */
export interface FaultServerOptions extends ServerOptions {
  /** What answers; an empty {@linkcode MemoryStore} by default. */
  readonly backend?: FaultBackend;
  /** What goes wrong on the way, seen from the server: what it reads are requests, what it writes are answers. */
  readonly faults?: readonly FaultRule[];
  /** What is answered wrongly. */
  readonly replies?: readonly FaultReply[];
  /** Where chance begins; 1 by default. */
  readonly seed?: number;
  /** Waits for a number of milliseconds, then calls back; by the timers of the runtime by default. */
  readonly after?: After;
}

/**
 * A server that fails on demand: on the way, in what it answers, and as a whole.
 *
 * @example
 * ```ts
 * import { connect } from "@memwire/memwire";
 * import { GET, Status } from "@memwire/memwire/codec";
 * import { FaultServer } from "@memwire/memwire/testing";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * await using server = new FaultServer({ replies: [{ status: Status.ETMPFAIL, opcode: GET.opcode, times: 1 }] });
 * await using client = await connect({ hostname: "anywhere", port: 1 }, { dial: server.dial });
 *
 * await assertRejects(() => client.get("k"), Error, "ETMPFAIL");
 * assertEquals(await client.get("k"), undefined);
 * ```
 */
export class FaultServer implements AsyncDisposable {
  /** The server behind the faults. */
  readonly server: Server;
  readonly #replies: FaultTurns<FaultReply>;
  readonly #wrap: (transport: Transport) => Transport;
  readonly #after: After;
  /** Where it listens, to listen there again. */
  readonly #places: Place[] = [];
  #down = false;
  #guarded = false;

  /** Makes a server that is up. */
  constructor(options: FaultServerOptions = {}) {
    const { backend = new MemoryStore(), faults = [], replies = [], seed = 1, after, ...rest } = options;
    const plan = faultPlan(faults, { seed });
    this.#wrap = (transport) => new FaultTransport(transport, plan, after === undefined ? {} : { after });
    this.#replies = new FaultTurns(replies, seeded(seed));
    this.server = new Server(rest);
    backend.register(this.server);
    if (replies.length > 0) this.#guard();
    this.#after = after ?? ((ms, done) => void setTimeout(done, ms));
  }

  /** Connects to it without sockets: to be given to `connect` as `dial`. */
  readonly dial: Dial = (address) => {
    if (this.#down) return Promise.reject(new ConnectionError("Cannot connect: the server is down", { sent: false }));
    const name = "path" in address ? address.path : `${address.hostname}:${address.port}`;
    const [here, there] = memoryPair({ peers: [name, "client"] });
    this.server.serve(this.#wrap(there));
    return Promise.resolve(here);
  };

  /** Listens on an address, as {@linkcode Server.listen} does; the address has the port that was taken. */
  async listen(address: Address, options: ServerListenOptions = {}): Promise<{ readonly address: Address }> {
    const place: Place = { address, options, listener: undefined };
    await this.#listenAt(place);
    this.#places.push(place);
    return { address: place.address };
  }

  /** Answers some requests wrongly from now on; returns what ends it. */
  reply(reply: FaultReply): () => void {
    this.#guard();
    return this.#replies.add(reply);
  }

  /** Takes the server down: it breaks all connections and takes no new ones. */
  async down(): Promise<void> {
    this.#down = true;
    for (const session of this.server.sessions) session.close();
    await Promise.all(this.#places.map(({ listener }) => listener?.[Symbol.asyncDispose]()));
  }

  /** Takes the server up again, with all that it had, where it was. */
  async up(): Promise<void> {
    this.#down = false;
    for (const place of this.#places) await this.#listenAt(place);
  }

  /** Takes the server down and up so many times, for so many milliseconds each; ends with the server up. */
  async flap(times: number, ms: { readonly down: number; readonly up: number }): Promise<void> {
    for (let i = 0; i < times; i++) {
      await this.down();
      await this.#pause(ms.down);
      await this.up();
      await this.#pause(ms.up);
    }
  }

  /** Closes all connections and stops listening. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.server.close();
  }

  async #listenAt(place: Place): Promise<void> {
    const { listen: listenBy = listen, ...rest } = place.options;
    const faulty: Listen = (address, accept, options) =>
      listenBy(address, (transport) => accept(this.#wrap(transport)), options);
    place.listener = await this.server.listen(place.address, { ...rest, listen: faulty });
    place.address = place.listener.address;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#after(ms, resolve));
  }

  /** Looks at requests from now on; not before it must, since a server with guards serves no text. */
  #guard(): void {
    if (this.#guarded) return;
    this.#guarded = true;
    this.server.guard(({ op, opcode, vbucket }: Exchange) => {
      const reply = this.#replies.next((one) =>
        (one.opcode === undefined || one.opcode === (op?.opcode ?? opcode)) &&
        (one.vbucket === undefined || one.vbucket === vbucket)
      );
      if (reply !== undefined) throw new StatusReply(reply.status, reply);
    });
  }
}

/** One place where a server listens, or will again. */
interface Place {
  address: Address;
  readonly options: ServerListenOptions;
  listener: ServerListener | undefined;
}
