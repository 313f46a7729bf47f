import type { Frame } from "../frame/frame.ts";
import type { FrameWriter } from "../frame/frame_writer.ts";

/** What sends requests of its own over a {@linkcode Session}, as long as the client reads: a change feed. */
export interface SessionFeed {
  /** Appends one frame; returns `false` if there is nothing to send until {@linkcode Session.wake} is called. */
  write(out: FrameWriter): boolean;
  /** The client has answered something. The frame is valid until this returns. */
  answered?(frame: Frame): void;
  /** The connection is gone, or will be when what was answered has left: nothing is sent any more. */
  ended(): void;
}

/** What a {@linkcode FeedPump} needs of its session. */
export interface FeedPumpHost {
  /** Whether the feed may write now. */
  ready(): boolean;
  /** Has the feed write until there is enough to send or it has no more, and sends that. */
  fill(feed: SessionFeed): void;
}

/** Has the feed of a session write whenever it was woken and there is room, once a turn. */
export class FeedPump {
  readonly #host: FeedPumpHost;
  #feed: SessionFeed | undefined = undefined;
  #woken = false;

  /** Makes a pump without a feed. */
  constructor(host: FeedPumpHost) {
    this.#host = host;
  }

  /** Whether there is a feed. */
  get attached(): boolean {
    return this.#feed !== undefined;
  }

  /** Takes a feed. One that was there before is ended. */
  attach(feed: SessionFeed): void {
    this.end();
    this.#feed = feed;
    this.wake();
  }

  /** There may be something to send, and room for it. */
  wake(): void {
    if (this.#feed === undefined || this.#woken) return;
    this.#woken = true;
    queueMicrotask(this.#run);
  }

  /** The client has answered something. */
  answered(frame: Frame): void {
    this.#feed?.answered?.(frame);
  }

  /** Nothing is sent any more. */
  end(): void {
    const feed = this.#feed;
    this.#feed = undefined;
    feed?.ended();
  }

  readonly #run = (): void => {
    this.#woken = false;
    if (this.#feed !== undefined && this.#host.ready()) this.#host.fill(this.#feed);
  };
}
