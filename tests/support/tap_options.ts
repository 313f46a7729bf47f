/** What was recorded of a TAP_CONNECT, as options of `openTap`. */

import type { TapConnectRequest } from "../../src/ops/tap.ts";
import { TapConnectFlag, type TapOptions } from "../../src/tap.ts";

const NEVER = 0xffffffffffffffffn;

/** The options that ask for the same. */
export function tapOptionsOf(
  { name, flags = 0, backfill, vbuckets, checkpoints, closedOnly }: TapConnectRequest,
): TapOptions {
  const has = (flag: number): boolean => (flags & flag) !== 0;
  const registered = closedOnly === true ? "closed-only" : has(TapConnectFlag.REGISTERED_CLIENT);
  return {
    name: new TextDecoder().decode(name),
    dump: has(TapConnectFlag.DUMP),
    takeover: has(TapConnectFlag.TAKEOVER_VBUCKETS),
    ack: has(TapConnectFlag.SUPPORT_ACK),
    keysOnly: has(TapConnectFlag.REQUEST_KEYS_ONLY),
    fixFlagByteOrder: has(TapConnectFlag.FIX_FLAG_BYTEORDER),
    registered,
    checkpoints: checkpoints ?? has(TapConnectFlag.CHECKPOINT),
    ...(vbuckets === undefined ? {} : { vbuckets }),
    ...(backfill === undefined ? {} : { backfill: backfill === NEVER ? "none" : new Date(Number(backfill) * 1000) }),
  };
}
