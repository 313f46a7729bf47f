import { utf8Decode } from "../bytes.ts";
import { TextCode } from "./text_code.ts";
import type { TextReply } from "./text_reply.ts";

/** What {@linkcode readMetaDebug} finds. */
export interface MetaDebug {
  /** The key as it came; in base64 for an item that was stored so, whatever was sent, and nothing in the line says which. */
  readonly key: string;
  /** Seconds that are left, -1 for ever; some versions write them as a negative number, which this corrects. */
  readonly exp: number;
  /** Seconds since it was last read or written. */
  readonly la: number;
  /** The version, unsigned 64 bits. */
  readonly cas: bigint;
  /** Whether it was read since it was stored. */
  readonly fetched: boolean;
  /** The slab class that it lies in. */
  readonly slab: number;
  /** Bytes that it takes, key and bookkeeping included. */
  readonly size: number;
  /** All that the line says, by the server's names. */
  readonly fields: ReadonlyMap<string, string>;
}

/**
 * Reads the answer to `me`; `undefined` for a miss.
 *
 * @throws {ProtocolError} If the reply is neither `ME` nor `EN`, or has no key.
 *
 * @example
 * ```ts
 * import { readMetaDebug, ReplySplitter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const line = "ME user:1 exp=-1 la=2 cas=4 fetch=no cls=1 size=64\r\n";
 * const [reply] = new ReplySplitter().split(new TextEncoder().encode(line));
 * const { key, exp, cas, size } = readMetaDebug(reply!)!;
 * assertEquals({ key, exp, cas, size }, { key: "user:1", exp: -1, cas: 4n, size: 64 });
 * ```
 */
export function readMetaDebug(reply: TextReply): MetaDebug | undefined {
  if (reply.code === TextCode.EN) return undefined;
  const [code, key = "", ...words] = utf8Decode(reply.line).split(" ");
  if (code !== "ME" || key === "") reply.fail("it is no ME with a key");
  const fields = new Map<string, string>();
  for (const word of words) {
    const equals = word.indexOf("=");
    if (equals > 0) fields.set(word.slice(0, equals), word.slice(equals + 1));
  }
  const count = (name: string): number => Number(fields.get(name) ?? 0) || 0;
  const cas = fields.get("cas") ?? "0";
  if (!/^\d{1,20}$/.test(cas)) reply.fail("its cas is malformed");
  const exp = count("exp");
  return {
    key,
    // 1.6.18 subtracts the wrong way round.
    exp: exp < -1 ? -exp : exp,
    la: count("la"),
    cas: BigInt(cas),
    fetched: fields.get("fetch") === "yes",
    slab: count("cls"),
    size: count("size"),
    fields,
  };
}
