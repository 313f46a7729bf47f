import { UnsupportedError } from "../errors.ts";
import { FrameWriter } from "../frame/frame_writer.ts";
import type { Outgoing } from "../ops/op.ts";
import type { AnyOp } from "../ops/table.ts";
import { TextWriter } from "../text/text_writer.ts";
import type { SlabMark } from "../wire/slab.ts";
import { Magic } from "../wire/header.ts";
import type { CommandQueue } from "./command_queue.ts";
import type { WireOutput } from "./wire.ts";

/** Servers close the connection on a line of more than 2 KiB; another key and the line end must fit. */
const LONGEST_OPEN = 2048 - 254;

interface CommandMark extends SlabMark {
  /** How many commands had been queued. */
  readonly tail: number;
}

/** A request as it was asked for, to be shown to those who watch. */
interface LastRequest {
  op: AnyOp | undefined;
  opcode: number;
  request: unknown;
  opaque: number;
}

/** Gathers commands, and sees that exactly those that will leave are awaited in the queue. */
export class CommandOutput implements WireOutput {
  /** What commands are written to. */
  readonly text: TextWriter = new TextWriter();
  readonly #queue: CommandQueue;
  #taken = 0;
  /** What the open line is called; empty without one. */
  #line = "";
  readonly #last: LastRequest = { op: undefined, opcode: 0, request: undefined, opaque: 0 };

  /** Starts with nothing written. */
  constructor(queue: CommandQueue) {
    this.#queue = queue;
  }

  get size(): number {
    return this.text.size;
  }

  /** Offset in all that was ever written of what is written next. */
  get offset(): number {
    return this.#taken + this.text.size;
  }

  /** Whether a line of keys has been begun to which more may be added; see {@linkcode CommandOutput.beginLine}. */
  isOpen(line: string): boolean {
    return this.#line === line && this.text.lineLength < LONGEST_OPEN;
  }

  /** Ends the line that is open, if any, and begins one that stays open under a name until another command is written. */
  beginLine(line: string, command: Uint8Array): void {
    this.endLine();
    this.text.begin(command);
    this.#line = line;
  }

  /** Ends the line that is open, if any. */
  endLine(): void {
    if (this.#line !== "") this.text.end();
    this.#line = "";
  }

  /** Remembers the request whose command was written last. */
  remember(op: AnyOp, opcode: number, request: unknown, opaque: number): void {
    const last = this.#last;
    last.op = op;
    last.opcode = opcode;
    last.request = request;
    last.opaque = opaque;
  }

  take(): Uint8Array[] {
    this.#taken += this.text.size;
    this.#last.request = undefined;
    return this.text.take();
  }

  recycle(): void {
    this.text.recycle();
  }

  mark(): CommandMark {
    return { ...this.text.mark(), tail: this.#queue.tail };
  }

  reset(mark: SlabMark): void {
    this.#line = "";
    this.text.reset(mark);
    this.#queue.cutTo((mark as CommandMark).tail);
  }

  undo(): void {
    this.#line = "";
    this.text.undo();
  }

  drop(from: number, to: number): void {
    this.text.drop(from, to);
    this.#queue.drop(this.#taken + from, this.#taken + to);
  }

  last(): Uint8Array {
    const { op, opcode, request, opaque } = this.#last;
    const out = new FrameWriter();
    out.begin();
    try {
      op!.request.write(out, request as Outgoing<unknown>);
    } catch (error) {
      // A command that no frame can carry is shown by its key.
      if (!(error instanceof UnsupportedError)) throw error;
      out.begin();
      out.key((request as { readonly key: string | Uint8Array }).key);
    }
    out.finish(Magic.CLIENT_REQUEST, opcode, opaque, 0);
    return out.last();
  }
}
