/** A feed whose events a test makes, which notes how it is read. */
import type { VbucketPosition } from "../../src/feed/position.ts";

/** An event of a {@linkcode ModelFeed}. */
export interface ModelEvent {
  readonly type: string;
  readonly vbucket: number;
  readonly seqno: bigint;
  readonly key?: Uint8Array;
  readonly position: VbucketPosition;
}

/** What differs from a mutation at the end of its snapshot. */
export interface ModelEventParts {
  readonly type?: string;
  readonly key?: string | undefined;
  readonly vbuuid?: bigint;
  readonly snapshot?: readonly [start: bigint, end: bigint];
}

/** Makes an event. */
export function modelEvent(vbucket: number, seqno: number, parts: ModelEventParts = {}): ModelEvent {
  const { type = "mutation", vbuuid = 77n, snapshot = [BigInt(seqno), BigInt(seqno)] } = parts;
  const key = "key" in parts ? parts.key : type === "mutation" ? `k${seqno}` : undefined;
  const position = { vbuuid, seqno: BigInt(seqno), snapshotStart: snapshot[0], snapshotEnd: snapshot[1] };
  return {
    type,
    vbucket,
    seqno: BigInt(seqno),
    ...(key === undefined ? {} : { key: new TextEncoder().encode(key) }),
    position,
  };
}

/** A feed that is filled by hand. */
export class ModelFeed {
  readonly bucket: string;
  /** How many events were read. */
  read = 0;
  /** Whether it was closed by who reads it. */
  closed = false;
  readonly #events: ModelEvent[] = [];
  #end: { readonly error?: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(events: Iterable<ModelEvent> = [], { bucket = "b1" }: { readonly bucket?: string } = {}) {
    this.#events.push(...events);
    this.bucket = bucket;
  }

  position(): { readonly bucket: string } {
    return { bucket: this.bucket };
  }

  /** Adds events. */
  push(...events: readonly ModelEvent[]): this {
    this.#events.push(...events);
    this.#wake?.();
    return this;
  }

  /** Removes what was not read of a vbucket. */
  remove(vbucket: number): void {
    const rest = this.#events.filter((event) => event.vbucket !== vbucket);
    this.#events.splice(0, Infinity, ...rest);
  }

  /** Ends the feed behind what it has, with an error if one is given. */
  end(...errors: readonly unknown[]): this {
    this.#end = errors.length === 0 ? {} : { error: errors[0] };
    this.#wake?.();
    return this;
  }

  close(): Promise<void> {
    this.closed = true;
    this.end();
    return Promise.resolve();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ModelEvent, void> {
    while (!this.closed) {
      const event = this.#events.shift();
      if (event !== undefined) {
        this.read++;
        yield event;
      } else if (this.#end === undefined) {
        await new Promise<void>((resolve) => this.#wake = resolve);
      } else if ("error" in this.#end) throw this.#end.error;
      else return;
    }
  }
}
