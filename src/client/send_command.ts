import { ConnectionError, TimeoutError } from "../errors.ts";
import { TEXT_VERSION } from "../text/admin.ts";
import { Answers } from "../text/answers.ts";
import { answersOf, RAW } from "../text/raw_command.ts";
import { ReplySplitter } from "../text/reply_splitter.ts";
import { TextCode } from "../text/text_code.ts";
import type { TextReply } from "../text/text_reply.ts";
import type { Bytes } from "../text/text_writer.ts";
import { Intake } from "./intake.ts";
import { commandBytes, concat, openSide, type ServerAddress, type SideOptions } from "./side_connection.ts";

/** What {@linkcode sendCommand} takes beside the line. */
export interface CommandOptions extends SideOptions {
  /** The value of a command that stores one; the line must say its length. */
  readonly value?: Bytes;
  /** How long the reply may take, in milliseconds; 1000 by default, 0 for ever. */
  readonly timeout?: number;
}

/** After these a server closes the connection, and says nothing if all is well. */
const LAST_WORDS = /^\s*(quit|shutdown)\b/;

/** How many lines may wait before the server is made to wait. */
const LIMIT = 1024;

/**
 * Sends any command of the text protocols over a connection of its own, and resolves to its whole reply, line by line: one line for
 * most, all up to `END` for what lists something, none for `noreply`, `quit` and `shutdown`. The last line may be an error line.
 *
 * Nothing that is passed can be a second command. Rejects with a `TypeError` for a line that has control bytes, is `watch` or a quiet
 * meta command, or does not fit its value; with a {@linkcode TimeoutError} if the reply does not end in time, a
 * {@linkcode ConnectionError} if the connection ends before it, a {@linkcode ProtocolError} for what cannot be a reply.
 *
 * @example
 * ```ts
 * import { MemoryStore, Server } from "@memwire/memwire/server";
 * import { sendCommand } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = new Server();
 * new MemoryStore().register(server);
 * const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
 * const [stored] = await sendCommand(address, "set greeting 0 0 5", { value: "hello" });
 * const [value, end] = await sendCommand(address, "get greeting");
 * assertEquals([stored?.text, value?.text, end?.text], ["STORED", "VALUE greeting 0 5", "END"]);
 * ```
 */
export async function sendCommand(
  server: ServerAddress,
  line: string,
  options: CommandOptions = {},
): Promise<TextReply[]> {
  const { value, timeout = 1000, signal } = options;
  if (!(timeout >= 0)) throw new RangeError(`Cannot use a timeout of ${timeout}: it is milliseconds, 0 for ever`);
  const expected = answersOf(line);
  const command = commandBytes(RAW, value === undefined ? { line } : { line, value });
  const parting = LAST_WORDS.test(line);
  // What is not answered is followed by something that is, to know that it was read.
  const silent = expected === Answers.NOTHING && !parting;
  const bytes = silent ? concat([command, commandBytes(TEXT_VERSION, {})]) : command;
  const { transport } = await openSide(server, options, () => Promise.resolve());
  const what = `send "${line.trim().split(" ").slice(0, 2).join(" ").slice(0, 80)}"`;
  const deadline = new AbortController();
  const timer = timeout === 0 ? undefined : setTimeout(() => {
    const words = `Cannot ${what}: ${transport.peer} did not end its reply in ${timeout} ms`;
    deadline.abort(new TimeoutError(words, { sent: true }));
  }, timeout);
  const splitter = new ReplySplitter({ expected: silent ? Answers.VERSION : parting ? Answers.OK : expected });
  const intake = new Intake<TextReply>(transport, {
    what,
    read: (chunk, give) => {
      let over = false;
      splitter.push(chunk, (reply) => {
        give(reply.clone());
        over = silent ? reply.code === TextCode.VERSION : reply.last;
        if (over) splitter.stop();
      });
      return over;
    },
    limit: LIMIT,
    timeout: 0,
    signal: signal === undefined ? deadline.signal : AbortSignal.any([signal, deadline.signal]),
  });
  const replies: TextReply[] = [];
  try {
    await transport.write(bytes);
    for (let some = await intake.take(); some !== undefined; some = await intake.take()) replies.push(...some);
  } catch (error) {
    if (!(parting && error instanceof ConnectionError)) throw error;
  } finally {
    clearTimeout(timer);
    intake.close();
  }
  // The answer to what was sent behind it is none of the command's.
  return silent ? replies.slice(0, -1) : replies;
}
