import { utf8Encode } from "../bytes.ts";
import type { Frame } from "../frame/frame.ts";
import { isErrorCode, TextCode } from "../text/text_code.ts";
import type { TextReply } from "../text/text_reply.ts";
import { tokenText } from "../text/token.ts";
import { Status } from "../wire/status.ts";
import { CommandInput, writeCas } from "./command_input.ts";
import { type CommandQueue, Kind } from "./command_queue.ts";
import type { CommandRow } from "./command_rows.ts";
import { statusOfError } from "./error_line.ts";
import { FrameMaker, type FrameParts } from "./frame_maker.ts";
import { MetaFlags } from "./meta_flags.ts";
import { Form, META_ROWS } from "./meta_rows.ts";
import { MetaSplitter } from "./meta_splitter.ts";

const NONE: FrameParts[] = [];

/** An error line among quiet commands: it stands for one of them, and it is not known which. */
interface LooseError {
  readonly status: number;
  readonly words: Uint8Array;
}

/** Reads the replies of the meta protocol, which say by their opaques what they answer. */
export class MetaInput extends CommandInput {
  readonly #flags = new MetaFlags();
  readonly #splitter: MetaSplitter;
  #loose: LooseError[] = [];

  /** Reads the replies to what is queued; `maxBody` is the longest value in bytes. */
  constructor(queue: CommandQueue, maxBody: number | undefined) {
    const frames = new FrameMaker();
    const splitter = new MetaSplitter(queue, frames, maxBody);
    super(queue, splitter, frames);
    this.#splitter = splitter;
  }

  override push(chunk: Uint8Array, visit: (frame: Frame) => void): void {
    this.#splitter.visit = visit;
    super.push(chunk, visit);
  }

  protected take(reply: TextReply): void {
    const { queue } = this;
    if (queue.empty) reply.fail("nothing was asked");
    const { code } = reply;
    if (code === TextCode.MN) {
      this.#skipTo(reply, Kind.NOOP, -1);
      this.show(this.frames.make(this.next(Status.SUCCESS), -1, 0, 0));
    } else if (code >= TextCode.HD && code <= TextCode.EX) {
      this.#takeMeta(reply);
    } else if (code === TextCode.ME) {
      this.#takeDebug(reply);
    } else if (isErrorCode(code)) {
      this.#takeError(reply);
    } else {
      this.takeAdmin(reply);
    }
  }

  /** Passes over the quiet commands before the one that a reply answers, by its token: silence was their answer. */
  #skipTo(reply: TextReply, kind: number, token: number): void {
    const { queue } = this;
    const loose = this.#loose;
    const skipped: FrameParts[] = loose.length > 0 ? [] : NONE;
    while (!queue.empty && (queue.kind !== kind || (token >= 0 && queue.firstToken !== token))) {
      if (!queue.quiet) reply.fail(`what was asked has opaque ${tokenText(queue.firstToken)}`);
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
    this.#splitter.careful = false;
    const exact = loose.length === skipped.length;
    for (const [i, parts] of skipped.entries()) {
      const { status, words } = loose[exact ? i : 0]!;
      this.showWords({ ...parts, status }, words);
    }
  }

  #takeMeta(reply: TextReply): void {
    const { code } = reply;
    const flags = this.#flags;
    flags.read(reply);
    if (flags.opaque < 0) {
      // Of all misses, only that of `me` says nothing of what it answers.
      if (code === TextCode.EN && reply.lineLength === 2) return this.#takeDebug(reply);
      reply.fail("it has no opaque");
    }
    if (!this.queue.isAt(Kind.META, flags.opaque)) this.#skipTo(reply, Kind.META, flags.opaque);
    else if (this.#loose.length > 0) this.#settleLoose(reply, NONE);
    const row = META_ROWS.find(this.queue.opcode)!;
    if (code > TextCode.VA) return this.show(this.frames.make(this.next(statusOf(code, row)), -1, 0, 0));
    if (row.form === Form.WHOLE) return this.#showWhole(reply);
    const valued = row.form === Form.VALUE || row.form === Form.NUMBER;
    if (valued !== (code === TextCode.VA)) reply.fail("it is no answer to what was asked");
    if (row.form === Form.NUMBER) return this.#showNumber(reply);
    if (row.form === Form.DONE && this.queue.swallow) return this.queue.shift();
    if (row.form !== Form.DONE && flags.flags < 0) reply.fail("its flags are missing");
    const keyLength = flags.keyEnd - flags.keyAt;
    const cas = flags.cas(reply.bytes);
    if (row.form === Form.VALUE && keyLength === 0) {
      const frame = this.frames.over(reply, this.first(Status.SUCCESS), flags.flags, cas);
      if (frame !== undefined) {
        this.queue.shift();
        return this.show(frame);
      }
    }
    const frame = this.frames.make(this.next(Status.SUCCESS), flags.flags, keyLength, Math.max(reply.valueLength, 0));
    writeCas(frame, cas);
    if (keyLength > 0) {
      this.frames.copy(new Uint8Array(reply.bytes.buffer, flags.keyAt, keyLength), frame.keyAt);
    }
    if (reply.valueLength > 0) this.frames.copy(reply.value, frame.valueAt);
    this.show(frame);
  }

  #takeDebug(reply: TextReply): void {
    this.#skipTo(reply, Kind.DEBUG, -1);
    if (reply.code === TextCode.EN) this.showStatus(Status.KEY_ENOENT);
    else this.#showWhole(reply);
  }

  /** The line with its end as the key, and the data. */
  #showWhole(reply: TextReply): void {
    const { frames } = this;
    const length = reply.lineLength + 2;
    const frame = frames.make(this.next(Status.SUCCESS), -1, length, Math.max(reply.valueLength, 0));
    frames.copy(new Uint8Array(reply.bytes.buffer, reply.start, length), frame.keyAt);
    if (reply.valueLength > 0) frames.copy(reply.value, frame.valueAt);
    this.show(frame);
  }

  #showNumber(reply: TextReply): void {
    const number = reply.counter;
    if (number === undefined) reply.fail("its value is no number of 64 bits");
    if (this.queue.swallow) return this.queue.shift();
    const frame = this.frames.make(this.next(Status.SUCCESS), -1, 0, 8);
    frame.view.setBigUint64(frame.valueAt, number);
    writeCas(frame, this.#flags.cas(reply.bytes));
    this.show(frame);
  }

  #takeError(reply: TextReply): void {
    const { queue } = this;
    const status = statusOfError(reply, queue.opcode);
    const words = utf8Encode(reply.message);
    if (!queue.quiet) return this.showWords(this.next(status), words);
    this.#loose.push({ status, words });
    // Whose they are shows only when the next command is answered that is known.
    this.#splitter.careful = true;
  }
}

function statusOf(code: number, row: CommandRow): number {
  switch (code) {
    case TextCode.NS:
      return row.notStored;
    case TextCode.EX:
      return Status.KEY_EEXISTS;
    default:
      return row.missing;
  }
}
