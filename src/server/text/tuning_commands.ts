import { isQuiet } from "./classic_commands.ts";
import { BAD_LINE, type ReplySink, type TextContext } from "./context.ts";
import { readInt, readReal } from "./words.ts";

const MEBIBYTE = 1024 * 1024;

/** The highest class of sizes that memcached may have. */
export const MAX_CLASS = 63;

/** `slabs`: pages cannot be moved here, since there is one class of sizes only. */
export function slabs(words: readonly string[], out: ReplySink, context: TextContext): void {
  const [, command, first = "", second = ""] = words;
  if (command === "reassign" && words.length === 4) return reassign(first, second, out);
  if (command !== "automove" || words.length < 3) return out.text("ERROR\r\n");
  const line = automove(words, context);
  if (!isQuiet(words)) out.text(`${line}\r\n`);
}

function reassign(from: string, to: string, out: ReplySink): void {
  const source = readInt(from);
  const target = readInt(to);
  if (source === undefined || target === undefined) return out.text(`${BAD_LINE}\r\n`);
  out.text(`${movePage(source, target)}\r\n`);
}

function movePage(source: number, target: number): string {
  if (source === target) return "SAME src and dst class are identical";
  const known = source >= 0 && source <= MAX_CLASS && target >= 0 && target <= MAX_CLASS;
  return known ? "NOSPARE source class has no spare pages" : "BADCLASS invalid src or dst class id";
}

function automove(words: readonly string[], { tuning }: TextContext): string {
  const [, , word = "", ratioWord] = words;
  if (word === "ratio") {
    const ratio = ratioWord === undefined ? undefined : readReal(ratioWord);
    if (ratio === undefined) return "ERROR";
    tuning.automoveRatio = ratio;
    return "OK";
  }
  const level = readInt(word);
  if (level === undefined || level < 0) return BAD_LINE;
  if (level > 2) return "ERROR";
  tuning.automove = level;
  return "OK";
}

/** `lru`: kept, and told by `stats settings`; what has not been used for longest goes first in any case. */
export function lru(words: readonly string[], out: ReplySink, { tuning }: TextContext): void {
  const quiet = isQuiet(words);
  const say = (line: string): void => void (quiet || out.text(`${line}\r\n`));
  const [, command, word = ""] = words;
  if (command === "tune" && words.length >= 6) return say(tune(words, tuning));
  if (words.length < 3) return say("ERROR");
  if (command === "mode" && (word === "flat" || word === "segmented")) {
    tuning.segmented = word === "segmented";
    return say("OK");
  }
  const seconds = command === "temp_ttl" ? readInt(word) : undefined;
  if (seconds === undefined) return say("ERROR");
  tuning.temporaryTtl = seconds < 0 ? undefined : seconds;
  say("OK");
}

function tune([, , ...words]: readonly string[], tuning: TextContext["tuning"]): string {
  const [hot, warm] = words.slice(0, 2).map((word) => /^\+?\d+$/.test(word) ? Number(word) : undefined);
  const [hotFactor, warmFactor] = words.slice(2, 4).map(readReal);
  if (hot === undefined || warm === undefined || hotFactor === undefined || warmFactor === undefined) return "ERROR";
  if (hot + warm > 80) return "ERROR hot and warm pcts must not exceed 80";
  if (hotFactor <= 0 || warmFactor <= 0) return "ERROR hot/warm age factors must be greater than 0";
  Object.assign(tuning, { hotPercent: hot, warmPercent: warm, hotFactor, warmFactor });
  return "OK";
}

/** `cache_memlimit`: how many mebibytes all items may take. */
export function limitMemory(words: readonly string[], out: ReplySink, { cache }: TextContext): void {
  const quiet = isQuiet(words);
  const say = (line: string): void => void (quiet || out.text(`${line}\r\n`));
  if (words.length < 2 || words.length > 3) return say("ERROR");
  const word = words[1]!;
  if (!/^\+?\d{1,20}$/.test(word)) return say("ERROR");
  const megabytes = Number(BigInt.asUintN(32, BigInt(word.replace("+", ""))));
  if (megabytes < 8) return say("MEMLIMIT_TOO_SMALL cannot set maxbytes to less than 8m");
  // More than any machine has.
  if (megabytes > 1_000_000_000) return say("MEMLIMIT_ADJUST_FAILED input value is megabytes not bytes");
  cache.memoryLimit = megabytes * MEBIBYTE;
  say("OK");
}
