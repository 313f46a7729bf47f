import type { Sink, Transport } from "../transport/transport.ts";

/** A transport that passes everything on to another: what changes a part of it is written as a class of its own. */
export abstract class WrappedTransport implements Transport {
  /** The transport that does the work. */
  protected readonly inner: Transport;

  /** Wraps a transport that has not been started. */
  constructor(inner: Transport) {
    this.inner = inner;
  }

  /** {@inheritDoc Transport.peer} */
  get peer(): string {
    return this.inner.peer;
  }

  /** {@inheritDoc Transport.secure} */
  get secure(): boolean {
    return this.inner.secure;
  }

  /** {@inheritDoc Transport.closed} */
  get closed(): Promise<void> {
    return this.inner.closed;
  }

  /** {@inheritDoc Transport.start} */
  start(sink: Sink): void {
    this.inner.start(sink);
  }

  /** {@inheritDoc Transport.handOver} */
  handOver(sink: Sink): void {
    this.inner.handOver(sink);
  }

  /** {@inheritDoc Transport.pause} */
  pause(): void {
    this.inner.pause();
  }

  /** {@inheritDoc Transport.resume} */
  resume(): void {
    this.inner.resume();
  }

  /** {@inheritDoc Transport.write} */
  write(bytes: Uint8Array): Promise<void> | undefined {
    return this.inner.write(bytes);
  }

  /** {@inheritDoc Transport.close} */
  close(): void {
    this.inner.close();
  }
}
