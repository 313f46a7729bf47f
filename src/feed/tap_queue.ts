import { Fifo } from "./process_fifo.ts";
import type { TapEvent } from "./tap_event.ts";

/** What waits to be taken, with the bytes that it holds. */
interface Waiting {
  readonly event: TapEvent;
  readonly size: number;
}

/** Events in the order they came, and how many bytes of messages they hold. */
export class TapQueue {
  readonly #waiting: Fifo<Waiting> = new Fifo();
  #bytes = 0;

  /** Bytes of the messages that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds an event, whose message was so many bytes. */
  push(event: TapEvent, size: number): void {
    this.#waiting.push({ event, size });
    this.#bytes += size;
  }

  /** Takes the first event, if there is one. */
  shift(): TapEvent | undefined {
    const next = this.#waiting.shift();
    if (next !== undefined) this.#bytes -= next.size;
    return next?.event;
  }

  /** Forgets all. */
  clear(): void {
    this.#waiting.clear();
    this.#bytes = 0;
  }
}
