/** What can go wrong in a group. */
import { MemcachedError } from "../errors.ts";

/** A group cannot be joined or left as it should be. */
export class GroupError extends MemcachedError {
  /** The name of the class. */
  override readonly name = "GroupError";
  /** What kind of failure this is. */
  override readonly code = "GROUP";
}

/**
 * A member could not renew its lease in time and gives up its vbuckets before another may take them; `cause` is what the store has
 * failed with last, if it has.
 */
export class LeaseLostError extends MemcachedError {
  /** The name of the class. */
  override readonly name = "LeaseLostError";
  /** What kind of failure this is. */
  override readonly code = "LEASE_LOST";
}
