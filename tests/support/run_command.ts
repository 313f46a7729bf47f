/** Commands of the system, for what tests need from it. */

import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import process from "node:process";

/** The most that one command may take, in ms. */
const LIMIT = 180_000;

/** Where a command is on the path, if it is. */
export async function onPath(command: string): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(folder, command);
    if (folder !== "" && await access(path, constants.X_OK).then(() => true, () => false)) return path;
  }
  return undefined;
}

/** Runs a command to its end and returns what it wrote; rejects with what it wrote when it fails. */
export function run(command: string, args: readonly string[], cwd?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd, timeout: LIMIT, maxBuffer: 2 ** 24, env: { ...process.env, LC_ALL: "C" } };
    execFile(command, args, options, (error, stdout, stderr) => {
      const wrote = `${stdout}${stderr}`;
      if (error === null) resolve(wrote);
      else reject(new Error(`${command} ${args.join(" ")} failed: ${wrote.trim() || error.message}`, { cause: error }));
    });
  });
}
