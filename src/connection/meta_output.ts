import { FrameWriter } from "../frame/frame_writer.ts";
import type { Outgoing } from "../ops/op.ts";
import type { AnyOp } from "../ops/table.ts";
import { TextWriter } from "../text/text_writer.ts";
import type { SlabMark } from "../wire/slab.ts";
import { Magic } from "../wire/header.ts";
import type { MetaQueue } from "./meta_queue.ts";
import type { WireOutput } from "./wire.ts";

interface MetaMark extends SlabMark {
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
export class MetaOutput implements WireOutput {
  /** What commands are written to. */
  readonly text: TextWriter = new TextWriter();
  readonly #queue: MetaQueue;
  #taken = 0;
  readonly #last: LastRequest = { op: undefined, opcode: 0, request: undefined, opaque: 0 };

  /** Starts with nothing written. */
  constructor(queue: MetaQueue) {
    this.#queue = queue;
  }

  get size(): number {
    return this.text.size;
  }

  /** Offset in all that was ever written of what is written next. */
  get offset(): number {
    return this.#taken + this.text.size;
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

  mark(): MetaMark {
    return { ...this.text.mark(), tail: this.#queue.tail };
  }

  reset(mark: SlabMark): void {
    this.text.reset(mark);
    this.#queue.cutTo((mark as MetaMark).tail);
  }

  undo(): void {
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
    op!.request.write(out, request as Outgoing<unknown>);
    out.finish(Magic.CLIENT_REQUEST, opcode, opaque, 0);
    return out.last();
  }
}
