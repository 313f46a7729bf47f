import { utf8Decode } from "../bytes.ts";

/** What ends the prefix of a key: a colon. */
const DELIMITER = 0x3a;

interface Counts {
  get: number;
  hit: number;
  set: number;
  del: number;
}

/** How often keys of each prefix were read, written and deleted, which memcached calls its detailed statistics. */
export class PrefixCounts {
  readonly #byPrefix = new Map<string, Counts>();

  /** Counts a read. */
  countGet(key: Uint8Array, hit: boolean): void {
    const counts = this.#find(key);
    if (counts === undefined) return;
    counts.get++;
    if (hit) counts.hit++;
  }

  /** Counts a write. */
  countSet(key: Uint8Array): void {
    const counts = this.#find(key);
    if (counts !== undefined) counts.set++;
  }

  /** Counts a delete. */
  countDelete(key: Uint8Array): void {
    const counts = this.#find(key);
    if (counts !== undefined) counts.del++;
  }

  /** One line for each prefix, then one that says `END`. */
  dump(): string {
    let text = "";
    for (const [prefix, { get, hit, set, del }] of this.#byPrefix) {
      text += `PREFIX ${prefix} get ${get} hit ${hit} set ${set} del ${del}\r\n`;
    }
    return `${text}END\r\n`;
  }

  /** Begins to count anew. */
  clear(): void {
    this.#byPrefix.clear();
  }

  /** Keys without a delimiter are not counted. */
  #find(key: Uint8Array): Counts | undefined {
    const length = key.indexOf(DELIMITER);
    if (length < 0) return undefined;
    const prefix = utf8Decode(key.subarray(0, length));
    let counts = this.#byPrefix.get(prefix);
    if (counts === undefined) {
      counts = { get: 0, hit: 0, set: 0, del: 0 };
      this.#byPrefix.set(prefix, counts);
    }
    return counts;
  }
}
