/** Bits of the datatype in a header: how to read the value. */
export const Datatype = {
  /** No bit: just bytes. */
  RAW: 0x00,
  /** The value is JSON. */
  JSON: 0x01,
  /** The value is one raw Snappy block. */
  SNAPPY: 0x02,
  /** The value begins with extended attributes. */
  XATTR: 0x04,
} as const;

const KNOWN = Datatype.JSON | Datatype.SNAPPY | Datatype.XATTR;

/**
 * Names the bits of a datatype, the lowest first: `"raw"`, `"json+snappy"`. Unknown bits follow as one number: `"json+0x18"`.
 *
 * @example
 * ```ts
 * import { Datatype, datatypeName } from "@memwire/memwire/codec";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(datatypeName(Datatype.JSON | Datatype.SNAPPY), "json+snappy");
 * assertEquals(datatypeName(0), "raw");
 * ```
 */
export function datatypeName(datatype: number): string {
  if (datatype === Datatype.RAW) return "raw";
  const names: string[] = [];
  if (datatype & Datatype.JSON) names.push("json");
  if (datatype & Datatype.SNAPPY) names.push("snappy");
  if (datatype & Datatype.XATTR) names.push("xattr");
  const unknown = datatype & ~KNOWN;
  if (unknown !== 0) names.push(`0x${unknown.toString(16).padStart(2, "0")}`);
  return names.join("+");
}
