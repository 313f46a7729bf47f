/** Recorded text said again to a server, and its answers compared with what was recorded. */

import { assert, assertEquals } from "@std/assert";
import { Answers } from "../../src/text/answers.ts";
import { ReplySplitter } from "../../src/text/reply_splitter.ts";
import type { TextExchange, TextStep } from "../vectors/text_recorded.ts";
import type { Wire } from "../vectors/wire.ts";
import { answersNamed, fromLatin1, latin1, plainOf, plainReplies, type PlainReply } from "./text_wire.ts";

/** How a replay goes. */
export interface TextReplayOptions {
  /** Whether the server is of the version that was recorded; of others only the first words are compared. */
  readonly exact: boolean;
  /** The bytes of a step, in the pieces that they are sent in; whole by default. */
  readonly cut?: (bytes: Uint8Array) => readonly Uint8Array[];
  /** Whether the server moves items about while it lists them: a dump may then leave some out, and has no order. */
  readonly restless?: boolean;
  /** Waits for what the server does behind its answer to a step. */
  readonly settled?: (step: TextStep) => Promise<void>;
}

/** Plays an exchange from its beginning. */
export async function replayText(
  { name, steps }: TextExchange,
  wire: Wire,
  { exact, cut = (bytes) => [bytes], restless = false, settled }: TextReplayOptions,
): Promise<void> {
  let cas: string | undefined;
  for (const step of steps.filter(({ peculiar }) => exact || peculiar !== true)) {
    const splitter = new ReplySplitter({ expected: answersNamed(step.expect) });
    const send = step.cas === undefined ? step.send : step.send.replace(`${step.cas}`, cas!);
    const ask = async (): Promise<void> => {
      for (const piece of cut(latin1(send))) await wire.write(piece);
    };
    await ask();
    if (step.closes === true) return assertEquals(await readToEnd(wire), step.receive, name);
    const show = exact ? steady : ({ line }: PlainReply) => line.split(" ")[0]!;
    const expected = plainReplies(step.receive).map(show);
    const dumps = restless && isDump(step);
    let replies = await readReplies(step, splitter, { wire, toLast: dumps });
    while (dumps && !equalSets(replies.map(show), expected)) {
      await ask();
      replies = await readReplies(step, splitter, { wire, toLast: dumps });
    }
    if (step.varies !== true && !dumps) assertEquals(replies.map(show), expected, `${name}: ${send.slice(0, 60)}`);
    assertEquals([splitter.pending, fromLatin1(splitter.rest())], [0, ""]);
    cas = casIn(replies) ?? cas;
    await settled?.(step);
  }
  // Whatever should not have come stands before its answer.
  await wire.write(latin1("version\r\n"));
  const splitter = new ReplySplitter({ expected: Answers.VERSION });
  const [reply] = splitter.split(await readChunk(wire, name));
  assert(reply?.name === "VERSION" || reply?.text === "CLIENT_ERROR unauthenticated", `${name}: ${reply?.text}`);
}

/** The next bytes, which must come. */
export async function readChunk(wire: Wire, doing: string): Promise<Uint8Array> {
  const chunk = await wire.read();
  if (chunk === undefined) throw new Error(`${doing}: the connection closed, or was silent for too long`);
  return chunk;
}

async function readToEnd(wire: Wire): Promise<string> {
  let heard = "";
  for (let chunk = await wire.read(); chunk !== undefined; chunk = await wire.read()) heard += fromLatin1(chunk);
  return heard;
}

function isDump({ expect, receive }: TextStep): boolean {
  return expect === "LINES" && receive.endsWith("END\r\n");
}

function equalSets(lines: readonly string[], others: readonly string[]): boolean {
  return lines.toSorted().join("\n") === others.toSorted().join("\n");
}

/** Reads as many lines as were recorded; of those whose number differs, up to the last of the reply. */
async function readReplies(
  step: TextStep,
  splitter: ReplySplitter,
  { wire, toLast }: { readonly wire: Wire; readonly toLast: boolean },
): Promise<PlainReply[]> {
  const replies: PlainReply[] = [];
  const count = plainReplies(step.receive).length;
  let last = count === 0;
  while (step.varies === true || toLast ? !last : replies.length < count) {
    splitter.push(await readChunk(wire, step.send), (reply) => {
      replies.push(plainOf(reply));
      last = reply.last;
    });
  }
  return replies;
}

/** What is the same in every run: neither versions nor times. */
function steady({ line, value }: PlainReply): string {
  const masked = line.replace(/^(VALUE \S+ \d+ \d+) \d+$/, "$1 #").replace(/(?<= )([clt])\d+\b/g, "$1#")
    .replace(/\b(cas|la)=\d+/g, "$1=#").replace(/ exp=-(999|1000)\b/, " exp=#");
  return value === undefined ? masked : `${masked}\n${value}`;
}

/** The version of an item that a reply tells. */
function casIn(replies: readonly PlainReply[]): string | undefined {
  const found = replies.map(({ line }) => /^VALUE \S+ \d+ \d+ (\d+)$| c(\d+)\b/.exec(line)).findLast((match) =>
    match !== null
  );
  return found?.[1] ?? found?.[2];
}
