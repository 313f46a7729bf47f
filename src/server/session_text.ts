import type { Session } from "./session.ts";
import type { Answers } from "./answers.ts";
import type { SessionHost } from "./session_host.ts";
import { servedText } from "./text/served_text.ts";
import { TextSession } from "./text/text_session.ts";

/** What a client that speaks text does to its session. */
export interface TextSessionOwner {
  /** The session itself. */
  readonly session: Session;
  /** Whether requests are still read. */
  isOpen(): boolean;
  /** Closes the connection when what was answered has left. */
  finish(): void;
}

/** What reads the requests of a client that speaks text; nothing if the server does not. */
export function beginText(host: SessionHost, answers: Answers, owner: TextSessionOwner): TextSession | undefined {
  const text = servedText(host);
  if (text === undefined) return undefined;
  return new TextSession(
    {
      text: (text) => answers.text(text),
      bytes: (bytes) => answers.bytes(bytes),
      session: owner.session,
      flushSoon: () => answers.flushSoon(),
      close: () => owner.finish(),
      get congested() {
        return answers.congested;
      },
      get open() {
        return owner.isOpen();
      },
    },
    text,
    host.maxQueuedBytes,
  );
}
