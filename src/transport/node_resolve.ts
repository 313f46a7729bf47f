import { type NameServer, type ResolvedRecord, type ResolveOptions, withoutLastDot } from "./resolve.ts";

/** Asks with `node:dns`, as Node and Bun have it. */
export async function resolveHere(name: string, options: ResolveOptions): Promise<ResolvedRecord[]> {
  const { type, signal, nameServer } = options;
  const { Resolver } = await import("node:dns/promises");
  const resolver = new Resolver();
  if (nameServer !== undefined) resolver.setServers([textOf(nameServer)]);
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

function textOf({ address, port = 53 }: NameServer): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
