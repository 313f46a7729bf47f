/** What a server says one of its statuses means. */
export interface MappedStatus {
  /** Its name. */
  readonly name: string;
  /** One sentence. */
  readonly description: string;
  /** What to do about it, in the words of the protocol: `retry-later`, `item-only`, `conn-state-invalidated` … */
  readonly attributes: readonly string[];
}

/** The meanings of statuses that a Couchbase server sends on request, for statuses that are newer than this package. */
export class ErrorMap {
  /** The version of the format. */
  readonly version: number;
  /** The revision of the content. */
  readonly revision: number;
  readonly #statuses: ReadonlyMap<number, MappedStatus>;

  /** Reads the JSON text of a map; what has another shape is left out. */
  constructor(json: string) {
    const map = JSON.parse(json) as { version?: number; revision?: number; errors?: Record<string, JsonStatus> };
    this.version = map.version ?? 0;
    this.revision = map.revision ?? 0;
    this.#statuses = new Map(
      Object.entries(map.errors ?? {}).map(([code, { name, desc, attrs }]) => [
        Number.parseInt(code, 16),
        { name: String(name), description: String(desc), attributes: attrs ?? [] },
      ]),
    );
  }

  /** The meaning of a status, if the server has said one. */
  get(status: number): MappedStatus | undefined {
    return this.#statuses.get(status);
  }
}

interface JsonStatus {
  readonly name?: string;
  readonly desc?: string;
  readonly attrs?: string[];
}
