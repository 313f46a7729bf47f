/** A real memcached for tests, under Deno, Bun and Node. */

import { spawn } from "node:child_process";
import { access, chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { locateMemcached } from "./memcached_find.ts";
import { accepts, Child } from "./child.ts";
import { run } from "./run_command.ts";

export { findMemcached, locateMemcached } from "./memcached_find.ts";

/** What {@linkcode startMemcached} takes. */
export interface StartOptions {
  /** The port on 127.0.0.1; 0, the default, lets the system choose a free one. */
  readonly port?: number;
  /** The path of a unix domain socket, instead of a port. */
  readonly socketPath?: string;
  /** Further arguments; one of the same name replaces a default. */
  readonly args?: readonly string[];
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A memcached that accepts connections. */
export interface Memcached extends AsyncDisposable {
  /** The port on 127.0.0.1; 0 when it listens on a unix domain socket. */
  readonly port: number;
  /** The number of the process. */
  readonly pid: number;
  /** As `1.6.18`. */
  readonly version: string;
  /** Resolves when the process has ended. */
  readonly exited: Promise<void>;
  /** Sends a signal, as `SIGKILL`, `SIGSTOP` or `SIGCONT`, and does not wait for what it does. */
  kill(signal: string): void;
  /** Ends the process by force, waits until it is gone and removes its socket file; may be called again. */
  stop(): Promise<void>;
}

/**
 * Starts a memcached and waits until it accepts connections.
 *
 * Defaults: 256 MB (`-m`), 1,024 connections (`-c`), one thread (`-t`), no UDP (`-U`), only 127.0.0.1 (`-l`).
 *
 * @throws {Error} When there is no memcached, or what it said when it did not start.
 */
export async function startMemcached(options: StartOptions = {}): Promise<Memcached> {
  const { path, story } = await locateMemcached();
  if (path === undefined) throw new Error(`Cannot start memcached: ${story}`);
  const version = /\d+(\.\d+)+/.exec(await run(path, ["-V"]))?.[0] ?? "unknown";

  const folder = await mkdtemp(join(tmpdir(), "memwire-"));
  // Started as root, memcached becomes another user before it writes here.
  await chmod(folder, 0o777);
  const ports = join(folder, "ports");
  const said = join(folder, "said");
  // The shell gives its place to memcached, whose words then need no pipe that somebody must read.
  const child = new Child(spawn("sh", ["-c", 'exec "$0" "$@" 2> "$SAID"', path, ...await makeArguments(options)], {
    stdio: "ignore",
    env: { ...process.env, ...options.env, SAID: said, MEMCACHED_PORT_FILENAME: ports },
  }));
  const { socketPath } = options;
  const stop = async () => {
    await child.stop();
    if (socketPath !== undefined) await rm(socketPath, { force: true });
  };
  try {
    // Its own word for the port, not a connection to it: another process might listen there.
    const port = socketPath === undefined ? await child.until(() => readPort(ports)) : 0;
    await child.until(() => accepts(socketPath === undefined ? { host: "127.0.0.1", port } : { path: socketPath }));
    return {
      port,
      pid: child.pid,
      version,
      exited: child.exited,
      kill: (signal) => child.kill(signal),
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await stop();
    const words = await readFile(said, "utf8").catch(() => "");
    throw new Error(`Cannot start memcached: ${words.trim() || "it did not say why"}`, { cause: error });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function makeArguments({ port = 0, socketPath, args = [] }: StartOptions): Promise<string[]> {
  const defaults = [["-m", "256"], ["-c", "1024"], ["-t", "1"]];
  // −1 is how memcached spells "any free port".
  if (socketPath === undefined) defaults.push(["-U", "0"], ["-l", "127.0.0.1"], ["-p", port === 0 ? "-1" : `${port}`]);
  else defaults.push(["-s", socketPath]);
  if (process.getuid?.() === 0) defaults.push(["-u", await unprivilegedUser(socketPath)]);
  return [...defaults.filter(([name]) => !args.includes(name as string)).flat(), ...args];
}

/** memcached refuses to run as root by itself; only root, though, can be sure to write where the socket shall be. */
async function unprivilegedUser(socketPath: string | undefined): Promise<string> {
  if (socketPath !== undefined) return "root";
  const users = await readFile("/etc/passwd", "utf8").catch(() => "");
  return /^nobody:/m.test(users) ? "nobody" : "root";
}

/** The port in the file that memcached writes once it listens. */
async function readPort(file: string): Promise<number | undefined> {
  if (await access(file).then(() => false, () => true)) return undefined;
  const port = /^TCP INET: (\d+)$/m.exec(await readFile(file, "utf8"))?.[1];
  return port === undefined ? undefined : Number(port);
}
