import { toHex } from "../../bytes.ts";
import type { ContinueRangeScanRequest, ScannedItem } from "../../ops/range_scan.ts";
import type { Features } from "../../wire/features.ts";
import { NOT_FOUND } from "../status_reply.ts";
import type { CouchbaseDocument } from "./document.ts";
import type { ScanRequest } from "./scan_request.ts";
import { showBody, showWhole } from "./stored_value.ts";
import type { Vbucket } from "./vbucket.ts";

/** A scan that was made, and how far it has come. */
export interface RangeScan {
  /** What it is about. */
  readonly request: ScanRequest;
  /** The vbucket. */
  readonly vbucket: Vbucket;
  /** What it finds: as it was when it was made, in the order of the keys. */
  readonly documents: readonly CouchbaseDocument[];
  /** How many of those it has given. */
  given: number;
}

/** Some items of a scan. */
export interface ScanBatch {
  /** The items. */
  readonly items: readonly ScannedItem[];
  /** Whether nothing comes behind them. */
  readonly complete: boolean;
}

/** Scans that nobody goes on with are not kept for ever: beyond so many the oldest goes. */
const MOST_SCANS = 1000;

/** What a record takes beside key and value, about. */
const RECORD_OVERHEAD = 32;

/** The scans of a bucket. They belong to vbuckets and not to connections. */
export class RangeScans {
  readonly #scans = new Map<string, RangeScan>();
  readonly #makeId: () => Uint8Array;

  /** Takes what makes the names of scans: 16 bytes. */
  constructor(makeId: () => Uint8Array) {
    this.#makeId = makeId;
  }

  /** How many there are. */
  get size(): number {
    return this.#scans.size;
  }

  /** Makes a scan; throws a `StatusReply` if there is nothing to scan. */
  create(vbucket: Vbucket, request: ScanRequest): Uint8Array {
    const inRange = vbucket.inOrder(request.collection).filter(({ key }) => request.contains(key));
    const documents = request.sampling === undefined ? inRange : sample(inRange, request.sampling);
    if (documents.length === 0) throw NOT_FOUND;
    const [oldest] = this.#scans.keys();
    if (this.#scans.size >= MOST_SCANS) this.#scans.delete(oldest!);
    const id = this.#makeId();
    this.#scans.set(toHex(id), { request, vbucket, documents, given: 0 });
    return id;
  }

  /** A scan of a vbucket; throws a `StatusReply` if there is none. */
  find(id: Uint8Array, vbucket: Vbucket): RangeScan {
    const scan = this.#scans.get(toHex(id));
    if (scan === undefined || scan.vbucket !== vbucket) throw NOT_FOUND;
    return scan;
  }

  /** Takes the next items of a scan, as many as the request allows; forgets a scan that is complete. */
  next(scan: RangeScan, limits: ContinueRangeScanRequest, features: Features): ScanBatch {
    const items: ScannedItem[] = [];
    let bytes = 0;
    while (scan.given < scan.documents.length) {
      if (limits.itemLimit > 0 && items.length >= limits.itemLimit) break;
      if (limits.byteLimit > 0 && bytes >= limits.byteLimit) break;
      const item = scannedItem(scan.documents[scan.given++]!, scan.request, features);
      items.push(item);
      bytes += RECORD_OVERHEAD + item.key.length + (item.document?.value.length ?? 0);
    }
    const complete = scan.given === scan.documents.length;
    if (complete) this.#scans.delete(toHex(limits.id));
    return { items, complete };
  }

  /** Ends a scan. */
  cancel(id: Uint8Array, vbucket: Vbucket): void {
    this.find(id, vbucket);
    this.#scans.delete(toHex(id));
  }
}

function scannedItem(document: CouchbaseDocument, request: ScanRequest, features: Features): ScannedItem {
  const { key, flags, expiry, seqno, cas } = document;
  if (request.keyOnly) return { key };
  const { value, datatype } = request.includeXattrs ? showWhole(document, features) : showBody(document, features);
  return { key, document: { flags, expiry, seqno, cas, datatype, value } };
}

/** Chooses documents by a seed, the same ones every time, and leaves them in their order. */
function sample(
  documents: readonly CouchbaseDocument[],
  { samples, seed }: { readonly samples: number; readonly seed: number },
): CouchbaseDocument[] {
  const places = documents.map((_, place) => place);
  let state = (seed ^ 0x9e3779b9) >>> 0;
  for (let i = 0; i < Math.min(samples, places.length); i++) {
    // xorshift: all that is asked of it is to be the same for the same seed.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const other = i + ((state >>> 0) % (places.length - i));
    [places[i], places[other]] = [places[other]!, places[i]!];
  }
  return places.slice(0, samples).sort((a, b) => a - b).map((place) => documents[place]!);
}
