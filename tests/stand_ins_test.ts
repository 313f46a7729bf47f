/** The assertions must fail when they should, or no other test means anything; true of the real packages as well. */

import {
  assert,
  assertEquals,
  AssertionError,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { abortable, deadline, delay, pooledMap } from "@std/async";
import { equals } from "@std/bytes/equals";
import { concat } from "@std/bytes/concat";
import { toArrayBuffer, toJson, toText } from "@std/streams";
import { hex, toHex } from "./support/hex.ts";
import { Random, withRandom } from "./support/random.ts";
import { test } from "./support/test.ts";

const EQUAL: [string, () => unknown][] = [
  ["bytes", () => new Uint8Array([1, 2, 255])],
  ["nested objects with bigints", () => ({ a: [{ cas: 2n ** 64n - 1n }], b: undefined })],
  ["maps of bytes", () => new Map([["a", new Uint8Array([1])]])],
  ["sets", () => new Set(["a", "b"])],
  ["NaN", () => NaN],
];

for (const [name, make] of EQUAL) {
  test(`assertEquals takes equal ${name}, assertNotEquals does not`, () => {
    assertEquals(make(), make());
    assertThrows(() => assertNotEquals(make(), make()), AssertionError);
  });
}

const UNEQUAL: [string, unknown, unknown][] = [
  ["bytes", new Uint8Array([1, 2]), new Uint8Array([1, 3])],
  ["lengths of bytes", new Uint8Array([1]), new Uint8Array([1, 0])],
  ["kinds of arrays", new Uint8Array([1]), new Uint16Array([1])],
  ["bigint and number", 1n, 1],
  ["values in maps", new Map([["a", 1n]]), new Map([["a", 2n]])],
  ["sets", new Set(["a"]), new Set(["b"])],
  ["an undefined and a missing member", { a: undefined }, {}],
  ["undefined and null", undefined, null],
];

for (const [name, a, b] of UNEQUAL) {
  test(`assertEquals refuses different ${name}, assertNotEquals does not`, () => {
    assertThrows(() => assertEquals(a, b), AssertionError);
    assertNotEquals(a, b);
  });
}

/** An error that is none by `class … extends Error`, as errors without a stack are made. */
function LinkedError(this: Error, message: string): void {
  this.message = message;
}
LinkedError.prototype = Object.create(Error.prototype, { constructor: { value: LinkedError } });
const Linked = LinkedError as unknown as new (message: string) => Error;

test("assertThrows and assertRejects return an error whose class is only linked to Error", async () => {
  const error = new Linked("no such key");
  const thrown = assertThrows(
    () => {
      throw error;
    },
    Linked,
    "such",
  );
  assert(thrown === error);
  assert(await assertRejects(() => Promise.reject(error), Linked, "such") === error);
});

test("assertRejects refuses another class, another message, a value, a throw and no error", async () => {
  const refused = (call: () => Promise<unknown>) => assertRejects(call, AssertionError);
  await refused(() => assertRejects(() => Promise.reject(new Error("a")), TypeError));
  await refused(() => assertRejects(() => Promise.reject(new TypeError("a")), TypeError, "b"));
  await refused(() => assertRejects(() => Promise.reject("a"), Error));
  await refused(() => assertRejects(() => Promise.resolve()));
  await refused(() =>
    assertRejects(() => {
      throw new Error("a");
    })
  );
});

test("assertThrows refuses another class, another message, a value and no error", () => {
  const refused = (call: () => unknown) => assertThrows(call, AssertionError);
  const throwing = (error: unknown) => () => {
    throw error;
  };
  refused(() => assertThrows(throwing(new Error("a")), TypeError));
  refused(() => assertThrows(throwing(new TypeError("a")), TypeError, "b"));
  refused(() => assertThrows(throwing("a"), Error));
  refused(() => assertThrows(() => {}));
});

test("deadline and abortable settle with the promise, or reject when their time or signal comes first", async () => {
  assertEquals(await deadline(Promise.resolve(1), 60_000), 1);
  const never = new Promise<void>(() => {});
  const late = await assertRejects(() => deadline(never, 1));
  assertEquals((late as DOMException).name, "TimeoutError");
  const reason = new Error("enough");
  await assertRejects(() => abortable(never, AbortSignal.abort(reason)));
  assert(await assertRejects(() => delay(60_000, { signal: AbortSignal.abort(reason) })) === reason);
});

test("pooledMap keeps the order and the limit, and gathers what failed", async () => {
  let running = 0;
  let most = 0;
  const results = pooledMap(3, [5, 4, 3, 2, 1], async (value) => {
    most = Math.max(most, ++running);
    await delay(value);
    running--;
    return value;
  });
  assertEquals(await Array.fromAsync(results), [5, 4, 3, 2, 1]);
  assertEquals(most, 3);
  const failed = await assertRejects(
    () => Array.fromAsync(pooledMap(1, [1, 2, 3], () => Promise.reject(new Error("no")))),
    AggregateError,
  );
  assertEquals(failed.errors.length, 1);
});

test("concat and equals work on bytes, streams are read to their end", async () => {
  const bytes = new TextEncoder().encode('{"a":"ä"}');
  assert(equals(concat([bytes.subarray(0, 7), new Uint8Array(0), bytes.subarray(7)]), bytes));
  assert(!equals(bytes, bytes.subarray(1)));
  const stream = () => ReadableStream.from([bytes.subarray(0, 7), bytes.subarray(7)]);
  assertEquals(new Uint8Array(await toArrayBuffer(stream())), bytes);
  assertEquals(await toText(stream()), '{"a":"ä"}');
  assertEquals(await toJson(stream()), { a: "ä" });
});

test("hex reads fields and comments and refuses the rest, toHex writes them", () => {
  assertEquals(hex("80 01|00ff # magic, opcode\n AB"), new Uint8Array([0x80, 1, 0, 0xff, 0xab]));
  assertEquals(toHex(hex("8001ab")), "80 01 ab");
  assertThrows(() => hex("8"), SyntaxError);
  assertThrows(() => hex("8g"), SyntaxError);
});

test("Random repeats itself by seed, withRandom says the seed", async () => {
  const [a, b] = [new Random(7), new Random(7)];
  assertEquals(a.bytes(32), b.bytes(32));
  assertNotEquals(a.bytes(32), new Random(8).bytes(32));
  const drawn = new Set(Array.from({ length: 1000 }, () => a.int(10)));
  assertEquals([...drawn].sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  let seed = 0;
  const error = await assertRejects(
    () => withRandom((random) => (seed = random.seed, Promise.reject(new Error("no")))),
    Error,
  );
  assertStringIncludes(error.message, `MEMWIRE_SEED=${seed}: no`);
});
