/** Waits for a promise that others may wait for, too; rejects with the reason of the signal as soon as that is aborted. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const giveUp = () => reject(signal.reason);
    if (signal.aborted) giveUp();
    signal.addEventListener("abort", giveUp, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
  });
}

/** The longest that timers can wait, in milliseconds; more would ring at once. */
const LONGEST = 0x7fffffff;

/** The same, and no longer than so many milliseconds, 0 or nothing for ever; then rejects with what `late` makes. */
export function untilGivenUp<T>(
  promise: Promise<T>,
  { timeout = 0, signal }: { readonly timeout?: number; readonly signal?: AbortSignal },
  late: () => unknown,
): Promise<T> {
  if (timeout === 0 || timeout > LONGEST) return untilAborted(promise, signal);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const over = new Promise<never>((_, reject) => timer = setTimeout(() => reject(late()), timeout));
  return untilAborted(Promise.race([promise, over]), signal).finally(() => clearTimeout(timer));
}
