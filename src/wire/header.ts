/**
 * The header that every frame starts with: 24 bytes, all numbers big-endian.
 *
 * ```text
 *  byte      0         1         2         3         4         5         6         7
 *       +---------+---------+---------+---------+---------+---------+---------+---------+
 *     0 |  magic  | opcode  |    key length     | extras  | datatype| vbucket (request) |
 *       |         |         |                   | length  |         | status (response) |
 *       +---------+---------+---------+---------+---------+---------+---------+---------+
 *     8 |              body length              |                opaque                 |
 *       +---------+---------+---------+---------+---------+---------+---------+---------+
 *    16 |                                      CAS                                      |
 *       +---------+---------+---------+---------+---------+---------+---------+---------+
 *    24 | framing extras, extras, key, value: body length bytes in all
 *
 *  The flexible forms (magic 0x08 and 0x18) split the key length:
 *
 *  byte      2         3
 *       +---------+---------+
 *       | framing |   key   |
 *       | length  | length  |
 *       +---------+---------+
 * ```
 *
 * The value has no length of its own: it is what the other parts leave of the body.
 */

/** Bytes of a header. */
export const HEADER_SIZE = 24;

/** First byte of a frame: who sends it, and in which of the two header forms. */
export const Magic = {
  /** A client asks. */
  CLIENT_REQUEST: 0x80,
  /** A server answers. */
  SERVER_RESPONSE: 0x81,
  /** A server asks, or tells: its opcodes are a space of their own. */
  SERVER_REQUEST: 0x82,
  /** A client answers what a server asked. */
  CLIENT_RESPONSE: 0x83,
  /** A client asks, in the form with framing extras. */
  FLEX_REQUEST: 0x08,
  /** A server answers, in the form with framing extras. */
  FLEX_RESPONSE: 0x18,
} as const;

/** Where the fields of a header begin, in bytes. */
export const HeaderOffset = {
  /** One byte. */
  MAGIC: 0,
  /** One byte. */
  OPCODE: 1,
  /** Two bytes, in the classic forms. */
  KEY_LENGTH: 2,
  /** One byte, in the flexible forms. */
  FRAMING_LENGTH: 2,
  /** One byte, in the flexible forms. */
  FLEX_KEY_LENGTH: 3,
  /** One byte. */
  EXTRAS_LENGTH: 4,
  /** One byte. */
  DATATYPE: 5,
  /** Two bytes, in a request. */
  VBUCKET: 6,
  /** Two bytes, in a response. */
  STATUS: 6,
  /** Four bytes. */
  BODY_LENGTH: 8,
  /** Four bytes. */
  OPAQUE: 12,
  /** Eight bytes. */
  CAS: 16,
} as const;

/** Whether a frame that starts with this byte asks, so that its bytes 6 and 7 are a vbucket and not a status. */
export function isRequest(magic: number): boolean {
  return magic === Magic.CLIENT_REQUEST || magic === Magic.SERVER_REQUEST || magic === Magic.FLEX_REQUEST;
}

/** Whether a frame that starts with this byte answers, so that its bytes 6 and 7 are a status and not a vbucket. */
export function isResponse(magic: number): boolean {
  return magic === Magic.SERVER_RESPONSE || magic === Magic.CLIENT_RESPONSE || magic === Magic.FLEX_RESPONSE;
}

/** Names the first byte of a frame in words: `"client-request"`; a byte that is no magic is written as `"0x12"`. */
export function magicName(magic: number): string {
  switch (magic) {
    case Magic.CLIENT_REQUEST:
      return "client-request";
    case Magic.SERVER_RESPONSE:
      return "server-response";
    case Magic.SERVER_REQUEST:
      return "server-request";
    case Magic.CLIENT_RESPONSE:
      return "client-response";
    case Magic.FLEX_REQUEST:
      return "flex-request";
    case Magic.FLEX_RESPONSE:
      return "flex-response";
    default:
      return `0x${magic.toString(16).padStart(2, "0")}`;
  }
}
