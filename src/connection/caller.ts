import type { Frame } from "../frame/frame.ts";
import type { RequestFrameInfo } from "../frame/frame_info.ts";
import type { Bytes, FrameWriter } from "../frame/frame_writer.ts";
import type { Op, Outgoing } from "../ops/op.ts";
import type { Features } from "../wire/features.ts";
import type { FrameListener } from "./frame_listeners.ts";

/** What every call takes beside its request. */
export interface CallOptions {
  /**
   * How long the call may take, in milliseconds: waiting, writing and reading together. 1000 unless the connection was told
   * otherwise; 0 for ever.
   */
  readonly timeout?: number;
  /** Gives the call up when aborted; it then rejects with the reason of the signal. A late answer is dropped. */
  readonly signal?: AbortSignal;
  /** What to choose the server by instead of the key, where there are several: things that belong together then lie together. */
  readonly routingKey?: Bytes;
  /** Which vbucket the key is in; 0 by default. memcached ignores it. */
  readonly vbucket?: number;
  /** In a batch: the vbucket of each request, by its place. */
  readonly vbuckets?: readonly number[];
  /** Asks a node that has a copy of the vbucket: 1 or `true` for the first replica; the active one by default; Couchbase only. */
  readonly replica?: number | boolean;
  /** Which collection the key is in: its number, or `scope.collection` where a client resolves names; the default one otherwise. */
  readonly collection?: number | string;
  /** How safe a write must be before it is answered; Couchbase only. */
  readonly durability?: DurabilityName | { readonly level: DurabilityName; readonly timeout?: number };
  /** Leaves the expiry of the document as it is; Couchbase only. */
  readonly preserveExpiry?: boolean;
  /** Has the call made with the rights of another user, `^name` for an external one; Couchbase only. */
  readonly user?: string;
  /** Has the server finish all earlier calls of the connection first, and start no later one before; Couchbase only. */
  readonly barrier?: boolean;
  /** Which of several streams of a vbucket is meant; DCP only. */
  readonly streamId?: number;
  /** Further framing extras; Couchbase only. */
  readonly frameInfos?: readonly RequestFrameInfo[];
}

/** How safe a write must be: in the memory of most replicas, there and on the active server's disk, or on the disk of most replicas. */
export type DurabilityName = "majority" | "majorityAndPersistActive" | "persistToMajority";

/**
 * What a call makes of its answer, in the read loop. Views of the frame are valid until it returns, or for good after
 * `frame.keep()`. What it throws rejects the call.
 */
export type Settle<T> = (frame: Frame, op: Op<unknown, unknown>, request: unknown) => T;

/** What the quiet calls of a batch came to, by their place in the batch. */
export interface BatchResult<T> {
  /** What was answered; `undefined` where silence was the answer. */
  readonly replies: readonly (T | undefined)[];
  /** What failed, if anything did. */
  readonly errors: ReadonlyMap<number, unknown> | undefined;
}

/** Anything that can answer: a connection, a pool, a router. */
export interface Caller {
  /**
   * Asks once and resolves to the answer, or to what `settle` makes of it. Without `settle`, an answer that is not success
   * rejects with a {@linkcode StatusError}.
   */
  call<Req, Res, T = Res>(
    op: Op<Req, Res>,
    request: Outgoing<Req>,
    options?: CallOptions,
    settle?: Settle<T>,
  ): Promise<T>;
  /**
   * Asks many times with the quiet twin and resolves when the NOOP behind them is answered. Rejects only when aborted or when
   * a request cannot be written; a call without an answer has its error in the result.
   */
  batch<Req, Res, T = Res>(
    op: Op<Req, Res>,
    requests: readonly Outgoing<Req>[],
    options?: CallOptions,
    settle?: Settle<T>,
  ): Promise<BatchResult<T>>;
  /** Asks once and yields the answers as they come, for opcodes that are answered by many frames. */
  open<Req, Res>(op: Op<Req, Res>, request: Outgoing<Req>, options?: CallOptions): AsyncIterableIterator<Res>;
  /** Throws what a batch of these would reject with because one of them cannot be written; sends nothing. */
  check?<Req>(op: Op<Req, unknown>, requests: readonly Outgoing<Req>[]): void;
}

/** What a client needs of a connection, a pool or a router. */
export interface ClosableCaller extends Caller {
  /** Lets the calls under way end, then closes. */
  close(): Promise<void>;
  /** Watches the frames that are sent and received; returns what ends it. */
  observe(listener: FrameListener): () => void;
  /** What happens between here and the servers, as events with a literal `type`, until it is closed; where there is anything to tell. */
  status?(): AsyncIterableIterator<{ readonly type: string }>;
}

/** A call that asks for more than its request says. */
export interface ExtrasCall {
  /** The row. */
  readonly op: Op<unknown, unknown>;
  /** Whether it is made by the quiet twin. */
  readonly quiet: boolean;
  /** The request, for messages. */
  readonly request: unknown;
  /** What it asks for. */
  readonly options: CallOptions;
  /** What was agreed on with the server. */
  readonly features: Features;
}

/** Writes what a call asks for beside its request; throws an {@linkcode UnsupportedError} for what cannot be honoured. */
export type ExtrasWriter = (out: FrameWriter, call: ExtrasCall) => void;
