/** A link whose clock, dials and peers are in the hands of a test. */

import { Connection, type ConnectionOptions } from "../../src/connection/connection.ts";
import { Link } from "../../src/link/link.ts";
import type { LinkOptions } from "../../src/link/link_options.ts";
import type { LinkStatus } from "../../src/link/link_status.ts";
import { NOOP } from "../../src/ops/admin.ts";
import { GET } from "../../src/ops/retrieval.ts";
import { FakeClock } from "./fake_clock.ts";
import { endOfTurn, FakeTransport, nextTask } from "./fake_transport.ts";
import { answer, hit, joined, readAllWire, type WireFrame } from "./wire_frame.ts";

/** What is behind a link: connections are made, refused or held up as the test says. */
export class LinkScene {
  readonly clock: FakeClock = new FakeClock();
  /** The connections that were made, the latest last. */
  readonly transports: FakeTransport[] = [];
  /** What dials reject with; they succeed without. */
  refusal: unknown = undefined;
  /** Dials wait for this. */
  held: Promise<void> | undefined = undefined;
  /** How many dials there were. */
  dials = 0;
  /** What the link told. */
  readonly events: LinkStatus[] = [];
  readonly #over: Map<FakeTransport, Connection> = new Map();
  readonly #answered: Map<FakeTransport, number> = new Map();
  readonly #connection: () => ConnectionOptions;

  constructor(connection: () => ConnectionOptions = () => ({ timeout: 60_000 })) {
    this.#connection = connection;
  }

  readonly dial = async (signal: AbortSignal): Promise<Connection> => {
    this.dials++;
    await this.held;
    signal.throwIfAborted();
    if (this.refusal !== undefined) throw this.refusal;
    const transport = new FakeTransport();
    this.transports.push(transport);
    const connection = new Connection(transport, this.#connection());
    this.#over.set(transport, connection);
    return connection;
  };

  /** The connection over a transport. */
  connectionOver(transport: FakeTransport): Connection | undefined {
    return this.#over.get(transport);
  }

  /** A link over this, once its first attempt has ended. */
  async link(options: LinkOptions = {}): Promise<Link> {
    const told = (event: LinkStatus) => void this.events.push(event);
    const link = new Link(this.dial, { server: "cache", clock: this.clock, timeout: 60_000, told, ...options });
    await endOfTurn();
    return link;
  }

  /** The latest connection. */
  get peer(): FakeTransport {
    return this.transports.at(-1)!;
  }

  /** Requests that were written on a connection and not answered. */
  async asked(given?: FakeTransport): Promise<WireFrame[]> {
    await endOfTurn();
    return this.owed(given ?? this.peer);
  }

  /** The same, at once. */
  owed(peer: FakeTransport): WireFrame[] {
    // Of one stream: a large value is a write of its own.
    return readAllWire(joined(...peer.writes)).slice(this.#answered.get(peer) ?? 0);
  }

  /** Answers what was asked: reads with `value of <key>`, all else with success. Returns opcode and key of each. */
  async serve(given?: FakeTransport): Promise<(readonly [number, string])[]> {
    const requests = await this.asked(given);
    const peer = given ?? this.peer;
    this.#answered.set(peer, (this.#answered.get(peer) ?? 0) + requests.length);
    for (const request of requests) {
      peer.receive(request.opcode === GET.opcode ? hit(request, `value of ${request.key}`) : answer(request));
    }
    await endOfTurn();
    return requests.map(({ opcode, key }) => [opcode, key] as const);
  }

  /** Lets the pause pass, and answers the NOOP of the new connection. */
  async comeBack(pause: number): Promise<void> {
    const { dials } = this;
    await this.clock.pass(pause);
    if (this.dials !== dials + 1) throw new Error(`${this.dials - dials} dials, expected 1`);
    const served = await this.serve();
    if (served[0]?.[0] !== NOOP.opcode) throw new Error(`expected a NOOP, got ${served}`);
  }

  /** The kinds of events that were told since the last time. */
  told(): string[] {
    return this.events.splice(0).map(({ type }) => type);
  }

  /** Goes on until something is so, on the real clock and the other. */
  async until(done: () => boolean): Promise<void> {
    while (!done()) {
      await nextTask();
      await this.clock.pass(0);
    }
  }
}

/** What a promise rejects with. */
export function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(() => undefined, (error) => error);
}
