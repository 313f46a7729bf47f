import type { CollectionsManifest, ManifestCollection } from "./manifest.ts";

/** A collection or a scope was made, changed or dropped. */
export interface CollectionChange {
  /** What happened. */
  readonly type: "scope-created" | "scope-dropped" | "collection-created" | "collection-changed" | "collection-dropped";
  /** Its place in the history of the vbucket. */
  readonly seqno: bigint;
  /** The version of the manifest that it came with. */
  readonly manifest: bigint;
  /** The number of the scope. */
  readonly scope: number;
  /** The number of the collection; 0 where it is about a scope. */
  readonly collection: number;
  /** The name; empty of what was dropped. */
  readonly name: string;
  /** After how many seconds documents of the collection go at the latest, if that is said. */
  readonly maxTtl?: number;
}

/** A change that has no place yet. */
export type CollectionChangeDraft = Omit<CollectionChange, "seqno">;

/** Whether a change is one of the collections, else of a document. */
export function isCollectionChange(change: object): change is CollectionChange {
  return "manifest" in change;
}

/** What a change is about: two about the same replace each other. */
export function collectionChangeId({ type, scope, collection }: CollectionChangeDraft): string {
  return type.startsWith("scope") ? `scope ${scope}` : `collection ${collection}`;
}

/** What leads from one version of a manifest to another: scopes first, and before what is in them is dropped last. */
export function changesBetween(before: CollectionsManifest, after: CollectionsManifest): CollectionChangeDraft[] {
  const manifest = after.uid;
  const scope = (type: CollectionChange["type"], id: number, name: string): CollectionChangeDraft => {
    return { type, manifest, scope: id, collection: 0, name };
  };
  const old = placesOf(before);
  const now = placesOf(after);
  const change = (type: CollectionChange["type"], { scope, one }: Place, name = one.name): CollectionChangeDraft => {
    const draft = { type, manifest, scope, collection: one.id, name };
    return one.maxTtl === undefined || name === "" ? draft : { ...draft, maxTtl: one.maxTtl };
  };
  const oldScopes = new Set(before.scopes.map(({ id }) => id));
  const newScopes = new Set(after.scopes.map(({ id }) => id));
  return [
    ...after.scopes.filter(({ id }) => !oldScopes.has(id)).map(({ id, name }) => scope("scope-created", id, name)),
    ...[...old.values()].filter(({ one }) => !now.has(one.id)).map((place) => change("collection-dropped", place, "")),
    ...[...now.values()].filter(({ one }) => !old.has(one.id)).map((place) => change("collection-created", place)),
    ...[...now.values()].filter(({ one }) => old.has(one.id) && old.get(one.id)!.one.maxTtl !== one.maxTtl)
      .map((place) => change("collection-changed", place)),
    ...before.scopes.filter(({ id }) => !newScopes.has(id)).map(({ id }) => scope("scope-dropped", id, "")),
  ];
}

interface Place {
  readonly scope: number;
  readonly one: ManifestCollection;
}

function placesOf({ scopes }: CollectionsManifest): Map<number, Place> {
  return new Map(scopes.flatMap(({ id, collections }) => collections.map((one) => [one.id, { scope: id, one }])));
}
