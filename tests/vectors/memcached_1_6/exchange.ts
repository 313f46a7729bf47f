/** What was said on one connection to a real server, step by step. */

/** One connection, from its beginning. */
export interface Exchange {
  /** What is shown; unique. */
  readonly name: string;
  /** The arguments that the server was started with, beyond its defaults. */
  readonly server?: readonly string[];
  /** The only version that need answer so: it is a peculiarity, or a number that depends on the build. */
  readonly only?: string;
  /** The server takes the connection for one of the text protocol. */
  readonly speaksText?: true;
  readonly steps: readonly Step[];
}

/** Bytes that go, and all that comes back before more goes. */
export interface Step {
  /** In hexadecimal digits, as in a vector; several frames may go at once, or a part of one. */
  readonly send: string;
  /** The step, counted from 0, in whose answer the CAS is found that the header sent now carries. */
  readonly casOf?: number;
  /** In hexadecimal digits; empty for silence, of which a later step is the proof. */
  readonly receive: string;
  /** The ranges of `receive` that differ from run to run, as offset and length: each a CAS that is not 0. */
  readonly mask?: readonly (readonly [offset: number, length: number])[];
  /** The values of the answer, and their lengths, differ from server to server. */
  readonly valuesVary?: true;
  /**
   * Frames with statistics come before `receive`, whose values differ: their names in order, parted by blanks, or empty where
   * those differ too.
   */
  readonly stats?: string;
  /** The server closes the connection after its answer. */
  readonly closes?: true;
}
