import { connect } from "@memwire/memwire";
import type { Item, MultiResult } from "@memwire/memwire";
import { makeSubject } from "./memwire.ts";
import type { Start, Subject } from "./subject.ts";

type Memwire = Start<Subject<Item | undefined, Uint8Array, MultiResult<string, Item>>>;

/** memwire over the meta protocol. */
export const startMeta: { readonly start: Memwire } = { start: over("meta") };

/** memwire over the classic text protocol. */
export const startText: { readonly start: Memwire } = { start: over("text") };

function over(protocol: "meta" | "text"): Memwire {
  return async (port) => makeSubject(await connect(`127.0.0.1:${port}`, { timeout: 5000, protocol }));
}
