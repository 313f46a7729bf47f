/** Stand-in for `@std/assert`: see the README two folders up. */

import { inspect, isDeepStrictEqual } from "node:util";

/** What a failed assertion throws. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** A class, abstract ones included. */
// deno-lint-ignore no-explicit-any -- what the arguments of a class are does not matter here
export type AnyConstructor = abstract new (...args: any[]) => any;

/** A class of errors. */
// deno-lint-ignore no-explicit-any -- as above
type ErrorConstructor<E extends Error> = abstract new (...args: any[]) => E;

/** What {@linkcode assertFalse} takes. */
export type Falsy = false | 0 | 0n | "" | null | undefined;

function format(value: unknown): string {
  return inspect(value, { depth: 10, maxArrayLength: 200, sorted: true, compact: 3, breakLength: 100 });
}

function failure(problem: string, msg?: string, details = ""): AssertionError {
  return new AssertionError(`${problem}${msg ? `: ${msg}` : "."}${details}`);
}

function sides(actual: unknown, expected: unknown): string {
  if (actual instanceof Uint8Array && expected instanceof Uint8Array) {
    const at = actual.findIndex((byte, index) => byte !== expected[index]);
    const where = at < 0 ? Math.min(actual.length, expected.length) : at;
    return `\n    actual:   ${hex(actual)}\n    expected: ${hex(expected)}\n    first difference at byte ${where}`;
  }
  return `\n    actual:   ${format(actual)}\n    expected: ${format(expected)}`;
}

function hex(bytes: Uint8Array): string {
  const shown = Array.from(bytes.subarray(0, 256), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return `${bytes.length} bytes: ${shown}${bytes.length > 256 ? " …" : ""}`;
}

/** Whether both are the same by structure: typed arrays, maps, sets and bigints included. */
export function equal(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(a, b);
}

/** Throws unless the expression is truthy. */
export function assert(expr: unknown, msg = ""): asserts expr {
  if (!expr) throw new AssertionError(msg);
}

/** Throws unless the expression is falsy. */
export function assertFalse(expr: unknown, msg = ""): asserts expr is Falsy {
  if (expr) throw new AssertionError(msg);
}

/** Throws unless both are equal by structure. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void {
  if (!equal(actual, expected)) throw failure("Values are not equal", msg, sides(actual, expected));
}

/** Throws if both are equal by structure. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void {
  if (equal(actual, expected)) throw failure(`Expected actual: ${format(actual)} not to be: ${format(expected)}`, msg);
}

/** Throws unless both are the same, by `Object.is`. */
export function assertStrictEquals<T>(actual: unknown, expected: T, msg?: string): asserts actual is T {
  if (!Object.is(actual, expected)) throw failure("Values are not strictly equal", msg, sides(actual, expected));
}

/** Throws if the value is `null` or `undefined`. */
export function assertExists<T>(actual: T, msg?: string): asserts actual is NonNullable<T> {
  if (actual === undefined || actual === null) {
    throw failure(`Expected actual: "${actual}" to not be null or undefined`, msg);
  }
}

/** Throws unless the value is an instance of the class. */
export function assertInstanceOf<T extends AnyConstructor>(
  actual: unknown,
  expectedType: T,
  msg?: string,
): asserts actual is InstanceType<T> {
  if (actual instanceof expectedType) return;
  throw failure(`Expected object to be an instance of "${expectedType.name}" but was ${format(actual)}`, msg);
}

/** Throws unless `actual` is greater. */
export function assertGreater<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual > expected)) throw failure(`Expect ${format(actual)} > ${format(expected)}`, msg);
}

/** Throws unless `actual` is greater or equal. */
export function assertGreaterOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual >= expected)) throw failure(`Expect ${format(actual)} >= ${format(expected)}`, msg);
}

/** Throws unless `actual` is less. */
export function assertLess<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual < expected)) throw failure(`Expect ${format(actual)} < ${format(expected)}`, msg);
}

/** Throws unless `actual` is less or equal. */
export function assertLessOrEqual<T>(actual: T, expected: T, msg?: string): void {
  if (!(actual <= expected)) throw failure(`Expect ${format(actual)} <= ${format(expected)}`, msg);
}

/** Throws unless the text matches. */
export function assertMatch(actual: string, expected: RegExp, msg?: string): void {
  if (!expected.test(actual)) throw failure(`Expected actual: "${actual}" to match: "${expected}"`, msg);
}

/** Throws unless the text holds the other. */
export function assertStringIncludes(actual: string, expected: string, msg?: string): void {
  if (!actual.includes(expected)) throw failure(`Expected actual: "${actual}" to contain: "${expected}"`, msg);
}

/** Throws. */
export function fail(msg?: string): never {
  throw failure("Failed assertion", msg);
}

/** Throws: marks code that must not be reached. */
export function unreachable(msg?: string): never {
  throw failure("Unreachable", msg);
}

/** Calls the function, which must throw, and returns what it threw. */
export function assertThrows(fn: () => unknown, msg?: string): unknown;
/** Calls the function, which must throw an error of the class whose message holds the text, and returns it. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  ErrorClass: ErrorConstructor<E>,
  msgIncludes?: string,
  msg?: string,
): E;
export function assertThrows(fn: () => unknown, ...expected: ErrorExpectation): unknown {
  try {
    fn();
  } catch (error) {
    return checkError(error, "A non-Error object was thrown", expected);
  }
  throw failure("Expected function to throw", messageOf(expected));
}

/** Calls the function, whose promise must be rejected, and resolves to the reason. */
export function assertRejects(fn: () => PromiseLike<unknown>, msg?: string): Promise<unknown>;
/** Calls the function, whose promise must be rejected with an error of the class whose message holds the text. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  ErrorClass: ErrorConstructor<E>,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
export async function assertRejects(fn: () => PromiseLike<unknown>, ...expected: ErrorExpectation): Promise<unknown> {
  let promise: PromiseLike<unknown> | undefined;
  try {
    promise = fn();
  } catch {
    // An error thrown at once is no rejection: said below.
  }
  if (typeof promise?.then !== "function") {
    throw failure("Function throws when expected to reject", messageOf(expected));
  }
  try {
    await promise;
  } catch (error) {
    return checkError(error, "A non-Error object was rejected", expected);
  }
  throw failure("Expected function to reject", messageOf(expected));
}

/** The arguments of the two functions above after the first. */
type ErrorExpectation = [classOrMsg?: ErrorConstructor<Error> | string, msgIncludes?: string, msg?: string];

function messageOf([classOrMsg, , msg]: ErrorExpectation): string | undefined {
  return typeof classOrMsg === "string" ? classOrMsg : msg;
}

function checkError(error: unknown, noError: string, expected: ErrorExpectation): unknown {
  const [ErrorClass, msgIncludes] = expected;
  if (typeof ErrorClass !== "function") return error;
  const msg = messageOf(expected);
  if (!(error instanceof Error)) throw failure(noError, msg, `\n    ${format(error)}`);
  if (!(error instanceof ErrorClass)) {
    const problem = `Expected error to be instance of "${ErrorClass.name}", but was "${
      (error as Error).constructor?.name
    }"`;
    // The cause shows where the other error came from.
    throw Object.assign(failure(problem, msg), { cause: error });
  }
  if (msgIncludes && !error.message.includes(msgIncludes)) {
    throw failure(
      `Expected error message to include ${JSON.stringify(msgIncludes)}, but got ${JSON.stringify(error.message)}`,
      msg,
    );
  }
  return error;
}
