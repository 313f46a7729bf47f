import { Answers } from "./answers.ts";
import { type TextOp, wordOf } from "./text_op.ts";
import type { TextWriter } from "./text_writer.ts";

/** The longest list of slab classes, in bytes. */
const MAX_CLASSES = 500;

/** What {@linkcode METADUMP} takes. */
export interface DumpRequest {
  /** `all`, the default, `hash` in the order of the hash table (1.6.9 and later), or numbers of slab classes. */
  readonly classes?: "all" | "hash" | readonly number[];
}

/**
 * Dumps the keys and what is known about them; read the reply with {@linkcode MetadumpParser}. It takes the connection over.
 *
 * @example
 * ```ts
 * import { METADUMP, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * METADUMP.write(out, { classes: [1, 2] });
 * assertEquals(new TextDecoder().decode(out.take()[0]), "lru_crawler metadump 1,2\r\n");
 * ```
 */
export const METADUMP: TextOp<DumpRequest> = dump("metadump");

/**
 * Dumps the keys as lines of `mg` (1.6.19 and later); read the reply with {@linkcode MgdumpParser}. It takes the connection over.
 *
 * @example
 * ```ts
 * import { MGDUMP, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * MGDUMP.write(out, {});
 * assertEquals(new TextDecoder().decode(out.take()[0]), "lru_crawler mgdump all\r\n");
 * ```
 */
export const MGDUMP: TextOp<DumpRequest> = dump("mgdump");

const CRAWLER = wordOf("lru_crawler");

function dump(name: string): TextOp<DumpRequest> {
  const word = wordOf(name);
  return {
    name: `lru_crawler ${name}`,
    answers: Answers.LINES,
    write(out, { classes = "all" }) {
      out.begin(CRAWLER);
      out.word(word);
      if (typeof classes !== "string") {
        for (const id of classes) checkClass(out, id);
        out.token(classes.join(","), MAX_CLASSES, "slab classes");
      } else {
        out.token(classes, MAX_CLASSES, "slab classes");
      }
      out.end();
    },
  };
}

function checkClass(out: TextWriter, id: number): void {
  if (Number.isInteger(id) && id >= 0 && id <= 0xff) return;
  out.refuse(new RangeError(`Cannot dump slab class ${id}: it is a whole number, 0 to 255`));
}
