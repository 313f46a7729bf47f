import { expiryTime } from "../expiry.ts";
import { type Entry, itemSize } from "../stored_item.ts";
import { EXISTS, NOT_FOUND, OUT_OF_MEMORY, StatusReply } from "../status_reply.ts";
import { NO_VERSION } from "../store_write.ts";
import { BAD_LINE, MAX_KEY, type ReplySink, secondsLeft, type TextContext } from "./context.ts";
import { type MetaFlags, opaqueTooLong, readLength, readMetaFlags } from "./meta_flags.ts";
import type { DataBlock } from "./request_reader.ts";
import { base64Of, bytesOf, readBase64, textOf } from "./words.ts";

/** With more words than this memcached refuses to look at them. */
const MAX_WORDS = 19;

const OPAQUE_TOO_LONG = "CLIENT_ERROR opaque token too long";
const FLAG_ERROR = "CLIENT_ERROR invalid or duplicate flag";
const NON_NUMERIC_TEXT = "CLIENT_ERROR cannot increment or decrement non-numeric value";

/** A meta command that was understood. */
interface MetaCommand {
  readonly key: Uint8Array;
  readonly flags: MetaFlags;
}

/** Reads the key and the flags, which begin behind a number of words; returns the line to answer with when they are wrong. */
function readMeta(words: readonly string[], from: number): MetaCommand | string {
  const word = words[1]!;
  let key = bytesOf(word);
  const flags = readMetaFlags(words.slice(from), () => {
    const decoded = readBase64(word);
    key = decoded ?? key;
    return decoded !== undefined;
  });
  return typeof flags === "string" ? flags : { key, flags };
}

/** `mg`: reads an item, and what else is asked about it. */
export function metaGet(words: readonly string[], out: ReplySink, context: TextContext): void {
  if (words.length < 2) return out.text("ERROR\r\n");
  if (words[1]!.length > MAX_KEY) return out.text(`${BAD_LINE}\r\n`);
  if (words.length > MAX_WORDS) return out.text("CLIENT_ERROR options flags are too long\r\n");
  const command = readMeta(words, 2);
  if (typeof command === "string") return out.text(`${command}\r\n`);
  const { key, flags } = command;
  if (opaqueTooLong(flags)) return out.text(`${OPAQUE_TOO_LONG}\r\n`);
  const { cache, clock, store } = context;
  let entry = cache.find(key);
  const created = entry === undefined && flags.vivify !== undefined;
  if (created) entry = cache.put({ key, value: [], flags: 0, expiresAt: Infinity }, undefined);
  if (created) store.counts.totalItems++;
  countGet(context, entry !== undefined, flags.ttl !== undefined);
  if (entry === undefined) {
    if (!flags.has("q")) out.text(`EN${describe(flags, key, { binary: flags.has("b") })}\r\n`);
    return;
  }
  const now = clock();
  const { won, text } = hit(entry, { flags, created, now, clock, key });
  let marks = "";
  if (entry.won) marks += " Z";
  if (entry.stale) marks += " X";
  const wins = won || (entry.stale && !entry.won);
  if (wins) {
    marks += " W";
    entry.won = true;
  }
  const value = flags.has("v");
  out.text(`${value ? `VA ${entry.value.length}` : "HD"}${text}${marks}\r\n`);
  if (value) {
    out.bytes(entry.value);
    out.text("\r\n");
  }
  if (flags.has("u")) return;
  entry.fetched = true;
  entry.accessedAt = now;
  cache.use(entry);
}

interface Hit {
  readonly flags: MetaFlags;
  readonly created: boolean;
  readonly now: number;
  readonly clock: () => number;
  readonly key: Uint8Array;
}

/** Goes through the flags in their order, since what one changes the next may show. */
function hit(entry: Entry, { flags, created, now, clock, key }: Hit): { won: boolean; text: string } {
  let won = false;
  let text = "";
  for (const word of flags.words) {
    const letter = word[0]!;
    if (letter === "T") entry.expiresAt = expiryTime(flags.ttl!, clock);
    else if (letter === "N" && created) entry.expiresAt = expiryTime(flags.vivify!, clock);
    else if (letter === "R" && !entry.won && !created && recaches(entry, flags.recache!, now, clock)) won = true;
    else text += describeOne(word, key, { binary: entry.binary, entry, now });
    if (letter === "N" && created) won = true;
  }
  return { won, text };
}

function recaches(entry: Entry, seconds: number, now: number, clock: () => number): boolean {
  if (entry.expiresAt === Infinity || seconds === 0) return false;
  return secondsLeft(entry, now) < Math.ceil((expiryTime(seconds, clock) - now) / 1000);
}

/** What a word may be answered from. */
interface Known {
  readonly binary: boolean;
  readonly entry?: Entry;
  readonly now?: number;
  readonly cas?: bigint;
}

function describe(flags: MetaFlags, key: Uint8Array, known: Known): string {
  let text = "";
  for (const word of flags.words) text += describeOne(word, key, known);
  return text;
}

function describeOne(word: string, key: Uint8Array, { binary, entry, now = 0, cas }: Known): string {
  const letter = word[0]!;
  if (letter === "O") return ` ${word}`;
  if (letter === "k") return binary ? ` k${base64Of(key)} b` : ` k${textOf(key)}`;
  if (letter === "c" && cas !== undefined) return ` c${cas}`;
  if (entry === undefined) return "";
  switch (letter) {
    case "s":
      return ` s${entry.value.length}`;
    case "t":
      return ` t${secondsLeft(entry, now)}`;
    case "c":
      return ` c${entry.cas}`;
    case "f":
      return ` f${entry.flags}`;
    case "l":
      return ` l${Math.max(0, Math.floor((now - entry.accessedAt) / 1000))}`;
    case "h":
      return entry.fetched ? " h1" : " h0";
    default:
      return "";
  }
}

function countGet({ store: { counts } }: TextContext, hit: boolean, touches: boolean): void {
  counts.cmdGet++;
  if (touches) {
    counts.cmdTouch++;
    if (hit) counts.touchHits++;
    else counts.touchMisses++;
  } else if (hit) counts.getHits++;
  else counts.getMisses++;
}

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

/** A write that may be refused, as it is logged. */
interface RefusedWrite {
  readonly key: Uint8Array;
  readonly command: string;
  readonly expiry: number;
}

/** What is said about an item of a size that the store never takes; it is counted and logged then. */
export function refusalOf(
  { store, log, clock }: TextContext,
  size: number,
  { key, command, expiry }: RefusedWrite,
): string | undefined {
  const large = size > store.itemSizeLimit;
  if (!large && size <= store.memoryLimit) return undefined;
  if (large) store.counts.storeTooLarge++;
  else store.counts.storeNoMemory++;
  if (log.mutating) {
    const expiresAt = expiry === 0 ? Infinity : expiryTime(expiry, clock);
    log.stored({ key, command, status: large ? "too_large" : "no_memory", expiresAt, size: 0 });
  }
  return large ? "SERVER_ERROR object too large for cache" : "SERVER_ERROR out of memory storing object";
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

/** `md`: removes an item, or says that it is out of date. */
export function metaDelete(words: readonly string[], out: ReplySink, context: TextContext): void {
  if (words.length < 2) return out.text("ERROR\r\n");
  if (words[1]!.length > MAX_KEY) return out.text(`${BAD_LINE}\r\n`);
  if (words.length > MAX_WORDS) return out.text("CLIENT_ERROR options flags too long\r\n");
  const command = readMeta(words, 2);
  if (typeof command === "string") return out.text(`${FLAG_ERROR}\r\n`);
  const { key, flags } = command;
  if (opaqueTooLong(flags)) return out.text(`${OPAQUE_TOO_LONG}\r\n`);
  const code = removeMeta(command, context);
  if (code === "HD" && flags.has("q")) return;
  out.text(`${code}${describe(flags, key, { binary: flags.has("b") })}\r\n`);
}

function removeMeta({ key, flags }: MetaCommand, { cache, clock, store }: TextContext): string {
  const known = cache.peek(key);
  const holds = flags.cas === undefined || flags.cas === known?.cas;
  if (holds && !flags.has("I")) return store.delete(key) ? "HD" : "NF";
  const entry = cache.find(key);
  if (entry === undefined || !holds) {
    store.counts.deleteMisses++;
    return entry === undefined ? "NF" : "EX";
  }
  if (flags.ttl !== undefined) entry.expiresAt = expiryTime(flags.ttl, clock);
  entry.stale = true;
  entry.won = false;
  cache.renew(entry);
  return "HD";
}

/** `ma`: counts. */
export function metaArithmetic(words: readonly string[], out: ReplySink, context: TextContext): void {
  if (words.length < 2) return out.text("ERROR\r\n");
  if (words[1]!.length > MAX_KEY) return out.text(`${BAD_LINE}\r\n`);
  if (words.length > MAX_WORDS) return out.text("CLIENT_ERROR options flags too long\r\n");
  const command = readMeta(words, 2);
  if (typeof command === "string") return out.text(`${FLAG_ERROR}\r\n`);
  const { key, flags } = command;
  if (!["", "I", "+", "D", "-"].includes(flags.mode)) return out.text("CLIENT_ERROR invalid mode for ma M token\r\n");
  if (opaqueTooLong(flags)) return out.text(`${OPAQUE_TOO_LONG}\r\n`);
  const { code, created, replaced } = countMeta(command, context);
  const entry = code === "HD" ? context.cache.peek(key) : undefined;
  if (entry === undefined) {
    return out.text(
      code === "HD"
        ? "HD\r\n"
        : `${code}${code.length === 2 ? describe(flags, key, { binary: flags.has("b") }) : ""}\r\n`,
    );
  }
  const { clock } = context;
  const number = textOf(entry.value).trimEnd();
  let { expiresAt } = entry;
  let text = "";
  for (const word of flags.words) {
    if (word[0] === "T") expiresAt = expiryTime(flags.ttl!, clock);
    else if (word[0] === "N" && created) expiresAt = expiryTime(flags.vivify!, clock);
    else if (word[0] === "t") text += ` t${secondsLeft({ expiresAt }, clock())}`;
    else if ("Okc".includes(word[0]!)) text += describeOne(word, key, { binary: flags.has("b"), entry });
  }
  // Where the number got longer memcached changes the item that was there before, and says so all the same.
  if (!replaced) entry.expiresAt = expiresAt;
  if (flags.has("q") && !created) return;
  out.text(flags.has("v") ? `VA ${number.length}${text}\r\n${number}\r\n` : `HD${text}\r\n`);
}

/** What came of counting: a code, and whether there is a new item, or one in the place of another. */
interface Counted {
  readonly code: string;
  readonly created: boolean;
  readonly replaced: boolean;
}

function countMeta({ key, flags }: MetaCommand, { store, cache }: TextContext): Counted {
  const { delta, cas = 0n, mode, vivify, initial } = flags;
  const old = cache.peek(key);
  const created = vivify !== undefined && old === undefined;
  const options = { delta, cas, ...(vivify === undefined ? {} : { initial }) };
  const failed = (code: string): Counted => ({ code, created: false, replaced: false });
  try {
    const down = mode === "D" || mode === "-";
    const counted = down ? store.decrement(key, options) : store.increment(key, options);
    if (counted === undefined) return failed("NF");
    return { code: "HD", created, replaced: old !== undefined && String(counted.value).length > old.value.length };
  } catch (error) {
    if (!(error instanceof StatusReply)) throw error;
    if (error === EXISTS) return failed("EX");
    return failed(error === OUT_OF_MEMORY ? "SERVER_ERROR out of memory" : NON_NUMERIC_TEXT);
  }
}

/** `me`: shows what is known about an item. */
export function metaDebug(words: readonly string[], out: ReplySink, { cache, clock }: TextContext): void {
  const word = words[1];
  if (word === undefined || word.length > MAX_KEY || words.length > 3) return out.text(`${BAD_LINE}\r\n`);
  const binary = words[2] === "b";
  const key = binary ? readBase64(word) : bytesOf(word);
  if (key === undefined) return out.text(`${BAD_LINE}\r\n`);
  const entry = cache.find(key);
  if (entry === undefined) return out.text("EN\r\n");
  const now = clock();
  const left = secondsLeft(entry, now);
  const shown = entry.binary ? base64Of(key) : textOf(key);
  const la = Math.max(0, Math.floor((now - entry.accessedAt) / 1000));
  out.text(
    `ME ${shown} exp=${left < 0 ? left : -left} la=${la} cas=${entry.cas} ` +
      `fetch=${entry.fetched ? "yes" : "no"} cls=1 size=${entry.size}\r\n`,
  );
}
