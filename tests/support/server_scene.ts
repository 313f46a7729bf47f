/** A server of a test's own with clients in memory, which speak in raw frames. */

import {
  type ErrorContext,
  MemoryStore,
  type MemoryStoreOptions,
  Server,
  type ServerOptions,
} from "../../src/server.ts";
import { memoryPair } from "../../src/transport/memory.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { Talk } from "../contract/conformance_talk.ts";
import { wireOf } from "./transport_wire.ts";

/** A server, and what it reported. */
export class ServerScene implements AsyncDisposable {
  /** The server. */
  readonly server: Server;
  /** What came to its `onError`. */
  readonly errors: { error: unknown; context: ErrorContext }[] = [];

  /** Makes a server without handlers. */
  constructor(options: ServerOptions = {}) {
    this.server = new Server({ ...options, onError: (error, context) => void this.errors.push({ error, context }) });
  }

  /** Makes a server that answers from a store. */
  static withStore(options: MemoryStoreOptions = {}, serverOptions: ServerOptions = {}): ServerScene {
    const scene = new ServerScene(serverOptions);
    new MemoryStore(options).register(scene.server);
    return scene;
  }

  /** Connects a client. */
  connect(): Talk {
    return new Talk(wireOf(this.connectTransport()));
  }

  /** Connects a client that is not started; the server's end may be wrapped. */
  connectTransport(wrap: (transport: Transport) => Transport = (transport) => transport): Transport {
    const [client, peer] = memoryPair();
    this.server.serve(wrap(peer));
    return client;
  }

  /** The messages of what was reported. */
  get messages(): string[] {
    return this.errors.map(({ error }) => error instanceof Error ? error.message : String(error));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
  }
}

/** A promise that a test settles. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/** Makes a promise to be settled later; Node 20 has nothing for it. */
export function deferred<T = void>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
