import type { SessionHost } from "../session_host.ts";
import type { TextContext } from "./context.ts";

/** What answers text on which server. Not a field of the host, whose type users see. */
const served = new WeakMap<SessionHost, TextContext>();

/** Lets the sessions of a host answer text. */
export function serveText(host: SessionHost, context: TextContext): void {
  served.set(host, context);
}

/** What knows the text of a host, even where its sessions may not answer it. */
export function textOf(host: SessionHost): TextContext | undefined {
  return served.get(host);
}

/**
 * What the sessions of a host answer text from: nothing where a dialect or guards other than those of the store want to see every
 * request, which text has none for.
 */
export function servedText(host: SessionHost): TextContext | undefined {
  const context = served.get(host);
  if (context === undefined || host.dialect !== undefined) return undefined;
  return host.guards.every((guard) => context.guards.has(guard)) ? context : undefined;
}
