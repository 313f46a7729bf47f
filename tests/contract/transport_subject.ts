/** What the transport contract is run on, and the pair of connected transports that most of its tests need. */
import { readFileSync } from "node:fs";
import { deadline } from "@std/async";
import type { Address, Dial, Listen, Listener, Transport } from "../../src/transport/transport.ts";
import { test } from "../support/test.ts";

/** The ways to connect. */
export type Kind = "tcp" | "unix" | "tls";

/** A transport to be tested. */
export interface Subject {
  /** What its tests are called after. */
  readonly name: string;
  /** Its dial. */
  readonly dial: Dial;
  /** Its listen. */
  readonly listen: Listen;
  /** A free address to listen on and then to dial; `undefined` where there is no such kind. */
  readonly address: (kind: Kind) => Address | undefined;
  /** Whether it opens sockets of the system, so that another implementation can be at the other end. */
  readonly sockets: boolean;
  /** Whether what it dials reads into the room that the sink gives. */
  readonly room: (kind: Kind) => boolean;
  /** Whether the runtime keeps the socket of a handshake that was given up until the server closes it. */
  readonly keepsHandshake?: boolean;
}

/** Two connected transports. */
export interface Pair {
  /** The side that dialled. */
  readonly client: Transport;
  /** The side that was accepted. */
  readonly server: Transport;
  /** The listener between them. */
  readonly listener: Listener;
  /** What was dialled. */
  readonly address: Address;
}

/** More than the buffers of a socket hold on both sides, so that writing it cannot end while nobody reads. */
export const FLOOD: number = 32 * 1024 * 1024;
/** A test that hangs says so after this time, in ms. */
const HANG = 60_000;

/** A file of the test certificates; tests run in the root of the repository. */
export function pem(name: string): string {
  return readFileSync(`tests/vectors/tls/${name}.pem`, "utf8");
}

/** The certificate of the test server. */
export const SERVER_TLS: { readonly cert: string; readonly key: string } = {
  cert: pem("server"),
  key: pem("server_key"),
};

/** Listens on a new address of a kind. */
export function listenOn(subject: Subject, kind: Kind, accept: (transport: Transport) => void): Promise<Listener> {
  const address = subject.address(kind);
  if (address === undefined) throw new Error(`${subject.name} has no ${kind}`);
  return subject.listen(address, accept, kind === "tls" ? { tls: SERVER_TLS } : {});
}

/** The address of a listener, as a client must dial it. */
export function toDial({ address }: Listener, kind: Kind): Address {
  return kind === "tls" && "port" in address ? { ...address, tls: { caCerts: [pem("ca")] } } : address;
}

/** Registers a test that may use a pair; closes it afterwards and sees that everything is freed. */
export function pairTest(
  subject: Subject,
  kind: Kind,
  what: { name: string; run: (pair: Pair) => Promise<void> },
): void {
  limitedTest(`${subject.name} ${kind} ${what.name}`, async () => {
    let accept: (transport: Transport) => void = () => {};
    const accepted = new Promise<Transport>((resolve) => accept = resolve);
    const listener = await listenOn(subject, kind, accept);
    const address = toDial(listener, kind);
    const client = await subject.dial(address);
    const server = await accepted;
    try {
      await what.run({ client, server, listener, address });
    } finally {
      client.close();
      server.close();
      listener.close();
      await Promise.all([client.closed, server.closed, listener.closed]);
    }
  });
}

/** Registers a test that fails when it hangs. */
export function limitedTest(name: string, run: () => Promise<void>): void {
  test(name, () => deadline(run(), HANG));
}

/** Lets everything that is under way in this process happen: several turns of timers and sockets. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
}

/** Bytes that differ at every offset that matters: the same for the same seed. */
export function pattern(size: number, seed: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(size / 4));
  let state = seed;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return new Uint8Array(words.buffer, 0, size);
}

/** SHA-256 as text. */
export async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
