import { UnsupportedError } from "../errors.ts";
import { FrameSplitter } from "../frame/frame_splitter.ts";
import { FrameWriter } from "../frame/frame_writer.ts";
import type { Outgoing } from "../ops/op.ts";
import { describe } from "../ops/status_error.ts";
import type { AnyOp } from "../ops/table.ts";
import { Features } from "../wire/features.ts";
import { Magic } from "../wire/header.ts";
import { asksForExtras } from "./asks_for_extras.ts";
import type { CallOptions, ExtrasWriter } from "./caller.ts";
import type { Agreement } from "./connection_options.ts";
import type { Wire } from "./wire.ts";

/** The binary protocol: rows are written and answers are cut as they are. */
export class BinaryWire implements Wire {
  readonly output: FrameWriter = new FrameWriter();
  readonly input: FrameSplitter;
  #features: Features = Features.NONE;
  #writeExtras: ExtrasWriter | undefined = undefined;

  /** Starts with nothing agreed on. */
  constructor(options: { readonly maxBody?: number | undefined } = {}) {
    this.input = new FrameSplitter(options.maxBody === undefined ? {} : { maxBody: options.maxBody });
  }

  adopt({ features, errorMap, writeExtras, inflate }: Agreement): void {
    const { frame } = this.input;
    if (features !== undefined) {
      this.#features = features;
      this.output.collection = features.collections ? 0 : -1;
      frame.collections = features.collections;
    }
    if (errorMap !== undefined) frame.errorMap = errorMap;
    if (inflate !== undefined) frame.inflate = inflate;
    if (writeExtras !== undefined) this.#writeExtras = writeExtras;
  }

  write(op: AnyOp, opcode: number, request: unknown, opaque: number, options: CallOptions | undefined): void {
    const out = this.output;
    out.begin();
    if (options !== undefined && asksForExtras(options)) {
      this.#writeWithExtras(op, opcode, request, options);
    } else {
      op.request.write(out, request as Outgoing<unknown>);
    }
    const vbucket = options?.vbuckets?.[opaque >>> 16] ?? options?.vbucket ?? 0;
    if ((vbucket & 0xffff) !== vbucket) throw new RangeError(`Cannot use vbucket ${vbucket}: it is 0 to 65535`);
    out.finish(Magic.CLIENT_REQUEST, opcode, opaque, vbucket);
  }

  answer(opcode: number, opaque: number, status: number): void {
    this.output.begin();
    this.output.finish(Magic.SERVER_RESPONSE, opcode, opaque, status);
  }

  #writeWithExtras(op: AnyOp, opcode: number, request: unknown, options: CallOptions): void {
    if (this.#writeExtras === undefined) {
      throw new UnsupportedError(
        `Cannot ${describe(op, request)}: collections and framing extras need a session with Couchbase`,
        { sent: false },
      );
    }
    const out = this.output;
    const collection = out.collection;
    try {
      this.#writeExtras(out, { op, quiet: opcode !== op.opcode, request, options, features: this.#features });
      op.request.write(out, request as Outgoing<unknown>);
    } finally {
      out.collection = collection;
    }
  }
}
