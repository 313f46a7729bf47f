import type { ClosableCaller } from "../connection/caller.ts";
import type { StrandedCall } from "../connection/stranded.ts";
import type { ServerSpec } from "./server_spec.ts";
import type { ShardState } from "./shard_state.ts";

/** A caller that may know that its server cannot be reached: a link, or a pool of them. */
export interface NodeCaller extends ClosableCaller {
  /** What it is doing; `down` when calls fail at once since the server cannot be reached. */
  readonly state?: unknown;
  /** Resolves when there is a connection; rejects if the attempt that is made now fails. */
  connect?(): Promise<void>;
  /** Makes a call that another server could not answer; nothing is thrown. */
  resume?(call: StrandedCall): void;
  /** Closes, and gives away the calls that it can do nothing for any more and that may be made elsewhere. */
  leave?(elsewhere: (call: StrandedCall) => void): Promise<void>;
}

/** One server of several, with what talks to it. */
export class Shard {
  /** The name that it was configured with, and that is hashed. */
  readonly name: string;
  /** What talks to it. */
  readonly caller: NodeCaller;
  /** What is known of it. */
  server: ServerSpec;
  /** Whether calls may go to it without another look: it is active, and nobody wants to know of failures. */
  direct = false;
  /** How many calls it was asked, each key of a call about many by itself. */
  calls = 0;
  /** How many keys were left out since it takes no such calls now: reads that missed and writes that were skipped. */
  skipped = 0;
  /** How many keys a failover policy sent elsewhere instead. */
  moved = 0;

  /** Made by a {@linkcode ShardManager}. */
  constructor(server: ServerSpec, caller: NodeCaller) {
    this.name = server.name;
    this.server = server;
    this.caller = caller;
  }

  /** What it may be used for. */
  get state(): ShardState {
    return this.server.state;
  }

  /** Whether it can be expected to answer. */
  get up(): boolean {
    return this.caller.state !== "down";
  }
}
