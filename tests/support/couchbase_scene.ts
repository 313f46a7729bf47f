/** A Couchbase node over memory, and peers that talk to it in frames made by hand. */

import { assertEquals } from "@std/assert";
import { connectCouchbase, type CouchbaseClient, type CouchbaseOptions } from "../../src/couchbase.ts";
import { type CouchbaseBucket, CouchbaseNode, type CouchbaseNodeOptions, Server } from "../../src/server.ts";
import { memoryListener, memoryPair } from "../../src/transport/memory.ts";
import { Feature } from "../../src/wire/features.ts";
import type { Wire } from "../vectors/wire.ts";
import { wireOf } from "./transport_wire.ts";
import { joined, readWire, wire, type WireFrame, type WireParts } from "./wire_frame.ts";

/** A request: `vbucket` and not `status`, and the magic of a client unless there are framing extras. */
export type RequestParts = Omit<WireParts, "status" | "magic"> & { readonly vbucket?: number };

/** All features that a test may ask for at once without being told of anything by itself. */
export const EVERY_FEATURE: readonly number[] = Object.values(Feature).filter((code) =>
  code !== Feature.CLUSTERMAP_CHANGE_NOTIFICATION && code !== Feature.CLUSTERMAP_CHANGE_NOTIFICATION_BRIEF &&
  code !== Feature.TRACING
);

/** How a {@linkcode CouchbasePeer} begins. */
export interface PeerOptions {
  /** The features to agree on; no HELLO when missing. */
  readonly features?: readonly number[];
  /** The bucket to select; `default` when missing, none for "". */
  readonly bucket?: string;
}

/** A client that writes and reads bytes. */
export class CouchbasePeer implements AsyncDisposable {
  readonly #wire: Wire;
  #rest: Uint8Array = new Uint8Array(0);
  #opaque = 1;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  /** Sends one request and gives the frame that comes next. */
  async ask(parts: RequestParts): Promise<WireFrame> {
    const opaque = parts.opaque ?? this.#opaque++;
    await this.send({ ...parts, opaque });
    const answer = await this.next();
    assertEquals([answer.opcode, answer.opaque], [parts.opcode, opaque]);
    return answer;
  }

  /** Sends requests and reads nothing. */
  send(...requests: readonly RequestParts[]): Promise<void> {
    return this.#wire.write(joined(...requests.map(requestBytes)));
  }

  /** Sends bytes as they are. */
  write(bytes: Uint8Array): Promise<void> {
    return this.#wire.write(bytes);
  }

  /** The next frame. */
  async next(): Promise<WireFrame> {
    const frame = await this.#read();
    if (frame === undefined) throw new Error("The server has closed the connection");
    return frame;
  }

  /** Whether the server closes without another frame. */
  async closes(): Promise<boolean> {
    return await this.#read() === undefined;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#wire.close();
  }

  async #read(): Promise<WireFrame | undefined> {
    while (true) {
      const frame = readWire(this.#rest);
      if (frame !== undefined) {
        this.#rest = this.#rest.subarray(frame.bytes.length);
        return frame;
      }
      const chunk = await this.#wire.read();
      if (chunk === undefined) return undefined;
      this.#rest = joined(this.#rest, chunk);
    }
  }
}

/** The bytes of a request. */
export function requestBytes({ vbucket = 0, ...parts }: RequestParts): Uint8Array<ArrayBuffer> {
  return wire({ ...parts, magic: parts.framing === undefined ? 0x80 : 0x08, status: vbucket });
}

/** A node with one small bucket `default`, unless told otherwise. */
export class CouchbaseScene implements AsyncDisposable {
  readonly server: Server;
  readonly node: CouchbaseNode;
  /** What the server reported. */
  readonly errors: unknown[] = [];
  readonly #network = memoryListener();
  #listening: Promise<unknown> | undefined;

  constructor(options: CouchbaseNodeOptions = {}) {
    const buckets = [{ name: "default", vbucketCount: 4 }];
    this.server = new Server({ onError: (error) => this.errors.push(error) });
    this.node = new CouchbaseNode({ buckets, ...options }).register(this.server);
  }

  /** The bucket `default`. */
  get bucket(): CouchbaseBucket {
    return this.node.bucket("default");
  }

  /** A peer that has agreed on features and selected a bucket. */
  async peer({ features, bucket = "default" }: PeerOptions = {}): Promise<CouchbasePeer> {
    const [here, there] = memoryPair();
    this.server.serve(there);
    const peer = new CouchbasePeer(wireOf(here));
    if (features !== undefined) {
      const granted = await peer.ask({ opcode: 0x1f, key: "test", value: featureList(features) });
      assertEquals(granted.status, 0);
    }
    if (bucket !== "") assertEquals((await peer.ask({ opcode: 0x89, key: bucket })).status, 0);
    return peer;
  }

  /** A client with all that the package has. */
  async client(options: CouchbaseOptions = {}): Promise<CouchbaseClient> {
    const address = { hostname: "node", port: 11210 };
    this.#listening ??= this.server.listen(address, { listen: this.#network.listen });
    await this.#listening;
    return connectCouchbase(address, { bucket: "default", dial: this.#network.connect, ...options });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
    assertEquals(this.errors, []);
  }
}

/** The value of HELLO. */
export function featureList(codes: readonly number[]): Uint8Array {
  return numbers(2, ...codes);
}

/** Numbers of so many bytes each, end to end. */
export function numbers(width: number, ...values: readonly (number | bigint)[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(values.length * width);
  for (const [i, value] of values.entries()) {
    let rest = BigInt(value);
    for (let at = (i + 1) * width - 1; at >= i * width; at--) {
      bytes[at] = Number(rest & 0xffn);
      rest >>= 8n;
    }
  }
  return bytes;
}

/** The text of bytes. */
export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
