import type { Frame } from "../frame/frame.ts";
import type { Dialect } from "./dialect.ts";
import type { Exchange } from "./exchange.ts";
import type { Guard, Routes } from "./route.ts";
import type { Session } from "./session.ts";

/** Someone who watches the frames of all sessions of a server. A frame is valid until the listener returns. */
export interface SessionListener {
  /** A request was received, before anything is made of it. */
  received?(frame: Frame, session: Session): void;
  /** An answer was written. */
  sent?(frame: Frame, session: Session): void;
}

/** What a session knows of the server that it belongs to. */
export interface SessionHost {
  /** What answers each opcode. */
  readonly routes: Routes;
  /** What every request must pass. */
  readonly guards: readonly Guard[];
  /** What is done otherwise than by memcached; nothing by default. */
  readonly dialect: Dialect | undefined;
  /** Who watches. */
  readonly listeners: readonly SessionListener[];
  /** Largest body of a request, in bytes. */
  readonly maxBody: number;
  /** Bytes that may wait in either direction before reading stops. */
  readonly maxQueuedBytes: number;
  /** How many requests of one session may be in the hands of handlers. */
  readonly concurrency: number;
  /** Takes the errors that no client may see. */
  report(error: unknown, session: Session, exchange?: Exchange): void;
}

/** Shows a frame to all who watch; what they throw is reported and stops nothing. */
export function showFrame(host: SessionHost, event: keyof SessionListener, frame: Frame, session: Session): void {
  for (const listener of host.listeners) {
    try {
      listener[event]?.(frame, session);
    } catch (error) {
      host.report(error, session);
    }
  }
}
