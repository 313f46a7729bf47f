import { asBytes } from "../bytes.ts";
import { Client } from "../client/client.ts";
import type { BatchResult, CallOptions, ClosableCaller, Settle } from "../connection/caller.ts";
import { UnsupportedError } from "../errors.ts";
import type { FrameListener } from "../connection/frame_listeners.ts";
import type { Op, Outgoing } from "../ops/op.ts";
import type { Bytes } from "../wire/slab.ts";

/** Puts something before the keys of all items, so that several programs can use one server. */
export class PrefixCaller implements ClosableCaller {
  readonly #caller: ClosableCaller;
  readonly #prefix: Bytes;

  /** Makes one over another caller. */
  constructor(caller: ClosableCaller, prefix: Bytes) {
    this.#caller = caller;
    this.#prefix = prefix;
  }

  /** {@inheritDoc Caller.call} */
  call<Req, Res, T = Res>(
    op: Op<Req, Res>,
    request: Outgoing<Req>,
    options?: CallOptions,
    settle?: Settle<T>,
  ): Promise<T> {
    return this.#caller.call(op, this.#placed(op, request), options, settle);
  }

  /** {@inheritDoc Caller.batch} */
  batch<Req, Res, T = Res>(
    op: Op<Req, Res>,
    requests: readonly Outgoing<Req>[],
    options?: CallOptions,
    settle?: Settle<T>,
  ): Promise<BatchResult<T>> {
    return this.#caller.batch(op, requests.map((request) => this.#placed(op, request)), options, settle);
  }

  /** {@inheritDoc Caller.open} */
  open<Req, Res>(op: Op<Req, Res>, request: Outgoing<Req>, options?: CallOptions): AsyncIterableIterator<Res> {
    return this.#caller.open(op, this.#placed(op, request), options);
  }

  /** Watches the frames that are sent and received, with the keys as the server has them; returns what ends it. */
  observe(listener: FrameListener): () => void {
    return this.#caller.observe(listener);
  }

  /** What happens between here and the servers; nothing over a bare connection. */
  status(): AsyncIterableIterator<{ readonly type: string }> {
    const events = this.#caller.status?.();
    if (events !== undefined) return events;
    throw new UnsupportedError("Cannot tell the status: a bare connection has none; connect with reconnect", {
      sent: false,
    });
  }

  /** Lets the calls under way end, then closes. */
  close(): Promise<void> {
    return this.#caller.close();
  }

  /** What stands in the place of the key is that of an item only where it could be in a collection. */
  #placed<Req>(op: Op<Req, unknown>, request: Outgoing<Req>): Outgoing<Req> {
    const { key } = request as { readonly key?: Bytes };
    if (op.inCollection !== true || key === undefined || key.length === 0) return request;
    return { ...request, key: join(this.#prefix, key) };
  }
}

/**
 * A client over the same connection that puts something before all keys: its methods take and give keys without it. An empty key
 * is refused as ever. Closing it closes the connection.
 *
 * @example
 * ```ts
 * import { connect } from "@memwire/memwire";
 * import { withPrefix } from "@memwire/memwire/cache";
 * import { MemoryStore, Server } from "@memwire/memwire/server";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = new Server();
 * new MemoryStore().register(server);
 * const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
 * await using client = await connect(address);
 *
 * const shop = withPrefix(client, "shop:");
 * await shop.set("cart", "3 pens");
 * assertEquals(await client.getText("shop:cart"), "3 pens");
 * assertEquals([...(await shop.getMulti(["cart"])).hits.keys()], ["cart"]);
 * ```
 */
export function withPrefix(client: Client, prefix: Bytes): Client {
  return new Client(new PrefixCaller(client.caller, prefix));
}

function join(prefix: Bytes, key: Bytes): Bytes {
  if (typeof prefix === "string" && typeof key === "string") return prefix + key;
  const head = asBytes(prefix);
  const tail = asBytes(key);
  const joined = new Uint8Array(head.length + tail.length);
  joined.set(head);
  joined.set(tail, head.length);
  return joined;
}
