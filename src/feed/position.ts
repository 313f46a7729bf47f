/** How far a feed has got: in memory as numbers of 64 bits, outside as JSON. */

/** How far the stream of one vbucket has got: what the server needs to go on without loss or repetition. */
export interface VbucketPosition {
  /** The history that the seqno is of; 0 when nothing has come yet. */
  readonly vbuuid: bigint;
  /** The last seqno that the consumer has. */
  readonly seqno: bigint;
  /** Where the snapshot begins that the seqno lies in; never above it. */
  readonly snapshotStart: bigint;
  /** Where that snapshot ends; never below the seqno. */
  readonly snapshotEnd: bigint;
}

/** The same as JSON: unsigned numbers of 64 bits as decimal text. */
export interface StoredVbucketPosition {
  /** The history that the seqno is of. */
  readonly vbuuid: string;
  /** The last seqno that the consumer has. */
  readonly seqno: string;
  /** Where the snapshot begins that the seqno lies in. */
  readonly snapshotStart: string;
  /** Where that snapshot ends. */
  readonly snapshotEnd: string;
}

/** How far a feed has got, safe to keep as JSON; what `from` and `to` take. */
export interface FeedPosition {
  /** The version of this form. */
  readonly version: 1;
  /** UUID of the bucket; "" when it is not known. */
  readonly bucket: string;
  /** The newest manifest of collections that was seen, in hexadecimal digits. */
  readonly manifest?: string;
  /** The streams, by the number of their vbucket. */
  readonly vbuckets: { readonly [vbucket: number]: StoredVbucketPosition };
}

/** Where a stream begins that has nothing. */
export const NO_POSITION: VbucketPosition = { vbuuid: 0n, seqno: 0n, snapshotStart: 0n, snapshotEnd: 0n };

const MAX_VBUCKET = 0xffff;
const MAX_NUMBER = 0xffffffffffffffffn;
const DECIMAL = /^(0|[1-9][0-9]{0,19})$/;
const FIELDS = ["vbuuid", "seqno", "snapshotStart", "snapshotEnd"] as const;

/** Turns the position of a vbucket into its form as JSON. */
export function storePosition(position: VbucketPosition): StoredVbucketPosition {
  const { vbuuid, seqno, snapshotStart, snapshotEnd } = position;
  return {
    vbuuid: String(vbuuid),
    seqno: String(seqno),
    snapshotStart: String(snapshotStart),
    snapshotEnd: String(snapshotEnd),
  };
}

/**
 * Checks what claims to be a position, parsed from JSON perhaps, and gives the positions of its vbuckets.
 *
 * @throws {TypeError} If it is none, or of another version; the message names the vbucket and the field.
 *
 * @example
 * ```ts
 * import { readFeedPosition } from "@memwire/memwire/dcp";
 * import { assertEquals } from "@std/assert";
 *
 * const stored = { vbuuid: "77", seqno: "42", snapshotStart: "40", snapshotEnd: "50" };
 * const positions = readFeedPosition({ version: 1, bucket: "b", vbuckets: { 5: stored } });
 * assertEquals(positions.get(5)?.seqno, 42n);
 * ```
 */
export function readFeedPosition(position: unknown): ReadonlyMap<number, VbucketPosition> {
  if (typeof position !== "object" || position === null) fail(`it is ${position === null ? "null" : typeof position}`);
  const { version, bucket, manifest, vbuckets } = position as Record<string, unknown>;
  if (version !== 1) fail(`its version is ${JSON.stringify(version)}, expected 1`);
  if (typeof bucket !== "string") fail("bucket is no text");
  if (manifest !== undefined && !(typeof manifest === "string" && /^[0-9a-f]{1,16}$/i.test(manifest))) {
    fail("manifest is not 1 to 16 hexadecimal digits");
  }
  if (typeof vbuckets !== "object" || vbuckets === null) fail("vbuckets is no object");
  const positions = new Map<number, VbucketPosition>();
  for (const [name, stored] of Object.entries(vbuckets as object)) {
    const vbucket = Number(name);
    if (!Number.isInteger(vbucket) || vbucket < 0 || vbucket > MAX_VBUCKET) fail(`vbucket ${name} is not 0 to 65535`);
    positions.set(vbucket, readStored(vbucket, stored));
  }
  return positions;
}

function readStored(vbucket: number, stored: unknown): VbucketPosition {
  if (typeof stored !== "object" || stored === null) fail(`vbucket ${vbucket} has no position`);
  const texts = stored as Readonly<Record<string, unknown>>;
  const [vbuuid, seqno, snapshotStart, snapshotEnd] = FIELDS.map((field) => {
    const text = texts[field];
    const number = typeof text === "string" && DECIMAL.test(text) ? BigInt(text) : -1n;
    if (number < 0n || number > MAX_NUMBER) {
      fail(`${field} of vbucket ${vbucket} is ${JSON.stringify(text)}, expected an unsigned 64-bit number as text`);
    }
    return number;
  }) as [bigint, bigint, bigint, bigint];
  return checkPosition(vbucket, { vbuuid, seqno, snapshotStart, snapshotEnd });
}

/**
 * Checks that a seqno lies in its snapshot: otherwise the server would have the stream roll back to zero.
 *
 * @throws {TypeError} If it does not.
 */
export function checkPosition(vbucket: number, position: VbucketPosition): VbucketPosition {
  const { seqno, snapshotStart, snapshotEnd } = position;
  if (snapshotStart <= seqno && seqno <= snapshotEnd) return position;
  fail(`seqno ${seqno} of vbucket ${vbucket} lies outside of its snapshot, ${snapshotStart} to ${snapshotEnd}`);
}

function fail(reason: string): never {
  throw new TypeError(`Cannot use position: ${reason}; positions are made by the position() of a feed`);
}
