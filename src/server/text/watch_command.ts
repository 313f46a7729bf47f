import { LogKind } from "../event_log.ts";
import type { ReplySink, TextContext } from "./context.ts";

/** What may be watched, by the names of memcached 1.6.18; of the last ones nothing ever happens here. */
const KINDS: ReadonlyMap<string, number> = new Map([
  ["fetchers", LogKind.FETCHERS],
  ["mutations", LogKind.MUTATIONS],
  ["evictions", LogKind.EVICTIONS],
  ["connevents", LogKind.CONNECTIONS],
  ["sysevents", 0],
  ["rawcmds", 0],
  ["proxyreqs", 0],
  ["proxyevents", 0],
  ["proxyuser", 0],
]);

/** `watch`: from now on the connection is told what happens, and what it says is not looked at. */
export function watch(words: readonly string[], out: ReplySink, { follow }: TextContext): void {
  if (out.pipelined) return out.text("ERROR cannot pipeline other commands before watch\r\n");
  const names = words.length > 1 ? words.slice(1) : ["fetchers"];
  let kinds = 0;
  for (const name of names) {
    const kind = KINDS.get(name);
    if (kind === undefined) return out.text("ERROR\r\n");
    kinds |= kind;
  }
  if (!out.watch(kinds)) return out.text("WATCHER_TOO_MANY log watcher limit reached\r\n");
  follow();
  out.text("OK\r\n");
}
