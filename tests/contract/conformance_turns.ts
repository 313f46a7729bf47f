/** Many requests at once: their answers come in order, and the silent ones are missing. */

import { assert, assertEquals } from "@std/assert";
import type { WireFrame } from "../support/wire_frame.ts";
import { type ConformanceSubject, conformanceTest } from "./conformance.ts";
import { count, request, store, Talk, u32 } from "./conformance_talk.ts";

/** Registers the tests about the order of answers. */
export function turnsContract(subject: ConformanceSubject): void {
  conformanceTest(subject, "a thousand requests in one go are answered in order", async () => {
    await using talk = new Talk(await subject.connect());
    const requests = Array.from(
      { length: 1000 },
      (_, i) =>
        request(i % 2 === 0 ? store(0x01, `turn-${i % 10}`, `${i}`) : { opcode: 0x00, key: `turn-${(i - 1) % 10}` }),
    )
      .map((bytes, opaque) => withOpaque(bytes, opaque));
    await talk.send(...requests);
    for (let i = 0; i < 1000; i++) {
      const answer = await answered(talk);
      assertEquals([answer.opaque, answer.status], [i, 0]);
      if (i % 2 === 1) assertEquals(textOf(answer), `${i - 1}`);
    }
  });

  conformanceTest(subject, "a batch of quiet requests answers what is not the usual, then the NOOP", async () => {
    await using talk = new Talk(await subject.connect());
    await talk.ask({ opcode: 0x04, key: "quiet-b" });
    const batch = [
      store(0x11, "quiet-a", "1"),
      { opcode: 0x09, key: "quiet-a" },
      { opcode: 0x09, key: "quiet-b" },
      { opcode: 0x0d, key: "quiet-b" },
      store(0x12, "quiet-a", "2"),
      store(0x13, "quiet-b", "2"),
      { opcode: 0x14, key: "quiet-b" },
      { opcode: 0x19, key: "quiet-b", value: "x" },
      { opcode: 0x1a, key: "quiet-a", value: "3" },
      { opcode: 0x15, key: "quiet-a", extras: count(1n) },
      { opcode: 0x16, key: "quiet-b", extras: count(1n, 0n, 0xffffffff) },
      { opcode: 0x1e, key: "quiet-b", extras: u32(0) },
      { opcode: 0x24, key: "quiet-a", extras: u32(0) },
      { opcode: 0x0a },
    ];
    await talk.send(...batch.map((parts, opaque) => request({ ...parts, opaque })));
    const heard: [number, number, number, string][] = [];
    for (let answer = await answered(talk);; answer = await answered(talk)) {
      heard.push([answer.opaque, answer.opcode, answer.status, textOf(answer)]);
      if (answer.opcode === 0x0a) break;
    }
    assertEquals(heard, [
      [1, 0x09, 0, "1"],
      [4, 0x12, 2, "Data exists for key."],
      [5, 0x13, 1, "Not found"],
      [6, 0x14, 1, "Not found"],
      [7, 0x19, 5, "Not stored."],
      [10, 0x16, 1, "Not found"],
      [12, 0x24, 0, "32"],
      [13, 0x0a, 0, ""],
    ]);
  });

  conformanceTest(
    subject,
    "every write has a CAS of its own, greater than those before on any connection",
    async () => {
      await using one = new Talk(await subject.connect());
      await using other = new Talk(await subject.connect());
      let last = 0n;
      for (let i = 0; i < 20; i++) {
        const talk = i % 3 === 0 ? one : other;
        const { cas } = await talk.ask(
          i % 2 === 0 ? store(0x01, `cas-${i}`, "1") : { opcode: 0x05, key: `cas-${i - 1}`, extras: count(1n) },
        );
        assert(cas > last, `${cas} after ${last}`);
        last = cas;
      }
      assertEquals((await one.ask({ opcode: 0x00, key: "cas-18" })).cas, last);
    },
  );

  conformanceTest(subject, "what follows a QUIT is not answered", async () => {
    await using talk = new Talk(await subject.connect());
    await talk.send(
      request({ opcode: 0x0a, opaque: 1 }),
      request({ opcode: 0x07, opaque: 2 }),
      request({ opcode: 0x0a, opaque: 3 }),
    );
    const heard = [await talk.next(), await talk.next(), await talk.next()];
    assertEquals(heard.map((answer) => answer?.opaque), [1, 2, undefined]);
  });
}

async function answered(talk: Talk): Promise<WireFrame> {
  const answer = await talk.next();
  if (answer === undefined) throw new Error("The connection is closed");
  return answer;
}

function textOf(answer: WireFrame): string {
  return new TextDecoder().decode(answer.value);
}

function withOpaque(bytes: Uint8Array, opaque: number): Uint8Array {
  new DataView(bytes.buffer).setUint32(12, opaque);
  return bytes;
}
