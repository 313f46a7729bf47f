import { type RecordType, type ResolvedRecord, withoutLastDot } from "./resolve.ts";

/** Asks with `node:dns`, as Node and Bun have it. */
export async function resolveHere(name: string, type: RecordType, signal: AbortSignal): Promise<ResolvedRecord[]> {
  const { Resolver } = await import("node:dns/promises");
  const resolver = new Resolver();
  const cancel = () => resolver.cancel?.();
  signal.throwIfAborted();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    if (type === "SRV") {
      const records = await resolver.resolveSrv(name);
      return records.map((record) => ({ hostname: withoutLastDot(record.name), port: record.port }));
    }
    const addresses = type === "A" ? await resolver.resolve4(name) : await resolver.resolve6(name);
    return addresses.map((hostname) => ({ hostname }));
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}
