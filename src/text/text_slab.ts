import { Slab } from "../wire/slab.ts";

/** A slab that text is appended to, word by word. */
export class TextSlab extends Slab {
  /** Appends one byte. Not `bytes[reserve(1)]`: that would take `bytes` before they may move. */
  push(byte: number): void {
    const at = this.reserve(1);
    this.bytes[at] = byte;
  }

  /** Appends a short array. */
  word(word: Uint8Array): void {
    const length = word.length;
    const at = this.reserve(length);
    const bytes = this.bytes;
    for (let i = 0; i < length; i++) bytes[at + i] = word[i]!;
  }
}
