/**
 * The flags and codes of TAP, the change feed of Couchbase before 5.0.
 */

/** What a TAP_CONNECT asks for: bits of its flags. */
export const TapConnectFlag = {
  /** A date follows: only what changed since, but servers only look whether it lies in the future, and then send nothing old. */
  BACKFILL: 0x001,
  /** The server closes when all that there is has been sent. */
  DUMP: 0x002,
  /** A list of vbuckets follows: only these. */
  LIST_VBUCKETS: 0x004,
  /** The listed vbuckets change hands: the server gives them up. */
  TAKEOVER_VBUCKETS: 0x008,
  /** The client acknowledges what asks for it. */
  SUPPORT_ACK: 0x010,
  /** Values may be left out; no known server does it. */
  REQUEST_KEYS_ONLY: 0x020,
  /** A list of checkpoints follows: go on behind these. */
  CHECKPOINT: 0x040,
  /** The server keeps the place of this name while the client is away. A byte may follow: 1 for closed checkpoints only. */
  REGISTERED_CLIENT: 0x080,
  /** The flags of items come in network byte order. */
  FIX_FLAG_BYTEORDER: 0x100,
} as const;

/** Bits of the flags of a TAP message. */
export const TapMessageFlag = {
  /** The server waits for an acknowledgement. */
  ACK: 0x01,
  /** The value was left out. */
  NO_VALUE: 0x02,
  /** The flags of the item are in network byte order. */
  NETWORK_BYTE_ORDER: 0x04,
} as const;

/** What a TAP_OPAQUE says. */
export const TapOpaqueCode = {
  /** Messages may be refused by a status and come again later; the first of every feed with acknowledgements. */
  ENABLE_AUTO_NACK: 0,
  /** All of a vbucket comes from the beginning: a copy of it should be emptied. */
  INITIAL_VBUCKET_STREAM: 1,
  /** Checkpoints will be sent. */
  ENABLE_CHECKPOINT_SYNC: 2,
  /** What follows belongs to the open checkpoint. */
  OPEN_CHECKPOINT: 3,
  /** The list of vbuckets was changed; with Membase 1.8 an online update began. */
  COMPLETE_VB_FILTER_CHANGE: 4,
  /** An online update is over; Membase 1.8 only. */
  STOP_ONLINEUPDATE: 5,
  /** An online update was taken back; Membase 1.8 only. */
  REVERT_ONLINEUPDATE: 6,
  /** The server will end the feed. */
  CLOSE_TAP_STREAM: 7,
  /** The backfill of a vbucket was read; its last items may still follow. */
  CLOSE_BACKFILL: 8,
} as const;

const NAMES: readonly (readonly [bit: number, name: string])[] = Object.entries(TapConnectFlag)
  .map(([name, bit]) => [bit, name] as const);

/**
 * Flags of a TAP_CONNECT as text: the names of the bits, lowest first, with `|` between them; a bit without a name in hexadecimal digits.
 *
 * @example
 * ```ts
 * import { formatTapConnectFlags } from "@memwire/memwire/codec";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatTapConnectFlags(0x212), "DUMP|SUPPORT_ACK|0x200");
 * ```
 */
export function formatTapConnectFlags(flags: number): string {
  const parts: string[] = [];
  for (let place = 0; place < 32; place++) {
    const bit = (1 << place) >>> 0;
    if ((flags & bit) === 0) continue;
    parts.push(NAMES.find(([known]) => known === bit)?.[1] ?? `0x${bit.toString(16)}`);
  }
  return parts.join("|");
}
