import { MetaOption, type WithMetaRequest } from "../../ops/meta.ts";
import { Datatype } from "../../wire/datatype.ts";
import { EXISTS, NOT_FOUND } from "../status_reply.ts";
import { ALL_ONES } from "./cas.ts";
import type { CouchbaseDocument } from "./document.ts";
import type { DocumentStore, Place } from "./document_store.ts";
import { INVALID, invalid, LOCKED } from "./refusals.ts";
import { acceptValue, plainValue } from "./stored_value.ts";

/** Who wins when two clusters have written a document: who changed it more often, or who wrote it later. */
export type ConflictResolution = "seqno" | "lww";

/** What a {@linkcode MetaStore} goes by. */
export interface MetaStoreOptions {
  /** Finds documents. */
  readonly documents: DocumentStore;
  /** How conflicts are resolved. */
  readonly conflictResolution: ConflictResolution;
  /** Largest body of a document, in bytes. */
  readonly itemSizeLimit: number;
}

/** What a write with metadata does. */
export type MetaAction = "set" | "add" | "delete";

const KNOWN_OPTIONS = MetaOption.FORCE_WITH_META | MetaOption.FORCE_ACCEPT | MetaOption.REGENERATE_CAS |
  MetaOption.SKIP_CONFLICT_RESOLUTION | MetaOption.IS_EXPIRATION;

/** Writes documents with the metadata that they have elsewhere. */
export class MetaStore {
  readonly #options: MetaStoreOptions;

  /** Makes one for a bucket. */
  constructor(options: MetaStoreOptions) {
    this.#options = options;
  }

  /**
   * Writes a document or a tombstone with its metadata.
   *
   * @throws {StatusReply} KEY_EEXISTS if what is there wins, or its version is another.
   */
  write(place: Place, action: MetaAction, request: WithMetaRequest): CouchbaseDocument {
    const { vbucket, collection, key } = place;
    const { options = 0, cas = 0n, datatype = 0, flags, expiry, revision, newCas } = request;
    this.#check(options, action, newCas);
    const { value, datatype: stored } = acceptValue({ value: request.value, datatype }, this.#options.itemSizeLimit);
    if (action === "delete" && plainValue({ value, datatype: stored }).body.length > 0) {
      throw invalid("A deletion has no value");
    }
    const old = this.#options.documents.find(place);
    this.#meet(place, old, { action, cas });
    const skips = (options & MetaOption.SKIP_CONFLICT_RESOLUTION) !== 0;
    if (!skips && old !== undefined && !this.#wins(request, old)) throw EXISTS;
    const document = {
      key: old?.key ?? key.slice(),
      collection,
      value,
      datatype: stored,
      flags,
      revision,
      expiry: action === "delete" ? this.#options.documents.now : expiry,
      cas: (options & MetaOption.REGENERATE_CAS) !== 0 ? vbucket.versions.next() : newCas,
    };
    if (action !== "delete") return vbucket.put(document);
    const deleted = (options & MetaOption.IS_EXPIRATION) !== 0 ? "expiration" : "deletion";
    return vbucket.put({ ...document, datatype: stored & Datatype.XATTR, deleted });
  }

  #check(options: number, action: MetaAction, newCas: bigint): void {
    const regenerates = (options & MetaOption.REGENERATE_CAS) !== 0;
    const skips = (options & MetaOption.SKIP_CONFLICT_RESOLUTION) !== 0;
    const expires = (options & MetaOption.IS_EXPIRATION) !== 0;
    if ((options & ~KNOWN_OPTIONS) !== 0 || (regenerates && !skips) || (expires && action !== "delete")) throw INVALID;
    if (this.#options.conflictResolution === "lww" && (options & MetaOption.FORCE_ACCEPT) === 0) {
      throw invalid("The bucket resolves conflicts by last write, which needs FORCE_ACCEPT");
    }
    if (!regenerates && (newCas === 0n || newCas === ALL_ONES)) throw invalid("No document can have this CAS");
  }

  #meet(
    { vbucket }: Place,
    old: CouchbaseDocument | undefined,
    { action, cas }: { action: MetaAction; cas: bigint },
  ): void {
    const alive = old?.deleted === undefined ? old : undefined;
    if (alive !== undefined && action === "add") throw EXISTS;
    if (alive !== undefined && vbucket.isLocked(alive) && cas !== alive.cas) throw LOCKED;
    if (cas === 0n) return;
    if (old === undefined) throw NOT_FOUND;
    if (old.cas !== cas) throw EXISTS;
  }

  /** Whether a write wins over what is there. Two that are alike in all respects are the same, and nothing is to be written. */
  #wins(given: WithMetaRequest, old: CouchbaseDocument): boolean {
    const byRevision: [bigint | number, bigint | number] = [given.revision, old.revision];
    const byCas: [bigint | number, bigint | number] = [given.newCas, old.cas];
    const first = this.#options.conflictResolution === "lww" ? [byCas, byRevision] : [byRevision, byCas];
    const rest: [number, number][] = [[given.expiry, old.expiry], [given.flags, old.flags]];
    for (const [ours, theirs] of [...first, ...rest]) {
      if (ours !== theirs) return ours > theirs;
    }
    return false;
  }
}
