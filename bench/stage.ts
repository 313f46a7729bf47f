/** Starts the clients of a run, each in a process of its own. */

import { execFile } from "node:child_process";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { bundle } from "./bundle.ts";
import { RANGE } from "./cases.ts";
import { Child } from "./child.ts";
import { commandOf } from "./machine.ts";

const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** The processes of a run. */
export class Stage {
  readonly #port: number;
  readonly #folder: string;
  readonly #children: Child[] = [];

  /** Takes the port of the server and a folder for what has to be built. */
  constructor(port: number, folder: string) {
    this.#port = port;
    this.#folder = folder;
  }

  /** Starts a client under a runtime. */
  async startClient(client: string, runtime: string): Promise<Child> {
    if (runtime === "deno") {
      const config = ["--config", pathOf("./deno.json")];
      return this.#start(client, [commandOf("deno"), "run", "-A", ...config, pathOf("./subject.ts"), client]);
    }
    // The others know neither our import map nor Deno's cache: they get everything in one file.
    const file = join(this.#folder, "subject.mjs");
    if (await access(file).then(() => false, () => true)) {
      await bundle(pathOf("./subject.ts"), file, "--platform", "deno");
    }
    return this.#start(`${client}/${runtime}`, [commandOf(runtime), file, client]);
  }

  /** Builds and starts the C pipeliner; rejects when there is no C compiler. */
  async startCeiling(name: string): Promise<Child> {
    const program = join(this.#folder, "ceiling");
    await promisify(execFile)("cc", ["-O2", "-o", program, pathOf("./ceiling.c")]);
    return this.#start(name, [program]);
  }

  /** Ends them all. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#children.map((child) => child.close()));
  }

  #start(name: string, command: readonly string[]): Child {
    const base = this.#children.length * RANGE;
    const child = new Child(name, [...command, String(this.#port), String(base)]);
    this.#children.push(child);
    return child;
  }
}
