import { decodeBase64 } from "../../wire/base64.ts";
import { compareKeys } from "./document.ts";
import { invalid } from "./refusals.ts";

/** What a range scan is about. */
export interface ScanRequest {
  /** The number of the collection. */
  readonly collection: number;
  /** Whether only keys are given. */
  readonly keyOnly: boolean;
  /** Whether attributes come before each value. */
  readonly includeXattrs: boolean;
  /** How many documents at random, and what chooses them; all of the range when missing. */
  readonly sampling?: { readonly samples: number; readonly seed: number };
  /** What there must be before the scan begins. */
  readonly snapshot?: ScanSnapshot;
  /** Whether a key is in the range; every key is in a sampling. */
  contains(key: Uint8Array): boolean;
}

/** The history that a scan must see. */
export interface ScanSnapshot {
  /** Which history. */
  readonly vbuuid: bigint;
  /** The write that must be there. */
  readonly seqno: bigint;
  /** Whether nothing may have overwritten it. */
  readonly mustExist: boolean;
  /** How long to wait for it, in milliseconds. */
  readonly timeout: number;
}

const LONGEST_NAME = 50;

/**
 * Reads the JSON text that makes a scan.
 *
 * @throws {StatusReply} EINVAL if it is none.
 */
export function readScanRequest(json: string): ScanRequest {
  const given = parse(json);
  const { collection = "0", key_only = false, include_xattrs = false, range, sampling, snapshot_requirements } = given;
  const { name = "" } = given;
  check(typeof collection === "string" && /^[0-9a-f]{1,8}$/i.test(collection), "the collection is no hexadecimal text");
  check(typeof key_only === "boolean" && typeof include_xattrs === "boolean", "an option is neither true nor false");
  check(typeof name === "string" && name.length <= LONGEST_NAME, "the name is too long");
  check((range === undefined) !== (sampling === undefined), "it has not exactly one of range and sampling");
  return {
    collection: Number.parseInt(collection as string, 16),
    keyOnly: key_only as boolean,
    includeXattrs: include_xattrs as boolean,
    ...(sampling === undefined ? {} : { sampling: readSampling(sampling as Fields) }),
    ...(snapshot_requirements === undefined ? {} : { snapshot: readSnapshot(snapshot_requirements as Fields) }),
    contains: range === undefined ? () => true : readRange(range as Fields),
  };
}

type Fields = Readonly<Record<string, unknown>>;

function parse(json: string): Fields {
  try {
    const given: unknown = JSON.parse(json);
    check(typeof given === "object" && given !== null, "it is no object");
    return given as Fields;
  } catch (error) {
    if (error instanceof SyntaxError) throw invalid("Cannot make the scan: it is no JSON");
    throw error;
  }
}

function readSampling({ samples, seed }: Fields): { samples: number; seed: number } {
  check(Number.isInteger(samples) && (samples as number) > 0, "the number of samples is none");
  check(seed === undefined || Number.isInteger(seed), "the seed is no number");
  return { samples: samples as number, seed: (seed ?? 0) as number };
}

function readSnapshot(fields: Fields): ScanSnapshot {
  const { vb_uuid, seqno, seqno_exists = false, timeout_ms = 0 } = fields;
  check(typeof vb_uuid === "string" && /^\d{1,20}$/.test(vb_uuid), "the vb_uuid is no decimal text");
  check(Number.isInteger(seqno) && (seqno as number) >= 0, "the seqno is no number");
  check(typeof seqno_exists === "boolean", "seqno_exists is neither true nor false");
  check(Number.isInteger(timeout_ms) && (timeout_ms as number) >= 0, "the timeout is no number");
  return {
    vbuuid: BigInt(vb_uuid as string),
    seqno: BigInt(seqno as number),
    mustExist: seqno_exists as boolean,
    timeout: timeout_ms as number,
  };
}

function readRange(fields: Fields): (key: Uint8Array) => boolean {
  const { start, excl_start, end, excl_end } = fields;
  check((start === undefined) !== (excl_start === undefined), "it has not exactly one of start and excl_start");
  check((end === undefined) !== (excl_end === undefined), "it has not exactly one of end and excl_end");
  const first = readKey(start ?? excl_start);
  const last = readKey(end ?? excl_end);
  const firstIn = start !== undefined ? 0 : 1;
  const lastIn = end !== undefined ? 0 : -1;
  check(compareKeys(first, last) <= 0, "its start is behind its end");
  return (key) => compareKeys(key, first) >= firstIn && compareKeys(key, last) <= lastIn;
}

function readKey(text: unknown): Uint8Array {
  check(typeof text === "string", "a key of the range is no text");
  // Nothing is before all keys: official clients begin there.
  if (text === "") return new Uint8Array(0);
  const key = decodeBase64(text as string);
  if (key === undefined) throw invalid("Cannot make the scan: a key of the range is no base64");
  return key;
}

function check(holds: boolean, reason: string): void {
  if (!holds) throw invalid(`Cannot make the scan: ${reason}`);
}
