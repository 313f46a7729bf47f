/** What every client looks like to the load: its own API and nothing around it. */
export interface Subject<Reply = unknown, Value = unknown, Many = unknown> {
  /** A value of some bytes, in the form that the client takes best. */
  value(size: number): Value;
  /** Stores a value; rejects or resolves to `false` when it could not. */
  set(key: string, value: Value): Promise<unknown>;
  /** Reads a value. */
  get(key: string): Promise<Reply>;
  /** Bytes of the value in a reply, -1 for a miss. */
  lengthOf(reply: Reply): number;
  /** Reads many values by one call; left out by a client that cannot. */
  getMany?(keys: string[]): Promise<Many>;
  /** How many values of that many bytes are in a reply. */
  countOf?(reply: Many, size: number, keys: readonly string[]): number;
  /** What was counted since the last call, for a subject that counts. */
  counters?(): Record<string, number>;
  /** Ends the connection. */
  close(): void | Promise<void>;
}

/** Makes a client that is connected to a server on 127.0.0.1. */
export type Start<S = Subject> = (port: number) => S | Promise<S>;
