import type { Frame } from "../frame/frame.ts";
import type { RequestFrameInfo } from "../frame/frame_info.ts";
import type { Outgoing } from "../ops/op.ts";
import type { AnyOp } from "../ops/table.ts";
import type { Features } from "../wire/features.ts";
import { Status } from "../wire/status.ts";
import type { Session } from "./session.ts";

/** Where an {@linkcode Exchange} leaves what it is told. */
export interface ExchangeHost {
  /** The connection, as handlers know it. */
  readonly session: Session;
  /** Sends a message on the opaque of a request. */
  push(exchange: Exchange, message: unknown): Promise<void> | undefined;
}

/**
 * One request and its answer, as a handler sees them beside the request's body.
 *
 * The opcode, the opaque and the CAS of the answer, and whether a quiet request is answered at all, are the server's business.
 *
 * @example Many answers, and a client that is not welcome any more
 * ```ts
 * import { connect } from "@memwire/memwire";
 * import { GET, STAT } from "@memwire/memwire/codec";
 * import { Server } from "@memwire/memwire/server";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = new Server()
 *   .on(STAT, async (_, exchange) => {
 *     for (let i = 0; i < 3; i++) await exchange.push({ key: `line ${i}`, value: `${i * i}` });
 *   })
 *   .on(GET, (_, exchange) => exchange.close());
 * const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
 *
 * await using mc = await connect(address);
 * assertEquals((await mc.stats()).get("line 2"), "4");
 * assertEquals(await mc.get("anything"), undefined);
 * // Now the connection is closed.
 * ```
 */
export class Exchange<Res = unknown> {
  /** The connection that the request came on. */
  readonly session: Session;
  /** The row of the opcode; `undefined` for an opcode that no handler was registered for. */
  readonly op: AnyOp | undefined;
  /** The opcode as it came: that of the quiet twin for a quiet request. */
  readonly opcode: number;
  /** Whether the request came by the quiet twin of the opcode. */
  readonly quiet: boolean;
  /** What the answer carries back, unsigned 32 bits. */
  readonly opaque: number;
  /** The vbucket that the request is for; 0 when the client knows none. */
  readonly vbucket: number;
  /** The bits of the request that say how to read its value. */
  readonly datatype: number;
  /** What was agreed on when the request came. */
  readonly features: Features;
  /** The framing extras of the request, where the server speaks a dialect that reads them. */
  infos: readonly RequestFrameInfo[] = [];
  /** The collection of the key, of the request and of the answer; 0, the default one, where there are none. */
  collection = 0;
  /**
   * The status of the answer when the handler returns one: another than success for opcodes that have more than one good status.
   * See `succeeds` of the row.
   */
  status: number = Status.SUCCESS;

  readonly #host: ExchangeHost;
  readonly #casHigh: number;
  readonly #casLow: number;
  #closing = false;
  #silent = false;

  /** Begins with a request; the frame may be overwritten afterwards. */
  constructor(host: ExchangeHost, frame: Frame, op: AnyOp | undefined) {
    this.#host = host;
    this.session = host.session;
    this.op = op;
    this.opcode = frame.opcode;
    this.quiet = op !== undefined && op.opcode !== frame.opcode;
    this.opaque = frame.opaque;
    this.vbucket = frame.vbucket;
    this.datatype = frame.datatype;
    this.features = host.session.features;
    this.#casHigh = frame.view.getUint32(frame.start + 16);
    this.#casLow = frame.view.getUint32(frame.start + 20);
  }

  /** The version in the header of the request, unsigned 64 bits; 0 for none. */
  get cas(): bigint {
    return (BigInt(this.#casHigh) << 32n) | BigInt(this.#casLow);
  }

  /** Aborted when the connection is gone and nobody waits for the answer any more. */
  get signal(): AbortSignal {
    return this.session.signal;
  }

  /** Whether {@linkcode Exchange.close} was called. */
  get closing(): boolean {
    return this.#closing;
  }

  /**
   * Sends a message on the opaque of the request, before its answer: one line of many for STAT.
   *
   * It is written in the turn of the requests before it. A message that does not fit the opcode throws as its row does.
   *
   * @returns Nothing while there is room; a promise that resolves when the peer has read on, or is gone, when more bytes wait than
   * `maxQueuedBytes` of the server. Who sends a lot should await it.
   */
  push(message: Outgoing<Res>): Promise<void> | undefined {
    return this.#host.push(this as Exchange, message);
  }

  /** Whether {@linkcode Exchange.silence} was called. */
  get silent(): boolean {
    return this.#silent;
  }

  /** Has success not be answered, as for requests that the protocol answers only when they are refused. */
  silence(): void {
    this.#silent = true;
  }

  /** Closes the connection when this request has been answered; requests behind it are dropped. */
  close(): void {
    this.#closing = true;
  }
}
