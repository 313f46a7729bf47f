import { utf8Decode, utf8Encode } from "../bytes.ts";
import { ProtocolError } from "../errors.ts";
import { printable, SHOWN } from "./text_reply.ts";
import { decodeUri } from "./uri_text.ts";

/** What every logged event says. */
export interface WatchEventBase {
  /** When, in Unix time, in microseconds; 0 where the line does not say. */
  readonly at: number;
  /** The number of the event on this server; one that is missing was not logged. */
  readonly gid: bigint;
  /** All that the line says, by the server's names, as text. */
  readonly fields: ReadonlyMap<string, string>;
}

/** An item was looked for. */
export interface ItemGetEvent extends WatchEventBase {
  /** What happened. */
  readonly type: "item_get";
  /** The key, decoded. */
  readonly key: string;
  /** `found`, `not_found`, `flushed` or `expired`. */
  readonly status: string;
  /** The slab class, 0 on a miss. */
  readonly slab: number;
  /** Bytes of the value. */
  readonly size: number;
}

/** An item was stored, or was to be. */
export interface ItemStoreEvent extends WatchEventBase {
  /** What happened. */
  readonly type: "item_store";
  /** The key, decoded. */
  readonly key: string;
  /** `stored`, `exists`, `not_found`, `not_stored`, `too_large` or `no_memory`. */
  readonly status: string;
  /** Which command, such as `set`. */
  readonly command: string;
  /** Seconds that it lives; 0 for ever. */
  readonly ttl: number;
  /** The slab class. */
  readonly slab: number;
  /** Bytes of the value. */
  readonly size: number;
}

/** An item was deleted (memcached 1.6.20 and later). */
export interface DeletedEvent extends WatchEventBase {
  /** What happened. */
  readonly type: "deleted";
  /** The key, decoded. */
  readonly key: string;
  /** Which command, such as `delete`. */
  readonly command: string;
  /** The slab class. */
  readonly slab: number;
  /** Bytes of the value. */
  readonly size: number;
}

/** An item had to go to make room. */
export interface EvictionEvent extends WatchEventBase {
  /** What happened. */
  readonly type: "eviction";
  /** The key, decoded. */
  readonly key: string;
  /** Whether it was read since it was stored. */
  readonly fetched: boolean;
  /** Seconds that were left; -1 for ever. */
  readonly ttl: number;
  /** Seconds since it was last read or written. */
  readonly lastAccess: number;
  /** The slab class. */
  readonly slab: number;
  /** Bytes of the value. */
  readonly size: number;
}

/** A connection came (memcached 1.6.11 and later). */
export interface ConnNewEvent extends WatchEventBase {
  /** What happened. */
  readonly type: "conn_new";
  /** The address of the client, as text. */
  readonly address: string;
  /** The port of the client. */
  readonly port: number;
  /** `tcp`, `udp` or `unix`. */
  readonly transport: string;
}

/** A connection went (memcached 1.6.11 and later). */
export interface ConnCloseEvent extends WatchEventBase {
  /** What happened. */
  readonly type: "conn_close";
  /** The address of the client, as text. */
  readonly address: string;
  /** The port of the client. */
  readonly port: number;
  /** `tcp`, `udp` or `unix`. */
  readonly transport: string;
  /** `error`, `normal`, `idle_timeout` or `shutdown`. */
  readonly reason: string;
}

/** Events were not logged, because this watcher was too slow. */
export interface SkippedEvent extends WatchEventBase {
  /** What happened. */
  readonly type: "skipped";
  /** How many. */
  readonly skipped: number;
}

/** An event that this package has no name for: see its fields. */
export interface OtherWatchEvent extends WatchEventBase {
  /** What happened. */
  readonly type: "other";
  /** The server's name of it. */
  readonly name: string;
}

/** One line of `watch`. */
export type WatchEvent =
  | ItemGetEvent
  | ItemStoreEvent
  | DeletedEvent
  | EvictionEvent
  | ConnNewEvent
  | ConnCloseEvent
  | SkippedEvent
  | OtherWatchEvent;

/**
 * Reads one line of `watch`, without its end.
 *
 * @throws {ProtocolError} If it is none.
 *
 * @example
 * ```ts
 * import { readWatchLine } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const line = "ts=1795269741.64421 gid=3 type=item_get key=a%20b status=not_found clsid=0 cfd=12 size=0";
 * const event = readWatchLine(new TextEncoder().encode(line));
 * assertEquals(event.type === "item_get" && event.key, "a b");
 * // What stands behind the point are microseconds, not a fraction.
 * assertEquals(event.at, 1795269741_064421);
 * ```
 */
export function readWatchLine(line: Uint8Array): WatchEvent {
  const fields = fieldsOf(line);
  const type = fields.get("type");
  const at = timeOf(fields.get("ts") ?? "0.0");
  const gid = fields.get("gid") ?? "0";
  if (Number.isNaN(at) || !/^\d{1,20}$/.test(gid)) fail(line);
  const base = { at, gid: BigInt(gid), fields };
  if (type !== undefined) return typed(type, base, (name) => fields.get(name) ?? "");
  const skipped = Number(fields.get("skipped") ?? NaN);
  return Number.isNaN(skipped) ? fail(line) : { ...base, type: "skipped", skipped };
}

function typed(type: string, base: WatchEventBase, text: (name: string) => string): WatchEvent {
  const count = (name: string): number => Number(text(name)) || 0;
  const item = () => ({ key: text("key"), slab: count("clsid"), size: count("size") });
  const peer = () => ({ address: text("rip"), port: count("rport"), transport: text("transport") });
  switch (type) {
    case "item_get":
      return { ...base, type, ...item(), status: text("status") };
    case "item_store":
      return { ...base, type, ...item(), status: text("status"), command: text("cmd"), ttl: count("ttl") };
    case "deleted":
      return { ...base, type, ...item(), command: text("cmd") };
    case "eviction":
      return { ...base, type, ...item(), fetched: text("fetch") === "yes", ttl: count("ttl"), lastAccess: count("la") };
    case "conn_new":
      return { ...base, type, ...peer() };
    case "conn_close":
      return { ...base, type, ...peer(), reason: text("reason") };
    default:
      return { ...base, type: "other", name: type };
  }
}

/** Seconds and microseconds, the latter without zeros before them, as one number of microseconds. */
function timeOf(text: string): number {
  const [, seconds, micros] = /^(\d{1,10})\.(\d{1,6})$/.exec(text) ?? [];
  return Number(seconds) * 1_000_000 + Number(micros);
}

/** The fields of a line: `name=value`, parted by blanks. Only keys are escaped. */
function fieldsOf(line: Uint8Array): Map<string, string> {
  const fields = new Map<string, string>();
  for (const word of utf8Decode(line).split(" ")) {
    const equals = word.indexOf("=");
    if (equals <= 0) continue;
    const name = word.slice(0, equals);
    const value = word.slice(equals + 1);
    fields.set(name, name === "key" ? unescapeKey(value) : value);
  }
  return fields;
}

function unescapeKey(value: string): string {
  if (!value.includes("%")) return value;
  const bytes = utf8Encode(value);
  return utf8Decode(bytes.subarray(0, decodeUri(bytes, 0, bytes.length, bytes)));
}

function fail(line: Uint8Array): never {
  const bytes = line.slice(0, SHOWN);
  throw new ProtocolError(`Cannot read "${printable(bytes)}" as a line of watch: it has no time, number or type`, {
    bytes,
  });
}
