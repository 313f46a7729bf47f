import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseAddress } from "../../src/client/address.ts";
import type { TlsOptions } from "../../src/transport/transport.ts";
import { test } from "../support/test.ts";

const HOST = { hostname: "cache.example", port: 11211 };

/** A text, and what it says. */
const GOOD: readonly (readonly [string, ReturnType<typeof parseAddress>])[] = [
  ["cache.example", { address: HOST }],
  ["cache.example:11211", { address: HOST }],
  ["cache.example:", { address: HOST }],
  ["cache.example:80", { address: { ...HOST, port: 80 } }],
  ["cache.example:65535", { address: { ...HOST, port: 65535 } }],
  ["127.0.0.1:11212", { address: { hostname: "127.0.0.1", port: 11212 } }],
  ["[::1]:11212", { address: { hostname: "::1", port: 11212 } }],
  ["[fe80::1]", { address: { hostname: "fe80::1", port: 11211 } }],
  ["memcached://cache.example", { address: HOST }],
  ["memcached://cache.example/", { address: HOST }],
  ["memcached://cache.example:80/", { address: { ...HOST, port: 80 } }],
  ["memcached://[::1]:80", { address: { hostname: "::1", port: 80 } }],
  ["memcacheds://cache.example", { address: { ...HOST, tls: true } }],
  ["memcacheds://cache.example:443", { address: { hostname: "cache.example", port: 443, tls: true } }],
  ["memcached://ada@cache.example", { address: HOST, credentials: { username: "ada", password: "" } }],
  ["ada:secret@cache.example", { address: HOST, credentials: { username: "ada", password: "secret" } }],
  [
    "memcached://ada:secret@cache.example:80",
    { address: { ...HOST, port: 80 }, credentials: { username: "ada", password: "secret" } },
  ],
  [
    "memcacheds://a%40b:p%2Fw%3A%25%C3%A9@cache.example",
    { address: { ...HOST, tls: true }, credentials: { username: "a@b", password: "p/w:%é" } },
  ],
  ["unix:/run/memcached.sock", { address: { path: "/run/memcached.sock" } }],
  ["unix:///run/memcached.sock", { address: { path: "/run/memcached.sock" } }],
  ["unix:memcached.sock", { address: { path: "memcached.sock" } }],
  ["/run/memcached.sock", { address: { path: "/run/memcached.sock" } }],
];

for (const [text, expected] of GOOD) {
  test(`parseAddress reads ${text}`, () => {
    assertEquals(parseAddress(text), expected);
  });
}

/** A text that is no address, and why. */
const BAD: readonly (readonly [string, string])[] = [
  ["", "it has no host name"],
  ["cache.example:port", "it is no URL"],
  ["cache.example:65536", "it is no URL"],
  ["cache.example:-1", "it is no URL"],
  ["cache example", "it is no URL"],
  ["::1", "it is no URL"],
  ["[::1", "it is no URL"],
  ["http://cache.example", "its scheme is http://"],
  ["couchbase://cache.example", "its scheme is couchbase://"],
  ["memcached://", "it"],
  ["memcached://:80", "it"],
  ["memcached://cache.example/0", "it has the path /0"],
  ["cache.example:80/bucket", "it has the path /bucket"],
  ["memcached://cache.example?timeout=5", "it has a query or a fragment; use the options"],
  ["memcached://cache.example#a", "it has a query or a fragment"],
  ["unix:", "it has no path"],
  ["unix://", "it has no path"],
  ["memcached://ada:100%@cache.example", "a % that is not followed by two digits"],
  ["memcached://ada%zz@cache.example", "a % that is not followed by two digits"],
];

for (const [text, reason] of BAD) {
  test(`parseAddress refuses "${text}": ${reason}`, () => {
    const error = assertThrows(() => parseAddress(text), TypeError, reason);
    assert(error.message.startsWith(`Cannot read address "`), error.message);
    assert(error.message.endsWith("use host:port, unix:/path, memcached://user:password@host:port or memcacheds://…"));
  });
}

// Only a password between "//" and the next "/" was hidden.
test("parseAddress keeps what may be a password out of its messages", () => {
  for (
    const text of [
      "memcached://ada:secret@cache.example:port",
      "memcached://ada:secret@cache.example/path",
      "ada:secret@cache.example:port",
      "memcached://ada:se/secret@cache.example",
      "memcached://ada:se@secret@cache.example/path",
      "http://ada:secret@cache.example",
      "memcached://ada:secret%@cache.example",
      "memcached://ada:\nsecret@cache example",
    ]
  ) {
    const { message } = assertThrows(() => parseAddress(text), TypeError);
    assert(!message.includes("secret"), message);
    assert(message.includes("…@cache"), message);
  }
});

test("parseAddress takes a URL object", () => {
  assertEquals(parseAddress(new URL("memcacheds://ada:pw@cache.example:80")), {
    address: { hostname: "cache.example", port: 80, tls: true },
    credentials: { username: "ada", password: "pw" },
  });
  assertThrows(() => parseAddress(new URL("https://cache.example")), TypeError, "its scheme is https://");
});

test("parseAddress puts TLS options where the text says TLS and where it says nothing", () => {
  const tls: TlsOptions = { serverName: "other.example" };
  for (const text of ["cache.example", "memcached://cache.example", "memcacheds://cache.example"]) {
    assertEquals(parseAddress(text, tls), { address: { ...HOST, tls } });
  }
  assertEquals(parseAddress("/run/memcached.sock", tls), { address: { path: "/run/memcached.sock" } });
});
