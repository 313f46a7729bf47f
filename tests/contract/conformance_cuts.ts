/** Requests that come in pieces: where they are cut makes no difference. */

import { assertEquals } from "@std/assert";
import { joined } from "../support/wire_frame.ts";
import { type ConformanceSubject, conformanceTest } from "./conformance.ts";
import { count, request, store, Talk, u32 } from "./conformance_talk.ts";

/** Registers the tests about pieces. */
export function cutContract(subject: ConformanceSubject): void {
  const session = joined(...[
    store(0x01, "cut", "value of some length", { flags: 7 }),
    { opcode: 0x0c, key: "cut" },
    { opcode: 0x0e, key: "cut", value: "!" },
    { opcode: 0x1d, key: "cut", extras: u32(0) },
    { opcode: 0x04, key: "cut" },
    { opcode: 0x05, key: "cut", extras: count(1n, 5n) },
    { opcode: 0x14, key: "cut" },
    { opcode: 0x0a },
  ].map((parts, opaque) => request({ ...parts, opaque })));

  const hear = async (pieces: readonly Uint8Array[]): Promise<string[]> => {
    await using talk = new Talk(await subject.connect());
    const heard: string[] = [];
    const reading = (async () => {
      for (let answer = await talk.next(); answer !== undefined; answer = await talk.next()) {
        heard.push([answer.opcode, answer.opaque, answer.status, answer.extras, answer.key, answer.value].join());
        if (answer.opcode === 0x0a) return;
      }
    })();
    for (const piece of pieces) await talk.send(piece);
    await reading;
    return heard;
  };

  conformanceTest(subject, "a session cut at any byte is answered as a whole one", async () => {
    const whole = await hear([session]);
    assertEquals(whole.length, 7);
    for (let at = 1; at < session.length; at++) {
      assertEquals(await hear([session.subarray(0, at), session.subarray(at)]), whole, `cut at ${at}`);
    }
  });

  conformanceTest(subject, "a session that comes byte by byte is answered as a whole one", async () => {
    const whole = await hear([session]);
    assertEquals(await hear(Array.from(session, (byte) => Uint8Array.of(byte))), whole);
  });

  conformanceTest(subject, "a value of 1,000,000 bytes in pieces of 1,000 comes back whole", async () => {
    const value = "0123456789".repeat(100_000);
    const bytes = request(store(0x01, "cut-large", value));
    await using talk = new Talk(await subject.connect());
    for (let at = 0; at < bytes.length; at += 1000) await talk.send(bytes.subarray(at, at + 1000));
    assertEquals((await talk.next())?.status, 0);
    const answer = await talk.ask({ opcode: 0x00, key: "cut-large" });
    assertEquals(new TextDecoder().decode(answer.value) === value, true);
  });
}
