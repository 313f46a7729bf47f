import { Answers } from "./answers.ts";
import { type TextOp, wordOf } from "./text_op.ts";
import type { Bytes, TextWriter } from "./text_writer.ts";

/** Servers close the connection on a longer line, unless it begins with `get ` or `gets `. */
const MAX_LINE = 2048;

/** What {@linkcode TEXT_GET} takes. */
export interface KeysRequest {
  /** One key or more. What is found comes in their order, a key that stands twice comes twice. */
  readonly keys: readonly Bytes[];
}

/** What {@linkcode TEXT_GAT} takes. */
export interface TouchKeysRequest extends KeysRequest {
  /** When the items shall go away: 0 for never, seconds up to 30 days, Unix seconds beyond, negative for at once. */
  readonly expiry: number;
}

/**
 * Reads items, without their versions.
 *
 * @example
 * ```ts
 * import { TEXT_GET, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * TEXT_GET.write(out, { keys: ["a", "b"] });
 * assertEquals(new TextDecoder().decode(out.take()[0]), "get a b\r\n");
 * ```
 */
export const TEXT_GET: TextOp<KeysRequest> = retrieval("get");

/**
 * Reads items with their versions.
 *
 * @example
 * ```ts
 * import { TEXT_GETS, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * TEXT_GETS.write(out, { keys: ["a", "b"] });
 * assertEquals(new TextDecoder().decode(out.take()[0]), "gets a b\r\n");
 * ```
 */
export const TEXT_GETS: TextOp<KeysRequest> = retrieval("gets");

/**
 * Reads items and changes their expiry; memcached 1.5.3 and later. The line must not be longer than 2,048 bytes.
 *
 * @example
 * ```ts
 * import { TEXT_GAT, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * TEXT_GAT.write(out, { keys: ["a"], expiry: 60 });
 * assertEquals(new TextDecoder().decode(out.take()[0]), "gat 60 a\r\n");
 * ```
 */
export const TEXT_GAT: TextOp<TouchKeysRequest> = touching("gat");

/**
 * Reads items with their versions and changes their expiry; memcached 1.5.3 and later. The line must not be longer than 2,048 bytes.
 *
 * @example
 * ```ts
 * import { TEXT_GATS, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * TEXT_GATS.write(out, { keys: ["a"], expiry: 60 });
 * assertEquals(new TextDecoder().decode(out.take()[0]), "gats 60 a\r\n");
 * ```
 */
export const TEXT_GATS: TextOp<TouchKeysRequest> = touching("gats");

function retrieval(name: string): TextOp<KeysRequest> {
  const word = wordOf(name);
  return {
    name,
    answers: Answers.VALUES,
    write(out, { keys }) {
      out.begin(word);
      writeKeys(out, keys, name);
      out.end();
    },
  };
}

function touching(name: string): TextOp<TouchKeysRequest> {
  const word = wordOf(name);
  return {
    name,
    answers: Answers.VALUES,
    write(out, { keys, expiry }) {
      out.begin(word);
      out.expiry(expiry);
      writeKeys(out, keys, name);
      if (out.lineLength + 2 > MAX_LINE) {
        out.refuse(
          new RangeError(
            `Cannot ${name} ${keys.length} keys at once: servers take lines of ${MAX_LINE} bytes; use several commands`,
          ),
        );
      }
      out.end();
    },
  };
}

function writeKeys(out: TextWriter, keys: readonly Bytes[], name: string): void {
  if (keys.length === 0) out.refuse(new RangeError(`Cannot ${name} no keys: give one or more`));
  for (const key of keys) out.key(key);
}
