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

/** Asks for the records of a name; rejects when there is no such name, or nobody answers. */
export type Resolve = (name: string, type: RecordType, signal: AbortSignal) => Promise<readonly ResolvedRecord[]>;

/** {@linkcode Resolve} as this runtime does it: `Deno.resolveDns`, or `node:dns`. */
export async function resolve(name: string, type: RecordType, signal: AbortSignal): Promise<readonly ResolvedRecord[]> {
  const { Deno } = globalThis as { Deno?: { resolveDns?: unknown } };
  const { resolveHere } = Deno?.resolveDns === undefined
    ? await import("./node_resolve.ts")
    : await import("./deno_resolve.ts");
  return await resolveHere(name, type, signal);
}

/** The name in a SRV record. */
export function withoutLastDot(name: string): string {
  return name.replace(/\.$/, "");
}
