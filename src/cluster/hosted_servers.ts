import { utf8Decode } from "../bytes.ts";
import { ProtocolError } from "../errors.ts";
import { CONFIG_GET } from "../text/admin.ts";
import { TEXT_GET } from "../text/retrieval.ts";
import { isErrorCode } from "../text/text_code.ts";
import type { TextReply } from "../text/text_reply.ts";
import { dial as dialHere } from "../transport/detect.ts";
import type { Address, Dial, TlsOptions } from "../transport/transport.ts";
import { TextAsker } from "./ask_text.ts";
import { readClusterConfig } from "./cluster_config.ts";
import { type Found, poll, type PollOptions } from "./poll.ts";
import type { Topology } from "./topology.ts";

/** How the endpoint of a hosted cache is asked. */
export interface HostedOptions extends PollOptions {
  /** How long to wait between two times, in milliseconds; 60,000 by default. */
  readonly everyMs?: number;
  /** TLS to the endpoint, and to the servers that it tells of. */
  readonly tls?: boolean | TlsOptions;
  /** Opens the connection; that of the runtime when missing. */
  readonly dial?: Dial;
}

/** Under which key engines before 1.4.14 keep what `config get cluster` answers since. */
const OLD_KEY = "AmazonElastiCache:cluster";

/**
 * The nodes of an ElastiCache cluster, asked for at its configuration endpoint: by `config get cluster`, or, of an old engine that does not know
 * it, by the key `AmazonElastiCache:cluster`.
 *
 * - What is hashed is `host:port` of each node, so that a node that was replaced under its name keeps its keys.
 * - A list with a lower version than the last one is old and passed over. No answer, a broken one and an empty one leave
 *   the servers as they are; a list with `error` tells.
 *
 * @param endpoint `host:port`, 11211 when there is no port, or an address.
 * @throws {TypeError} If the endpoint is no address.
 * @throws {RangeError} If a time is not above 0.
 *
 * @example At a server that says what ElastiCache says
 * ```ts
 * import { elastiCacheServers } from "@memwire/memwire/cluster";
 * import { memoryPair } from "@memwire/memwire/transport/memory";
 * import { assertEquals } from "@std/assert";
 *
 * const answer = "CONFIG cluster 0 30\r\n7\nnode-1.local|10.0.0.1|11211\n\r\nEND\r\n";
 * const dial = () => {
 *   const [here, there] = memoryPair();
 *   there.start({ data: () => void there.write(new TextEncoder().encode(answer)), end: () => there.close() });
 *   return Promise.resolve(here);
 * };
 * for await (const { version, servers } of elastiCacheServers("cache.cfg.local", { dial })) {
 *   assertEquals(version, 7n);
 *   assertEquals(servers, [{ name: "node-1.local:11211", address: { hostname: "node-1.local", port: 11211 } }]);
 *   break; // or go on and hear of changes
 * }
 * ```
 */
export function elastiCacheServers(endpoint: string | Address, options: HostedOptions = {}): AsyncIterable<Topology> {
  return hosted(endpoint, options, OLD_KEY);
}

/**
 * The nodes of a Memorystore for Memcached instance, asked for at its discovery endpoint by `config get cluster`.
 *
 * All else is as with {@linkcode elastiCacheServers}.
 *
 * @param endpoint `host:port`, 11211 when there is no port, or an address.
 * @throws {TypeError} If the endpoint is no address.
 * @throws {RangeError} If a time is not above 0.
 */
export function memorystoreServers(endpoint: string | Address, options: HostedOptions = {}): AsyncIterable<Topology> {
  return hosted(endpoint, options);
}

function hosted(endpoint: string | Address, options: HostedOptions, oldKey?: string): AsyncIterable<Topology> {
  const { dial = dialHere, tls } = options;
  const address = readEndpoint(endpoint, tls);
  return poll({
    name: `the endpoint ${"path" in address ? address.path : `${address.hostname}:${address.port}`}`,
    everyMs: 60_000,
    ask: async (signal) => {
      const asker = new TextAsker(await dial(address, { signal }));
      const close = () => asker.close();
      signal.addEventListener("abort", close, { once: true });
      try {
        signal.throwIfAborted();
        const found = await askConfig(asker, oldKey);
        return tls === undefined ? found : { ...found, servers: found.servers.map((server) => withTls(server, tls)) };
      } finally {
        signal.removeEventListener("abort", close);
        asker.close();
      }
    },
  }, options);
}

async function askConfig(asker: TextAsker, oldKey: string | undefined): Promise<Found> {
  let replies = await asker.ask(CONFIG_GET, {});
  if (oldKey !== undefined && isErrorCode(replies[0]!.code)) replies = await asker.ask(TEXT_GET, { keys: [oldKey] });
  const [first] = replies as [TextReply];
  if (isErrorCode(first.code)) throw new ProtocolError(`it answers ${utf8Decode(first.line)}`);
  if (first.valueLength < 0) throw new ProtocolError("it has no configuration");
  return readClusterConfig(utf8Decode(first.value));
}

function readEndpoint(endpoint: string | Address, tls: boolean | TlsOptions | undefined): Address {
  const secure = tls === undefined ? {} : { tls };
  if (typeof endpoint !== "string") return "path" in endpoint ? endpoint : { ...secure, ...endpoint };
  const [, bracketed, plain, port = "11211"] = /^(?:\[([^\]]+)\]|([^:\s/]+))(?::(\d+))?$/.exec(endpoint) ?? [];
  const hostname = bracketed ?? plain;
  if (hostname === undefined) {
    throw new TypeError(`Cannot use ${JSON.stringify(endpoint)} as an endpoint: it is host:port`);
  }
  return { hostname, port: Number(port), ...secure };
}

function withTls(server: Found["servers"][number], tls: boolean | TlsOptions): Found["servers"][number] {
  const { address, ...rest } = server as { address: { hostname: string; port: number } };
  return { ...rest, address: { ...address, tls } };
}
