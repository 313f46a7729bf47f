import { Frame } from "../frame/frame.ts";
import { HEADER_SIZE } from "../wire/header.ts";

/** Cuts bytes into frames of their own; what is no frame, such as text, comes as it was given. */
export class FrameCutter {
  readonly #show: (bytes: Uint8Array, frame: Frame | undefined) => void;
  #held: Uint8Array = new Uint8Array(0);
  /** Whether no frame can be found any more. */
  #lost = false;

  /** Shows each piece to a function. */
  constructor(show: (bytes: Uint8Array, frame: Frame | undefined) => void) {
    this.#show = show;
  }

  /** Takes bytes, which may be overwritten afterwards. */
  push(chunk: Uint8Array): void {
    let bytes: Uint8Array = chunk.slice();
    if (this.#held.length > 0) {
      bytes = new Uint8Array(this.#held.length + chunk.length);
      bytes.set(this.#held);
      bytes.set(chunk, this.#held.length);
    }
    this.#held = this.#cut(bytes);
  }

  /** Shows what is left of a frame that was cut short. */
  end(): void {
    if (this.#held.length > 0) this.#show(this.#held, undefined);
    this.#held = new Uint8Array(0);
  }

  #cut(bytes: Uint8Array): Uint8Array {
    let rest = bytes;
    while (rest.length > 0 && !this.#lost) {
      if (!isMagic(rest[0]!)) {
        this.#lost = true;
        break;
      }
      if (rest.length < HEADER_SIZE) return rest;
      const size = HEADER_SIZE + new DataView(rest.buffer, rest.byteOffset).getUint32(8);
      if (rest.length < size) return rest;
      const one = rest.slice(0, size);
      this.#show(one, whole(one));
      rest = rest.subarray(size);
    }
    if (rest.length > 0) this.#show(rest, undefined);
    return new Uint8Array(0);
  }
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
