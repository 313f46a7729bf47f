import { Frame, type FrameKeeper } from "../frame/frame.ts";
import type { TextReply } from "../text/text_reply.ts";
import { HEADER_SIZE, Magic } from "../wire/header.ts";

const SLAB_SIZE = 16 * 1024;

/** What lies before the value of an item: the header and the flags. */
export const OVERHEAD: number = HEADER_SIZE + 4;

/** What a frame answers, and how. */
export interface FrameParts {
  /** The opcode that was asked. */
  readonly opcode: number;
  /** The opaque that was asked. */
  readonly opaque: number;
  /** What came of it. */
  readonly status: number;
}

/** An item, and what it answers. */
export interface ItemParts {
  /** The opcode that was asked. */
  readonly opcode: number;
  /** The opaque that was asked. */
  readonly opaque: number;
  /** The 32 bits stored beside the value. */
  readonly flags: number;
  /** Its version, where that is a number below 2⁵³. */
  readonly cas: number;
  /** Bytes of the value. */
  readonly valueLength: number;
}

/**
 * Makes frames of what came in another form, so that all that reads frames can read it. A frame lies in a slab; the next one takes
 * its place unless it was kept.
 */
export class FrameMaker implements FrameKeeper {
  readonly #frame = new Frame();
  #slab = new Uint8Array(SLAB_SIZE);
  #view = new DataView(this.#slab.buffer);
  #used = 0;
  /** Where the frame that is being made lies: in the slab, or in memory of its own. */
  #bytes = this.#slab;
  #at = 0;
  /** A view of the memory that the last frame over a reply lies in, and that reply. */
  #over: DataView = this.#view;
  #overBytes: Uint8Array = this.#slab;
  #reply: TextReply | undefined = undefined;
  readonly #replyKeeper: FrameKeeper = { keep: () => this.#reply!.keep() };

  /** Keeping costs nothing: the next frame goes behind this one. */
  keep(frame: Frame): void {
    this.#used = frame.start + frame.size;
  }

  /** Makes a frame whose key and value are still to be copied into it, and its version set. `flags` of -1 are none. */
  make(parts: FrameParts, flags: number, keyLength: number, valueLength: number): Frame {
    const extrasLength = flags < 0 ? 0 : 4;
    const bodyLength = extrasLength + keyLength + valueLength;
    const view = this.#room(HEADER_SIZE + bodyLength);
    const at = this.#at;
    view.setUint32(at, (Magic.SERVER_RESPONSE << 24) | (parts.opcode << 16) | keyLength);
    view.setUint32(at + 4, (extrasLength << 24) | parts.status);
    view.setUint32(at + 8, bodyLength);
    view.setUint32(at + 12, parts.opaque);
    view.setUint32(at + 16, 0);
    view.setUint32(at + 20, 0);
    if (extrasLength > 0) view.setUint32(at + HEADER_SIZE, flags);
    this.#frame.read(view, at);
    return this.#frame;
  }

  /**
   * Makes a frame of a reply with a value without copying that: its header takes the place of the line before it. Nothing where that
   * is too short. The line must have been read; `cas` is the version that stood in it.
   */
  over(reply: TextReply, parts: FrameParts, flags: number, cas: number | bigint): Frame | undefined {
    // What lies in a chunk of the transport is not ours to write to; in the splitter's own memory it is.
    const own = reply.keeper === undefined;
    // There, the end of the reply before it may be written over, too.
    if (reply.lineLength + (own ? 2 : 4) < OVERHEAD) return undefined;
    const frame = this.#frame;
    if (!own) reply.keep();
    const at = reply.valueAt - OVERHEAD;
    if (at < 0) return undefined;
    const { bytes } = reply;
    if (this.#overBytes !== bytes) {
      this.#overBytes = bytes;
      this.#over = new DataView(bytes.buffer);
    }
    const { opcode, opaque } = parts;
    const small = typeof cas === "number";
    this.lay(this.#over, at, { opcode, opaque, flags, cas: small ? cas : 0, valueLength: reply.valueLength });
    if (!small) this.#over.setBigUint64(at + 16, cas);
    this.#reply = reply;
    frame.keeper = own ? this.#replyKeeper : undefined;
    return frame;
  }

  /** Makes a frame that succeeds of a value, by writing what goes before it: {@linkcode OVERHEAD} bytes. */
  lay(view: DataView, at: number, { opcode, opaque, flags, cas, valueLength }: ItemParts): Frame {
    const frame = this.#frame;
    const bodyLength = valueLength + 4;
    view.setUint32(at, (Magic.SERVER_RESPONSE << 24) | (opcode << 16));
    view.setUint32(at + 4, 4 << 24);
    view.setUint32(at + 8, bodyLength);
    view.setUint32(at + 12, opaque);
    view.setUint32(at + 16, cas > 0xffffffff ? Math.floor(cas / 0x100000000) : 0);
    view.setUint32(at + 20, cas);
    view.setUint32(at + HEADER_SIZE, flags);
    // The same as to read it from there.
    frame.view = view;
    frame.buffer = view.buffer;
    frame.start = at;
    frame.magic = Magic.SERVER_RESPONSE;
    frame.opcode = opcode;
    frame.framingLength = 0;
    frame.keyLength = 0;
    frame.extrasLength = 4;
    frame.datatype = 0;
    frame.status = 0;
    frame.bodyLength = bodyLength;
    frame.opaque = opaque;
    frame.kept = false;
    frame.collection = -1;
    frame.prefixLength = 0;
    frame.keeper = undefined;
    return frame;
  }

  /** Copies bytes into the frame, to an offset in its buffer. */
  copy(from: Uint8Array, at: number): void {
    this.#bytes.set(from, at);
  }

  #room(size: number): DataView {
    const frame = this.#frame;
    if (size > SLAB_SIZE) {
      this.#bytes = new Uint8Array(size);
      this.#at = 0;
      frame.keeper = undefined;
      return new DataView(this.#bytes.buffer);
    }
    if (size > SLAB_SIZE - this.#used) {
      this.#slab = new Uint8Array(SLAB_SIZE);
      this.#view = new DataView(this.#slab.buffer);
      this.#used = 0;
    }
    frame.keeper = this;
    this.#bytes = this.#slab;
    this.#at = this.#used;
    return this.#view;
  }
}
