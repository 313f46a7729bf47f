/** A signal that counts who listens to it. */

/** A controller whose signal is watched. */
export interface CountedAbort {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
  /** How many listen now. */
  listeners(): number;
}

/** Makes a controller whose signal knows how many listen. */
export function countedAbort(): CountedAbort {
  const controller = new AbortController();
  const { signal } = controller;
  const listening = new Set<unknown>();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (type: string, listener: EventListenerOrEventListenerObject | null, options?: unknown) => {
    listening.add(listener);
    add(type, listener as EventListener, options as AddEventListenerOptions);
  };
  signal.removeEventListener = (type: string, listener: EventListenerOrEventListenerObject | null) => {
    listening.delete(listener);
    remove(type, listener as EventListener);
  };
  return { signal, abort: (reason) => controller.abort(reason), listeners: () => listening.size };
}
