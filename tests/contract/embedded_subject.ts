/** The embedded server as a subject of the client contract. */
import { type Address, connect, type ConnectOptions } from "../../mod.ts";
import { MemoryStore, type MemoryStoreOptions, Server, type ServerListenOptions } from "../../src/server.ts";
import type { ClientSubject } from "./client_subject.ts";

/** How the embedded server and its clients meet. */
export interface EmbeddedWay {
  /** What its tests are called after. */
  readonly name: string;
  /** A free address to listen on. */
  readonly address: () => Address;
  /** What the server listens with. */
  readonly listen?: ServerListenOptions;
  /** What the clients dial, by the address where the server listens; that address by default. */
  readonly toDial?: (address: Address) => Address | string;
  /** What the clients connect with. */
  readonly connect?: ConnectOptions;
}

/** An embedded server that listens. */
export interface Embedded extends AsyncDisposable {
  /** What is in it. */
  readonly store: MemoryStore;
  /** What the clients dial. */
  readonly address: Address | string;
  /** Ends it. */
  stop(): Promise<void>;
}

/** Starts an embedded server. */
export async function startEmbedded(way: EmbeddedWay, options?: MemoryStoreOptions): Promise<Embedded> {
  const server = new Server();
  const store = new MemoryStore(options);
  store.register(server);
  const { address } = await server.listen(way.address(), way.listen);
  const stop = () => server.close();
  return { store, address: way.toDial?.(address) ?? address, stop, [Symbol.asyncDispose]: stop };
}

/** A subject over a server that was started, whose clients come by the same way. */
export function embeddedSubject(
  way: EmbeddedWay,
  { store, address }: Embedded,
  protocol?: "meta" | "text",
): ClientSubject {
  const spoken: ConnectOptions = protocol === undefined ? {} : { protocol };
  const connectBy = (to: Address | string, options?: ConnectOptions) =>
    connect(to, { ...way.connect, ...options, ...spoken });
  return {
    name: protocol === undefined ? way.name : `${way.name} over ${protocol}`,
    kind: "embedded",
    ...spoken as { protocol?: "meta" | "text" },
    connect: (options) => connectBy(address, options),
    own: async () => {
      const own = await startEmbedded(way);
      return {
        connect: (options) => connectBy(own.address, options),
        [Symbol.asyncDispose]: () => own.stop(),
      };
    },
    secondsLeft: (key) => {
      const expiresAt = store.get(key)?.expiresAt;
      if (expiresAt === undefined) return Promise.resolve(undefined);
      return Promise.resolve(expiresAt === Infinity ? -1 : Math.round((expiresAt - Date.now()) / 1000));
    },
  };
}
