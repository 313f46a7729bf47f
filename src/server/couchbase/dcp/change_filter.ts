import type { StreamFilter } from "../../../ops/dcp_filter.ts";
import type { VbucketChange } from "../change_log.ts";
import { type CollectionChange, isCollectionChange } from "../collection_change.ts";
import type { CollectionsManifest } from "../manifest.ts";
import { UNKNOWN_COLLECTION, UNKNOWN_SCOPE } from "../refusals.ts";

/** Which changes of a vbucket a stream is about. */
export class ChangeFilter {
  /** The collections; all when missing. */
  readonly #collections: Set<number> | undefined;
  readonly #scope: number | undefined;
  /** Whether collections are told of. */
  readonly #tells: boolean;
  #over = false;

  private constructor(
    collections: Set<number> | undefined,
    options: { readonly scope?: number | undefined; readonly tells: boolean },
  ) {
    this.#collections = collections;
    this.#scope = options.scope;
    this.#tells = options.tells;
  }

  /** For who knows no collections: the default one. */
  static forDefault(): ChangeFilter {
    return new ChangeFilter(new Set([0]), { tells: false });
  }

  /** What a consumer asks for. Throws UNKNOWN_COLLECTION or UNKNOWN_SCOPE if there is no such thing. */
  static from({ collections, scope }: StreamFilter, manifest: CollectionsManifest): ChangeFilter {
    if (collections !== undefined) {
      if (collections.some((id) => manifest.find(id) === undefined)) throw UNKNOWN_COLLECTION;
      return new ChangeFilter(new Set(collections), { tells: true });
    }
    if (scope === undefined) return new ChangeFilter(undefined, { tells: true });
    const found = manifest.scopes.find(({ id }) => id === scope);
    if (found === undefined) throw UNKNOWN_SCOPE;
    return new ChangeFilter(new Set(found.collections.map(({ id }) => id)), { scope, tells: true });
  }

  /** Whether it leaves anything out but for what is not there. */
  get selects(): boolean {
    return this.#collections !== undefined;
  }

  /** Whether all that it is about has been dropped, so that nothing can come any more. */
  get over(): boolean {
    return this.#over;
  }

  /** Whether a collection is among what it is about. */
  has(collection: number): boolean {
    return this.#collections === undefined || this.#collections.has(collection);
  }

  /** Whether a change is to be sent. Changes must be shown in the order of their seqnos, each once. */
  takes(change: VbucketChange): boolean {
    if (isCollectionChange(change)) return this.#follow(change) && this.#tells;
    return this.#collections === undefined || this.#collections.has(change.collection);
  }

  #follow({ type, scope, collection }: CollectionChange): boolean {
    if (this.#collections === undefined) return true;
    switch (type) {
      case "scope-created":
        return scope === this.#scope;
      case "scope-dropped":
        if (scope !== this.#scope) return false;
        return this.#over = true;
      case "collection-dropped": {
        const known = this.#collections.delete(collection) || scope === this.#scope;
        if (this.#scope === undefined && this.#collections.size === 0) this.#over = true;
        return known;
      }
      default:
        if (scope === this.#scope) this.#collections.add(collection);
        return this.#collections.has(collection);
    }
  }
}
