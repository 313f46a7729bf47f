/** Reads a file as text with `node:fs`, which Deno, Bun and Node all have. */
export async function readTextFile(path: string, signal: AbortSignal): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  return await readFile(path, { encoding: "utf8", signal });
}
