/** Items that go by themselves, on the real clock of the server: slow, so there are few. */

import { assertEquals } from "@std/assert";
import { type ConformanceSubject, conformanceTest } from "./conformance.ts";
import { count, store, Talk, u32 } from "./conformance_talk.ts";

const SECONDS_IN_30_DAYS = 60 * 60 * 24 * 30;

/** Registers the tests about time. */
export function timeContract(subject: ConformanceSubject): void {
  conformanceTest(subject, "items go when their time has come, whatever set it", async () => {
    await using talk = new Talk(await subject.connect());
    const soon = Math.floor(Date.now() / 1000) + 2;
    await talk.ask(store(0x01, "time-relative", "1", { expiry: 2 }));
    await talk.ask(store(0x01, "time-absolute", "1", { expiry: soon }));
    await talk.ask(store(0x01, "time-touched", "1"));
    await talk.ask({ opcode: 0x1c, key: "time-touched", extras: u32(2) });
    await talk.ask(store(0x01, "time-read", "1"));
    await talk.ask({ opcode: 0x1d, key: "time-read", extras: u32(2) });
    await talk.ask({ opcode: 0x05, key: "time-counter", extras: count(1n, 1n, 2) });
    // Neither a count nor an append changes the time.
    await talk.ask({ opcode: 0x05, key: "time-counter", extras: count(1n, 1n, 1000) });
    await talk.ask(store(0x01, "time-appended", "1", { expiry: 2 }));
    await talk.ask({ opcode: 0x0e, key: "time-appended", value: "2" });
    // These are replaced or touched in time, and stay.
    await talk.ask(store(0x01, "time-replaced", "1", { expiry: 1 }));
    await talk.ask(store(0x03, "time-replaced", "2"));
    await talk.ask(store(0x01, "time-kept", "1", { expiry: 1 }));
    await talk.ask({ opcode: 0x1c, key: "time-kept", extras: u32(0) });

    for (const name of ["relative", "absolute", "touched", "read", "counter", "appended"]) {
      while ((await talk.ask({ opcode: 0x00, key: `time-${name}` })).status === 0) await pause();
    }
    for (const name of ["replaced", "kept"]) {
      assertEquals((await talk.ask({ opcode: 0x00, key: `time-${name}` })).status, 0, name);
    }
    // What has gone makes room for an add.
    assertEquals((await talk.ask(store(0x02, "time-relative", "2"))).status, 0);
  });

  conformanceTest(subject, "an expiry of up to 30 days counts from now, beyond it is a date", async () => {
    await using talk = new Talk(await subject.connect());
    const cases: [number, number][] = [
      [SECONDS_IN_30_DAYS, 0],
      [SECONDS_IN_30_DAYS + 1, 1],
      [Math.floor(Date.now() / 1000) - 10, 1],
      [Math.floor(Date.now() / 1000) + 3600, 0],
      [0x7fffffff, 0],
      [0xffffffff, 0],
    ];
    for (const [expiry, status] of cases) {
      assertEquals((await talk.ask(store(0x01, "time-border", "1", { expiry }))).status, 0);
      assertEquals((await talk.ask({ opcode: 0x00, key: "time-border" })).status, status, `expiry ${expiry}`);
    }
  });

  conformanceTest(subject, "a flush with a delay comes later, and one without takes its place", async () => {
    await using talk = new Talk(await subject.connect());
    await talk.ask(store(0x01, "time-flush", "1"));
    await talk.ask({ opcode: 0x08, extras: u32(3) });
    assertEquals((await talk.ask({ opcode: 0x00, key: "time-flush" })).status, 0);
    while ((await talk.ask({ opcode: 0x00, key: "time-flush" })).status === 0) await pause();

    await talk.ask({ opcode: 0x08, extras: u32(1000) });
    await talk.ask({ opcode: 0x08 });
    assertEquals((await talk.ask({ opcode: 0x00, key: "time-flush" })).status, 1);
    assertEquals((await talk.ask(store(0x01, "time-flush", "2"))).status, 0);
    assertEquals((await talk.ask({ opcode: 0x00, key: "time-flush" })).status, 0);
  });
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 25));
}
