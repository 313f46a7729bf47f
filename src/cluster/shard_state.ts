import type { Op } from "../ops/op.ts";

/**
 * What a shard may be used for: everything; only what fills it (see {@linkcode ClusterClient.setSentinels}); the same while its
 * failures may be overlooked; nothing.
 */
export type ShardState = "active" | "writeOnly" | "warmUp" | "down";

/** What a call is about, as far as states are concerned. */
export type CallFamily = "read" | "write" | "readSentinels" | "writeSentinels" | "admin";

/** Which shards take which calls. What one does not take is not sent: reads then miss, writes are skipped. */
export const TAKES: { readonly [S in ShardState]: { readonly [F in CallFamily]: boolean } } = {
  active: { read: true, write: true, readSentinels: true, writeSentinels: true, admin: true },
  writeOnly: { read: false, write: false, readSentinels: true, writeSentinels: true, admin: true },
  warmUp: { read: false, write: false, readSentinels: true, writeSentinels: true, admin: true },
  down: { read: false, write: false, readSentinels: false, writeSentinels: false, admin: true },
};

/** Checks the name of a state. */
export function checkState(state: ShardState, server: string): ShardState {
  if (Object.hasOwn(TAKES, state)) return state;
  throw new TypeError(
    `Cannot use state ${JSON.stringify(state)} of ${server}: it is ${Object.keys(TAKES).join(", ")}`,
  );
}

/** Whether an opcode only looks: a miss harms nobody, so one may be made up where nobody can be asked. */
export function isRead(op: Pick<Op<unknown, unknown>, "quiet">): boolean {
  return op.quiet?.silentOn === "miss";
}

/** The family of a call about a key. */
export function familyOf(op: Pick<Op<unknown, unknown>, "quiet">, sentinels: boolean): CallFamily {
  if (isRead(op)) return sentinels ? "readSentinels" : "read";
  return sentinels ? "writeSentinels" : "write";
}
