/** What becomes of a connect that meets a slow server, or none of Couchbase. */

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { connectCouchbase, TimeoutError } from "../../../src/couchbase.ts";
import { MemoryStore, Server } from "../../../src/server.ts";
import { memoryPair } from "../../../src/transport/memory.ts";
import { test } from "../../support/test.ts";

const ANYWHERE = { hostname: "cb.example", port: 11210 };

test("connectCouchbase gives up after its time, says at which step, and closes", async () => {
  const [here, there] = memoryPair();
  there.start({ data: () => {}, end: () => {} });
  const connecting = connectCouchbase(ANYWHERE, { dial: () => Promise.resolve(here), connectTimeout: 30 });
  const error = await assertRejects(() => connecting, TimeoutError, "HELLO was not answered in time");
  assertEquals(error.code, "TIMEOUT");
  await here.closed;
});

test("connectCouchbase gives a step all its time, however little a call may take", async () => {
  const [here, there] = memoryPair();
  there.start({ data: () => {}, end: () => {} });
  const connecting = connectCouchbase(ANYWHERE, { dial: () => Promise.resolve(here), timeout: 1, connectTimeout: 30 });
  const error = await assertRejects(() => connecting, TimeoutError);
  assertStringIncludes((error.cause as Error).message, "not done after 30 ms");
  await here.closed;
});

test("connectCouchbase to a server that is no Couchbase says which step it does not know", async () => {
  await using server = new Server();
  new MemoryStore().register(server);
  const [here, there] = memoryPair();
  server.serve(there);
  await assertRejects(
    () => connectCouchbase(ANYWHERE, { dial: () => Promise.resolve(here) }),
    Error,
    "HELLO failed",
  );
});
