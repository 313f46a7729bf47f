import { utf8Encode } from "../bytes.ts";
import type { Frame } from "../frame/frame.ts";
import { ReplySplitter } from "../text/reply_splitter.ts";
import { isErrorCode, TextCode } from "../text/text_code.ts";
import type { TextReply } from "../text/text_reply.ts";
import { Status } from "../wire/status.ts";
import { MetaFlags } from "./meta_flags.ts";
import { type FrameParts, MetaFrames } from "./meta_frames.ts";
import { Kind, type MetaQueue } from "./meta_queue.ts";
import { Form, type MetaRow, metaRow } from "./meta_rows.ts";
import { statusOfError } from "./meta_status.ts";
import type { WireInput } from "./wire.ts";

const NONE: FrameParts[] = [];

/** An error line among quiet commands: it stands for one of them, and it is not known which. */
interface LooseError {
  readonly status: number;
  readonly words: Uint8Array;
}

/** Cuts replies out of chunks and shows each as the frame that would have answered over the binary protocol. */
export class MetaInput implements WireInput {
  readonly #queue: MetaQueue;
  readonly #splitter: ReplySplitter;
  readonly #flags = new MetaFlags();
  readonly #frames = new MetaFrames();
  readonly #parts = { opcode: 0, opaque: 0, status: 0 };
  #loose: LooseError[] = [];
  #visit: (frame: Frame) => void = () => {};

  /** Reads the replies to what is queued; `maxBody` is the longest value in bytes. */
  constructor(queue: MetaQueue, maxBody: number | undefined) {
    this.#queue = queue;
    this.#splitter = new ReplySplitter(maxBody === undefined ? {} : { maxValue: maxBody });
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

  readonly #take = (reply: TextReply): void => {
    const queue = this.#queue;
    if (queue.empty) reply.fail("nothing was asked");
    const { code } = reply;
    if (code === TextCode.MN) {
      this.#skipTo(reply, Kind.NOOP, -1);
      this.#show(this.#frames.make(this.#next(Status.SUCCESS), -1, 0, 0));
    } else if (code >= TextCode.HD && code <= TextCode.EX) {
      this.#takeMeta(reply);
    } else if (isErrorCode(code)) {
      this.#takeError(reply);
    } else {
      this.#takeClassic(reply);
    }
  };

  /** Passes over the quiet commands before the one that a reply answers: silence was their answer. */
  #skipTo(reply: TextReply, kind: number, opaque: number): void {
    const queue = this.#queue;
    const loose = this.#loose;
    const skipped: FrameParts[] = loose.length > 0 ? [] : NONE;
    while (!queue.empty && (queue.kind !== kind || (opaque >= 0 && queue.opaque !== opaque))) {
      if (!queue.quiet) reply.fail(`what was asked has opaque ${queue.opaque}`);
      if (loose.length > 0) skipped.push({ opcode: queue.opcode, opaque: queue.opaque, status: loose[0]!.status });
      queue.shift();
    }
    if (queue.empty) reply.fail("nobody waits for its opaque");
    if (loose.length > 0) this.#settleLoose(reply, skipped);
  }

  /** Gives the error lines among quiet commands to all that they may be meant for: an error is never silence. */
  #settleLoose(reply: TextReply, skipped: readonly FrameParts[]): void {
    const loose = this.#loose;
    if (loose.length > skipped.length) reply.fail("there were more errors before it than commands");
    this.#loose = [];
    const exact = loose.length === skipped.length;
    for (const [i, parts] of skipped.entries()) {
      const { status, words } = loose[exact ? i : 0]!;
      this.#showWords({ ...parts, status }, words);
    }
  }

  #takeMeta(reply: TextReply): void {
    const { code } = reply;
    const flags = this.#flags;
    flags.read(reply);
    if (flags.opaque < 0) reply.fail("it has no opaque");
    this.#skipTo(reply, Kind.META, flags.opaque);
    const row = metaRow(this.#queue.opcode)!;
    if (code > TextCode.VA) return this.#show(this.#frames.make(this.#next(statusOf(code, row)), -1, 0, 0));
    const valued = row.form === Form.VALUE || row.form === Form.NUMBER;
    if (valued !== (code === TextCode.VA)) reply.fail("it is no answer to what was asked");
    if (row.form === Form.NUMBER) return this.#showNumber(reply);
    if (row.form === Form.DONE && this.#queue.swallow) return this.#queue.shift();
    if (row.form !== Form.DONE && flags.flags < 0) reply.fail("its flags are missing");
    const keyLength = flags.keyEnd - flags.keyAt;
    const frame = this.#frames.make(this.#next(Status.SUCCESS), flags.flags, keyLength, Math.max(reply.valueLength, 0));
    flags.writeCas(reply, frame.view, frame.start + 16);
    if (keyLength > 0) {
      this.#frames.copy(new Uint8Array(reply.bytes.buffer, flags.keyAt, keyLength), frame.keyAt);
    }
    if (reply.valueLength > 0) this.#frames.copy(reply.value, frame.valueAt);
    this.#show(frame);
  }

  #showNumber(reply: TextReply): void {
    const number = reply.counter;
    if (number === undefined) reply.fail("its value is no number of 64 bits");
    if (this.#queue.swallow) return this.#queue.shift();
    const frame = this.#frames.make(this.#next(Status.SUCCESS), -1, 0, 8);
    frame.view.setBigUint64(frame.valueAt, number);
    this.#flags.writeCas(reply, frame.view, frame.start + 16);
    this.#show(frame);
  }

  #takeError(reply: TextReply): void {
    const queue = this.#queue;
    const status = statusOfError(reply, queue.opcode);
    const words = utf8Encode(reply.message);
    if (queue.quiet) this.#loose.push({ status, words });
    else this.#showWords(this.#next(status), words);
  }

  /** The replies to classic commands, which say nothing of what they answer. */
  #takeClassic(reply: TextReply): void {
    const queue = this.#queue;
    const { code } = reply;
    const { kind } = queue;
    if (kind === Kind.STAT && code === TextCode.STAT) return this.#showStat(reply);
    const empty = kind === Kind.STAT
      ? code === TextCode.END || code === TextCode.RESET || code === TextCode.OK
      : kind === Kind.OK && code === TextCode.OK;
    if (kind === Kind.VERSION && code === TextCode.VERSION) {
      return this.#showWords(this.#next(Status.SUCCESS), utf8Encode(reply.message));
    }
    if (!empty) reply.fail("it is no answer to what was asked");
    if (queue.swallow) return queue.shift();
    this.#show(this.#frames.make(this.#next(Status.SUCCESS), -1, 0, 0));
  }

  #showStat(reply: TextReply): void {
    const [name, text] = reply.stat;
    const key = utf8Encode(name);
    const value = utf8Encode(text);
    const { opcode, opaque } = this.#queue;
    const frame = this.#frames.make({ opcode, opaque, status: Status.SUCCESS }, -1, key.length, value.length);
    this.#frames.copy(key, frame.keyAt);
    this.#frames.copy(value, frame.valueAt);
    this.#show(frame);
  }

  #showWords(parts: FrameParts, words: Uint8Array): void {
    const frame = this.#frames.make(parts, -1, 0, words.length);
    this.#frames.copy(words, frame.valueAt);
    this.#show(frame);
  }

  /** Takes the first command off the queue, to be answered. */
  #next(status: number): FrameParts {
    const parts = this.#parts;
    const queue = this.#queue;
    parts.opcode = queue.opcode;
    parts.opaque = queue.opaque;
    parts.status = status;
    queue.shift();
    return parts;
  }

  #show(frame: Frame): void {
    this.#visit(frame);
  }
}

function statusOf(code: number, row: MetaRow): number {
  switch (code) {
    case TextCode.NS:
      return row.notStored;
    case TextCode.EX:
      return Status.KEY_EEXISTS;
    default:
      return row.missing;
  }
}
