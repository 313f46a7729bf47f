import type { Sink, Transport } from "../transport/transport.ts";

/** What `detach` gives: a transport, and the bytes that came before its new owner. */
export interface Detached {
  /** The open transport. Its `start` shows the bytes read ahead first, then what comes. */
  readonly transport: Transport;
  /** What was read and belonged to no answer; part of what the transport will show. */
  readonly readAhead: Uint8Array;
}

/** Wraps a transport that has been started so that it can be started again by another owner, without losing a byte. */
export function detachTransport(transport: Transport, readAhead: Uint8Array): Detached {
  const held: Uint8Array[] = readAhead.length > 0 ? [readAhead] : [];
  let ended: { readonly error: unknown } | undefined;
  transport.pause();
  // A read that was under way may still deliver.
  transport.handOver({
    data: (chunk) => void held.push(chunk.slice()),
    end: (error) => ended = { error },
  });
  const start = (sink: Sink): void => {
    transport.handOver(sink);
    for (const chunk of held) sink.data(chunk);
    if (ended !== undefined) sink.end(ended.error);
    else transport.resume();
  };
  const detached: Transport = {
    peer: transport.peer,
    secure: transport.secure,
    start,
    handOver: (sink) => transport.handOver(sink),
    pause: () => transport.pause(),
    resume: () => transport.resume(),
    write: (bytes) => transport.write(bytes),
    close: () => transport.close(),
    closed: transport.closed,
  };
  return { transport: detached, readAhead };
}
