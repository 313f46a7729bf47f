import { expiryTime } from "../expiry.ts";
import { Status } from "../../wire/status.ts";
import { EXISTS, OUT_OF_MEMORY, StatusReply, TOO_LARGE } from "../status_reply.ts";
import { type Entry, itemSize, type StoredItem } from "../stored_item.ts";
import { NO_VERSION } from "../store_write.ts";
import { BAD_LINE, type LongReply, MAX_KEY, type ReplySink, type TextContext } from "./context.ts";
import { readLength } from "./meta_flags.ts";
import { refusalOf } from "./refused_write.ts";
import type { DataBlock } from "./request_reader.ts";
import { bytesOf, readExpiry, readFlags, readInt, readLong } from "./words.ts";

const BAD_EXPIRY = "CLIENT_ERROR invalid exptime argument";
const BAD_DELETE = "CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]";

/** Whether the last word asks for silence. */
export function isQuiet(words: readonly string[]): boolean {
  return words.length > 1 && words[words.length - 1] === "noreply";
}

/** `get`, `gets`, `gat` and `gats`. */
export function retrieve(words: readonly string[], out: ReplySink, context: TextContext): LongReply | undefined {
  const touches = words[0]!.startsWith("gat");
  const withCas = words[0]!.endsWith("s");
  if (words.length < 2) return void out.text("ERROR\r\n");
  const expiry = touches ? readExpiry(words[1]!) : 0;
  if (expiry === undefined) return void out.text(`${BAD_EXPIRY}\r\n`);
  const keys = words.slice(touches ? 2 : 1);
  if (keys.some((key) => key.length > MAX_KEY)) return void out.text(`${BAD_LINE}\r\n`);
  const read = (key: string): void => {
    const item = touches ? touchAndGet(key, expiry, context) : context.store.get(bytesOf(key));
    if (item !== undefined) writeValue(key, item as Entry, { out, withCas, now: context.clock() });
  };
  if (keys.length > 1) return retrieveAll(keys, read, out);
  if (keys.length === 1) read(keys[0]!);
  out.text("END\r\n");
  return undefined;
}

function* retrieveAll(keys: readonly string[], read: (key: string) => void, out: ReplySink): Generator<void> {
  for (const key of keys) {
    read(key);
    yield;
  }
  out.text("END\r\n");
}

function touchAndGet(key: string, expiry: number, { store }: TextContext): StoredItem | undefined {
  const item = store.touch(bytesOf(key), expiry);
  store.counts.cmdGet++;
  if (item === undefined) store.counts.getMisses++;
  else store.counts.getHits++;
  return item;
}

interface ValueOptions {
  readonly out: ReplySink;
  readonly withCas: boolean;
  readonly now: number;
}

function writeValue(key: string, item: Entry, { out, withCas, now }: ValueOptions): void {
  out.text(`VALUE ${key} ${item.flags} ${item.value.length}${withCas ? ` ${item.cas}` : ""}\r\n`);
  out.bytes(item.value);
  out.text("\r\n");
  item.accessedAt = now;
}

/** `set`, `add`, `replace`, `append`, `prepend` and `cas`. */
export function storeValue(words: readonly string[], out: ReplySink, context: TextContext): DataBlock | undefined {
  const command = words[0]!;
  const least = command === "cas" ? 6 : 5;
  if (words.length !== least && words.length !== least + 1) return void out.text("ERROR\r\n");
  const quiet = isQuiet(words);
  const say = (line: string): undefined => void (quiet || out.text(`${line}\r\n`));
  const [, key = "", flagsWord = "", expiryWord = "", lengthWord = "", casWord = ""] = words;
  const flags = readFlags(flagsWord);
  const expiry = readExpiry(expiryWord);
  const length = readLength(lengthWord);
  const cas = command === "cas" ? readLong(casWord) : 0n;
  if (
    key.length > MAX_KEY || flags === undefined || expiry === undefined || length === undefined || cas === undefined
  ) {
    return say(BAD_LINE);
  }
  const keyBytes = bytesOf(key);
  const refusal = refusalOf(context, itemSize(keyBytes.length, length, flags), { key: keyBytes, command, expiry });
  if (refusal !== undefined) {
    const old = command === "set" ? context.cache.find(keyBytes) : undefined;
    if (old !== undefined) context.cache.remove(old);
    say(refusal);
    return { length };
  }
  return {
    length,
    take(value, terminated) {
      if (!terminated) say("CLIENT_ERROR bad data chunk");
      else say(outcome(command, () => write(command, { key: keyBytes, value, flags, expiry, cas }, context)));
    },
  };
}

interface Write {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly flags: number;
  readonly expiry: number;
  readonly cas: bigint;
}

function write(command: string, { key, value, flags, expiry, cas }: Write, { store }: TextContext): void {
  if (command === "set") store.set(key, value, { flags, expiry });
  else if (command === "add") store.add(key, value, { flags, expiry });
  else if (command === "replace") store.replace(key, value, { flags, expiry });
  else if (command === "append") store.append(key, value);
  else if (command === "prepend") store.prepend(key, value);
  // A CAS of 0 is one that no item has.
  else store.set(key, value, { flags, expiry, cas: cas === 0n ? NO_VERSION : cas });
}

function outcome(command: string, act: () => void): string {
  try {
    act();
    return "STORED";
  } catch (error) {
    if (!(error instanceof StatusReply)) throw error;
    if (error === TOO_LARGE) return "SERVER_ERROR object too large for cache";
    if (error === OUT_OF_MEMORY) return "SERVER_ERROR out of memory storing object";
    if (command !== "cas") return "NOT_STORED";
    return error === EXISTS ? "EXISTS" : "NOT_FOUND";
  }
}

/** `delete`. */
export function remove(words: readonly string[], out: ReplySink, { store }: TextContext): void {
  if (words.length < 2 || words.length > 4) return out.text("ERROR\r\n");
  const quiet = words.length > 2 && isQuiet(words);
  const say = (line: string): void => void (quiet || out.text(`${line}\r\n`));
  const [, key = "", third] = words;
  if (words.length === 3 && third !== "0" && !quiet) return say(BAD_DELETE);
  if (words.length === 4 && (third !== "0" || !quiet)) return say(BAD_DELETE);
  if (key.length > MAX_KEY) return say(BAD_LINE);
  say(store.delete(bytesOf(key)) ? "DELETED" : "NOT_FOUND");
}

/** `incr` and `decr`. */
export function count(words: readonly string[], out: ReplySink, { store }: TextContext): void {
  if (words.length !== 3 && words.length !== 4) return out.text("ERROR\r\n");
  const quiet = isQuiet(words);
  const say = (line: string): void => void (quiet || out.text(`${line}\r\n`));
  const [command, key = "", deltaWord = ""] = words;
  if (key.length > MAX_KEY) return say(BAD_LINE);
  const delta = readLong(deltaWord);
  if (delta === undefined) return say("CLIENT_ERROR invalid numeric delta argument");
  const bytes = bytesOf(key);
  try {
    const counted = command === "incr" ? store.increment(bytes, { delta }) : store.decrement(bytes, { delta });
    say(counted === undefined ? "NOT_FOUND" : String(counted.value));
  } catch (error) {
    if (!(error instanceof StatusReply)) throw error;
    const numeric = error.status !== Status.DELTA_BADVAL;
    say(numeric ? "SERVER_ERROR out of memory" : "CLIENT_ERROR cannot increment or decrement non-numeric value");
  }
}

/** `touch`. */
export function touch(words: readonly string[], out: ReplySink, { store, cache, clock }: TextContext): void {
  if (words.length !== 3 && words.length !== 4) return out.text("ERROR\r\n");
  const quiet = isQuiet(words);
  const say = (line: string): void => void (quiet || out.text(`${line}\r\n`));
  const [, key = "", expiryWord = ""] = words;
  if (key.length > MAX_KEY) return say(BAD_LINE);
  const expiry = readExpiry(expiryWord);
  if (expiry === undefined) return say(BAD_EXPIRY);
  const entry = cache.find(bytesOf(key));
  const { counts } = store;
  counts.cmdTouch++;
  if (entry === undefined) {
    counts.touchMisses++;
    return say("NOT_FOUND");
  }
  counts.touchHits++;
  entry.expiresAt = expiryTime(expiry, clock);
  entry.fetched = true;
  cache.use(entry);
  say("TOUCHED");
}

/** `flush_all`. */
export function flush(words: readonly string[], out: ReplySink, { store }: TextContext): void {
  if (words.length > 3) return out.text("ERROR\r\n");
  const quiet = isQuiet(words);
  const say = (line: string): void => void (quiet || out.text(`${line}\r\n`));
  const delay = words.length === (quiet ? 2 : 1) ? 0 : readInt(words[1]!);
  if (delay === undefined) return say(BAD_EXPIRY);
  store.flush(Math.max(0, delay));
  say("OK");
}
