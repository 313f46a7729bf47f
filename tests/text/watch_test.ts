import { assertEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../src/errors.ts";
import { readWatchLine, type WatchEvent } from "../../src/text/watch.ts";
import { test } from "../support/test.ts";
import { latin1 } from "../support/text_wire.ts";
import { WATCH_LINES } from "../vectors/text_recorded.ts";

function read(line: string): Omit<WatchEvent, "fields"> {
  const { fields: _, ...event } = readWatchLine(latin1(line));
  return event;
}

const T = 1795269741_000000;

test("readWatchLine reads the recorded events", () => {
  assertEquals(WATCH_LINES.map(read), [
    { type: "conn_new", at: T + 64421, gid: 2n, address: "127.0.0.1", port: 55810, transport: "tcp" },
    { type: "item_get", at: T + 64433, gid: 3n, key: "nope", status: "not_found", slab: 0, size: 0 },
    {
      type: "item_store",
      at: T + 65056,
      gid: 5n,
      key: "a",
      status: "stored",
      command: "set",
      ttl: 60,
      slab: 1,
      size: 2,
    },
    {
      type: "item_store",
      at: T + 65116,
      gid: 8n,
      key: "a",
      status: "not_stored",
      command: "add",
      ttl: 0,
      slab: 1,
      size: 1,
    },
    { type: "item_get", at: T + 65206, gid: 15n, key: "a b", status: "not_found", slab: 0, size: 0 },
    {
      type: "item_store",
      at: T + 67481,
      gid: 21n,
      key: "big",
      status: "too_large",
      command: "set",
      ttl: 0,
      slab: 12,
      size: 0,
    },
    {
      type: "item_store",
      at: T + 68092,
      gid: 24n,
      key: "e",
      status: "stored",
      command: "set",
      ttl: 4294967235,
      slab: 1,
      size: 1,
    },
    {
      type: "item_store",
      at: T + 369442,
      gid: 29n,
      key: "fill1",
      status: "stored",
      command: "set",
      ttl: 0,
      slab: 21,
      size: 8000,
    },
    {
      type: "eviction",
      at: T + 671284,
      gid: 262n,
      key: "fill0",
      fetched: false,
      ttl: -1,
      lastAccess: 1,
      slab: 21,
      size: 8000,
    },
    {
      type: "conn_close",
      at: 1795269750_098964,
      gid: 8908n,
      address: "127.0.0.1",
      port: 55810,
      transport: "tcp",
      reason: "normal",
    },
  ] as never[]);
});

test("readWatchLine reads what other versions log", () => {
  // protocol.txt of 1.6.20 and later.
  assertEquals(read("ts=5.7 gid=9 type=deleted key=w%2Bx cmd=md clsid=1 size=2"), {
    type: "deleted",
    at: 5_000_007,
    gid: 9n,
    key: "w+x",
    command: "md",
    slab: 1,
    size: 2,
  } as never);
  assertEquals(read("skipped=12"), { type: "skipped", at: 0, gid: 0n, skipped: 12 } as never);
  const event = readWatchLine(latin1("ts=5.000007 gid=10 type=proxy_req elapsed=123 note=a=b key=%C3%A9"));
  assertEquals([event.type, event.at, event.type === "other" && event.name], ["other", 5_000_007, "proxy_req"]);
  assertEquals([...event.fields], [
    ["ts", "5.000007"],
    ["gid", "10"],
    ["type", "proxy_req"],
    ["elapsed", "123"],
    ["note", "a=b"],
    ["key", "é"],
  ]);
});

test("readWatchLine refuses what is no line of a log", () => {
  for (
    const line of [
      "",
      "OK",
      "END",
      "ts=5.7 gid=9",
      "ts=x gid=1 type=a",
      "ts=5 gid=1 type=a",
      "ts=5.7 gid=x type=a",
      "skipped=x",
    ]
  ) {
    assertThrows(() => readWatchLine(latin1(line)), ProtocolError, "as a line of watch");
  }
});
