/** The tokens by which commands are known that wait for an answer. */
import { assert, assertEquals } from "@std/assert";
import { codeFor, CommandQueue, Kind, QUIET, READ, STORE } from "../../src/connection/command_queue.ts";
import { withRandom } from "../support/random.ts";
import { test } from "../support/test.ts";

const LOUD = codeFor(0x00, Kind.META, READ);
const SILENT = codeFor(0x09, Kind.META, READ | QUIET);

test("CommandQueue: no two commands that wait have the same token, however many they are", () =>
  withRandom((random) => {
    for (let round = 0; round < 20; round++) {
      const queue = new CommandQueue(64);
      const waiting: { readonly token: number; readonly opaque: number }[] = [];
      let most = 0;
      for (let step = 0; step < 2000; step++) {
        if (random.int(100) < (step < 1000 ? 60 : 40)) {
          const { token } = queue;
          assert(!waiting.some((one) => one.token === token), `${token} twice`);
          queue.push(LOUD, step, step);
          waiting.push({ token, opaque: step });
          most = Math.max(most, waiting.length);
        } else if (waiting.length > 0) {
          const { token, opaque } = waiting.shift()!;
          assertEquals([queue.firstToken, queue.seek(token, READ), queue.opaque], [token, true, opaque]);
          queue.shift();
        }
      }
      assert(most > 64, "never more than there are tokens");
    }
  }));

test("CommandQueue: tokens begin anew where few wait", () => {
  const queue = new CommandQueue(64);
  for (let i = 0; i < 200; i++) {
    assertEquals(queue.token, i % 64);
    queue.push(LOUD, i, i);
    queue.shift();
  }
});

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
