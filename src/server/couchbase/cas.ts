/** The version that a locked document shows to all but who has locked it. */
export const ALL_ONES: bigint = 0xffff_ffff_ffff_ffffn;
