import { utf8Decode } from "../bytes.ts";
import { decodeBase64 } from "../wire/base64.ts";
import { DumpLines, type DumpOutcome } from "./dump_lines.ts";
import type { LineSplitterOptions } from "./line_splitter.ts";

const SPACE = 0x20;

/**
 * Reads the reply to `lru_crawler mgdump` from chunks of bytes: the keys alone, as bytes of their own.
 *
 * @example
 * ```ts
 * import { MgdumpParser } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const parser = new MgdumpParser();
 * const keys: string[] = [];
 * const bytes = new TextEncoder().encode("mg user:1\r\nmg YSBi b\r\nEN\r\n");
 * parser.push(bytes, (key) => keys.push(new TextDecoder().decode(key)));
 * assertEquals(keys, ["user:1", "a b"]);
 * assertEquals(parser.outcome?.complete, true);
 * ```
 */
export class MgdumpParser {
  readonly #lines: DumpLines;
  #show: (key: Uint8Array) => void = ignore;

  /** Makes a parser with nothing read. */
  constructor(options: LineSplitterOptions = {}) {
    this.#lines = new DumpLines(0x6d, (bytes, from, to) => {
      const key = readKey(bytes, from, to);
      if (key === undefined) return "it is no mg with a key";
      this.#show(key);
      return undefined;
    }, options);
  }

  /** How the dump has ended; `undefined` before it has. */
  get outcome(): DumpOutcome | undefined {
    return this.#lines.outcome;
  }

  /**
   * Takes a chunk and shows the key of each line that is whole now to a visitor; returns whether the dump has ended.
   *
   * @throws {ProtocolError} If a line is neither an entry nor an end, or too long; the parser is then of no more use.
   */
  push(chunk: Uint8Array, visit: (key: Uint8Array) => void): boolean {
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

/** The key of `mg <key>[ b]`. */
function readKey(bytes: Uint8Array, from: number, to: number): Uint8Array | undefined {
  if (bytes[from + 1] !== 0x67 || bytes[from + 2] !== SPACE) return undefined;
  const keyAt = from + 3;
  let keyEnd = keyAt;
  while (keyEnd < to && bytes[keyEnd] !== SPACE) keyEnd++;
  if (keyEnd === keyAt) return undefined;
  const key = bytes.slice(keyAt, keyEnd);
  let flag = keyEnd;
  while (flag < to && bytes[flag] === SPACE) flag++;
  return flag < to && bytes[flag] === 0x62 ? decodeBase64(utf8Decode(key)) : key;
}

function ignore(): void {}
