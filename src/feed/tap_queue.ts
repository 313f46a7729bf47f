import type { TapEvent } from "./tap_event.ts";

/** What waits to be taken, with the bytes that it holds. */
interface Waiting {
  readonly event: TapEvent;
  readonly size: number;
}

/** Events in the order they came, and how many bytes of messages they hold. */
export class TapQueue {
  #waiting: (Waiting | undefined)[] = [];
  #first = 0;
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
    const next = this.#waiting[this.#first];
    if (next === undefined) return undefined;
    this.#waiting[this.#first++] = undefined;
    if (this.#first === this.#waiting.length) {
      this.#waiting = [];
      this.#first = 0;
    }
    this.#bytes -= next.size;
    return next.event;
  }

  /** Forgets all. */
  clear(): void {
    this.#waiting = [];
    this.#first = 0;
    this.#bytes = 0;
  }
}
