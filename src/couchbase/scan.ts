import type { Caller, CallOptions } from "../connection/caller.ts";
import { StatusError } from "../errors.ts";
import { asBytes } from "../bytes.ts";
import type { Bytes } from "../frame/frame_writer.ts";
import { RANGE_SCAN_CANCEL, RANGE_SCAN_CONTINUE, RANGE_SCAN_CREATE, type ScannedItem } from "../ops/range_scan.ts";
import { Status } from "../wire/status.ts";

/** What a scan of a vbucket is about. */
export interface ScanOptions extends CallOptions {
  /** Only keys in this range, in the order of their bytes; all keys when neither this nor a sampling is given. */
  readonly range?: ScanRange;
  /** Only so many documents at random. */
  readonly sampling?: { readonly samples: number; readonly seed?: number };
  /** Yields keys without their documents. */
  readonly keysOnly?: boolean;
  /** Has the attributes come before each value. */
  readonly includeXattrs?: boolean;
  /** Scans only what is at least as new as this write, and waits so many ms for it. */
  readonly snapshot?: { readonly vbuuid: bigint; readonly seqno: bigint; readonly timeout?: number };
  /** How many items the server sends at once at the most; 1,000 by default, 0 for no limit. */
  readonly itemLimit?: number;
  /** How many bytes the server sends at once at the most; 1 MiB by default, 0 for no limit. */
  readonly byteLimit?: number;
}

/** A range of keys. */
export interface ScanRange {
  /** The first key; the first of all when missing. */
  readonly from?: Bytes;
  /** Leaves the first key out. */
  readonly excludeFrom?: boolean;
  /** The last key; the last of all when missing. */
  readonly to?: Bytes;
  /** Leaves the last key out. */
  readonly excludeTo?: boolean;
}

/** Behind all keys: no byte of UTF-8 is as large. */
const LAST_KEY = new Uint8Array([0xff]);
const FIRST_KEY = new Uint8Array([0x00]);

/**
 * Scans a vbucket: makes the scan, goes on with it while the caller takes items, and ends it when the caller has had enough.
 * Yields nothing where there is nothing to scan.
 */
export async function* scanVbucket(
  caller: Caller,
  collection: number,
  options: ScanOptions = {},
): AsyncGenerator<ScannedItem, void, void> {
  const call: CallOptions = {
    ...(options.vbucket === undefined ? {} : { vbucket: options.vbucket }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
    ...(options.user === undefined ? {} : { user: options.user }),
  };
  const id = await create(caller, { json: describeScan(collection, options) }, call);
  if (id === undefined) return;
  const request = {
    id,
    itemLimit: options.itemLimit ?? 1000,
    timeLimit: 0,
    byteLimit: options.byteLimit ?? 1024 * 1024,
  };
  let complete = false;
  try {
    while (!complete) {
      for await (const { items, status } of caller.open(RANGE_SCAN_CONTINUE, request, call)) {
        complete = status === Status.RANGE_SCAN_COMPLETE;
        yield* items;
      }
    }
  } catch (error) {
    // What the server has ended itself needs no end.
    complete ||= error instanceof StatusError;
    throw error;
  } finally {
    if (!complete) await cancel(caller, id, call);
  }
}

async function create(caller: Caller, request: { json: string }, call: CallOptions): Promise<Uint8Array | undefined> {
  try {
    const { id } = await caller.call(RANGE_SCAN_CREATE, request, call);
    return id;
  } catch (error) {
    if (error instanceof StatusError && error.status === Status.KEY_ENOENT) return undefined;
    throw error;
  }
}

/** The scan may be gone already, with the connection or by its age. */
async function cancel(caller: Caller, id: Uint8Array, call: CallOptions): Promise<void> {
  const { signal: _, ...unsignalled } = call;
  try {
    await caller.call(RANGE_SCAN_CANCEL, { id }, unsignalled);
  } catch {
    // Nobody waits for what it would have given.
  }
}

function describeScan(collection: number, options: ScanOptions): string {
  const { sampling, snapshot } = options;
  return JSON.stringify({
    collection: collection.toString(16),
    ...(options.keysOnly === true ? { key_only: true } : {}),
    ...(options.includeXattrs === true ? { include_xattrs: true } : {}),
    ...(sampling === undefined ? { range: describeRange(options.range ?? {}) } : {
      sampling: { seed: sampling.seed ?? Math.floor(Math.random() * 0xffffffff), samples: sampling.samples },
    }),
    ...(snapshot === undefined ? {} : {
      snapshot_requirements: {
        vb_uuid: String(snapshot.vbuuid),
        seqno: Number(snapshot.seqno),
        ...(snapshot.timeout === undefined ? {} : { timeout_ms: snapshot.timeout }),
      },
    }),
  });
}

function describeRange(range: ScanRange): Record<string, string> {
  const from = base64(asBytes(range.from ?? FIRST_KEY));
  const to = base64(asBytes(range.to ?? LAST_KEY));
  return {
    [range.excludeFrom === true ? "excl_start" : "start"]: from,
    [range.excludeTo === true ? "excl_end" : "end"]: to,
  };
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
