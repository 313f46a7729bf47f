import type { SessionHost } from "../session_host.ts";
import type { TextContext } from "./context.ts";

/** What answers text on which server. Not a field of the host, whose type users see. */
const served = new WeakMap<SessionHost, TextContext>();

/** Lets the sessions of a host answer text. */
export function serveText(host: SessionHost, context: TextContext): void {
  served.set(host, context);
}

/** What the sessions of a host answer text from: nothing where guards or a dialect want to see every request, which text has none for. */
export function servedText(host: SessionHost): TextContext | undefined {
  return host.guards.length > 0 || host.dialect !== undefined ? undefined : served.get(host);
}
