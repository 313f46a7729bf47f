/**
 * The version of a server, to be compared: `1.6.18`, `1.6.45-proxy`, `1.4.31_rc1`.
 *
 * @example
 * ```ts
 * import { ServerVersion } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const version = ServerVersion.parse("1.6.45-proxy");
 * assertEquals(version?.atLeast("1.6.18"), true);
 * assertEquals(version?.suffix, "-proxy");
 * assertEquals(ServerVersion.parse("couchbase"), undefined);
 * ```
 */
export class ServerVersion {
  /** The first number. */
  readonly major: number;
  /** The second number. */
  readonly minor: number;
  /** The third number; 0 where there is none. */
  readonly patch: number;
  /** What stands behind the numbers, such as `-proxy`; empty for most. */
  readonly suffix: string;

  /** Makes a version of its parts. */
  constructor(major: number, minor: number, patch: number = 0, suffix: string = "") {
    this.major = major;
    this.minor = minor;
    this.patch = patch;
    this.suffix = suffix;
  }

  /** Reads a version; `undefined` where there are not two numbers at its beginning. */
  static parse(text: string): ServerVersion | undefined {
    const [, major, minor, patch = "0", suffix = ""] =
      /^(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?(.*)$/s.exec(text.trim()) ??
        [];
    if (major === undefined) return undefined;
    return new ServerVersion(Number(major), Number(minor), Number(patch), suffix);
  }

  /** Less than 0 if it is older than another, more if newer, 0 if their numbers are the same; what stands behind them does not count. */
  compare(other: ServerVersion): number {
    return this.major - other.major || this.minor - other.minor || this.patch - other.patch;
  }

  /**
   * Whether it is at least some version.
   *
   * @throws {TypeError} If that is none.
   */
  atLeast(oldest: string): boolean {
    const other = ServerVersion.parse(oldest);
    if (other === undefined) throw new TypeError(`Cannot compare with version "${oldest}": it is as 1.6.18`);
    return this.compare(other) >= 0;
  }

  /** As the server writes it. */
  toString(): string {
    return `${this.major}.${this.minor}.${this.patch}${this.suffix}`;
  }
}
