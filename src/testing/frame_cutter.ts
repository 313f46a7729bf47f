import { Frame } from "../frame/frame.ts";
import { HEADER_SIZE } from "../wire/header.ts";

/** Cuts bytes into frames of their own; what is no frame, such as text, comes as it was given. */
export class FrameCutter {
  readonly #show: (bytes: Uint8Array, frame: Frame | undefined) => void;
  /** What came of a frame that is not whole: joined only when there is enough of it. */
  #held: Uint8Array[] = [];
  #length = 0;
  #needed = 1;
  /** Whether no frame can be found any more. */
  #lost = false;

  /** Shows each piece to a function. */
  constructor(show: (bytes: Uint8Array, frame: Frame | undefined) => void) {
    this.#show = show;
  }

  /** Takes bytes, which may be overwritten afterwards. */
  push(chunk: Uint8Array): void {
    this.#held.push(chunk.slice());
    this.#length += chunk.length;
    if (this.#length >= this.#needed) this.#cut(this.#take());
  }

  /** Shows what is left of a frame that was cut short. */
  end(): void {
    if (this.#length > 0) this.#show(this.#take(), undefined);
  }

  #take(): Uint8Array {
    const parts = this.#held;
    const bytes = parts.length === 1 ? parts[0]! : new Uint8Array(this.#length);
    if (parts.length > 1) {
      let at = 0;
      for (const part of parts) {
        bytes.set(part, at);
        at += part.length;
      }
    }
    this.#held = [];
    this.#length = 0;
    this.#needed = 1;
    return bytes;
  }

  #cut(bytes: Uint8Array): void {
    let rest = bytes;
    while (rest.length > 0) {
      this.#lost ||= !isMagic(rest[0]!);
      if (this.#lost) return this.#show(rest, undefined);
      const size = rest.length < HEADER_SIZE ? HEADER_SIZE : sizeOf(rest);
      if (rest.length < size) return this.#hold(rest, size);
      const one = rest.slice(0, size);
      this.#show(one, whole(one));
      rest = rest.subarray(size);
    }
  }

  #hold(rest: Uint8Array, needed: number): void {
    this.#held = [rest];
    this.#length = rest.length;
    this.#needed = needed;
  }
}

function sizeOf(bytes: Uint8Array): number {
  return HEADER_SIZE + new DataView(bytes.buffer, bytes.byteOffset).getUint32(8);
}

function whole(bytes: Uint8Array): Frame | undefined {
  try {
    return Frame.from(bytes);
  } catch {
    // Its lengths contradict each other: the bytes are kept as they are.
    return undefined;
  }
}

function isMagic(byte: number): boolean {
  return (byte >= 0x80 && byte <= 0x83) || byte === 0x08 || byte === 0x18;
}
