import { UnsupportedError } from "../errors.ts";
import type { CounterRequest } from "../ops/counter.ts";
import type { TouchRequest } from "../ops/retrieval.ts";
import type { DeleteRequest } from "../ops/storage.ts";
import type { AnyOp } from "../ops/table.ts";
import type { Bytes } from "../text/text_writer.ts";
import { ReplySplitter } from "../text/reply_splitter.ts";
import { wordOf } from "../text/text_op.ts";
import type { CallOptions } from "./caller.ts";
import { CommandOutput } from "./command_output.ts";
import { codeFor, CommandQueue, JOINED, Kind, kindOf, QUIET } from "./command_queue.ts";
import { type CommandRow, rowFor } from "./command_rows.ts";
import { TextInput } from "./text_input.ts";
import { creates, TEXT_ROWS, writeCounter, writeDeleteOf } from "./text_rows.ts";
import type { Wire, WireInput, WireOutput } from "./wire.ts";

const GETS = wordOf("gets");
const GATS = wordOf("gats");

/**
 * The classic text protocol, for servers and proxies that know nothing else.
 *
 * - Replies come in the order of the commands, and the keys of items are compared; a call that was given up keeps its place.
 * - A batch of reads goes as few lines of many keys; all writes are answered, since after a `noreply` nobody could tell which failed.
 * - It does not tell the version of what was written or touched (`cas` is 0), nor the flags of what was touched.
 * - A counter that may have to be made is counted and then added in one write; `KEY_EEXISTS` if another makes it between the two.
 * - A version may be deleted (something that has expired is stored over it), but nothing be appended to one or counted.
 *
 * @example
 * ```ts
 * import { Client, Connection } from "@memwire/memwire";
 * import { MemoryStore, Server } from "@memwire/memwire/server";
 * import { TextWire } from "@memwire/memwire/text";
 * import { memoryPair } from "@memwire/memwire/transport/memory";
 * import { assertEquals } from "@std/assert";
 *
 * const [here, there] = memoryPair();
 * const server = new Server();
 * new MemoryStore().register(server);
 * server.serve(there);
 * await using client = new Client(new Connection(here, { wire: new TextWire() }));
 * await client.set("user:1", "Ada");
 * assertEquals((await client.getMulti(["user:1", "user:2"])).hits.get("user:1")?.text(), "Ada");
 * ```
 */
export class TextWire implements Wire {
  readonly #queue = new CommandQueue();
  readonly #out = new CommandOutput(this.#queue);
  /** Where requests gather. */
  readonly output: WireOutput = this.#out;
  /** Where answers come from. */
  readonly input: WireInput;

  /** Starts with nothing asked. */
  constructor(options: { readonly maxBody?: number | undefined } = {}) {
    const { maxBody } = options;
    this.input = new TextInput(this.#queue, new ReplySplitter(maxBody === undefined ? {} : { maxValue: maxBody }));
  }

  /**
   * There is nothing to agree on.
   *
   * @throws {UnsupportedError} Always.
   */
  adopt(): never {
    throw new UnsupportedError("Cannot agree on features: the text protocol has none", { sent: false });
  }

  /**
   * Writes one request.
   *
   * @throws {UnsupportedError} If the protocol has no such command.
   * @throws {TypeError} If a key has a blank, a control byte or DEL.
   */
  write(op: AnyOp, opcode: number, request: unknown, opaque: number, options: CallOptions | undefined): void {
    const row = rowFor(TEXT_ROWS, "text", op, opcode, { request, options });
    const out = this.#out;
    const code = TEXT_ROWS.codeOf(opcode);
    const kind = kindOf(code);
    if (kind === Kind.VALUE) {
      this.#writeKey(code, opaque, request as TouchRequest);
    } else {
      out.endLine();
      const start = out.offset;
      if (kind === Kind.COUNT && creates(request)) {
        this.#writeCreating(row, code, opaque, request);
      } else if (kind === Kind.DELETE && hasVersion(request)) {
        writeDeleteOf(out.text, request);
        this.#queue.push(codeFor(opcode, Kind.STORE, code & ~0xffff), opaque, start);
      } else {
        row.write(out.text, request as never, opaque, false);
        this.#queue.push(code, opaque, start);
      }
    }
    out.remember(op, opcode, request, opaque);
  }

  /** Writes one key: alone in its line, or in one with others of its batch. */
  #writeKey(code: number, opaque: number, { key, expiry }: TouchRequest): void {
    const out = this.#out;
    const quiet = (code & QUIET) !== 0;
    const line = expiry === undefined ? "gets" : `gats ${expiry}`;
    const joined = quiet && out.isOpen(line);
    if (!joined) {
      out.beginLine(line, expiry === undefined ? GETS : GATS);
      if (expiry !== undefined) out.text.expiry(expiry);
    }
    const start = out.offset;
    out.text.key(key);
    this.#queue.push(joined ? code | JOINED : code, opaque, start, noteOf(key));
    if (!quiet) out.endLine();
  }

  /** Writes a count and the `add` behind it; neither without the other. */
  #writeCreating(row: CommandRow, code: number, opaque: number, request: unknown): void {
    const out = this.#out;
    const mark = out.mark();
    const start = out.offset;
    let behind: number;
    try {
      row.write(out.text, request as never, opaque, false);
      behind = out.offset;
      writeCounter(out.text, request);
    } catch (error) {
      out.reset(mark);
      throw error;
    }
    const opcode = code & 0xff;
    const bits = code & ~0xffff;
    this.#queue.push(codeFor(opcode, Kind.COUNT_FIRST, bits), opaque, start);
    this.#queue.push(codeFor(opcode, Kind.COUNT_ADD, bits), opaque, behind, (request as CounterRequest).initial);
  }
}

function hasVersion(request: unknown): request is DeleteRequest & { readonly cas: bigint } {
  const { cas } = request as DeleteRequest;
  return cas !== undefined && cas !== 0n;
}

/** A key as it is now: who gave it may change its bytes while the answer is awaited. */
function noteOf(key: Bytes): Bytes {
  return typeof key === "string" ? key : key.slice();
}
