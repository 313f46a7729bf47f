import type { Connection } from "../connection/connection.ts";
import type { NotMyVbucketError } from "../errors.ts";
import type { DcpEvent } from "./dcp_event.ts";
import type { DcpOptions } from "./dcp_options.ts";
import type { DcpStream } from "./dcp_stream.ts";
import type { FeedQueue } from "./feed_queue.ts";
import type { FeedClock } from "./process_clock.ts";

/** What a {@linkcode DcpNode} is made of. */
export interface DcpNodeSettings {
  /** What the node is called. */
  readonly node: string;
  /** Connects to the node and starts a session there, without unordered execution. */
  readonly connect: (signal: AbortSignal) => Promise<Connection>;
  /** What the server calls the connection. */
  readonly name: string;
  /** How the feed is to be. */
  readonly options: DcpOptions;
  /** Where events go. */
  readonly queue: FeedQueue<DcpEvent>;
  /** Timers and chance. */
  readonly clock: FeedClock;
  /** Nothing is to be had of this node any more. */
  failed(error: unknown): void;
  /** A stream has come to an end behind which nothing is asked for. */
  finished(stream: DcpStream): void;
  /** A newer manifest of collections was seen. */
  sawManifest(manifest: bigint): void;
  /** A stream has ended or was refused for now; returns whether it is had from elsewhere from now on. */
  moves(stream: DcpStream, error?: NotMyVbucketError): boolean;
  /** The connection was lost, or could not be made. */
  lost(): void;
  /** Whether a refusal of the node is to be taken for a loss; asked after so many in a row. */
  tolerates(refusals: number): boolean;
}
