import { MemcachedError, type MemcachedErrorOptions } from "../errors.ts";
import type { ShardState } from "./shard_state.ts";

/** One of several servers failed; the `cause` says how. */
export class NodeError extends MemcachedError {
  /** The name of the class. */
  override readonly name = "NodeError";
  /** What kind of failure this is. */
  override readonly code = "NODE";
  /** Which server: the name that it was configured with. */
  readonly node: string;
  /** All servers that failed in the same call, each with its reason. */
  readonly errors: ReadonlyMap<string, unknown>;

  /** Makes an error about a server, from what went wrong there. */
  constructor(
    message: string,
    options: MemcachedErrorOptions & { readonly node: string; readonly errors?: ReadonlyMap<string, unknown> },
  ) {
    super(message, options);
    this.node = options.node;
    this.errors = options.errors ?? new Map([[options.node, options.cause]]);
  }
}

/** A write was not made, since the server of its key takes none now: nothing was sent, nothing is stored. */
export class SkippedError extends MemcachedError {
  /** The name of the class. */
  override readonly name = "SkippedError";
  /** What kind of failure this is. */
  override readonly code = "SKIPPED";
  /** Which server the key belongs to. */
  readonly node: string;
  /** What that server was set to. */
  readonly state: ShardState;

  /** Makes an error about a server that was left out. */
  constructor(
    message: string,
    options: MemcachedErrorOptions & { readonly node: string; readonly state: ShardState },
  ) {
    super(message, options);
    this.node = options.node;
    this.state = options.state;
  }
}

/** The key belongs to no server: there is none, or the function that places keys says so. */
export class NoServerError extends MemcachedError {
  /** The name of the class. */
  override readonly name = "NoServerError";
  /** What kind of failure this is. */
  override readonly code = "NO_SERVER";
}

/** What one of several servers did wrong, with its name; what is about one key, such as a status, needs none. */
export function nodeError(node: string, cause: unknown, what: string): NodeError {
  const said = cause instanceof Error ? cause.message : String(cause);
  const sent = cause instanceof MemcachedError ? cause.sent : true;
  return new NodeError(`Cannot ${what} at ${node}: ${said}`, { node, cause, sent });
}
