import type { LinkStatus } from "../link/link_status.ts";
import type { ShardState } from "./shard_state.ts";

/** Something that a cluster did or noticed, or that happened between it and one of its servers. */
export type ClusterEvent = TopologyEvent | StateEvent | FailoverEvent | DiscoveryEvent | LinkStatus;

/** What all events of a cluster have. */
export interface ClusterEventBase {
  /** When it happened, in milliseconds of `Date.now`. */
  readonly at: number;
}

/** There are other servers than before. */
export interface TopologyEvent extends ClusterEventBase {
  /** Which kind of event this is. */
  readonly type: "topology";
  /** Names of servers that are new, or that have moved to another address. */
  readonly added: readonly string[];
  /** Names of servers that are not used any more: their calls under way end, then their connections are closed. */
  readonly removed: readonly string[];
  /** Names of all servers there are now, in their order. */
  readonly servers: readonly string[];
}

/** A server may be used for other things than before. */
export interface StateEvent extends ClusterEventBase {
  /** Which kind of event this is. */
  readonly type: "state";
  /** Name of the server. */
  readonly server: string;
  /** What it was used for. */
  readonly from: ShardState;
  /** What it is used for now. */
  readonly to: ShardState;
}

/** A policy decided about calls that their server could not answer. */
export interface FailoverEvent extends ClusterEventBase {
  /** Which kind of event this is. */
  readonly type: "failover";
  /** Name of the server that failed. */
  readonly server: string;
  /** What was decided: the call fails, is answered as a miss, or goes to another server. */
  readonly action: "fail" | "miss" | "use";
  /** In the case of `use`: which server. */
  readonly to?: string;
  /** Name of the opcode. */
  readonly op: string;
  /** How many keys of one call this is about. */
  readonly keys: number;
  /** Why the server could not answer. */
  readonly cause: unknown;
}

/** What tells which servers there are has failed or ended; the last ones stay in use. */
export interface DiscoveryEvent extends ClusterEventBase {
  /** Which kind of event this is. */
  readonly type: "discovery";
  /** What went wrong; nothing if it came to its end. */
  readonly error: unknown;
}

/** An event that is told as it happens, so that its time need not be said. */
export type ClusterNews =
  | (ClusterEvent extends infer E ? E extends ClusterEvent ? Omit<E, "at"> : never : never)
  | LinkStatus;

/** Who is told of events. */
export type ClusterListener = (event: ClusterNews) => void;
