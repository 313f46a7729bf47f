/** How the scripts of the tests start a runner of tests, and what they say about it. */

import { spawn } from "node:child_process";
import process from "node:process";
import { locateMemcached } from "./memcached_find.ts";

/** The most that one runner may take, in ms: a test that hangs must not hang a machine. */
const LIMIT = 15 * 60_000;

/** What {@linkcode runSuite} came to. */
export interface Outcome {
  /** 0 when all is well. */
  readonly code: number;
  /** All that the runner wrote, when that was asked for. */
  readonly output: string;
}

/** What {@linkcode runSuite} takes beside the command. */
export interface SuiteOptions {
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Keeps what the runner writes, beside passing it on. */
  readonly capture?: boolean;
  /** The most that it may take, in ms; 15 minutes by default. */
  readonly limit?: number;
}

/** Seconds since a time of `performance.now()`, as text. */
export function since(began: number): string {
  return `${((performance.now() - began) / 1000).toFixed(1)} s`;
}

/** Writes a line; a script may, what it runs on behalf of may not. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/**
 * Gets a memcached for the tests that are about to run, and returns the environment that tells them; loud about what
 * will be skipped when there is none.
 */
export async function prepareMemcached(): Promise<Record<string, string> | undefined> {
  const began = performance.now();
  const { path, story } = await locateMemcached(say);
  if (path !== undefined) {
    say(`memcached: ${path}, ${story} (${since(began)})`);
    return { MEMWIRE_MEMCACHED_PATH: path };
  }
  const line = "!".repeat(100);
  say(`${line}\nNO MEMCACHED: ${story}`);
  say(
    `SKIPPED: every test against a real memcached. Install one (as: apt-get install memcached) to run them.\n${line}`,
  );
  return undefined;
}

/** Runs a command to its end with what it writes in view; nothing that it started is left behind. */
export function runSuite(command: readonly string[], options: SuiteOptions = {}): Promise<Outcome> {
  say(`\n$ ${command.join(" ")}`);
  const { env = {}, capture = false, limit = LIMIT } = options;
  // A process group of its own, so that servers which a failed test forgot can be ended with it.
  const child = spawn(command[0] as string, command.slice(1), {
    detached: true,
    stdio: ["ignore", capture ? "pipe" : "inherit", capture ? "pipe" : "inherit"],
    env: { ...process.env, ...env },
  });
  const endGroup = () => {
    try {
      process.kill(-(child.pid as number), "SIGKILL");
    } catch {
      // Nothing is left of it, which is how it should be.
    }
  };
  const interrupted = () => {
    endGroup();
    process.exit(130);
  };
  process.once("SIGINT", interrupted);
  process.once("SIGTERM", interrupted);
  const guard = setTimeout(() => {
    say(`\nStopped: it took longer than ${limit / 60_000} minutes`);
    endGroup();
  }, limit);

  const output: string[] = [];
  for (const [from, to] of [[child.stdout, process.stdout], [child.stderr, process.stderr]] as const) {
    from?.setEncoding("utf8").on("data", (text: string) => {
      output.push(text);
      to.write(text);
    });
  }
  return new Promise((resolve, reject) => {
    child.once("error", (cause) => reject(new Error(`Cannot run ${command[0]}: ${cause.message}`, { cause })));
    child.once("exit", () => {
      clearTimeout(guard);
      process.removeListener("SIGINT", interrupted);
      process.removeListener("SIGTERM", interrupted);
      // A forgotten server would also hold the pipes open, and "close" would never come.
      endGroup();
    });
    child.once("close", (code) => resolve({ code: code ?? 1, output: output.join("") }));
  });
}
