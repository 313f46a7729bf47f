import type { Connection } from "../connection/connection.ts";
import type { CallOptions } from "../connection/caller.ts";
import { NotMyVbucketError, StatusError } from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import { statusError } from "../ops/status_error.ts";
import { DCP_CLOSE_STREAM, DCP_GET_FAILOVER_LOG, DCP_STREAM_REQUEST } from "../ops/dcp_stream.ts";
import { Status } from "../wire/status.ts";
import { backoff } from "./backoff.ts";
import { wholePosition } from "./dcp_context.ts";
import { DcpError, DcpRollbackError } from "./dcp_error.ts";
import { DCP_DEFAULTS, type DcpOptions } from "./dcp_options.ts";
import type { DcpStream } from "./dcp_stream.ts";
import type { FlowWindow } from "./flow_window.ts";
import { NO_POSITION, type VbucketPosition } from "./position.ts";
import type { FeedClock } from "./process_clock.ts";

/** What of a node's connection is needed to ask for a stream. */
export interface DcpLink {
  /** The connection. */
  readonly connection: Connection;
  /** What its messages are counted in. */
  readonly window: FlowWindow;
  /** Whether keys begin with the number of their collection. */
  readonly collections: boolean;
}

/** What {@linkcode DcpRequests} are made of. */
export interface DcpRequestsSettings {
  /** How the feed is to be. */
  readonly options: DcpOptions;
  /** Timers and chance. */
  readonly clock: FeedClock;
  /** Is aborted when the node is given up. */
  readonly signal: AbortSignal;
  /** A stream was granted; its messages have this opaque. */
  opened(stream: DcpStream, opaque: number): void;
  /** A stream was refused where it was asked for; returns whether it is had from elsewhere from now on. */
  moves(stream: DcpStream, error: NotMyVbucketError): boolean;
  /** A stream was refused for good, after its first answer. */
  failed(error: unknown): void;
}

/** What no later attempt will change. With any other status, known or not, a stream is asked for again. */
const FINAL: readonly number[] = [
  Status.EINVAL,
  Status.ERANGE,
  Status.EACCESS,
  Status.NOT_SUPPORTED,
  Status.UNKNOWN_COMMAND,
  Status.UNKNOWN_COLLECTION,
  Status.UNKNOWN_SCOPE,
  Status.DCP_STREAM_ID_INVALID,
];

const PATIENCE = 60_000;

/** Asks for streams until they are granted, going back in history where the server has another. */
export class DcpRequests {
  readonly #settings: DcpRequestsSettings;
  readonly #waiting = new Map<DcpStream, () => void>();
  /** How many streams went back. */
  rollbacks = 0;

  /** Makes the requests of a node. */
  constructor(settings: DcpRequestsSettings) {
    this.#settings = settings;
  }

  /** Asks no more for a stream that waits for its next attempt. */
  forget(stream: DcpStream): void {
    this.#waiting.get(stream)?.();
    this.#waiting.delete(stream);
  }

  /** Asks for a stream after a while that is longer the more often it was asked for in vain. */
  later(stream: DcpStream, link: DcpLink): void {
    const { clock, options, failed } = this.#settings;
    this.forget(stream);
    stream.state = "reopening";
    const delay = backoff(clock, stream.attempts++, options.maxBackoff ?? DCP_DEFAULTS.maxBackoff);
    const stop = clock.after(delay, () => {
      this.#waiting.delete(stream);
      this.open(stream, link).catch(failed);
    });
    this.#waiting.set(stream, stop);
  }

  /** Asks for a stream; rejects if it will not be had. What is refused for now is asked for again later. */
  async open(stream: DcpStream, link: DcpLink): Promise<void> {
    const isCurrent = (): boolean => link.connection.state === "open" && !stream.finished;
    let start = stream.position;
    let rollback: "show" | "hide" | undefined = undefined;
    stream.state = "opening";
    try {
      for (;;) {
        if (!isCurrent()) return;
        const target = await this.#request(stream, link, { start, rollback });
        if (target === undefined && stream.finished) return this.#takeBack(stream, link);
        if (target === undefined || !isCurrent()) return;
        stream.state = "rolled-back";
        start = await this.#goBack(stream, link, { start, target });
        rollback = this.#settings.options.onRollback === "auto" ? "hide" : "show";
      }
    } catch (error) {
      // Another connection will be had, on which it is asked for again.
      if (!isCurrent()) return;
      if (error instanceof NotMyVbucketError && this.#settings.moves(stream, error)) return;
      if (error instanceof DcpError || (error instanceof StatusError && FINAL.includes(error.status))) throw error;
      if (!(error instanceof StatusError)) link.connection.destroy(error);
      else this.later(stream, link);
    }
  }

  /** Asks once; gives the seqno to go back to, if the server wants that. */
  async #request(
    stream: DcpStream,
    { connection, window, collections }: DcpLink,
    { start, rollback }: { readonly start: VbucketPosition; readonly rollback: "show" | "hide" | undefined },
  ): Promise<bigint | undefined> {
    const { vbucket } = stream;
    const { end, filter } = stream.settings;
    const request = {
      flags: 0,
      startSeqno: start.seqno,
      endSeqno: end < start.seqno ? start.seqno : end,
      vbuuid: start.vbuuid,
      snapshotStart: start.snapshotStart,
      snapshotEnd: start.snapshotEnd,
      ...(filter === undefined ? {} : { filter }),
    };
    const how: CallOptions = { vbucket, timeout: PATIENCE, signal: this.#settings.signal };
    // In the read loop, since the first messages may come with the answer.
    return await connection.call(DCP_STREAM_REQUEST, request, how, (frame: Frame, op, asked) => {
      if (frame.status !== Status.SUCCESS && frame.status !== Status.ROLLBACK) throw statusError(op, frame, asked);
      const { entries, rollback: target } = DCP_STREAM_REQUEST.response.read(frame);
      if (target !== undefined) return target;
      if (stream.finished) return undefined;
      this.#settings.opened(stream, frame.opaque);
      if (rollback !== undefined) this.rollbacks++;
      stream.opened(start, { opaque: frame.opaque, log: entries, window, collections, rollback });
      return undefined;
    });
  }

  /** Has the server close a stream; one that it does not know any more is closed as well. */
  async close({ vbucket, streamId }: DcpStream, { connection }: DcpLink): Promise<void> {
    const how = { vbucket, timeout: PATIENCE, ...(streamId === undefined ? {} : { streamId }) };
    try {
      await connection.call(DCP_CLOSE_STREAM, {}, how);
    } catch (error) {
      if (!(error instanceof StatusError)) return;
      if (error.status !== Status.KEY_ENOENT && error.status !== Status.NOT_MY_VBUCKET) throw error;
    }
  }

  /** A stream that was closed before it was granted. Its messages are nobody's, and the server need not send more of them. */
  #takeBack({ vbucket, streamId, opaque }: DcpStream, { connection }: DcpLink): void {
    // One that was granted and has ended since has been taken care of.
    if (opaque >= 0 || connection.state !== "open") return;
    const how = { vbucket, timeout: PATIENCE, ...(streamId === undefined ? {} : { streamId }) };
    connection.call(DCP_CLOSE_STREAM, {}, how).catch(() => {});
  }

  /** Where to begin after a rollback. It always lies further back, so that this ends at 0 at the latest. */
  async #goBack(
    { vbucket, position }: DcpStream,
    { connection }: DcpLink,
    { start, target }: { readonly start: VbucketPosition; readonly target: bigint },
  ): Promise<VbucketPosition> {
    if (this.#settings.options.onRollback === "fail") throw new DcpRollbackError(vbucket, position.seqno, target);
    if (start.seqno === 0n) {
      throw new DcpError(`Cannot stream vbucket ${vbucket}: the server wants to roll back from 0 to ${target}`, {
        vbucket,
      });
    }
    if (target === 0n || target >= start.seqno) return NO_POSITION;
    const how = { vbucket, timeout: PATIENCE, signal: this.#settings.signal };
    const { entries } = await connection.call(DCP_GET_FAILOVER_LOG, {}, how);
    return wholePosition(entries, target);
  }
}
