/** A process that a test starts, and must stop. */

import type { ChildProcess } from "node:child_process";
import { createConnection, type NetConnectOpts } from "node:net";
import process from "node:process";

/** The most that a process may take to be ready, in ms. */
const LIMIT = 10_000;
/** How long to wait between two looks, in ms. */
const PAUSE = 5;

/** A process that was just started. */
export class Child {
  /** Resolves when the process has ended. */
  readonly exited: Promise<void>;
  readonly #process: ChildProcess;
  #ended: string | undefined;

  /** Takes charge of a process. */
  constructor(child: ChildProcess) {
    this.#process = child;
    this.exited = new Promise((resolve) => {
      const end = (how: string) => {
        this.#ended = how;
        resolve();
      };
      child.once("exit", (code, signal) => end(`ended with ${signal ?? `code ${code}`}`));
      child.once("error", (error) => end(`could not be started: ${error.message}`));
    });
  }

  /** The number of the process. */
  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Sends a signal. */
  kill(signal: string): void {
    // By number: the method of the process object takes only one signal in some runtimes.
    if (this.#ended === undefined && this.pid > 0) process.kill(this.pid, signal);
  }

  /** Looks again and again until there is something; rejects when the process ends or takes too long. */
  async until<T>(look: () => Promise<T | undefined>): Promise<T> {
    const limit = Date.now() + LIMIT;
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (this.#ended !== undefined) throw new Error(`The process ${this.#ended} before it was ready`);
      if (Date.now() > limit) throw new Error(`The process was not ready after ${LIMIT} ms`);
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }

  /** Ends the process by force, so at once and even when it is halted, and waits until it is gone. */
  async stop(): Promise<void> {
    if (this.#ended !== undefined) return;
    this.kill("SIGKILL");
    await this.exited;
  }
}

/** `true` when something accepts connections there. */
export function accepts(address: NetConnectOpts): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection(address);
    let accepted: true | undefined;
    socket.once("connect", () => {
      accepted = true;
      socket.destroy();
    });
    // An error is followed by "close" as well.
    socket.on("error", () => {});
    socket.once("close", () => resolve(accepted));
  });
}
