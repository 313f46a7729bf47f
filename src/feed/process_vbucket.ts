/** One vbucket as it is processed: what is under way, and up to where everything has been. */
import type { VbucketPosition } from "./position.ts";
import type { ProcessEvent } from "./process_event.ts";
import { Fifo } from "./process_fifo.ts";
import type { ProcessContext } from "./process_options.ts";

/** An event on its way. */
export interface Entry<E> {
  /** The event. */
  readonly event: E;
  /** Its vbucket. */
  readonly vbucket: VbucketProgress<E>;
  /** Whether it waits for all earlier ones of its vbucket and holds up the later ones. */
  readonly barrier: boolean;
  /** Whether it has been processed. */
  done: boolean;
}

/**
 * The progress of one vbucket. Events are processed in any order and the position moves only over those that have no unprocessed
 * one before them.
 */
export class VbucketProgress<E> {
  /** The number of the vbucket. */
  readonly vbucket: number;
  /** What the functions of its events get. */
  readonly context: ProcessContext;
  /** The events that were handed out for processing and are not done. */
  active = 0;
  /** What waits for a barrier, the barrier first. */
  readonly held: Fifo<Entry<E>> = new Fifo();
  /** Whether a barrier is being processed. */
  blocked = false;
  /** How many functions of it are running. */
  running = 0;
  /** Whether nothing more of it is begun: it is about to be given away. */
  closing = false;
  /** Whether it has gone elsewhere: nothing of it is saved any more. */
  dropped = false;
  /** The position up to which all has been processed. */
  position: VbucketPosition | undefined;
  /** The position that was saved last. */
  saved: VbucketPosition | undefined;
  /** How often the history was rolled back and that was not saved yet. */
  rollbacks = 0;
  /** Is called when it is closing and nothing of it runs any more. */
  onIdle: (() => void) | undefined;
  readonly #entries: Fifo<Entry<E>> = new Fifo();

  /** Makes the progress of a vbucket of which nothing has come. */
  constructor(vbucket: number, context: ProcessContext) {
    this.vbucket = vbucket;
    this.context = context;
  }

  /** Whether there is something to save. */
  get dirty(): boolean {
    return this.position !== this.saved && !this.dropped;
  }

  /** Notes an event that has come. */
  add(entry: Entry<E>): void {
    this.#entries.push(entry);
  }

  /** Moves the position over the events at the front that are done. */
  advance(): void {
    for (let first = this.#entries.peek(); first?.done; first = this.#entries.peek()) {
      this.#entries.shift();
      const { position, type } = first.event as ProcessEvent;
      // A rollback has waited for all before it, and all after it has waited for it: here nothing old can follow.
      if (type === "rollback") this.rollbacks++;
      if (position !== undefined) this.position = position;
    }
  }
}
