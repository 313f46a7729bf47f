import { EXISTS, NOT_FOUND, StatusReply } from "../status_reply.ts";
import { NO_VERSION } from "../store_write.ts";
import { type Entry, itemSize } from "../stored_item.ts";
import { BAD_LINE, MAX_KEY, type ReplySink, type TextContext } from "./context.ts";
import { describe, MAX_WORDS, type MetaCommand, OPAQUE_TOO_LONG, readMeta } from "./meta_command.ts";
import { type MetaFlags, opaqueTooLong, readLength } from "./meta_flags.ts";
import { refusalOf } from "./refused_write.ts";
import type { DataBlock } from "./request_reader.ts";

/** `ms`: writes an item. */
export function metaSet(words: readonly string[], out: ReplySink, context: TextContext): DataBlock | undefined {
  const refuse = (line: string): undefined => void out.text(`${line}\r\n`);
  if (words.length < 2) return refuse("ERROR");
  if (words[1]!.length > MAX_KEY || words.length === 2) return refuse(BAD_LINE);
  if (words.length > MAX_WORDS) return refuse("CLIENT_ERROR options flags too long");
  const length = readLength(words[2]!);
  if (length === undefined) return refuse(BAD_LINE);
  const command = readMeta(words, 3);
  const swallow = (line: string): DataBlock => {
    out.text(`${line}\r\n`);
    return { length };
  };
  if (typeof command === "string") return swallow(command);
  const { key, flags } = command;
  if (!["", "E", "A", "P", "R", "S"].includes(flags.mode)) return swallow("CLIENT_ERROR invalid mode for ms M token");
  if (opaqueTooLong(flags)) return swallow(OPAQUE_TOO_LONG);
  const write = { key, command: commandOf(flags), expiry: flags.ttl ?? 0 };
  const refusal = refusalOf(context, itemSize(key.length, length, flags.clientFlags), write);
  if (refusal !== undefined) {
    const old = context.cache.find(key);
    if (old !== undefined) context.cache.remove(old);
    return swallow(refusal);
  }
  return {
    length,
    take(value, terminated) {
      if (!terminated) return out.text("CLIENT_ERROR bad data chunk\r\n");
      const { code, cas } = storeMeta(command, value, context);
      if (code === "HD" && flags.has("q")) return;
      out.text(`${code}${describe(flags, key, { binary: flags.has("b"), cas })}\r\n`);
    },
  };
}

/** What memcached calls the command of a mode. */
function commandOf({ mode, cas }: MetaFlags): string {
  const command = { E: "add", A: "append", P: "prepend", R: "replace" }[mode] ?? "set";
  return command === "set" && cas !== undefined ? "cas" : command;
}

function storeMeta(
  { key, flags }: MetaCommand,
  value: Uint8Array,
  context: TextContext,
): { code: string; cas: bigint } {
  try {
    const entry = storeStale({ key, flags }, value, context) ?? storeByMode({ key, flags }, value, context);
    if (flags.has("b") && !"AP".includes(flags.mode || "S")) entry.binary = true;
    return { code: "HD", cas: entry.cas };
  } catch (error) {
    if (!(error instanceof StatusReply)) throw error;
    return { code: codeOf(error, flags), cas: 0n };
  }
}

/** Stores all the same what is older than what is there, and calls it stale, where that is asked for. */
function storeStale({ key, flags }: MetaCommand, value: Uint8Array, { store, cache }: TextContext): Entry | undefined {
  const { cas, mode, clientFlags } = flags;
  if (cas === undefined || cas === 0n || !flags.has("I") || !"SR".includes(mode || "S")) return undefined;
  const old = cache.peek(key);
  if (old === undefined || cas >= old.cas) return undefined;
  const { won, expiresAt } = old;
  const entry = store.set(key, value, { flags: clientFlags, cas: old.cas }) as Entry;
  return Object.assign(entry, { won, expiresAt, stale: true });
}

function storeByMode({ key, flags }: MetaCommand, value: Uint8Array, { store }: TextContext): Entry {
  const { cas = 0n, mode, clientFlags, ttl = 0 } = flags;
  const options = { flags: clientFlags, expiry: ttl, cas };
  switch (mode) {
    case "E":
      return store.add(key, value, { ...options, cas: 0n }) as Entry;
    case "A":
      return store.append(key, value, { cas }) as Entry;
    case "P":
      return store.prepend(key, value, { cas }) as Entry;
    default:
      if (mode === "R" && flags.cas === undefined) return store.replace(key, value, options) as Entry;
      // A CAS of 0 is one that no item has.
      return store.set(key, value, { ...options, cas: flags.cas === 0n ? NO_VERSION : cas }) as Entry;
  }
}

function codeOf(error: StatusReply, { mode, cas }: MetaFlags): string {
  if (error === EXISTS) return mode === "E" ? "NS" : "EX";
  // A replace of nothing.
  return error === NOT_FOUND && (mode !== "R" || cas !== undefined) ? "NF" : "NS";
}
