/** Stand-in for `@std/async`: see the README one folder up. */

/** Options of {@linkcode delay}. */
export interface DelayOptions {
  /** Ends the wait early: the promise then rejects with the reason of the signal. */
  signal?: AbortSignal;
  /** Whether the timer keeps the process alive; true by default. */
  persistent?: boolean;
}

/** Options of {@linkcode deadline}. */
export interface DeadlineOptions {
  /** Ends the wait early: the promise then rejects with the reason of the signal. */
  signal?: AbortSignal;
}

/** Resolves after so many milliseconds. */
export function delay(ms: number, options: DelayOptions = {}): Promise<void> {
  const { signal, persistent = true } = options;
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    function abort(): void {
      clearTimeout(timer);
      reject(signal?.reason);
    }
    signal?.addEventListener("abort", abort, { once: true });
    if (!persistent) unrefTimer(timer);
  });
}

/** Timers are numbers with `Deno.unrefTimer` in one runtime and objects with `unref()` in the others. */
function unrefTimer(timer: unknown): void {
  if (typeof timer === "number") (globalThis as { Deno?: { unrefTimer(id: number): void } }).Deno?.unrefTimer(timer);
  else (timer as { unref?(): void }).unref?.();
}

/** Settles like the promise, or rejects with the reason of the signal once that is aborted. */
export function abortable<T>(p: Promise<T>, signal: AbortSignal): Promise<T>;
/** Yields like the iterable, or throws the reason of the signal once that is aborted. */
export function abortable<T>(p: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T>;
export function abortable<T>(
  p: Promise<T> | AsyncIterable<T>,
  signal: AbortSignal,
): Promise<T> | AsyncGenerator<T> {
  return p instanceof Promise ? orAbort(p, signal) : iterateOrAbort(p, signal);
}

function orAbort<T>(promise: PromiseLike<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    const settled = () => signal.removeEventListener("abort", abort);
    promise.then((value) => (settled(), resolve(value)), (error) => (settled(), reject(error)));
  });
}

async function* iterateOrAbort<T>(iterable: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = iterable[Symbol.asyncIterator]();
  for (;;) {
    const next = await orAbort(iterator.next(), signal);
    if (next.done) return;
    yield next.value;
  }
}

/** Settles like the promise, or rejects with a `TimeoutError` after so many milliseconds. */
export async function deadline<T>(p: Promise<T>, ms: number, options: DeadlineOptions = {}): Promise<T> {
  const timeout = new AbortController();
  // A timer of our own, not `AbortSignal.timeout`, so that nothing is left running once the promise has settled.
  const timer = setTimeout(() => timeout.abort(new DOMException("Signal timed out.", "TimeoutError")), ms);
  const signal = options.signal ? AbortSignal.any([timeout.signal, options.signal]) : timeout.signal;
  try {
    return await abortable(p, signal);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Maps an iterable with at most `poolLimit` calls running at a time, and yields the results in the order of the input.
 *
 * After a failure no call starts; those running end, then an `AggregateError` with all failures is thrown.
 */
export function pooledMap<T, R>(
  poolLimit: number,
  array: Iterable<T> | AsyncIterable<T>,
  iteratorFn: (data: T) => Promise<R>,
): AsyncIterableIterator<R> {
  const errors: unknown[] = [];
  // A stream starts at once, as the real function does, and not with the first result that is asked for.
  const calls = new ReadableStream<{ readonly result: Promise<R> }>({
    async start(controller): Promise<void> {
      const running = new Set<Promise<void>>();
      for await (const item of array) {
        const result = Promise.resolve(item).then(iteratorFn);
        const slot = result.then(() => {}, (error) => void errors.push(error)).finally(() => running.delete(slot));
        running.add(slot);
        controller.enqueue({ result });
        if (running.size >= poolLimit) await Promise.race(running);
        if (errors.length > 0) break;
      }
      await Promise.all(running);
      controller.close();
    },
  });
  return (async function* () {
    for await (const { result } of calls) {
      const [outcome] = await Promise.allSettled([result]);
      if (outcome.status === "fulfilled") yield outcome.value;
    }
    if (errors.length > 0) throw new AggregateError(errors, "Threw while mapping.");
  })();
}
