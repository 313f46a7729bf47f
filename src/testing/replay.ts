import { ConnectionError } from "../errors.ts";
import type { Dial, Transport } from "../transport/transport.ts";
import { readRecording, type RecordedLine, type RecordingHeader, type RecordingSource } from "./recording.ts";
import { ReplayedConnection } from "./replayed_connection.ts";

/** How {@linkcode replay} plays. */
export interface ReplayOptions {
  /**
   * What becomes of a client that says other than was recorded, opaques of requests aside: `fail`, the default, ends its
   * connection; `note` keeps it among the deviations; `none` is content with any frame in the place of the recorded one.
   */
  readonly check?: "fail" | "note" | "none";
  /** Waits as long between frames as was recorded, or so many times longer; `false`, the default, does not wait. */
  readonly timing?: boolean | number;
  /** Which lines are left out: those of the client are not waited for, those of the server not sent. */
  readonly skip?: (line: RecordedLine & { readonly line: number }) => boolean;
  /** The most bytes that the client reads at once; 64 KiB by default. */
  readonly chunkSize?: number;
}

/** Where a client did not say what was recorded. */
export interface ReplayDeviation {
  /** The line of the recording, counted from 1; 0 when nothing more was expected. */
  readonly line: number;
  /** The name of the connection. */
  readonly conn: string;
  /** What was recorded, in hexadecimal digits. */
  readonly expected: string;
  /** What came. */
  readonly actual: string;
}

/** A recording that can be connected to. */
export interface Replay {
  /** What was recorded. */
  readonly header: RecordingHeader;
  /** The names of its connections, in the order in which they began. */
  readonly connections: readonly string[];
  /**
   * Connects to a connection by its name, or to the first that nobody has had.
   *
   * @throws {ConnectionError} If there is no such connection, or it was played already.
   */
  transport(connection?: string): Transport;
  /** Connects to the first that nobody has had, whatever the address is. */
  readonly dial: Dial;
  /** Where clients have not said what was recorded. */
  readonly deviations: readonly ReplayDeviation[];
  /** The lines of what clients should have said and have not, on the connections that were played; counted from 1. */
  readonly missing: readonly number[];
}

/**
 * Reads a recording and serves it: the server's side is played, and the client is checked against its own. What the server sent
 * comes when the client has said all that came before it; answers carry the opaque of the request that was made.
 *
 * @throws {SyntaxError} If it is no recording.
 *
 * @example Play a file
 * ```ts
 * import { connect } from "@memwire/memwire";
 * import { replay } from "@memwire/memwire/testing";
 * import { assertEquals } from "@std/assert";
 *
 * // Deno: await replay((await Deno.open("session.jsonl")).readable)
 * const recorded = await replay([
 *   '{"server":"memcached","version":"1.6.18","scenario":"version"}',
 *   '{"dir":"c2s","hex":"800b00000000000000000000000000010000000000000000","note":"version","conn":"conn1","t":0}',
 *   '{"dir":"s2c","hex":"810b00000000000000000006000000010000000000000000312e362e3138","note":"1.6.18","conn":"conn1","t":1}',
 * ]);
 * await using client = await connect("anywhere:11211", { dial: recorded.dial });
 * assertEquals(await client.version(), "1.6.18");
 * assertEquals([recorded.deviations, recorded.missing], [[], []]);
 * ```
 */
export async function replay(source: RecordingSource, options: ReplayOptions = {}): Promise<Replay> {
  const { header, lines } = await readRecording(source);
  const connections = [...new Set(lines.map(({ conn }) => conn))];
  const left = new Set(connections);
  const deviations: ReplayDeviation[] = [];
  const played: ReplayedConnection[] = [];
  const transport = (name?: string): Transport => {
    const conn = name ?? [...left][0];
    if (conn === undefined || !left.delete(conn)) {
      const what = name === undefined ? "another connection" : `connection ${JSON.stringify(name)}`;
      throw new ConnectionError(`Cannot replay ${what}: the recording has no more of it`, { sent: false });
    }
    const own = lines.filter((line) => line.conn === conn && options.skip?.(line) !== true);
    const one = new ReplayedConnection(conn, own, { ...options, deviate: (what) => deviations.push(what) });
    played.push(one);
    return one.transport;
  };
  return {
    header,
    connections,
    transport,
    // deno-lint-ignore require-await -- a dial rejects and does not throw
    dial: async (_, dialOptions) => {
      dialOptions?.signal?.throwIfAborted();
      return transport();
    },
    deviations,
    get missing() {
      return played.flatMap((one) => one.missing);
    },
  };
}
