/** What the client contract is run on, and what its tests have in common. */
import { deadline } from "@std/async";
import { assertEquals, assertInstanceOf } from "@std/assert";
import { type Client, Connection, type ConnectOptions } from "../../mod.ts";
import { Router } from "../../src/cluster/router.ts";
import { Link } from "../../src/link/link.ts";
import { Pool } from "../../src/link/pool.ts";
import { test } from "../support/test.ts";

/** A server of one test's own. */
export interface OwnServer extends AsyncDisposable {
  /** Connects to it. */
  connect(options?: ConnectOptions): Promise<Client>;
}

/** A client with a server behind it, to be tested. */
export interface ClientSubject {
  /** What its tests are called after; no two subjects of one server have the same. */
  readonly name: string;
  /** What the server is, for the few things in which they differ. */
  readonly kind: "memcached" | "embedded";
  /** What the client speaks to it, for the few things in which protocols differ; binary by default. */
  readonly protocol?: "meta" | "text";
  /** How many servers are behind the client, each with versions of its own; 1 by default. */
  readonly servers?: number;
  /** Connects to the server that all tests of the subject share. */
  connect(options?: ConnectOptions): Promise<Client>;
  /** Starts a server that one test has for itself. */
  own(): Promise<OwnServer>;
  /** Asks the server by another way how many seconds an item has left: −1 for ever, `undefined` when it is gone. */
  secondsLeft?(key: string): Promise<number | undefined>;
}

/** Any class of errors. */
// deno-lint-ignore no-explicit-any -- whatever they are made with.
export type ErrorClass = new (...args: any[]) => Error;

/** What a test of the contract is given. */
export interface ClientScene {
  /** A client of its own, which must be in good health at the end. */
  readonly client: Client;
  /** Makes a key that no other test uses. */
  readonly key: (name: string) => string;
  /** The version that a write or a touch told; over classic text, which tells none, that which the item has now. */
  readonly told: (key: string, result: { readonly cas: bigint }) => Promise<bigint>;
  /** The subject. */
  readonly subject: ClientSubject;
}

/** A test that hangs says so after this time, in ms. */
const HANG = 60_000;

/** No call of the contract may fail because a machine is busy: only those that are about time say how long they take. */
const PATIENT: ConnectOptions = { timeout: 30_000, connectTimeout: 30_000 };

let scenes = 0;

/** Registers a test; sees that its connection is still good and owes nothing when the test is over. */
export function clientTest(
  subject: ClientSubject,
  name: string,
  run: (scene: ClientScene) => Promise<void>,
  options: ConnectOptions = {},
): void {
  const prefix = `${subject.name.replaceAll(" ", "-")}-${scenes++}`;
  const key = (word: string) => `${prefix}-${word}`;
  limitedTest(`${subject.name} client ${name}`, async () => {
    await using client = await subject.connect({ ...PATIENT, ...options });
    const told = async (name: string, { cas }: { readonly cas: bigint }) => {
      if (subject.protocol !== "text") return cas;
      assertEquals(cas, 0n);
      return (await client.get(name))?.cas ?? -1n;
    };
    await run({ client, key, told, subject });
    await client.noop();
    for (const { state, inFlight } of connectionsOf(client)) assertEquals([state, inFlight], ["open", 0]);
  });
}

/** Registers a test that has a server for itself. */
export function ownServerTest(
  subject: ClientSubject,
  name: string,
  run: (connect: (options?: ConnectOptions) => Promise<Client>) => Promise<void>,
): void {
  limitedTest(`${subject.name} client ${name}`, async () => {
    await using server = await subject.own();
    await run((options = {}) => server.connect({ ...PATIENT, ...options }));
  });
}

/** Registers a test that fails when it hangs. */
export function limitedTest(name: string, run: () => Promise<void>): void {
  test(name, () => deadline(run(), HANG));
}

/** The connection below a client of one server. */
export function connectionOf(client: Client): Connection {
  const [connection, ...others] = connectionsOf(client);
  assertInstanceOf(connection, Connection);
  assertEquals(others, []);
  return connection;
}

/** The connections below a client. */
export function connectionsOf(client: Client): Connection[] {
  const { caller } = client;
  const callers = caller instanceof Router ? caller.shards.shards.map(({ caller }) => caller) : [caller];
  return callers.map((caller) => {
    const connection = connectionBelow(caller);
    assertInstanceOf(connection, Connection);
    return connection;
  });
}

/** The connection that a caller of one server uses, or used last; of a pool the first. */
function connectionBelow(caller: unknown): unknown {
  if (caller instanceof Link) return caller.connection;
  return caller instanceof Pool ? caller.connections[0] : caller;
}

/** The names of the requests that leave while a function runs. */
export async function sentDuring(client: Client, run: () => Promise<unknown>): Promise<number[]> {
  const opcodes: number[] = [];
  const stop = client.watchFrames({ sent: (frame) => void opcodes.push(frame.opcode) });
  try {
    await run();
  } finally {
    stop();
  }
  return opcodes;
}

/** Asks again and again until the answer is as wanted; a test that waits in vain hangs and so fails. */
export async function until(wanted: () => Promise<boolean>): Promise<void> {
  while (!await wanted()) await new Promise((resolve) => setTimeout(resolve, 25));
}

/** What a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("Expected a rejection");
}

/** Bytes that differ with their place and with the seed. */
export function patterned(size: number, seed: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  let state = (seed + 1) * 2654435761;
  for (let i = 0; i < size; i++) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + i;
    bytes[i] = state >>> 11;
  }
  return bytes;
}

/** UTF-8. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
