/** How many bytes were sent and not acknowledged. */
export class FlowWindow {
  #unacked = 0;
  #excess = 0;
  #overacked = 0;
  #sent = 0;

  /** Bytes that were sent and not acknowledged. */
  get unacked(): number {
    return this.#unacked;
  }

  /** Bytes that count and were ever sent. */
  get sent(): number {
    return this.#sent;
  }

  /** Bytes that were acknowledged and never sent: a mistake of the consumer, which is let pass. */
  get overacked(): number {
    return this.#overacked;
  }

  /** Whether nothing may be sent now: there must be some room, however large the message is. */
  isFull(size: number): boolean {
    return size > 0 && this.#unacked >= size + this.#excess;
  }

  /** A message was sent. */
  add(bytes: number): void {
    this.#unacked += bytes;
    this.#sent += bytes;
  }

  /** The consumer has made room. */
  acknowledge(bytes: number): void {
    this.#overacked += Math.max(0, bytes - this.#unacked);
    this.#unacked = Math.max(0, this.#unacked - bytes);
  }

  /** Has so many bytes more be sent than may. */
  exceed(bytes: number): void {
    this.#excess = bytes;
  }
}
