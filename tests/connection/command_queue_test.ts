/** The tokens by which commands are known that wait for an answer. */
import { assertEquals } from "@std/assert";
import { codeFor, CommandQueue, Kind, QUIET, READ, STORE } from "../../src/connection/command_queue.ts";
import { withRandom } from "../support/random.ts";
import { test } from "../support/test.ts";

const LOUD = codeFor(0x00, Kind.META, READ);
const SILENT = codeFor(0x09, Kind.META, READ | QUIET);

test("CommandQueue: each command has the token after that of the one before, however many wait", () =>
  withRandom((random) => {
    const queue = new CommandQueue();
    let [first, next] = [0, 0];
    for (let step = 0; step < 5000; step++) {
      if (random.int(100) < (step < 2500 ? 60 : 40)) {
        assertEquals(queue.token, next);
        queue.push(LOUD, next++ * 10, step);
      } else if (first < next) {
        assertEquals([queue.firstToken, queue.seek(first, READ), queue.opaque], [first, true, first * 10]);
        queue.shift();
        first++;
      }
    }
  }));

test("CommandQueue: a token is sought past what may stay silent, and past what was taken back, and no further", () => {
  const queue = new CommandQueue();
  const codes = [SILENT, SILENT, LOUD, SILENT, LOUD];
  codes.forEach((code, i) => queue.push(code, i, i));
  assertEquals([queue.seek(3, READ), queue.seek(9, READ), queue.seek(1, STORE), queue.opaque], [
    false,
    false,
    false,
    0,
  ]);
  assertEquals([queue.seek(1, READ), queue.opaque], [true, 1]);
  assertEquals([queue.seek(0, READ), queue.opaque], [false, 1]);
  queue.drop(2, 3);
  assertEquals([queue.seek(2, READ), queue.seek(4, READ), queue.opaque], [false, true, 4]);
  queue.shift();
  assertEquals([queue.seek(4, READ), queue.empty], [false, true]);
});
