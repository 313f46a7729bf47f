/** Which part of the window is gathered before it is given back. */
const SHARE = 0.2;

/**
 * How much of what a producer sent is still with the consumer, to the byte: whole frames, header and framing extras included. Bytes are given
 * back when a fifth of the window has gathered, or when asked to.
 */
export class FlowWindow {
  /** The size of the window in bytes; 0 when there is none. */
  readonly size: number;
  readonly #threshold: number;
  readonly #give: (bytes: number) => void;
  #received = 0;
  #gathered = 0;
  #given = 0;
  #closed = false;

  /** Makes a window; `give` tells the producer that so many bytes are free again. */
  constructor(size: number, give: (bytes: number) => void) {
    this.size = size;
    this.#threshold = size * SHARE;
    this.#give = give;
  }

  /** Bytes that the producer has sent and not got back. */
  get used(): number {
    return this.#received - this.#given;
  }

  /** How much was received in all. */
  get received(): number {
    return this.#received;
  }

  /** How much was given back in all. */
  get given(): number {
    return this.#given;
  }

  /** So many bytes came. */
  add(bytes: number): void {
    this.#received += bytes;
  }

  /** The consumer is done with so many bytes. */
  free(bytes: number): void {
    this.#gathered += bytes;
    if (this.#gathered >= this.#threshold) this.flush();
  }

  /** Gives back what has gathered. */
  flush(): void {
    if (this.#gathered === 0 || this.#closed || this.size === 0) return;
    const bytes = this.#gathered;
    this.#gathered = 0;
    this.#given += bytes;
    this.#give(bytes);
  }

  /** Gives nothing back any more: the producer has gone. */
  close(): void {
    this.#closed = true;
  }
}
