/** Bundles with `deno bundle`: to weigh the library, and to run subjects under other runtimes. */

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

/** Bytes of everything that an `import` of a module brings, minified, and after gzip. */
export async function weigh(module: string): Promise<{ minified: number; gzipped: number }> {
  const folder = await mkdtemp(join(tmpdir(), "memwire-bench-"));
  try {
    const entry = join(folder, "entry.ts");
    const output = join(folder, "out.js");
    await writeFile(entry, `export * from ${JSON.stringify(module)};\n`);
    await bundle(entry, output, "--minify", "--platform", "browser");
    const bytes = await readFile(output);
    return { minified: bytes.length, gzipped: gzipSync(bytes, { level: 9 }).length };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
