/** What was said on one connection to memcached 1.6.18, step by step. In all texts a character is a byte. */

/** One connection, from its beginning. The keys of an exchange are its own. */
export interface TextExchange {
  /** What is shown; unique. */
  readonly name: string;
  /** The arguments that the server was started with, beyond its defaults; `AUTH_FILE` is a file with `ada:lovelace`. */
  readonly server?: readonly string[];
  /** Nothing else was on the server. */
  readonly ownServer?: true;
  readonly steps: readonly TextStep[];
}

/** Bytes that go, and all that comes back before more goes. */
export interface TextStep {
  /** Which of `Answers` each reply is one of; several are parted by `|`. */
  readonly expect: string;
  readonly send: string;
  readonly receive: string;
  /** The version in `send` that came with the reply before, and differs from run to run. */
  readonly cas?: string;
  /** The numbers and the count of lines differ from run to run. */
  readonly varies?: true;
  /** Other versions answer something else. */
  readonly peculiar?: true;
  /** The server closes the connection after its answer. */
  readonly closes?: true;
}
