import type { Caller, CallOptions } from "../connection/caller.ts";
import { untilGivenUp } from "../connection/until_aborted.ts";
import { TimeoutError } from "../errors.ts";
import { COLLECTIONS_GET_ID, COLLECTIONS_GET_MANIFEST } from "../ops/collections.ts";

/** Which scopes and collections a bucket has. */
export interface Manifest {
  /** Which version this is. */
  readonly uid: bigint;
  /** The scopes. */
  readonly scopes: readonly ManifestScope[];
}

/** One scope of a bucket. */
export interface ManifestScope {
  /** Its name. */
  readonly name: string;
  /** Its number. */
  readonly id: number;
  /** Its collections. */
  readonly collections: readonly ManifestCollection[];
}

/** One collection of a scope. */
export interface ManifestCollection {
  /** Its name. */
  readonly name: string;
  /** Its number. */
  readonly id: number;
  /** After how many seconds its documents go away at the latest; 0 for never. */
  readonly maxTtl?: number;
}

/** Reads the JSON text of a manifest, in which all numbers but the seconds are hexadecimal text. */
export function readManifest(json: string): Manifest {
  const { uid, scopes } = JSON.parse(json) as JsonManifest;
  return {
    uid: BigInt(`0x${uid}`),
    scopes: scopes.map((scope) => ({
      name: scope.name,
      id: Number.parseInt(scope.uid, 16),
      collections: (scope.collections ?? []).map(({ name, uid, maxTTL }) => ({
        name,
        id: Number.parseInt(uid, 16),
        ...(maxTTL === undefined ? {} : { maxTtl: maxTTL }),
      })),
    })),
  };
}

interface JsonManifest {
  readonly uid: string;
  readonly scopes: readonly {
    readonly name: string;
    readonly uid: string;
    readonly collections?: readonly { readonly name: string; readonly uid: string; readonly maxTTL?: number }[];
  }[];
}

/** The numbers of collections by their names, asked for once. */
export class CollectionIds {
  readonly #caller: Caller;
  readonly #ids = new Map<string, number>();
  /** What is being asked for. */
  readonly #asked = new Map<string, Promise<number>>();

  /** Makes an empty list that asks a server for what it does not have. */
  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** The number of `scope.collection`; many askers at once make one question, which goes on when some of them give up. */
  get(path: string, options: CallOptions = {}): Promise<number> {
    const known = this.#ids.get(path);
    if (known !== undefined) return Promise.resolve(known);
    return untilGivenUp(this.#ask(path), options, () => {
      const what = `Cannot find collection ${path}: the server did not say its number in time`;
      return new TimeoutError(what, { sent: false });
    });
  }

  /** Forgets a number that the server no longer knows. */
  forget(path: string): void {
    this.#ids.delete(path);
  }

  /** Asks for all scopes and collections. */
  async manifest(options?: CallOptions): Promise<Manifest> {
    const { json } = await this.#caller.call(COLLECTIONS_GET_MANIFEST, {}, options);
    return readManifest(json);
  }

  #ask(path: string): Promise<number> {
    const underWay = this.#asked.get(path);
    if (underWay !== undefined) return underWay;
    // Neither the signal nor the time of the first who asks: others wait for it, too.
    const asked = this.#caller.call(COLLECTIONS_GET_ID, { path }).then(({ id }) => {
      this.#ids.set(path, id);
      return id;
    });
    this.#asked.set(path, asked);
    // A failure is for those who asked now; the next one asks again.
    const over = () => void this.#asked.delete(path);
    asked.then(over, over);
    return asked;
  }
}
