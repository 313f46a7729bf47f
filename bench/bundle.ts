/** Bundles with `deno bundle`: to weigh the library, and to run subjects under other runtimes. */

import { Buffer } from "node:buffer";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { commandOf } from "./machine.ts";

const CONFIG = fileURLToPath(new URL("./deno.json", import.meta.url));

/** Makes one file of a module and all that it imports. */
export async function bundle(entry: string, output: string, ...flags: string[]): Promise<void> {
  await promisify(execFile)(commandOf("deno"), ["bundle", "--config", CONFIG, ...flags, "-o", output, entry]);
}

/**
 * Bytes of all that an `import` of a module loads, minified, and after gzip. What it loads later, such as the transport of the
 * runtime it finds itself in, is in files of its own and does not count.
 */
export async function weigh(module: string): Promise<{ minified: number; gzipped: number }> {
  const folder = await mkdtemp(join(tmpdir(), "memwire-bench-"));
  try {
    const entry = join(folder, "entry.ts");
    await writeFile(entry, `export * from ${JSON.stringify(module)};\n`);
    const flags = ["--minify", "--platform", "browser", "--code-splitting", "--outdir", folder];
    await promisify(execFile)(commandOf("deno"), ["bundle", "--config", CONFIG, ...flags, entry]);
    const bytes = Buffer.concat(await readStatically(folder, "entry.js", new Set()));
    return { minified: bytes.length, gzipped: gzipSync(bytes, { level: 9 }).length };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Reads a file of a bundle and those that it imports at once. */
async function readStatically(folder: string, name: string, seen: Set<string>): Promise<Buffer[]> {
  if (seen.has(name)) return [];
  seen.add(name);
  const bytes = await readFile(join(folder, name));
  const imported = [...bytes.toString().matchAll(/(?:from|import)"\.\/([^"]+)"/g)].map((match) => match[1]!);
  const parts = [bytes];
  for (const other of imported) parts.push(...await readStatically(folder, other, seen));
  return parts;
}
