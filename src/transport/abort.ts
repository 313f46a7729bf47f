/** Gives up waiting when a signal fires, and disposes of what comes too late. */

/** What {@linkcode abortable} needs to know. */
export interface AbortableOptions<T> {
  /** Rejects the wait with its reason when aborted. */
  readonly signal: AbortSignal | undefined;
  /** Frees what was opened after the abort. */
  readonly dispose: (late: T) => void;
}

/** Waits for something that is being opened, or rejects with the reason of the signal as soon as that is aborted. */
export function abortable<T>(opening: Promise<T>, options: AbortableOptions<T>): Promise<T> {
  const { signal, dispose } = options;
  if (signal === undefined) return opening;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
    opening.then(
      (opened) => {
        signal.removeEventListener("abort", abort);
        if (signal.aborted) dispose(opened);
        else resolve(opened);
      },
      (error) => {
        signal.removeEventListener("abort", abort);
        reject(error);
      },
    );
  });
}
