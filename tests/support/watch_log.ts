/** A connection that watches, line by line. */

import { assertEquals } from "@std/assert";
import type { Wire } from "../vectors/wire.ts";
import { fromLatin1, latin1 } from "./text_wire.ts";

/** What a server logs to one who watches. */
export class WatchLog {
  /** The connection. */
  readonly wire: Wire;
  #rest = "";

  private constructor(wire: Wire) {
    this.wire = wire;
  }

  /** Begins to watch by a connection of its own. */
  static async open(wire: Wire, events: string): Promise<WatchLog> {
    await wire.write(latin1(`watch ${events}\r\n`));
    assertEquals(fromLatin1((await wire.read())!), "OK\r\n");
    return new WatchLog(wire);
  }

  /** The next lines, up to one that is looked for. */
  async until(wanted: RegExp): Promise<string[]> {
    const lines: string[] = [];
    for (;;) {
      const end = this.#rest.indexOf("\n");
      if (end >= 0) {
        const line = this.#rest.slice(0, end);
        this.#rest = this.#rest.slice(end + 1);
        lines.push(line);
        if (wanted.test(line)) return lines;
        continue;
      }
      const chunk = await this.wire.read();
      if (chunk === undefined) throw new Error(`The log ended before ${wanted}: ${lines.join(", ")}`);
      this.#rest += fromLatin1(chunk);
    }
  }
}
