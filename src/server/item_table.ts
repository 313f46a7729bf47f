import { Entry, type EntryParts } from "./stored_item.ts";

/** FNV-1a. */
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * The items by their keys and by when they were last used, and how many bytes they take.
 *
 * Keys are hashed as bytes: a string for each lookup would take twice as long. Items whose keys have the same hash hang together.
 */
export class ItemTable {
  readonly #byHash = new Map<number, Entry>();
  /** Where hashing starts, so that nobody can prepare keys of the same hash. */
  readonly #seed = (FNV_OFFSET ^ Math.floor(Math.random() * 0x1_0000_0000)) | 0;
  #newest: Entry | undefined = undefined;
  #oldest: Entry | undefined = undefined;
  #count = 0;
  #bytes = 0;

  /** How many items there are. */
  get count(): number {
    return this.#count;
  }

  /** What they take, in bytes as memcached counts them. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The item that has not been used for longest. */
  get oldest(): Entry | undefined {
    return this.#oldest;
  }

  /** Finds the item of a key. */
  find(key: Uint8Array): Entry | undefined {
    let entry = this.#byHash.get(this.#hash(key));
    while (entry !== undefined && !entry.hasKey(key)) entry = entry.next;
    return entry;
  }

  /** Makes an item and puts it in, as the one used last; there must be none of the same key. */
  add(parts: EntryParts): Entry {
    const entry = new Entry(parts, this.#hash(parts.key));
    entry.next = this.#byHash.get(entry.hash);
    this.#byHash.set(entry.hash, entry);
    this.#linkNewest(entry);
    this.#count++;
    this.#bytes += entry.size;
    return entry;
  }

  /** Takes an item out. */
  remove(entry: Entry): void {
    this.#unchain(entry);
    this.#unlink(entry);
    this.#count--;
    this.#bytes -= entry.size;
  }

  /** Says that an item was used just now. */
  use(entry: Entry): void {
    if (this.#newest === entry) return;
    this.#unlink(entry);
    this.#linkNewest(entry);
  }

  /** All items, the one not used for longest first. */
  entries(): Entry[] {
    const entries: Entry[] = [];
    for (let entry = this.#oldest; entry !== undefined; entry = entry.newer) entries.push(entry);
    return entries;
  }

  /** Takes all items out. */
  clear(): void {
    this.#byHash.clear();
    this.#newest = undefined;
    this.#oldest = undefined;
    this.#count = 0;
    this.#bytes = 0;
  }

  #hash(key: Uint8Array): number {
    let hash = this.#seed;
    for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key[i]!, FNV_PRIME);
    // Numbers of 30 bits are the cheap ones.
    return (hash ^ (hash >>> 15)) & 0x3fffffff;
  }

  #unchain(entry: Entry): void {
    const first = this.#byHash.get(entry.hash);
    if (first === entry) {
      if (entry.next === undefined) this.#byHash.delete(entry.hash);
      else this.#byHash.set(entry.hash, entry.next);
      return;
    }
    let before = first;
    while (before !== undefined && before.next !== entry) before = before.next;
    if (before !== undefined) before.next = entry.next;
  }

  #linkNewest(entry: Entry): void {
    entry.newer = undefined;
    entry.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
  }

  #unlink(entry: Entry): void {
    if (entry.newer === undefined) this.#newest = entry.older;
    else entry.newer.older = entry.older;
    if (entry.older === undefined) this.#oldest = entry.newer;
    else entry.older.newer = entry.newer;
  }
}
