import type { DcpProducer } from "./dcp_producer.ts";
import { DcpFaults } from "./faults.ts";

/** One connection of DCP, as it stands now. */
export interface DcpConnectionInfo {
  /** What the consumer calls it. */
  readonly name: string;
  /** The address of the consumer. */
  readonly peer: string;
  /** Its streams. */
  readonly streams: readonly DcpStreamInfo[];
  /** Bytes that were sent and not acknowledged. */
  readonly unackedBytes: number;
  /** Bytes that the consumer has acknowledged and that were never sent: a mistake of the consumer. */
  readonly overackedBytes: number;
  /** Bytes that may be sent and not acknowledged; 0 for any number. */
  readonly window: number;
  /** Messages of streams that were sent. */
  readonly messages: number;
}

/** One stream, as it stands now. */
export interface DcpStreamInfo {
  /** The vbucket. */
  readonly vbucket: number;
  /** The number of the stream; 0 for none. */
  readonly streamId: number;
  /** The last seqno that was sent, or that need not be. */
  readonly seqno: bigint;
  /** The last seqno that is wanted. */
  readonly endSeqno: bigint;
}

/** Which connections and streams are meant; all of them by default. */
export interface DcpSelection {
  /** Only the connection of this name. */
  readonly name?: string;
  /** Only streams of this vbucket. */
  readonly vbucket?: number;
}

/**
 * The change feeds of a {@linkcode CouchbaseBucket}: who follows it, and what is to go wrong for them.
 *
 * A fault is done once, or from when it is asked for until it is taken back; it is for tests of consumers.
 *
 * @example A consumer goes on where it was when its connection breaks
 * ```ts
 * import { openDcp } from "@memwire/memwire/dcp";
 * import { CouchbaseNode, Server } from "@memwire/memwire/server";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = new Server();
 * const node = new CouchbaseNode({ buckets: [{ name: "default", vbucketCount: 1 }] }).register(server);
 * const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
 * const bucket = node.bucket("default");
 * bucket.set("first", "1");
 *
 * await using feed = await openDcp(address, { bucket: "default", from: "beginning", name: "under test" });
 * const seen: string[] = [];
 * for await (const event of feed) {
 *   if (event.type !== "mutation") continue;
 *   seen.push(event.keyText);
 *   if (seen.length === 2) break;
 *   bucket.dcp.drop({ name: "under test" });
 *   bucket.set("second", "2");
 * }
 * assertEquals(seen, ["first", "second"]);
 * ```
 */
export class DcpFeeds {
  /**
   * What is to go wrong.
   *
   * @internal
   */
  readonly faults: DcpFaults = new DcpFaults();
  readonly #producers = new Map<string, DcpProducer>();

  /** The connections that are open. */
  get connections(): readonly DcpConnectionInfo[] {
    return [...this.#producers.values()].map(describe);
  }

  /** Ends streams with a reason: one of `StreamEndReason`. Returns how many there were. */
  endStreams(reason: number, selection: DcpSelection = {}): number {
    let count = 0;
    for (const producer of this.#selected(selection)) {
      for (const stream of producer.streams) {
        if (selection.vbucket !== undefined && stream.plan.vbucket.id !== selection.vbucket) continue;
        stream.end(reason);
        count++;
      }
    }
    return count;
  }

  /**
   * Answers the next request for a stream of a vbucket by a rollback to a seqno, whatever it asks for; one that begins there or before
   * is answered as ever, as nobody can be rolled back to what he has not had.
   */
  rollbackNext(vbucket: number, seqno: bigint): void {
    this.faults.answerNext(vbucket, { rollback: seqno });
  }

  /** Refuses the next request for a stream of a vbucket with a status: one of `Status`. */
  refuseNext(vbucket: number, status: number): void {
    this.faults.answerNext(vbucket, { status });
  }

  /** Sends nothing any more, no-ops neither, until this is called with `false`. Requests are still answered. */
  silence(silent: boolean = true): void {
    this.faults.silent = silent;
    this.#wake();
  }

  /** Sends so many bytes more than every window allows; 0 to keep to it again. */
  exceedWindow(bytes: number): void {
    this.faults.excess = bytes;
    this.#wake();
  }

  /** Sends a message of an opcode that nobody knows after every so many others; 0 for none any more. It counts in the window. */
  mixUnknown(every: number): void {
    this.faults.strangeEvery = every;
  }

  /** Closes connections when so many further messages of streams were sent on each; at once by default. */
  drop(options: { readonly after?: number; readonly name?: string } = {}): void {
    const { after = 0 } = options;
    for (const producer of this.#selected(options)) {
      if (after > 0) producer.breakAfter(after);
      else void producer.session.close();
    }
  }

  /**
   * Takes a new connection; one of the same name is closed.
   *
   * @internal
   */
  add(producer: DcpProducer): void {
    const old = this.#producers.get(producer.name);
    this.#producers.set(producer.name, producer);
    void old?.session.close();
  }

  /**
   * A connection is gone.
   *
   * @internal
   */
  remove(producer: DcpProducer): void {
    if (this.#producers.get(producer.name) === producer) this.#producers.delete(producer.name);
  }

  /**
   * The connections themselves.
   *
   * @internal
   */
  get producers(): readonly DcpProducer[] {
    return [...this.#producers.values()];
  }

  #selected({ name }: DcpSelection): readonly DcpProducer[] {
    return this.producers.filter((producer) => name === undefined || producer.name === name);
  }

  #wake(): void {
    for (const { session } of this.#producers.values()) session.wake();
  }
}

function describe(producer: DcpProducer): DcpConnectionInfo {
  const { name, session, window, settings, messages } = producer;
  return {
    name,
    peer: session.peer,
    streams: producer.streams.map(({ plan, seqno }) => ({
      vbucket: plan.vbucket.id,
      streamId: plan.head.streamId,
      seqno,
      endSeqno: plan.end,
    })),
    unackedBytes: window.unacked,
    overackedBytes: window.overacked,
    window: settings.window,
    messages,
  };
}
