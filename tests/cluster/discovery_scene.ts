/** Discoveries in the hands of a test: what they are asked and answered, and what they tell. */

import { assertEquals } from "@std/assert";
import type { ServerEntry, Topology } from "../../src/cluster.ts";
import { memoryPair } from "../../src/transport/memory.ts";
import type { Address, Dial } from "../../src/transport/transport.ts";
import { FakeClock } from "../support/fake_clock.ts";

/** The names of servers, or their addresses where those are all there is. */
export function namesOf(servers: Iterable<ServerEntry>): string[] {
  return [...servers].map((server) => {
    if (typeof server === "string") return server;
    return (server as { name?: string; address: string }).name ?? (server as { address: string }).address;
  });
}

/** Answers in turn, the last one for ever; an `Error` is thrown. */
export function answers<T>(...list: readonly (T | Error)[]): { asked: number; next(): Promise<T> } {
  return {
    asked: 0,
    next() {
      const answer = list[Math.min(this.asked++, list.length - 1)]!;
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  };
}

/** A time that goes by when somebody waits for a list. */
export class Listening implements AsyncDisposable {
  readonly clock: FakeClock;
  readonly #lists: AsyncIterator<Topology>;

  constructor(make: (clock: FakeClock) => AsyncIterable<Topology>) {
    this.clock = new FakeClock();
    this.#lists = make(this.clock)[Symbol.asyncIterator]();
  }

  /** Asks for the next list, and lets so many milliseconds pass; `undefined` when none has come by then. */
  async next(ms = 0): Promise<Topology | undefined | "end"> {
    this.#waiting ??= this.#lists.next().then((result) => {
      this.#waiting = undefined;
      return result.done === true ? "end" : result.value;
    });
    const waiting = this.#waiting;
    let come: Topology | "end" | undefined;
    let failed: { error: unknown } | undefined;
    waiting.then((list) => come = list, (error) => failed = { error });
    await this.clock.pass(ms);
    if (failed !== undefined) throw failed.error;
    return come;
  }
  #waiting: Promise<Topology | "end"> | undefined;

  /** The next list, which must come by then, as names. */
  async names(ms = 0): Promise<string[]> {
    const list = await this.next(ms);
    if (list === undefined || list === "end") throw new Error(`no list came, but ${list}`);
    assertEquals(list.error, undefined);
    return namesOf(list.servers);
  }

  /** Ends the lists; nothing may stay behind. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lists.return?.();
    assertEquals(this.clock.timers, 0);
  }
}

/** An endpoint that answers text commands with what a function says, or not at all, in small pieces. */
export class Endpoint {
  /** What was asked, one command each. */
  readonly asked: string[] = [];
  /** How many connections are open. */
  open = 0;
  /** Where it was dialled. */
  readonly dialled: Address[] = [];
  readonly #answer: (command: string) => string | undefined;

  constructor(answer: (command: string) => string | undefined) {
    this.#answer = answer;
  }

  readonly dial: Dial = (address) => {
    this.dialled.push(address);
    const [here, there] = memoryPair({ chunkSize: 7 });
    this.open++;
    let text = "";
    there.start({
      data: (chunk) => {
        text += new TextDecoder().decode(chunk);
        for (let end = text.indexOf("\r\n"); end >= 0; end = text.indexOf("\r\n")) {
          const command = text.slice(0, end);
          text = text.slice(end + 2);
          this.asked.push(command);
          const answer = this.#answer(command);
          // Whoever asked may be gone by now.
          if (answer !== undefined) there.write(new TextEncoder().encode(answer))?.catch(() => {});
        }
      },
      end: () => {
        this.open--;
        there.close();
      },
    });
    return Promise.resolve(here);
  };
}

/** What an endpoint says: a version and its nodes. */
export function config(version: number | bigint, nodes: string, key = "CONFIG cluster"): string {
  const text = `${version}\n${nodes}\n`;
  return `${key} 0 ${text.length}\r\n${text}\r\nEND\r\n`;
}
