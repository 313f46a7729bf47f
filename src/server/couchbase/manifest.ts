import { UNKNOWN_COLLECTION, UNKNOWN_SCOPE } from "./refusals.ts";

/** Which collections a bucket is to have: those of each scope by their names, or with what is special about them. */
export type CollectionTree = {
  readonly [scope: string]: readonly string[] | { readonly [collection: string]: CollectionOptions };
};

/** What is special about a collection. */
export interface CollectionOptions {
  /** After how many seconds its documents go at the latest; the limit of the bucket by default, 0 for none. */
  readonly maxTtl?: number;
}

/** A collection. */
export interface ManifestCollection extends CollectionOptions {
  /** Its name. */
  readonly name: string;
  /** Its number. */
  readonly id: number;
}

/** A scope. */
export interface ManifestScope {
  /** Its name. */
  readonly name: string;
  /** Its number. */
  readonly id: number;
  /** Its collections. */
  readonly collections: readonly ManifestCollection[];
}

const DEFAULT_NAME = "_default";

/** Numbers below are kept for the server. */
const FIRST_ID = 8;

/** Which scopes and collections a bucket has, in one version; it is never changed. */
export class CollectionsManifest {
  /** Which version this is. */
  readonly uid: bigint;
  /** The scopes. */
  readonly scopes: readonly ManifestScope[];
  readonly #byId: ReadonlyMap<number, ManifestCollection>;
  /** The number of the next collection or scope: none is given twice, even when the one that had it is gone. */
  readonly #nextId: number;

  /** Makes a version of it. */
  constructor(uid: bigint, scopes: readonly ManifestScope[], nextId = 0) {
    this.uid = uid;
    this.scopes = scopes;
    this.#byId = new Map(scopes.flatMap(({ collections }) => collections.map((one) => [one.id, one])));
    // Scopes and collections number apart from each other; one row of numbers for both is simpler and as good.
    const ids = scopes.flatMap((scope) => [scope.id, ...scope.collections.map(({ id }) => id)]);
    this.#nextId = Math.max(FIRST_ID, nextId, ...ids.map((id) => id + 1));
  }

  /** What a new bucket has: the default collection of the default scope. */
  static readonly FIRST: CollectionsManifest = new CollectionsManifest(0n, [
    { name: DEFAULT_NAME, id: 0, collections: [{ name: DEFAULT_NAME, id: 0 }] },
  ]);

  /** Reads the JSON text of a manifest; throws a `SyntaxError` or a `TypeError` if it is none. */
  static parse(json: string): CollectionsManifest {
    const { uid, scopes } = JSON.parse(json) as JsonManifest;
    return new CollectionsManifest(
      BigInt(`0x${text(uid)}`),
      scopes.map((scope) => ({
        name: name(scope.name),
        id: number(scope.uid),
        collections: (scope.collections ?? []).map((collection) => ({
          name: name(collection.name),
          id: number(collection.uid),
          ...(collection.maxTTL === undefined ? {} : { maxTtl: collection.maxTTL }),
        })),
      })),
    );
  }

  /** The version as it stands in JSON: hexadecimal. */
  get uidText(): string {
    return this.uid.toString(16);
  }

  /** A collection by its number. */
  find(id: number): ManifestCollection | undefined {
    return this.#byId.get(id);
  }

  /** A collection by its path `scope.collection`, in which an empty part means the default one. Throws a `StatusReply` if there is none. */
  collection(path: string): ManifestCollection {
    const [scope = "", collection = ""] = path.split(".");
    const found = this.scope(scope).collections.find((one) => one.name === (collection || DEFAULT_NAME));
    if (found === undefined) throw UNKNOWN_COLLECTION;
    return found;
  }

  /** A scope by its path, of which what is behind a point does not count. Throws a `StatusReply` if there is none. */
  scope(path: string): ManifestScope {
    const [scope = ""] = path.split(".");
    const found = this.scopes.find((one) => one.name === (scope || DEFAULT_NAME));
    if (found === undefined) throw UNKNOWN_SCOPE;
    return found;
  }

  /** The next version, with one collection more; its scope is made too if it is missing. */
  withCollection(path: string, options: CollectionOptions = {}): CollectionsManifest {
    const [scopeName = "", collectionName = ""] = path.split(".");
    const collection = { name: collectionName || DEFAULT_NAME, id: this.#nextId, ...options };
    const scope = this.scopes.find((one) => one.name === (scopeName || DEFAULT_NAME));
    if (scope?.collections.some((one) => one.name === collection.name)) {
      throw new TypeError(`Cannot make collection ${path}: it exists`);
    }
    const made = scope === undefined
      ? { name: scopeName, id: this.#nextId + 1, collections: [collection] }
      : { ...scope, collections: [...scope.collections, collection] };
    const others = this.scopes.filter((one) => one !== scope);
    return new CollectionsManifest(this.uid + 1n, [...others, made].sort((a, b) => a.id - b.id), this.#nextId);
  }

  /** The next version, with one collection less. Throws a `StatusReply` if there is none. */
  withoutCollection(path: string): CollectionsManifest {
    const dropped = this.collection(path);
    const scopes = this.scopes.map((scope) => ({
      ...scope,
      collections: scope.collections.filter((one) => one !== dropped),
    }));
    return new CollectionsManifest(this.uid + 1n, scopes, this.#nextId);
  }

  /** The JSON text of the manifest. */
  toJson(): string {
    return JSON.stringify({
      uid: this.uidText,
      scopes: this.scopes.map((scope) => ({
        name: scope.name,
        uid: scope.id.toString(16),
        collections: scope.collections.map(({ name, id, maxTtl }) => ({
          name,
          uid: id.toString(16),
          ...(maxTtl === undefined ? {} : { maxTTL: maxTtl }),
        })),
      })),
    });
  }
}

/** The manifest of a bucket that is to have some collections from the start. */
export function manifestOf(tree: CollectionTree = {}): CollectionsManifest {
  let manifest = CollectionsManifest.FIRST;
  for (const [scope, collections] of Object.entries(tree)) {
    const named: [string, CollectionOptions][] = Array.isArray(collections)
      ? (collections as readonly string[]).map((name) => [name, {}])
      : Object.entries(collections as { [name: string]: CollectionOptions });
    for (const [name, options] of named) manifest = manifest.withCollection(`${scope}.${name}`, options);
  }
  return manifest;
}

interface JsonManifest {
  readonly uid: string;
  readonly scopes: readonly {
    readonly name: string;
    readonly uid: string;
    readonly collections?: readonly { readonly name: string; readonly uid: string; readonly maxTTL?: number }[];
  }[];
}

const NAME = /^(_default|_system|[A-Za-z0-9-][A-Za-z0-9_%-]{0,250})$/;

function name(given: unknown): string {
  if (typeof given !== "string" || !NAME.test(given)) throw new TypeError("Cannot read manifest: a name is malformed");
  return given;
}

function text(given: unknown): string {
  if (typeof given !== "string" || !/^[0-9a-fA-F]{1,16}$/.test(given)) {
    throw new TypeError("Cannot read manifest: a uid is not hexadecimal text");
  }
  return given;
}

function number(given: unknown): number {
  const id = Number.parseInt(text(given), 16);
  if (id > 0xffffffff || (id > 0 && id < FIRST_ID)) throw new TypeError(`Cannot read manifest: no uid can be ${id}`);
  return id;
}
