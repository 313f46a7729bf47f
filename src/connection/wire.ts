import type { Frame } from "../frame/frame.ts";
import type { SlabMark } from "../wire/slab.ts";
import type { AnyOp } from "../ops/table.ts";
import type { CallOptions } from "./caller.ts";
import type { Agreement } from "./connection_options.ts";

/** What gathers the requests of a wire until they are taken for writing. */
export interface WireOutput {
  /** Bytes that wait. */
  readonly size: number;
  /** Gives what waits, in the order to write it, and starts anew. */
  take(): Uint8Array[];
  /** What was taken last has been written; its memory may be used again. */
  recycle(): void;
  /** Remembers how far was written. */
  mark(): SlabMark;
  /** Forgets what was written since a mark that was made after the last `take`. */
  reset(mark: SlabMark): void;
  /** Forgets the request that was begun and not ended. */
  undo(): void;
  /** Leaves whole requests out of what will be taken: those between what `size` was before the first and behind the last. */
  drop(from: number, to: number): void;
  /** The last request that was ended, as a frame in one piece; a copy. */
  last(): Uint8Array;
}

/** What cuts the bytes of the peer into answers. */
export interface WireInput {
  /** How many bytes of whole answers are behind us. */
  readonly position: number;
  /** Takes a chunk and shows each answer that is whole now; throws a {@linkcode ProtocolError} if it is none. */
  push(chunk: Uint8Array, visit: (frame: Frame) => void): void;
  /** Where to read the next bytes, when the rest of a large answer is awaited. */
  room(): Uint8Array | undefined;
  /** Stops cutting. */
  stop(): void;
  /** The bytes that were pushed and belong to no whole answer. */
  rest(): Uint8Array;
}

/** How a {@linkcode Connection} speaks: requests of the rows of the table to bytes, and bytes to answers in the form of frames. */
export interface Wire {
  /** Where requests gather. */
  readonly output: WireOutput;
  /** Where answers come from. */
  readonly input: WireInput;
  /**
   * Writes one request; `opcode` is that of the row or of its quiet twin. What throws in the middle is undone by who called.
   *
   * @throws {UnsupportedError} If the wire cannot say it.
   */
  write(op: AnyOp, opcode: number, request: unknown, opaque: number, options: CallOptions | undefined): void;
  /** Writes an answer to a request of the server; missing where servers make none. */
  answer?(opcode: number, opaque: number, status: number): void;
  /** Goes by what was agreed on from now on. */
  adopt(agreed: Agreement): void;
}
