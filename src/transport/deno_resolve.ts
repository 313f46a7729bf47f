import { type ResolvedRecord, type ResolveOptions, withoutLastDot } from "./resolve.ts";

/** Asks with `Deno.resolveDns`. */
export async function resolveHere(name: string, options: ResolveOptions): Promise<ResolvedRecord[]> {
  const { type, signal, nameServer } = options;
  const where = nameServer === undefined
    ? { signal }
    : { signal, nameServer: { ipAddr: nameServer.address, port: nameServer.port ?? 53 } };
  if (type === "SRV") {
    const records = await Deno.resolveDns(name, "SRV", where);
    return records.map(({ target, port }) => ({ hostname: withoutLastDot(target), port }));
  }
  return (await Deno.resolveDns(name, type, where)).map((hostname) => ({ hostname }));
}
