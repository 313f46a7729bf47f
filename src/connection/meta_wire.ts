import { UnsupportedError } from "../errors.ts";
import type { AnyOp } from "../ops/table.ts";
import type { CallOptions } from "./caller.ts";
import { MetaInput } from "./meta_input.ts";
import { CommandOutput } from "./command_output.ts";
import { CommandQueue, QUIET } from "./command_queue.ts";
import { rowFor } from "./command_rows.ts";
import { META_ROWS } from "./meta_rows.ts";
import type { Wire, WireInput, WireOutput } from "./wire.ts";

/**
 * The meta protocol of memcached (1.6.18 and later), with `version`, `stats`, `flush_all` and `verbosity` of the classic one.
 *
 * - Every meta command carries a number of its own as opaque. Replies come in the order of the commands, and both are compared.
 * - A batch of reads and deletes is quiet; one of other writes is not, and leaves the successes out here: an error line does not
 *   say whose it is, so that after silence nobody could tell which write it was that failed.
 *
 * @example
 * ```ts
 * import { Client, Connection } from "@memwire/memwire";
 * import { MemoryStore, Server } from "@memwire/memwire/server";
 * import { MetaWire } from "@memwire/memwire/text";
 * import { memoryPair } from "@memwire/memwire/transport/memory";
 * import { assertEquals } from "@std/assert";
 *
 * const [here, there] = memoryPair();
 * const server = new Server();
 * new MemoryStore().register(server);
 * server.serve(there);
 * await using client = new Client(new Connection(here, { wire: new MetaWire() }));
 * await client.set("user 1", "Ada");
 * assertEquals(await client.getText("user 1"), "Ada");
 * ```
 */
export class MetaWire implements Wire {
  readonly #queue = new CommandQueue();
  readonly #out = new CommandOutput(this.#queue);
  /** Where requests gather. */
  readonly output: WireOutput = this.#out;
  /** Where answers come from. */
  readonly input: WireInput;

  /** Starts with nothing asked. */
  constructor(options: { readonly maxBody?: number | undefined } = {}) {
    this.input = new MetaInput(this.#queue, options.maxBody);
  }

  /**
   * There is nothing to agree on.
   *
   * @throws {UnsupportedError} Always.
   */
  adopt(): never {
    throw new UnsupportedError("Cannot agree on features: the meta protocol has none", { sent: false });
  }

  /**
   * Writes one request.
   *
   * @throws {UnsupportedError} If the protocol has no such command.
   */
  write(op: AnyOp, opcode: number, request: unknown, opaque: number, options: CallOptions | undefined): void {
    let row = META_ROWS.find(opcode);
    if (row === undefined || options !== undefined) row = rowFor(META_ROWS, "meta", op, opcode, { request, options });
    const out = this.#out;
    const queue = this.#queue;
    const start = out.offset;
    const code = META_ROWS.codeOf(opcode);
    row.write(out.text, request as never, queue.token, (code & QUIET) !== 0);
    queue.push(code, opaque, start);
    out.remember(op, opcode, request, opaque);
  }
}
