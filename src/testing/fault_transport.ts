import { ConnectionError } from "../errors.ts";
import type { Dial, Sink, Transport } from "../transport/transport.ts";
import { type After, FaultLane } from "./fault_lane.ts";
import type { FaultDirection, FaultPlan } from "./fault_plan.ts";
import { WrappedTransport } from "./wrapped_transport.ts";

/** How a transport with faults is set. */
export interface FaultTransportOptions {
  /** Waits for a number of milliseconds, then calls back; by the timers of the runtime by default. */
  readonly after?: After;
}

/**
 * Wraps a transport so that frames are delayed, lost, doubled, changed, or the last thing that ever comes, as a plan says.
 *
 * What is written is copied, and counts as written at once.
 *
 * @example An answer that is for somebody else ends the connection, and nobody is given it
 * ```ts
 * import { Connection, GET, ProtocolError } from "@memwire/memwire/codec";
 * import { MemoryStore, Server } from "@memwire/memwire/server";
 * import { FaultTransport, faultPlan } from "@memwire/memwire/testing";
 * import { memoryPair } from "@memwire/memwire/transport/memory";
 * import { assertRejects } from "@std/assert";
 *
 * await using server = new Server();
 * new MemoryStore().register(server);
 * const [here, there] = memoryPair();
 * server.serve(there);
 *
 * const plan = faultPlan([{ fault: { kind: "wrong-opaque" } }]);
 * await using connection = new Connection(new FaultTransport(here, plan));
 * await assertRejects(() => connection.call(GET, { key: "k" }), ProtocolError);
 * ```
 */
export class FaultTransport extends WrappedTransport {
  readonly #read: FaultLane;
  readonly #written: FaultLane;
  #sink: Sink | undefined;
  #ended: { readonly error: unknown } | undefined;
  #closed = false;
  /** The writes that are under way in the wrapped transport, one behind the other. */
  #writing: Promise<void> | undefined;
  /** The write that its user waits for. */
  #given: Promise<void> | undefined;
  readonly #waits = new Set<ReturnType<typeof setTimeout>>();

  /** Wraps a transport that has not been started. */
  constructor(inner: Transport, plan: FaultPlan, options: FaultTransportOptions = {}) {
    super(inner);
    const after = options.after ?? this.#setTimeout;
    const lane = (direction: FaultDirection, pass: (bytes: Uint8Array) => void) =>
      new FaultLane({
        decide: (frame) => plan.decide(direction, frame),
        pass,
        end: (error) => direction === "read" ? this.#end(error) : this.#closeBehindWrites(),
        reset: () => this.#reset(),
        after,
      });
    this.#read = lane("read", (bytes) => this.#sink?.data(bytes));
    this.#written = lane("write", (bytes) => this.#writeOn(bytes));
  }

  /** {@inheritDoc Transport.start} */
  override start(sink: Sink): void {
    this.#sink = sink;
    this.inner.start({
      data: (chunk) => this.#read.push(chunk),
      end: (error) => this.#closed ? this.#end(undefined) : this.#read.end(error),
    });
  }

  /** {@inheritDoc Transport.handOver} */
  override handOver(sink: Sink): void {
    if (this.#sink === undefined) throw new TypeError(`Cannot hand over ${this.peer} before it was started`);
    this.#sink = sink;
    if (this.#ended !== undefined) sink.end(this.#ended.error);
  }

  /** Gives bytes to the plan; what passes is written. */
  override write(bytes: Uint8Array): Promise<void> | undefined {
    // What the wrapped transport refuses now, it refuses in the same words as ever.
    if (this.#closed || this.#given !== undefined) return this.inner.write(bytes);
    this.#written.push(bytes);
    const given = this.#writing;
    if (given === undefined) return undefined;
    this.#given = given;
    const done = () => void (this.#given = undefined);
    given.then(done, done);
    return given;
  }

  /** {@inheritDoc Transport.close} */
  override close(): void {
    this.#closed = true;
    this.#stop();
    this.inner.close();
  }

  #end(error: unknown): void {
    if (this.#ended !== undefined) return;
    this.#ended = { error };
    this.#sink?.end(error);
  }

  #writeOn(bytes: Uint8Array): void {
    const before = this.#writing;
    const write = before === undefined ? this.inner.write(bytes) : before.then(() => this.inner.write(bytes));
    if (write === undefined) return;
    this.#writing = write;
    const done = () => {
      if (this.#writing === write) this.#writing = undefined;
    };
    write.then(done, done);
  }

  /** A pipe cannot be ended in one direction: it is closed when all that was to pass has been written. */
  #closeBehindWrites(): void {
    const close = () => this.close();
    (this.#writing ?? Promise.resolve()).then(close, close);
  }

  #reset(): void {
    this.#stop();
    this.#end(new ConnectionError(`The connection to ${this.peer} was reset: the plan of faults says so`));
    this.close();
  }

  #stop(): void {
    this.#read.stop();
    this.#written.stop();
    for (const wait of this.#waits) clearTimeout(wait);
    this.#waits.clear();
  }

  readonly #setTimeout: After = (ms, done) => {
    const wait = setTimeout(() => {
      this.#waits.delete(wait);
      done();
    }, ms);
    this.#waits.add(wait);
  };
}

/** Makes a dial whose connections all fail as one plan says. */
export function faultDial(dial: Dial, plan: FaultPlan, options: FaultTransportOptions = {}): Dial {
  return async (address, dialOptions) => new FaultTransport(await dial(address, dialOptions), plan, options);
}
