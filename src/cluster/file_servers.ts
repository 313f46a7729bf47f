import { readTextFile } from "../transport/read_text_file.ts";
import { type Found, poll, type PollOptions } from "./poll.ts";
import type { ServerEntry } from "./server_spec.ts";
import type { Topology } from "./topology.ts";

/** How {@linkcode fileServers} reads. */
export interface FileOptions extends PollOptions {
  /** How long to wait between two times, in milliseconds; 5,000 by default. */
  readonly everyMs?: number;
  /** Reads the file as text; the runtime does when missing. */
  readonly read?: (path: string, signal: AbortSignal) => Promise<string>;
}

/**
 * The servers in a file, which is read again and again. It is JSON, a list of servers or an object with `servers` and perhaps a `version`,
 * or text with one server a line: `host:port`, then a weight if need be; `#` begins a comment.
 *
 * A file that is gone, empty or broken leaves the servers as they are; a list with `error` tells. Write it anew beside the old one and
 * rename it, so that nobody reads half of it.
 *
 * @throws {RangeError} If a time is not above 0.
 *
 * @example
 * ```ts
 * import { fileServers } from "@memwire/memwire/cluster";
 * import { assertEquals } from "@std/assert";
 *
 * const read = () => Promise.resolve("# two of them\n10.0.0.1:11211\n10.0.0.2:11211 3\n");
 * for await (const { servers } of fileServers("servers.txt", { read })) {
 *   assertEquals(servers, ["10.0.0.1:11211", { address: "10.0.0.2:11211", weight: 3 }]);
 *   break; // or go on and hear of changes
 * }
 * ```
 */
export function fileServers(path: string, options: FileOptions = {}): AsyncIterable<Topology> {
  const { read = readTextFile } = options;
  return poll({
    name: `the file ${path}`,
    everyMs: 5000,
    ask: async (signal) => readFound(await read(path, signal)),
  }, options);
}

function readFound(text: string): Found {
  if (!/^\s*[[{]/.test(text) || /^\s*\[[^\]\n]*\]:\d+/.test(text)) return { servers: readLines(text) };
  const json = JSON.parse(text);
  const { servers, version } = Array.isArray(json) ? { servers: json, version: undefined } : json;
  if (!Array.isArray(servers)) throw new TypeError("it has no list of servers");
  for (const server of servers) {
    if (typeof server !== "string" && (typeof server !== "object" || server === null)) {
      throw new TypeError(`${JSON.stringify(server)} is no server`);
    }
  }
  return version === undefined ? { servers } : { servers, version: BigInt(version) };
}

function readLines(text: string): ServerEntry[] {
  const lines = text.split("\n").map((line) => line.replace(/#.*/, "").trim()).filter((line) => line !== "");
  return lines.map((line) => {
    const [address = "", weight, ...more] = line.split(/\s+/);
    if (more.length > 0) throw new TypeError(`the line "${line}" has more than a server and its weight`);
    return weight === undefined ? address : { address, weight: Number(weight) };
  });
}
