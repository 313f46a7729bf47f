import { Frame } from "../frame/frame.ts";

/**
 * Someone who watches the frames of a connection. A frame is valid until the listener returns. What a listener throws is an
 * uncaught error of the process and nothing else: no call and no other listener notices.
 */
export interface FrameListener {
  /** A request was written, and leaves at the end of the turn unless its call is given up before. */
  sent?(frame: Frame): void;
  /** A frame was received, before anything is made of it. */
  received?(frame: Frame): void;
}

/** Those who watch one connection. */
export class FrameListeners {
  /** Whether there is anyone, to be asked before a frame is prepared for them. */
  any = false;
  #listeners: readonly FrameListener[] = [];

  /** Adds one; returns what removes it again. */
  add(listener: FrameListener): () => void {
    // An object of its own, so that who is added twice can be removed once.
    const entry: FrameListener = {
      sent: (frame) => listener.sent?.(frame),
      received: (frame) => listener.received?.(frame),
    };
    this.#set([...this.#listeners, entry]);
    return () => this.#set(this.#listeners.filter((other) => other !== entry));
  }

  /** Tells of a request, given as its bytes. */
  sent(bytes: Uint8Array): void {
    const frame = Frame.from(bytes);
    for (const listener of this.#listeners) {
      try {
        listener.sent?.(frame);
      } catch (error) {
        throwLater(error);
      }
    }
  }

  /** Tells of a frame that came. */
  received(frame: Frame): void {
    for (const listener of this.#listeners) {
      try {
        listener.received?.(frame);
      } catch (error) {
        throwLater(error);
      }
    }
  }

  #set(listeners: readonly FrameListener[]): void {
    this.#listeners = listeners;
    this.any = listeners.length > 0;
  }
}

/** An error that belongs to nobody here: the runtime reports it like any other that nobody catches. */
function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
