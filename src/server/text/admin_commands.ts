import { isQuiet } from "./classic_commands.ts";
import { BAD_LINE, type ReplySink, type TextContext } from "./context.ts";
import { readInt } from "./words.ts";

/** `verbosity`. */
export function setVerbosity(words: readonly string[], out: ReplySink, { store, options }: TextContext): void {
  if (words.length < 2 || words.length > 3) return out.text("ERROR\r\n");
  const quiet = isQuiet(words);
  const level = readInt(words[1]!);
  if (level === undefined || level < 0) return quiet ? undefined : out.text(`${BAD_LINE}\r\n`);
  store.verbosity = level;
  options.onVerbosity?.(level);
  if (!quiet) out.text("OK\r\n");
}

/** `shutdown`, which is refused unless somebody takes it. */
export function shutDown(words: readonly string[], out: ReplySink, { options: { onShutdown } }: TextContext): void {
  if (onShutdown === undefined) return out.text("ERROR: shutdown not enabled\r\n");
  const graceful = words.length === 2 && words[1] === "graceful";
  if (words.length > 1 && !graceful) return out.text("CLIENT_ERROR invalid shutdown mode\r\n");
  out.close();
  onShutdown(graceful);
}
