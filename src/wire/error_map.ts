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
  readonly #statuses = new Map<number, MappedStatus>();

  /**
   * Reads the JSON text of a map; what has another shape is left out.
   *
   * @throws {SyntaxError} If it is not JSON.
   */
  constructor(json: string) {
    const map = members(JSON.parse(json));
    this.version = typeof map.version === "number" ? map.version : 0;
    this.revision = typeof map.revision === "number" ? map.revision : 0;
    for (const [code, meaning] of Object.entries(members(map.errors))) {
      const { name, desc, attrs } = members(meaning);
      if (!HEX_STATUS.test(code) || typeof name !== "string") continue;
      this.#statuses.set(Number.parseInt(code, 16), {
        name,
        description: typeof desc === "string" ? desc : "",
        attributes: Array.isArray(attrs) ? attrs.filter((attribute) => typeof attribute === "string") : [],
      });
    }
  }

  /** The meaning of a status, if the server has said one. */
  get(status: number): MappedStatus | undefined {
    return this.#statuses.get(status);
  }
}

/** Sixteen bits, without 0x before them. */
const HEX_STATUS = /^[0-9a-f]{1,4}$/i;

/** What a JSON value has by name; nothing unless it is an object. */
function members(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Record<string, unknown> : {};
}
