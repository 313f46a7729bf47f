/** Random commands of the text protocols, good and bad, for two servers. */

import type { Random } from "./random.ts";

/** A command with its block; `{cas}` stands where each server has a number of its own. */
export interface RandomCommand {
  readonly text: string;
  /** Whether it counts with an item, which must not be under way to the client. */
  readonly counts: boolean;
  /** Whether it reads items. */
  readonly reads: boolean;
}

const KEYS = ["a", "b", "c", "foo", "bar", "counter", "k:1", "k\xe4", "k%+", "x".repeat(250)];
const BASE64 = ["Zm9v", "YmFy", "YQ==", "AP/+", "/wAg", "azox", "Zm9", "===="];
// Of 2^63 and more memcached looks for a minus sign in what lies behind the value.
const VALUES = ["", "1", "7", "15", "100", "9000000000000000000", "abc", "-5", " 3", "12 ", "x".repeat(300), "a\r\nb"];
/** To put before or behind a value: no large numbers, and no blanks alone, behind which memcached reads on in what lay there. */
const PIECES = ["", "abc", "7", "x".repeat(300), "a\r\nb"];
const EXPIRIES = ["0", "0", "0", "1000", "-1", "x", "2592000", "4000000000", "2147483647", "99999999999"];
const FLAGS = ["0", "0", "5", "4294967295", "4294967296", "-1", "x"];
const DELTAS = ["1", "5", "0", "1000000000000", "18446744073709551616", "-1", "x"];
/**
 * None of them reads with a key that is too long, at which memcached forgets the replies that it has yet to send; none changes how
 * memcached goes on, and none is answered by how much of a batch was read at once, as `watch` is.
 */
const ODD = [
  "get",
  "gat 0",
  "",
  " ",
  "m",
  "mz k",
  "mg",
  "ms",
  "md",
  "ma",
  "me",
  "ms a",
  "ms a x",
  "ms a -1",
  "mn x y",
  "nonsense",
  "GET a",
  "set",
  "set a 0 0",
  "add a 0 0 x",
  "delete",
  "delete a 5",
  "delete a 0 0",
  "incr a",
  "touch a",
  "version",
  "version noreply",
  "verbosity",
  "verbosity x",
  "verbosity 1",
  "verbosity 1 noreply",
  "verbosity 1 2 3",
  "flush_all x",
  "flush_all 1 2 3",
  "stats nonsense",
  "stats sizes",
  "stats detail",
  "stats detail x",
  "stats cachedump 1",
  "stats cachedump 999 0",
  "stats extstore",
  "stats settingsx",
  "shutdown",
  "lru_crawler",
  "lru_crawler enable x",
  "lru_crawler metadump 1 2",
  "lru_crawler sleep x",
  "lru_crawler sleep 100",
  "lru_crawler sleep 9000000",
  "lru_crawler tocrawl -1",
  "lru_crawler tocrawl 7",
  "slabs reassign 1 1",
  "slabs reassign 0 900",
  "slabs reassign 1 x",
  "slabs automove 0",
  "slabs automove 7",
  "slabs automove 0 noreply",
  "lru tune 10 20 0.1 2.0",
  "lru tune 90 20 0.1 2.0",
  "lru temp_ttl x",
  "cache_memlimit 1",
  "cache_memlimit 256",
  "cache_memlimit 256 noreply",
  "cache_memlimit x",
  "refresh_certs",
  "verbosity -1",
  "set a 0 0 -1",
  `set ${"x".repeat(251)} 0 0 1`,
  `ms ${"x".repeat(251)} 1`,
  `get ${"nobody ".repeat(400)}a`,
  "me a b c",
  `mg nobody O${"o".repeat(32)}`,
  `mg nobody O${"o".repeat(31)}`,
  `md nobody O${"o".repeat(32)}`,
  `md ${"x".repeat(251)}`,
  `touch ${"x".repeat(251)} 0`,
  `incr ${"x".repeat(251)} 1`,
  `mg ${"x".repeat(251)} v`,
  `mg a ${"v ".repeat(20)}`,
  "mg a k O1 b c d",
  `mg a ${[..."bcfhklOqstuvIPL"].join(" ")} MI C0`,
];

/** The next command of either protocol. */
export function randomCommand(random: Random): RandomCommand {
  return random.int(5) < 2 ? randomClassic(random) : randomMeta(random);
}

/** The next classic command, or one that is none. */
export function randomClassic(random: Random): RandomCommand {
  return described(random.int(12) === 0 ? `${random.pick(ODD)}\r\n` : classic(random));
}

/** The next meta command, or one that is none. */
export function randomMeta(random: Random): RandomCommand {
  return described(random.int(20) === 0 ? `${random.pick(ODD)}\r\n` : meta(random));
}

function described(text: string): RandomCommand {
  const word = text.slice(0, 4);
  return { text, counts: /^(incr|decr|ma |appe|prep)/.test(word), reads: /^(get|gat|mg)/.test(word) };
}

/** One byte for itself is too much for an item of memcached. */
const TOO_LARGE = "x".repeat(1024 * 1024);

function classic(random: Random): string {
  if (random.int(1500) === 0) {
    const command = random.pick(["set", "add", "replace", "append"]);
    const quiet = random.pick(["", " noreply"]);
    return `${command} ${random.pick(KEYS)} 0 0 ${TOO_LARGE.length}${quiet}\r\n${TOO_LARGE}\r\n`;
  }
  const key = random.pick(KEYS);
  const quiet = random.int(6) === 0 ? " noreply" : "";
  const command = random.pick(["set", "set", "add", "replace", "append", "prepend"]);
  const value = random.pick(command.endsWith("pend") ? PIECES : VALUES);
  const head = () => `${key} ${random.pick(FLAGS)} ${random.pick(EXPIRIES)} ${value.length}`;
  // A block that is not where the line says leaves both to read on inside of it.
  const end = random.int(25) === 0 ? "xx\r\n" : "\r\n";
  switch (random.int(12)) {
    case 0:
    case 1:
    case 2:
      return `${command} ${head()}${quiet}\r\n${value}${end}`;
    case 3:
      return `cas ${head()} ${random.pick(["{cas}", "{cas}", "0", "1", "x"])}${quiet}\r\n${value}\r\n`;
    case 4:
    case 5:
      return `${random.pick(["get", "gets"])} ${random.pick(KEYS)} ${key}\r\n`;
    case 6:
      return `${random.pick(["gat", "gats"])} ${random.pick(EXPIRIES)} ${key} ${random.pick(KEYS)}\r\n`;
    case 7:
      return `${random.pick(["incr", "decr"])} ${key} ${random.pick(DELTAS)}${quiet}\r\n`;
    case 8:
      return `touch ${key} ${random.pick(EXPIRIES)}${quiet}\r\n`;
    case 9:
      return `delete ${key}${random.pick(["", " 0"])}${quiet}\r\n`;
    case 10:
      return random.int(8) === 0 ? `flush_all${quiet}\r\n` : `get ${key}\r\n`;
    default:
      return `${random.pick(["incr", "decr"])} ${key} 1\r\n`;
  }
}

function meta(random: Random): string {
  if (random.int(1500) === 0) {
    const flags = random.pick(["", " q k", " ME", " MA c", " T0 O1"]);
    return `ms ${random.pick(KEYS)} ${TOO_LARGE.length}${flags}\r\n${TOO_LARGE}\r\n`;
  }
  const binary = random.int(5) === 0;
  const key = random.pick(binary ? BASE64 : KEYS);
  const flags: string[] = binary ? ["b"] : [];
  const add = (...choices: string[]) => flags.push(random.pick(choices));
  const common = random.int(3);
  if (common > 0) add("k", "c", `O${random.int(100)}`, "q", "k");
  if (random.int(15) === 0) add("y", "k", "Tx", "Cx", "M", "MM", "I", "P", "L", "F3", "D2", "J7");
  const ttl = () => random.pick(["0", "1000", "-1", "2000", "4000000000"]);
  const words = () => shuffled(random, flags).map((flag) => ` ${flag}`).join("");
  switch (random.int(11)) {
    case 0:
    case 1:
    case 2:
    case 3: {
      for (let left = random.int(5); left > 0; left--) {
        add(
          "v",
          "v",
          "s",
          "t",
          "f",
          "h",
          "l",
          "u",
          "c",
          `T${ttl()}`,
          `N${ttl()}`,
          `R${random.pick(["0", "500", "1500", "3000"])}`,
        );
      }
      return `mg ${key}${words()}\r\n`;
    }
    case 4:
    case 5:
    case 6: {
      if (random.int(2) === 0) add(`T${ttl()}`);
      if (random.int(2) === 0) add("ME", "MA", "MP", "MR", "MS", "Mx", "Me");
      if (random.int(2) === 0) add(`F${random.pick(FLAGS)}`);
      if (random.int(3) === 0) add("C{cas}", "C{cas}", "C0", "C1", "I");
      if (random.int(4) === 0) flags.push("I");
      const value = random.pick(flags.some((flag) => /^M[AP]/.test(flag)) ? PIECES : VALUES);
      return `ms ${key} ${value.length}${words()}\r\n${value}${random.int(30) === 0 ? "xx\r\n" : "\r\n"}`;
    }
    case 7:
    case 8: {
      if (random.int(2) === 0) add("I");
      if (random.int(3) === 0) add(`T${ttl()}`);
      if (random.int(4) === 0) add("C{cas}", "C0", "C1");
      return `md ${key}${words()}\r\n`;
    }
    case 9: {
      for (let left = random.int(4); left > 0; left--) {
        add(
          "v",
          "t",
          "c",
          `N${ttl()}`,
          "J5",
          `D${random.pick(DELTAS)}`,
          `T${ttl()}`,
          "MI",
          "MD",
          "M+",
          "M-",
          "Mi",
          "C{cas}",
          "C1",
        );
      }
      return `ma ${key}${words()}\r\n`;
    }
    default:
      return `me ${key}${binary ? " b" : ""}\r\n`;
  }
}

function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const rest = [...items];
  const result: T[] = [];
  while (rest.length > 0) result.push(...rest.splice(random.int(rest.length), 1));
  return result;
}
