import type { Connection } from "../connection/connection.ts";
import type { FrameListener } from "../connection/frame_listeners.ts";

/** Those who watch the frames of a link, over one connection after the other. */
export class LinkObservers {
  readonly #observers: Set<Observer> = new Set();

  /** Adds one, for a connection there may be and those to come; returns what removes it again. */
  add(listener: FrameListener, connection: Connection | undefined): () => void {
    const observer: Observer = { listener, stops: connection === undefined ? [] : [connection.observe(listener)] };
    this.#observers.add(observer);
    return () => {
      this.#observers.delete(observer);
      for (const stop of observer.stops) stop();
    };
  }

  /** Goes on with another connection. The one before it may still end its calls, those before that are gone. */
  follow(connection: Connection): void {
    for (const observer of this.#observers) {
      observer.stops = [...observer.stops.slice(-1), connection.observe(observer.listener)];
    }
  }
}

/** Someone who watches. */
interface Observer {
  readonly listener: FrameListener;
  /** What ends it, for the last two connections. */
  stops: readonly (() => void)[];
}
