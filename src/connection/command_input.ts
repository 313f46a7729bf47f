import { utf8Encode } from "../bytes.ts";
import type { Frame } from "../frame/frame.ts";
import type { ReplySplitter } from "../text/reply_splitter.ts";
import { TextCode } from "../text/text_code.ts";
import type { TextReply } from "../text/text_reply.ts";
import { Status } from "../wire/status.ts";
import { type CommandQueue, Kind } from "./command_queue.ts";
import { FrameMaker, type FrameParts } from "./frame_maker.ts";
import type { WireInput } from "./wire.ts";

/** Cuts replies out of chunks and shows each as the frame that would have answered over the binary protocol. */
export abstract class CommandInput implements WireInput {
  /** What was asked. */
  protected readonly queue: CommandQueue;
  /** Makes the frames. */
  protected readonly frames: FrameMaker;
  readonly #splitter: ReplySplitter;
  readonly #parts = { opcode: 0, opaque: 0, status: 0 };
  #visit: (frame: Frame) => void = () => {};

  /** Reads the replies to what is queued. */
  constructor(queue: CommandQueue, splitter: ReplySplitter, frames: FrameMaker = new FrameMaker()) {
    this.queue = queue;
    this.frames = frames;
    this.#splitter = splitter;
  }

  get position(): number {
    return this.#splitter.position;
  }

  room(): Uint8Array | undefined {
    return this.#splitter.room();
  }

  stop(): void {
    this.#splitter.stop();
  }

  rest(): Uint8Array {
    return this.#splitter.rest();
  }

  push(chunk: Uint8Array, visit: (frame: Frame) => void): void {
    this.#visit = visit;
    this.#splitter.push(chunk, this.#take);
  }

  readonly #take = (reply: TextReply): void => this.take(reply);

  /** Makes what is to be made of a reply. */
  protected abstract take(reply: TextReply): void;

  /** Takes the reply to a command that all text protocols have; refuses any other. */
  protected takeAdmin(reply: TextReply): void {
    const { queue } = this;
    const { code } = reply;
    switch (queue.kind) {
      case Kind.VERSION:
        if (code !== TextCode.VERSION) break;
        return this.showWords(this.next(Status.SUCCESS), utf8Encode(reply.message));
      case Kind.OK:
        if (code !== TextCode.OK) break;
        return this.showDone();
      case Kind.LOGIN:
        if (code !== TextCode.STORED) break;
        return this.showDone();
      case Kind.STAT:
        if (code === TextCode.STAT) return this.#showStat(reply);
        if (code !== TextCode.END && code !== TextCode.RESET && code !== TextCode.OK) break;
        return this.showDone();
    }
    reply.fail("it is no answer to what was asked");
  }

  /** Answers the first command with success, unless only its failure would be passed on. */
  protected showDone(): void {
    if (this.queue.swallow) this.queue.shift();
    else this.showStatus(Status.SUCCESS);
  }

  /** Answers the first command with a status alone. */
  protected showStatus(status: number): void {
    this.show(this.frames.make(this.next(status), -1, 0, 0));
  }

  /** Shows a frame whose value are words of the server. */
  protected showWords(parts: FrameParts, words: Uint8Array): void {
    const frame = this.frames.make(parts, -1, 0, words.length);
    this.frames.copy(words, frame.valueAt);
    this.show(frame);
  }

  /** Takes the first command off the queue, to be answered. */
  protected next(status: number): FrameParts {
    const parts = this.first(status);
    this.queue.shift();
    return parts;
  }

  /** How the first command is answered, which stays in the queue. */
  protected first(status: number): FrameParts {
    const parts = this.#parts;
    this.queue.tell(parts);
    parts.status = status;
    return parts;
  }

  /** Shows a frame. */
  protected show(frame: Frame): void {
    this.#visit(frame);
  }

  #showStat(reply: TextReply): void {
    const [name, text] = reply.stat;
    const key = utf8Encode(name);
    const value = utf8Encode(text);
    const { opcode, opaque } = this.queue;
    const frame = this.frames.make({ opcode, opaque, status: Status.SUCCESS }, -1, key.length, value.length);
    this.frames.copy(key, frame.keyAt);
    this.frames.copy(value, frame.valueAt);
    this.show(frame);
  }
}

/** Writes a version to the header of a frame in which there is none yet. */
export function writeCas({ view, start }: Frame, cas: number | bigint): void {
  if (typeof cas === "bigint") return view.setBigUint64(start + 16, cas);
  if (cas > 0xffffffff) view.setUint32(start + 16, Math.floor(cas / 0x100000000));
  view.setUint32(start + 20, cas);
}
