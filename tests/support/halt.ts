/** Halting a server, so that it takes connections and bytes and answers nothing. */

import { readFile } from "node:fs/promises";
import { run } from "./run_command.ts";
import type { Memcached } from "./memcached.ts";

/** Halts a memcached and waits until it is; `SIGCONT` lets it go on. */
export async function halt(server: Memcached): Promise<void> {
  server.kill("SIGSTOP");
  while (await stateOf(server.pid) !== "T") await new Promise((resolve) => setTimeout(resolve, 5));
}

/** The state of a process in one letter: `T` is halted. Where there is no `/proc` there is `ps`. */
async function stateOf(pid: number): Promise<string | undefined> {
  const told = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => run("ps", ["-o", "state=", "-p", `${pid}`]));
  // After the name of the command, which is in parentheses.
  return told.slice(told.lastIndexOf(")") + 1).trim()[0];
}
