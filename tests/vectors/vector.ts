/**
 * What a golden vector is: the bytes of one frame, and what they mean in the words of the protocol.
 * None of them was made by the encoder that they test.
 */

import { toHex } from "../support/hex.ts";

/** One whole frame and its meaning. */
export interface Vector {
  /** What the frame is; unique among all vectors. */
  readonly name: string;
  /** The protocol's name of the opcode, quiet ones by their own: `GETQ`. */
  readonly op: string;
  /** Which way it goes. A message that a server starts, as those of TAP and DCP, is a request as well. */
  readonly side: "request" | "response";
  /** The frame in hexadecimal digits: blanks between the fields, `|` between header, framing extras, extras, key and value. */
  readonly hex: string;
  /** What the frame says, field by field. */
  readonly fields: VectorFields;
  /**
   * What the body says, for all opcodes of memcached.org and for many others, as plain values: bytes are text where they are
   * printable. Version, status, vbucket and opaque stand in `fields` only. Of an answer that tells of a failure: `{ text }`,
   * with the `key` if it repeats one.
   */
  readonly message?: VectorMessage;
  /** Instead of `message`: why the body cannot be read as what its opcode calls for, although the frame is whole. */
  readonly refused?: string;
  /** Where the bytes come from. */
  readonly source: string;
}

/** The typed meaning of a body. */
export type VectorMessage = Readonly<Record<string, unknown>>;

/** The header's fields, then the parts of the body in hexadecimal digits, left out where empty. */
export interface VectorFields extends VectorParts {
  readonly magic: number;
  readonly opcode: number;
  readonly keyLength: number;
  readonly extrasLength: number;
  /** Only in frames with the magics 0x08 and 0x18. */
  readonly framingLength?: number;
  readonly datatype: number;
  readonly vbucketOrStatus: number;
  readonly bodyLength: number;
  readonly opaque: number;
  readonly cas: bigint;
}

/** The parts of a body, in hexadecimal digits, in the order of the wire. */
export interface VectorParts {
  readonly framingExtras?: string;
  readonly extras?: string;
  readonly key?: string;
  readonly value?: string;
}

/** A vector as it is written down: header fields that are left out are 0, the magic is that of the side. */
export interface VectorRow extends Omit<Vector, "side" | "fields"> {
  readonly header: Partial<Omit<VectorFields, keyof VectorParts>> & { readonly opcode: number };
  readonly parts?: VectorParts;
}

/** A vector of a request: magic 0x80 unless it says otherwise. */
export function request(row: VectorRow): Vector {
  return makeVector("request", 0x80, row);
}

/** A vector of a response: magic 0x81 unless it says otherwise. */
export function response(row: VectorRow): Vector {
  return makeVector("response", 0x81, row);
}

/** The UTF-8 bytes of a text, in hexadecimal digits. */
export function text(text: string): string {
  return toHex(new TextEncoder().encode(text));
}

function makeVector(side: Vector["side"], magic: number, { header, parts, ...row }: VectorRow): Vector {
  const fields = {
    magic,
    keyLength: 0,
    extrasLength: 0,
    datatype: 0,
    vbucketOrStatus: 0,
    bodyLength: 0,
    opaque: 0,
    cas: 0n,
    ...header,
    ...parts,
  };
  return { ...row, side, fields };
}
