import { type RecordType, type ResolvedRecord, withoutLastDot } from "./resolve.ts";

/** Asks with `Deno.resolveDns`. */
export async function resolveHere(name: string, type: RecordType, signal: AbortSignal): Promise<ResolvedRecord[]> {
  if (type === "SRV") {
    const records = await Deno.resolveDns(name, "SRV", { signal });
    return records.map(({ target, port }) => ({ hostname: withoutLastDot(target), port }));
  }
  return (await Deno.resolveDns(name, type, { signal })).map((hostname) => ({ hostname }));
}
