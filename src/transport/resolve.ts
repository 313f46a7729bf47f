/** Asks the name servers, with what the runtime has: dynamic imports only. */

/** The kinds of records that say where servers are. */
export type RecordType = "A" | "AAAA" | "SRV";

/** One record: an address, or the name and port of a server. */
export interface ResolvedRecord {
  /** An IPv4 or IPv6 address, or the name in a SRV record, without a dot at its end. */
  readonly hostname: string;
  /** The port of a SRV record. */
  readonly port?: number;
}

/** How records are asked for. */
export interface ResolveOptions {
  /** Which records. */
  readonly type: RecordType;
  /** Gives up when aborted. */
  readonly signal: AbortSignal;
  /** Which name server to ask, instead of those that the system is set to. */
  readonly nameServer?: NameServer;
}

/** Where a name server is. */
export interface NameServer {
  /** Its IPv4 or IPv6 address. */
  readonly address: string;
  /** Its port; 53 by default. */
  readonly port?: number;
}

/** Asks for the records of a name; rejects when there is no such name, or nobody answers. */
export type Resolve = (name: string, options: ResolveOptions) => Promise<readonly ResolvedRecord[]>;

/** {@linkcode Resolve} as this runtime does it: `Deno.resolveDns`, or `node:dns`. */
export async function resolve(name: string, options: ResolveOptions): Promise<readonly ResolvedRecord[]> {
  const { Deno } = globalThis as { Deno?: { resolveDns?: unknown } };
  const { resolveHere } = Deno?.resolveDns === undefined
    ? await import("./node_resolve.ts")
    : await import("./deno_resolve.ts");
  return await resolveHere(name, options);
}

/** The name in a SRV record. */
export function withoutLastDot(name: string): string {
  return name.replace(/\.$/, "");
}
