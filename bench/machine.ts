/** What the figures were measured on. */

import { execFileSync } from "node:child_process";
import { cpus, loadavg, release, type } from "node:os";
import process from "node:process";

/**
 * How memcached is started. The default of `-R`, 20 requests of one connection before the others get their turn, holds a
 * client back that has more in flight.
 */
export const SERVER_FLAGS: readonly string[] = ["-t", "1", "-m", "512", "-I", "8m", "-R", "1000"];

/** Lines about the machine, its runtimes and the server. */
export function describeMachine(runtimes: readonly string[], server: string): string[] {
  const processors = cpus();
  const model = processors[0]?.model.trim().replace(/\s+/g, " ") ?? "unknown processor";
  const load = loadavg()[0] ?? 0;
  return [
    `${processors.length} × ${model}, ${type()} ${release()}, load ${load.toFixed(1)}`,
    runtimes.map((name) => `${name} ${versionOf(name)}`).join(", "),
    server,
  ];
}

/** What a program says its version is; nothing when it is not there. */
export function versionOf(program: string): string | undefined {
  try {
    const text = execFileSync(commandOf(program), ["--version"], { stdio: ["ignore", "pipe", "ignore"] }).toString();
    return /\d+\.\d+[.\w]*/.exec(text)?.[0];
  } catch {
    return undefined;
  }
}

/** How to start a runtime: the running one by its own path, since it need not be on the search path. */
export function commandOf(runtime: string): string {
  const running = "Deno" in globalThis ? "deno" : "bun";
  return runtime === running ? process.execPath : runtime;
}
