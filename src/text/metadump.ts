import { DumpLines, type DumpOutcome } from "./dump_lines.ts";
import { MetadumpLine } from "./key_entry.ts";
import type { LineSplitterOptions } from "./line_splitter.ts";

export type { DumpOutcome } from "./dump_lines.ts";
export { KeyEntry, MetadumpLine } from "./key_entry.ts";

/**
 * Reads the reply to `lru_crawler metadump` from chunks of bytes, a key at a time, without holding more than one line.
 *
 * @example
 * ```ts
 * import { MetadumpParser } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const parser = new MetadumpParser();
 * const keys: string[] = [];
 * const bytes = new TextEncoder().encode(
 *   "key=a%20b+c exp=-1 la=1704060000 cas=3 fetch=yes cls=1 size=64\nEND\r\n",
 * );
 * const done = parser.push(bytes, (line) => keys.push(line.key));
 * assertEquals(keys, ["a b+c"]);
 * assertEquals([done, parser.outcome?.complete], [true, true]);
 * ```
 */
export class MetadumpParser {
  readonly #line = new MetadumpLine();
  readonly #lines: DumpLines;
  #show: (line: MetadumpLine) => void = ignore;

  /** Makes a parser with nothing read. */
  constructor(options: LineSplitterOptions = {}) {
    this.#lines = new DumpLines(0x6b, (bytes, from, to) => {
      const wrong = this.#line.read(bytes, from, to);
      if (wrong === undefined) this.#show(this.#line);
      return wrong;
    }, options);
  }

  /** How the dump has ended; `undefined` before it has. */
  get outcome(): DumpOutcome | undefined {
    return this.#lines.outcome;
  }

  /**
   * Takes a chunk and shows each line that is whole now to a visitor; returns whether the dump has ended. The line object and the chunk
   * may be reused as soon as this returns.
   *
   * @throws {ProtocolError} If a line is neither an entry nor an end, or too long; the parser is then of no more use.
   */
  push(chunk: Uint8Array, visit: (line: MetadumpLine) => void): boolean {
    this.#show = visit;
    return this.#lines.push(chunk);
  }

  /** The bytes that were pushed and belong to no whole line, or that follow the end. */
  rest(): Uint8Array {
    return this.#lines.rest();
  }

  /**
   * Says that no more bytes come.
   *
   * @throws {ProtocolError} If the dump has not ended.
   */
  end(): void {
    this.#lines.end();
  }
}

function ignore(): void {}
