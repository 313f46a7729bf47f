import type { Bytes } from "../frame/frame_writer.ts";
import type { Ring } from "./ring.ts";

/** How many keys a generation remembers. */
const GENERATION = 4096;
/** How many keys are looked up without being remembered once remembering has turned out to be no use. */
const REST = 16 * GENERATION;

/**
 * Remembers where keys belong that come again and again: looking a text up costs a tenth of hashing it for most rings. Where most keys are new
 * it rests for a while, since remembering costs too.
 */
export class KnownPlaces {
  readonly #ring: Ring;
  #young: Map<string, number> = new Map();
  #old: Map<string, number> = new Map();
  /** How many of the lookups of this generation found their key. */
  #found = 0;
  #rest = 0;

  /** Makes one that knows nothing yet. */
  constructor(ring: Ring) {
    this.#ring = ring;
  }

  /** The place of the server of a key; −1 if it belongs to none. */
  locate(key: Bytes): number {
    if (typeof key !== "string") return this.#ring.locate(key);
    const known = this.#young.get(key);
    if (known === undefined) return this.#locateNew(key);
    this.#found++;
    return known;
  }

  #locateNew(key: string): number {
    if (this.#rest > 0) {
      this.#rest--;
      return this.#ring.locate(key);
    }
    let place = this.#old.get(key);
    if (place === undefined) place = this.#ring.locate(key);
    else this.#found++;
    if (this.#young.size === GENERATION) this.#turn();
    this.#young.set(key, place);
    return place;
  }

  #turn(): void {
    const useful = this.#found >= GENERATION;
    if (!useful) this.#rest = REST;
    this.#old = useful ? this.#young : new Map();
    this.#young = new Map();
    this.#found = 0;
  }
}
