/** A client in a process of its own, commanded one cell at a time. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";

/** What may be asked of a child beyond the seconds of a cell, in ms: connecting, storing the values, a slow client. */
const PATIENCE = 20_000;

/** A process that answers lines with lines. */
export class Child {
  /** How the tables call it. */
  readonly name: string;
  readonly #process: ChildProcess;
  readonly #lines: Interface;
  readonly #exited: Promise<unknown>;
  #errors = "";

  constructor(name: string, command: readonly string[]) {
    const [file = "", ...args] = command;
    this.name = name;
    this.#process = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"] });
    this.#exited = once(this.#process, "close").catch((error) => this.#errors += String(error));
    this.#process.stderr!.on("data", (data) => this.#errors = (this.#errors + data).slice(-2000));
    this.#process.stdin!.on("error", () => {}); // The missing reply tells.
    this.#lines = createInterface({ input: this.#process.stdout! });
  }

  /** Sends a line and gives what is answered; rejects with the error that the child reports, or with its last words. */
  async ask<T>(line: string, seconds: number): Promise<T> {
    const answered = new Promise<string>((resolve) => {
      const take = (text: string): void => {
        if (!text.startsWith("@")) return; // Clients print what they like.
        this.#lines.off("line", take);
        resolve(text.slice(1));
      };
      this.#lines.on("line", take);
    });
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error("no answer in time")), seconds * 1000 + PATIENCE);
    });
    const gone = this.#exited.then((): never => {
      throw new Error(`process ended: ${this.#errors.trim().split("\n").slice(-3).join(" ")}`);
    });
    try {
      this.#process.stdin!.write(`${line}\n`);
      const reply = JSON.parse(await Promise.race([answered, late, gone])) as T | { error: string };
      if (typeof reply === "object" && reply !== null && "error" in reply) throw new Error(reply.error);
      return reply as T;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends the process. */
  async close(): Promise<void> {
    this.#process.stdin!.end();
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), 1000);
    await this.#exited;
    clearTimeout(timer);
    this.#lines.close();
  }
}
