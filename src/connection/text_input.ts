import { equalBytes, utf8Encode } from "../bytes.ts";
import { isErrorCode, TextCode } from "../text/text_code.ts";
import type { TextReply } from "../text/text_reply.ts";
import { readDecimal, readU64 } from "../text/decimal.ts";
import { Status } from "../wire/status.ts";
import { CommandInput, writeCas } from "./command_input.ts";
import { Kind } from "./command_queue.ts";
import { statusOfError } from "./error_line.ts";
import { Form, TEXT_ROWS } from "./text_rows.ts";

/** An error line among the items of one reply: it stands for one of the keys, and it is not known which. */
interface LooseError {
  readonly status: number;
  readonly words: Uint8Array;
}

/** What became of the count before the `add` of a counter: nothing yet, an answer, or a miss. */
type Count = "unknown" | "answered" | "missing";

/**
 * Reads the replies of the classic text protocol. They say nothing of what they answer but the keys of items; those are compared,
 * and all else goes by the order of the commands.
 */
export class TextInput extends CommandInput {
  /** Whether items of a line have come and its `END` has not. */
  #inLine = false;
  /** The opcode of that line, and the opaques of its keys that were passed over. */
  #opcode = 0;
  #passed: number[] = [];
  #loose: LooseError | undefined = undefined;
  #count: Count = "unknown";

  protected take(reply: TextReply): void {
    const { queue } = this;
    if (this.#inLine) return this.#takeItem(reply);
    if (queue.empty) reply.fail("nothing was asked");
    const { kind } = queue;
    if (kind === Kind.VALUE) return this.#takeItem(reply);
    if (kind === Kind.COUNT_FIRST || kind === Kind.COUNT_ADD) return this.#takeCreating(reply, kind);
    if (isErrorCode(reply.code)) return this.#takeError(reply);
    switch (kind) {
      case Kind.STORE:
        return this.#takeStored(reply);
      case Kind.DELETE:
        return this.#takeDone(reply, TextCode.DELETED);
      case Kind.TOUCH:
        return this.#takeDone(reply, TextCode.TOUCHED);
      case Kind.COUNT:
        if (reply.code === TextCode.NUMBER) return this.#showNumber(reply.number);
        return this.#takeMiss(reply);
      case Kind.FENCE:
        if (reply.code !== TextCode.VERSION) break;
        return this.showDone();
      default:
        return this.takeAdmin(reply);
    }
    reply.fail("it is no answer to what was asked");
  }

  /** One line of the reply to a line of keys. */
  #takeItem(reply: TextReply): void {
    const { code } = reply;
    if (code === TextCode.VALUE) this.#showItem(reply);
    else if (code === TextCode.END) this.#endLine();
    else if (isErrorCode(code)) this.#takeItemError(reply);
    else reply.fail("it is no answer to what was asked");
  }

  #showItem(reply: TextReply): void {
    const { queue } = this;
    this.#beginLine();
    let first = !this.#inLine;
    // Keys before it that were not found are silent.
    while (queue.empty || first === queue.joined || !isKey(queue.note, reply)) {
      if (queue.empty || first === queue.joined || !queue.quiet) reply.fail("its key is none that was asked for");
      this.#pass();
      first = false;
    }
    this.#inLine = true;
    if (reply.casAt === 0) reply.fail("it has no version");
    const withKey = TEXT_ROWS.find(queue.opcode)!.form === Form.WITH_KEY;
    const { frames } = this;
    const cas = casOf(reply);
    const placed = withKey ? undefined : frames.over(reply, this.first(Status.SUCCESS), reply.flags, cas);
    if (placed !== undefined) {
      queue.shift();
      return this.show(placed);
    }
    const parts = this.next(Status.SUCCESS);
    const frame = frames.make(parts, reply.flags, withKey ? reply.keyLength : 0, reply.valueLength);
    writeCas(frame, cas);
    if (withKey) frames.copy(reply.key, frame.keyAt);
    if (reply.valueLength > 0) frames.copy(reply.value, frame.valueAt);
    this.show(frame);
  }

  #beginLine(): void {
    if (this.#inLine) return;
    this.#opcode = this.queue.opcode;
    this.#passed.length = 0;
    this.#loose = undefined;
  }

  /** No more items come: what was asked for in the line and did not come is missing, unless an error may stand for it. */
  #endLine(): void {
    const { queue } = this;
    this.#beginLine();
    if (!this.#inLine) {
      if (queue.quiet) this.#pass();
      else this.showStatus(Status.KEY_ENOENT);
    }
    this.#inLine = false;
    while (!queue.empty && queue.joined) this.#pass();
    const loose = this.#loose;
    if (loose === undefined) return;
    for (const opaque of this.#passed) {
      this.showWords({ opcode: this.#opcode, opaque, status: loose.status }, loose.words);
    }
  }

  /** A server that refuses a line takes back what it has found; only a proxy has an error among items, and goes on. */
  #takeItemError(reply: TextReply): void {
    const { queue } = this;
    const error = { status: statusOfError(reply, queue.empty ? this.#opcode : queue.opcode), words: wordsOf(reply) };
    if (this.#inLine) {
      this.#loose ??= error;
      return;
    }
    do this.showWords(this.next(error.status), error.words); while (!queue.empty && queue.joined);
  }

  #pass(): void {
    this.#passed.push(this.queue.opaque);
    this.queue.shift();
  }

  #takeStored(reply: TextReply): void {
    switch (reply.code) {
      case TextCode.STORED:
        return this.showDone();
      case TextCode.NOT_STORED:
        return this.showStatus(TEXT_ROWS.find(this.queue.opcode)!.notStored);
      case TextCode.EXISTS:
        return this.showStatus(Status.KEY_EEXISTS);
    }
    this.#takeMiss(reply);
  }

  #takeDone(reply: TextReply, done: number): void {
    if (reply.code === done) this.showDone();
    else this.#takeMiss(reply);
  }

  #takeMiss(reply: TextReply): void {
    if (reply.code !== TextCode.NOT_FOUND) reply.fail("it is no answer to what was asked");
    this.showStatus(Status.KEY_ENOENT);
  }

  #takeError(reply: TextReply): void {
    this.showWords(this.next(statusOfError(reply, this.queue.opcode)), wordsOf(reply));
  }

  /** A count, and the `add` behind it that makes the counter where there is none. */
  #takeCreating(reply: TextReply, kind: number): void {
    const { queue } = this;
    const { code } = reply;
    const before = this.#count;
    if (kind === Kind.COUNT_FIRST) {
      this.#count = code === TextCode.NOT_FOUND ? "missing" : "answered";
      if (this.#count === "missing") return queue.shift();
      if (isErrorCode(code)) return this.#takeError(reply);
      if (code !== TextCode.NUMBER) reply.fail("it is no answer to what was asked");
      return this.#showNumber(reply.number);
    }
    this.#count = "unknown";
    const stored = code === TextCode.STORED;
    if (!stored && code !== TextCode.NOT_STORED && !isErrorCode(code)) reply.fail("it is no answer to what was asked");
    if (before === "answered") queue.shift();
    else if (isErrorCode(code)) this.#takeError(reply);
    else if (stored) this.#showNumber(queue.note as bigint);
    // Someone else made it between the two.
    else this.showStatus(Status.KEY_EEXISTS);
  }

  #showNumber(number: bigint): void {
    if (this.queue.swallow) return this.queue.shift();
    const frame = this.frames.make(this.next(Status.SUCCESS), -1, 0, 8);
    frame.view.setBigUint64(frame.valueAt, number);
    this.show(frame);
  }
}

function wordsOf(reply: TextReply): Uint8Array {
  return utf8Encode(reply.message);
}

/** Whether an item is that of a key, given as it was asked for. */
function isKey(key: unknown, reply: TextReply): boolean {
  if (typeof key !== "string") return equalBytes(key as Uint8Array, reply.key);
  const { bytes, keyLength } = reply;
  const at = reply.start + reply.wordLength + 1;
  for (let i = 0; i < key.length; i++) {
    const unit = key.charCodeAt(i);
    if (unit > 0x7f) return equalBytes(utf8Encode(key), reply.key);
    if (bytes[at + i] !== unit) return false;
  }
  return key.length === keyLength;
}

/** The version of an item. */
function casOf(reply: TextReply): number | bigint {
  const { bytes } = reply;
  const from = reply.start + reply.casAt;
  const to = reply.start + reply.lineLength;
  // The splitter has seen to it that there is one.
  return to - from <= 9 ? readDecimal(bytes, from, to, 0xffffffff) : readU64(bytes, from, to);
}
