/** Several servers in memory behind one router, and scripted ones. */
import { Connection } from "../../mod.ts";
import type { ClosableCaller } from "../../src/connection/caller.ts";
import type { BatchResult, CallOptions, Settle } from "../../src/connection/caller.ts";
import { Router, type RouterOptions } from "../../src/cluster/router.ts";
import type { Ring, RingServer } from "../../src/cluster/ring.ts";
import type { ClusterEvent } from "../../src/cluster/cluster_event.ts";
import type { ServerEntry, ServerSpec } from "../../src/cluster/server_spec.ts";
import type { NodeCaller } from "../../src/cluster/shard.ts";
import { ShardManager } from "../../src/cluster/shard_manager.ts";
import type { Op, Outgoing } from "../../src/ops/op.ts";
import { MemoryStore, Server } from "../../src/server.ts";
import { memoryPair } from "../../src/transport/memory.ts";

/** Keys begin with the number of their place: `2:name` is at the third server, modulo how many there are; `-` is nowhere. */
export function byNumber(servers: readonly RingServer[]): Ring {
  const locate = (key: string | Uint8Array): number => {
    const text = typeof key === "string" ? key : new TextDecoder().decode(key);
    return text.startsWith("-") || servers.length === 0 ? -1 : parseInt(text) % servers.length;
  };
  const next = (key: string | Uint8Array): number[] =>
    servers.slice(1).map((_, i) => (locate(key) + i + 1) % servers.length);
  return { name: "by number", servers, locate, next };
}

/** Servers in memory, made when they are first opened. */
export class MemoryCluster implements AsyncDisposable {
  /** By name: what is in each. */
  readonly stores: Map<string, MemoryStore> = new Map();
  /** By name: the connections that were opened, in their order. */
  readonly connections: Map<string, Connection[]> = new Map();
  readonly #servers: Map<string, Server> = new Map();

  /** Connects to a server of that name. */
  readonly open = ({ name }: Pick<ServerSpec, "name">): NodeCaller => {
    let server = this.#servers.get(name);
    if (server === undefined) {
      const store = new MemoryStore();
      server = new Server();
      store.register(server);
      this.#servers.set(name, server);
      this.stores.set(name, store);
    }
    const [here, there] = memoryPair();
    server.serve(there);
    const connection = new Connection(here, { timeout: 30_000 });
    this.connections.set(name, [...this.connections.get(name) ?? [], connection]);
    return connection;
  };

  /** A router over some of them. */
  router(servers: readonly ServerEntry[], options: Partial<RouterOptions> = {}): Router {
    return new Router(new ShardManager(servers, { ring: byNumber }), { open: this.open, ...options });
  }

  /** The texts of all keys at a server. */
  textAt(name: string, key: string): string | undefined {
    const value = this.stores.get(name)?.get(key)?.value;
    return value === undefined ? undefined : new TextDecoder().decode(value);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#servers.values()].map((server) => server.close()));
  }
}

/** A call that a {@linkcode FakeNode} was asked. */
export interface FakeCall {
  readonly op: string;
  readonly request: { readonly key?: string; readonly expiry?: number };
  readonly options: CallOptions | undefined;
}

/** A server that answers what it is told to. */
export class FakeNode implements NodeCaller {
  readonly name: string;
  state = "connected";
  closed = false;
  /** What was asked, each request of a batch by itself. */
  readonly calls: FakeCall[] = [];
  /** Gives the answer to a request, or throws. */
  answer: (call: FakeCall) => unknown = () => `from ${this.name}`;
  /** The promise that the last call gave. */
  promise: Promise<unknown> | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** The keys that were asked for. */
  get keys(): (string | undefined)[] {
    return this.calls.map(({ request }) => request.key);
  }

  #ask<T>(op: Pick<Op<never, unknown>, "name">, request: unknown, options: CallOptions | undefined): T {
    const call = { op: op.name, request: request as FakeCall["request"], options };
    this.calls.push(call);
    return this.answer(call) as T;
  }

  call<Req, Res, T = Res>(
    op: Op<Req, Res>,
    request: Outgoing<Req>,
    options?: CallOptions,
    _settle?: Settle<T>,
  ): Promise<T> {
    const promise = new Promise<T>((resolve) => resolve(this.#ask<T>(op, request, options)));
    this.promise = promise;
    return promise;
  }

  batch<Req, Res, T = Res>(
    op: Op<Req, Res>,
    requests: readonly Outgoing<Req>[],
    options?: CallOptions,
    _settle?: Settle<T>,
  ): Promise<BatchResult<T>> {
    const errors = new Map<number, unknown>();
    const replies = requests.map((request, place) => {
      try {
        return this.#ask<T>(op, request, options);
      } catch (error) {
        errors.set(place, error);
        return undefined;
      }
    });
    return Promise.resolve({ replies, errors: errors.size === 0 ? undefined : errors });
  }

  async *open<Req, Res>(op: Op<Req, Res>, request: Outgoing<Req>): AsyncGenerator<Res, void, void> {
    yield this.#ask<Res>(op, request, undefined);
  }

  observe(): () => void {
    return () => {};
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}

/** Scripted servers behind a router. */
export class FakeCluster {
  readonly nodes: Map<string, FakeNode> = new Map();
  readonly router: Router;

  constructor(
    servers: readonly ServerEntry[],
    options: Partial<RouterOptions> & { readonly gutterServers?: readonly ServerEntry[] } = {},
  ) {
    const { gutterServers, ...rest } = options;
    const open = ({ name }: ServerSpec): ClosableCaller => {
      const node = new FakeNode(name);
      this.nodes.set(name, node);
      return node;
    };
    const gutter = gutterServers === undefined ? {} : { gutter: new ShardManager(gutterServers, { ring: byNumber }) };
    this.router = new Router(new ShardManager(servers, { ring: byNumber }), { open, ...gutter, ...rest });
  }

  /** The server of a name. */
  node(name: string): FakeNode {
    return this.nodes.get(name)!;
  }
}

/** An event without the time at which it happened. */
export function timeless(event: ClusterEvent): Readonly<Record<string, unknown>> {
  const { at, ...rest } = event;
  if (!(at > 0)) throw new Error(`no time but ${at}`);
  return rest;
}
