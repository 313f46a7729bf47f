import type { Caller, CallOptions } from "../connection/caller.ts";
import { beginText, textWire } from "../connection/text_login.ts";
import { AuthError, StatusError, UnsupportedError } from "../errors.ts";
import { openConnection } from "../link/open_connection.ts";
import { NOOP, STAT } from "../ops/admin.ts";
import { ServerVersion } from "../text/server_version.ts";
import { Status } from "../wire/status.ts";
import { type ServerAddress, sideOf, type SideOptions } from "./side_connection.ts";

/** What a memcached can do since some version. */
export type VersionedFeature =
  | "touch"
  | "gat"
  | "metadump"
  | "metadumpHash"
  | "mgdump"
  | "watch"
  | "watchConnections"
  | "watchDeletions"
  | "textAuth"
  | "meta"
  | "metaMiss"
  | "metaVivifyAppend"
  | "metaNewCas"
  | "metaCompareOnRead";

/** The first memcached that has it. */
const SINCE: Readonly<Record<VersionedFeature, string>> = {
  touch: "1.4.8",
  gat: "1.5.3",
  metadump: "1.4.31",
  metadumpHash: "1.6.9",
  mgdump: "1.6.19",
  watch: "1.4.26",
  watchConnections: "1.6.11",
  watchDeletions: "1.6.20",
  textAuth: "1.5.15",
  meta: "1.6.10",
  metaMiss: "1.6.18",
  metaVivifyAppend: "1.6.20",
  metaNewCas: "1.6.27",
  metaCompareOnRead: "1.6.40",
};

/** What a server says of its settings. */
export interface ServerFlags {
  /** Whether it answers `mn`, and so speaks the meta protocol. */
  readonly meta: boolean;
  /** Whether it encrypts connections. */
  readonly tls: boolean;
  /** Whether it wants a login by SASL. */
  readonly sasl: boolean;
  /** Whether it wants a login over text. */
  readonly textAuth: boolean;
  /** Whether it keeps values on disk. */
  readonly extstore: boolean;
  /** Whether keys may be dumped. */
  readonly dumps: boolean;
  /** Whether everything may be flushed. */
  readonly flush: boolean;
  /** Whether items have versions. */
  readonly cas: boolean;
  /** The largest item in bytes, with its key and bookkeeping. */
  readonly itemSizeMax: number | undefined;
}

/**
 * What a server can do: by its version, by what it answers, and by its settings.
 *
 * @example
 * ```ts
 * import { Capabilities } from "@memwire/memwire/text";
 * import { assertEquals, assertThrows } from "@std/assert";
 *
 * const old = new Capabilities("1.5.6", new Map([["ssl_enabled", "no"]]));
 * assertEquals([old.has("gat"), old.has("mgdump"), old.flags.tls], [true, false, false]);
 * assertThrows(() => old.require("mgdump"), Error, "needs memcached 1.6.19 or later, and the server is 1.5.6");
 * ```
 */
export class Capabilities {
  /** The version as the server tells it. */
  readonly versionText: string;
  /** The same to be compared; `undefined` where it is no version. */
  readonly version: ServerVersion | undefined;
  /** What its settings say; those that it does not tell count as the default of memcached. */
  readonly flags: ServerFlags;
  /** All its settings, by its own names; empty where it does not tell them. */
  readonly settings: ReadonlyMap<string, string>;

  /** Reads what a server has told. */
  constructor(
    version: string,
    settings: ReadonlyMap<string, string> = new Map(),
    { meta = false, extstore = false }: { readonly meta?: boolean; readonly extstore?: boolean } = {},
  ) {
    this.versionText = version;
    this.version = ServerVersion.parse(version);
    this.settings = settings;
    const is = (name: string, otherwise = false) => {
      const text = settings.get(name);
      return text === undefined ? otherwise : text === "yes" || text === "1" || text === "on" || text === "enabled";
    };
    const size = Number(settings.get("item_size_max") ?? NaN);
    this.flags = {
      meta,
      tls: is("ssl_enabled"),
      sasl: is("auth_enabled_sasl"),
      textAuth: is("auth_enabled_ascii") || isFile(settings.get("auth_enabled_ascii")),
      extstore,
      dumps: is("dump_enabled", true),
      flush: is("flush_enabled", true),
      cas: is("cas_enabled", true),
      itemSizeMax: Number.isNaN(size) ? undefined : size,
    };
  }

  /** Whether the version is new enough for something; `false` where the version is not known. */
  has(feature: VersionedFeature): boolean {
    return this.version?.atLeast(SINCE[feature]) === true;
  }

  /**
   * Makes sure that the version is new enough for something.
   *
   * @throws {UnsupportedError} If it is not; the message says which version it would need.
   */
  require(feature: VersionedFeature): void {
    if (this.has(feature)) return;
    const found = this.version === undefined ? "does not tell its version" : `is ${this.version}`;
    throw new UnsupportedError(
      `Cannot use ${feature}: it needs memcached ${SINCE[feature]} or later, and the server ${found}`,
      { sent: false },
    );
  }
}

function isFile(text: string | undefined): boolean {
  return text !== undefined && text !== "" && text !== "no" && text !== "(null)" && text !== "NULL";
}

/**
 * Asks a server what it can do, over a connection of its own that speaks text.
 *
 * Rejects with an {@linkcode AuthError} if it wants another login, and as {@linkcode connect} does.
 *
 * @example
 * ```ts
 * import { MemoryStore, Server } from "@memwire/memwire/server";
 * import { readCapabilities } from "@memwire/memwire/text";
 * import { assert } from "@std/assert";
 *
 * await using server = new Server();
 * new MemoryStore().register(server);
 * const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
 * const found = await readCapabilities(address);
 * assert(found.flags.meta && found.has("gat"));
 * ```
 */
export async function readCapabilities(server: ServerAddress, options: SideOptions = {}): Promise<Capabilities> {
  const { address, credentials, allowPlaintext, opening } = sideOf(server, options);
  return await openConnection(address, { ...opening, wire: textWire("meta") }, async (connection, signal) => {
    const how: CallOptions = { signal, timeout: 0 };
    const version = await beginText(connection, { protocol: "text", credentials, allowPlaintext, signal });
    const settings = await readStats(connection, "settings", how);
    const general = await readStats(connection, undefined, how);
    // It counts only where it works.
    const extstore = [...general.keys()].some((name) => name.startsWith("extstore_"));
    const meta = await answersMeta(connection, how);
    await connection.close();
    return new Capabilities(version?.toString() ?? "", settings, { meta, extstore });
  });
}

async function readStats(caller: Caller, group: string | undefined, how: CallOptions): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  try {
    for await (const { key, value } of caller.open(STAT, group === undefined ? {} : { group }, how)) {
      found.set(key, value);
    }
  } catch (error) {
    // A proxy need not have any.
    if (!(error instanceof StatusError)) throw error;
  }
  return found;
}

async function answersMeta(caller: Caller, how: CallOptions): Promise<boolean> {
  try {
    await caller.call(NOOP, {}, how);
    return true;
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    if (error.status === Status.AUTH_ERROR) throw new AuthError("Cannot ask what the server can do", { cause: error });
    return false;
  }
}
