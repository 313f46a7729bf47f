/** A server of text below a transport: it answers each line that is written as the test says. */
import type { Dial } from "../../mod.ts";
import { FakeTransport } from "./fake_transport.ts";

/** Answers what is written to it; each write is taken as one or more whole lines. */
export class LinePeer extends FakeTransport {
  /** The lines that came. */
  readonly lines: string[] = [];
  readonly #answer: (line: string, peer: LinePeer) => string | undefined;

  constructor(answer: (line: string, peer: LinePeer) => string | undefined) {
    super();
    this.#answer = answer;
  }

  override write(bytes: Uint8Array): Promise<void> | undefined {
    const pending = super.write(bytes);
    const lines = new TextDecoder().decode(bytes).split("\r\n").slice(0, -1);
    queueMicrotask(() => {
      for (const line of lines) {
        this.lines.push(line);
        const answer = this.#answer(line, this);
        if (answer !== undefined && !this.isClosed) this.say(answer);
      }
    });
    return pending;
  }

  /** Says something, a chunk of its own. */
  say(text: string): void {
    this.receive(new TextEncoder().encode(text));
  }
}

/** Dials peers one after the other. */
export function dialling(...peers: readonly LinePeer[]): { readonly dial: Dial } {
  let next = 0;
  return {
    dial: () => {
      const peer = peers[next++];
      return peer === undefined ? Promise.reject(new Error("dialled once too often")) : Promise.resolve(peer);
    },
  };
}

/** What `stats` of a server says. */
export function statsOf(version: string, items: number): string {
  return `STAT version ${version}\r\nSTAT curr_items ${items}\r\nEND\r\n`;
}
