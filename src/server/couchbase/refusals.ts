import { Status } from "../../wire/status.ts";
import { StatusReply } from "../status_reply.ts";

/** The document is locked by somebody else. */
export const LOCKED: StatusReply = new StatusReply(Status.LOCKED);
/** The same to who wants the lock or wants to give it back: clients of old are told to come again. */
export const LOCK_HELD: StatusReply = new StatusReply(Status.LOCKED);
/** The document is not locked. */
export const NOT_LOCKED: StatusReply = new StatusReply(Status.NOT_LOCKED);
/** The request breaks a rule of its opcode; the connection is good. */
export const INVALID: StatusReply = new StatusReply(Status.EINVAL);
/** The opcode is known, and nothing is done for it here. */
export const NOT_SUPPORTED: StatusReply = new StatusReply(Status.NOT_SUPPORTED);
/** The user may not do this. */
export const NO_ACCESS: StatusReply = new StatusReply(Status.EACCESS);
/** The connection is about no bucket. */
export const NO_BUCKET: StatusReply = new StatusReply(Status.NO_BUCKET, { context: "No bucket selected" });
/** There is no such collection. */
export const UNKNOWN_COLLECTION: StatusReply = new StatusReply(Status.UNKNOWN_COLLECTION);
/** There is no such scope. */
export const UNKNOWN_SCOPE: StatusReply = new StatusReply(Status.UNKNOWN_SCOPE);
/** The vbucket is not here. Whoever answers adds the cluster map. */
export const NOT_MY_VBUCKET: StatusReply = new StatusReply(Status.NOT_MY_VBUCKET);
/** The attributes before the value are none. */
export const BAD_XATTRS: StatusReply = new StatusReply(Status.XATTR_EINVAL);

/** Refuses a request with words that only extended errors carry. */
export function invalid(context: string): StatusReply {
  return new StatusReply(Status.EINVAL, { context });
}
