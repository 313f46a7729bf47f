/** Shares that do not change. */

/** Which of how many members. */
export interface StaticMembershipOptions {
  /** The place of this member, from 0: the ordinal of a replica, for example. */
  readonly member: number;
  /** How many members there are. */
  readonly members: number;
  /** How many vbuckets the bucket has; 1024 by default. */
  readonly vbucketCount?: number;
}

/**
 * The vbuckets of one of so many members, for groups whose size is known: each vbucket is with one member, and no member has more
 * than one vbucket more than another.
 *
 * @throws {RangeError} If there is no such member.
 *
 * @example
 * ```ts
 * import { staticMembership } from "@memwire/memwire/dcp";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(staticMembership({ member: 1, members: 3, vbucketCount: 8 }), [1, 4, 7]);
 * ```
 */
export function staticMembership({ member, members, vbucketCount = 1024 }: StaticMembershipOptions): number[] {
  for (const [name, value] of Object.entries({ members, vbucketCount })) {
    if (!Number.isInteger(value) || value < 1) throw new RangeError(`Cannot share vbuckets with ${name} of ${value}`);
  }
  if (!Number.isInteger(member) || member < 0 || member >= members) {
    throw new RangeError(`Cannot share vbuckets with member ${member} of ${members}: 0 to ${members - 1} are possible`);
  }
  const share: number[] = [];
  for (let vbucket = member; vbucket < vbucketCount; vbucket += members) share.push(vbucket);
  return share;
}
