/** The client contract: what is about the server and the connection. */
import { assert, assertEquals, assertGreater, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { ClosedError, StatusError, UnsupportedError } from "../../mod.ts";
import {
  type ClientSubject,
  clientTest,
  connectionOf,
  limitedTest,
  ownServerTest,
  rejection,
  until,
} from "./client_subject.ts";

/** Registers the tests. */
export function adminContract(subject: ClientSubject): void {
  statsContract(subject);
  flushContract(subject);
  goodbyeContract(subject);

  clientTest(subject, "version is text", async ({ client }) => {
    assertMatch(await client.version(), /^\d+\.\d+\.\d+/);
  });

  clientTest(subject, "noop comes after everything asked before", async ({ client, key }) => {
    const done: string[] = [];
    const set = client.set(key("k"), "v").then(() => done.push("set"));
    const get = client.getText(key("k")).then((text) => done.push(`get ${text}`));
    assertEquals(await client.noop(), undefined);
    assertEquals(done, ["set", "get v"]);
    await Promise.all([set, get]);
  });

  if (subject.protocol !== undefined) verbosityContract(subject);
  else noVerbosityContract(subject);
}

function verbosityContract(subject: ClientSubject): void {
  clientTest(subject, "verbosity is set without losing the place", async ({ client, key }) => {
    const around = [client.set(key("k"), "v"), client.verbosity(0), client.getText(key("k"))] as const;
    assertEquals(await around[1], undefined);
    assertEquals(await around[2], "v");
  });
}

function noVerbosityContract(subject: ClientSubject): void {
  clientTest(subject, "verbosity is refused without losing the place", async ({ client, key }) => {
    const around = [client.set(key("k"), "v"), client.verbosity(1), client.getText(key("k"))] as const;
    const error = await assertRejects(() => around[1], UnsupportedError);
    assertEquals(error.code, "UNSUPPORTED");
    assertEquals(await around[2], "v");
    await assertRejects(() => client.verbosity(0), UnsupportedError);
  });
}

function statsContract(subject: ClientSubject): void {
  clientTest(subject, "stats tell about the server as a map", async ({ client }) => {
    const stats = await client.stats();
    for (const name of ["uptime", "time", "version", "pointer_size", "curr_items", "cmd_get", "limit_maxbytes"]) {
      assert(stats.has(name), `${name} in ${[...stats.keys()]}`);
    }
    assertEquals(stats.get("version"), await client.version());
    assertMatch(stats.get("uptime") ?? "", /^\d+$/);
  });

  clientTest(subject, "stats have groups", async ({ client }) => {
    const settings = await client.stats("settings");
    assertMatch(settings.get("maxbytes") ?? "", /^\d+$/);
    assertMatch(settings.get("item_size_max") ?? "", /^\d+$/);
    assert(!settings.has("curr_items"));
  });

  clientTest(subject, "stats of an unknown group are refused by name", async ({ client }) => {
    const error = await assertRejects(() => client.stats("nonsense"), StatusError);
    assertEquals([error.op, error.statusName, error.sent], ["stat", "KEY_ENOENT", true]);
    assertStringIncludes(error.message, `stat "nonsense"`);
    assertStringIncludes(error.message, "group");
  });

  clientTest(subject, "eachStat yields the same one by one", async ({ client }) => {
    const names: string[] = [];
    for await (const { key, value } of client.eachStat("settings")) {
      names.push(key);
      assertEquals(typeof value, "string");
    }
    assertEquals(names, [...(await client.stats("settings")).keys()]);
  });

  clientTest(subject, "eachStat may be left early, amid other calls", async ({ client, key }) => {
    await client.set(key("k"), "v");
    for (let round = 0; round < 3; round++) {
      const calls = [client.getText(key("k")), client.stats("settings"), client.getText(key("k"))] as const;
      for await (const { key } of client.eachStat()) {
        assert(key !== "");
        break;
      }
      assertEquals([await calls[0], await calls[2]], ["v", "v"]);
      assertGreater((await calls[1]).size, 5);
    }
  });

  clientTest(subject, "eachStat answers each of several calls of next", async ({ client }) => {
    const expected = [...await client.stats("settings")].length;
    const stats = client.eachStat("settings");
    const results = await Promise.all(Array.from({ length: expected + 2 }, () => stats.next()));
    assertEquals(results.filter(({ done }) => done !== true).length, expected);
    assertEquals(new Set(results.map(({ done, value }) => done === true ? "" : value.key)).size, expected + 1);
    assertEquals((await stats.next()).done, true);
  });

  clientTest(subject, "eachStat and stats end with the reason of their signal", async ({ client }) => {
    const reason = new Error("changed my mind");
    const controller = new AbortController();
    const call = client.stats(undefined, { signal: controller.signal });
    controller.abort(reason);
    assertEquals(await rejection(call), reason);
    assertEquals(await rejection(client.stats("settings", { signal: AbortSignal.abort(reason) })), reason);
    assertGreater((await client.stats()).size, 5);
  });

  ownServerTest(subject, "stats count, and are set back by their group reset", async (connect) => {
    await using client = await connect();
    await client.set("k", "v");
    await client.getMulti(["k", "none", "nor"]);
    const read = async () => {
      const stats = await client.stats();
      return ["cmd_get", "cmd_set", "get_hits", "get_misses", "curr_items"].map((name) => Number(stats.get(name)));
    };
    assertEquals(await read(), [3, 1, 1, 2, 1]);
    assertEquals(await client.stats("reset"), new Map());
    assertEquals(await read(), [0, 0, 0, 0, 1]);
  });
}

function flushContract(subject: ClientSubject): void {
  ownServerTest(subject, "flush forgets everything at once", async (connect) => {
    await using client = await connect();
    await client.setMulti([["a", "1"], ["b", "2"]]);
    assertEquals(await client.flush(), undefined);
    assertEquals((await client.getMulti(["a", "b"])).misses.size, 2);
    // Items of the second of the flush may go as well, so a later one shows that the cache lives on.
    await until(async () => {
      await client.set("c", "3");
      return await client.getText("c") === "3";
    });
    await client.flush({ delay: 0 });
    assertEquals(await client.get("c"), undefined);
  });

  ownServerTest(subject, "flush with a delay forgets later", async (connect) => {
    await using client = await connect();
    await client.setMulti([["a", "1"], ["b", "2"]]);
    await client.flush({ delay: 3600 });
    assertEquals((await client.getMulti(["a", "b"])).hits.size, 2);
    await client.flush({ delay: 1 });
    await until(async () => (await client.getMulti(["a", "b"])).misses.size === 2);
  });
}

function goodbyeContract(subject: ClientSubject): void {
  limitedTest(`${subject.name} client quit says goodbye and closes`, async () => {
    const client = await subject.connect({ timeout: 30_000 });
    assertEquals(await client.quit(), undefined);
    assertEquals(connectionOf(client).state, "closed");
    await assertRejects(() => client.get("k"), ClosedError);
    await client.close();
  });

  limitedTest(`${subject.name} client close lets calls under way end, and may be called again`, async () => {
    const client = await subject.connect({ timeout: 30_000 });
    const calls = Promise.all(Array.from({ length: 100 }, () => client.version()));
    const stats = client.stats();
    const closing = [client.close(), client.close()];
    const late = rejection(client.get("k"));
    assertEquals(new Set(await calls).size, 1);
    assertGreater((await stats).size, 5);
    await Promise.all(closing);
    assertEquals(connectionOf(client).state, "closed");
    assert(await late instanceof ClosedError);
    await client.close();
  });

  limitedTest(`${subject.name} client refuses every call after close with ClosedError`, async () => {
    const client = await subject.connect({ timeout: 30_000 });
    await client.close();
    const calls: (() => Promise<unknown>)[] = [
      () => client.get("k"),
      () => client.getText("k"),
      () => client.getJson("k"),
      () => client.getInto("k", new Uint8Array(1)),
      () => client.getAndTouch("k", { ttl: 1 }),
      () => client.touch("k", { ttl: 1 }),
      () => client.set("k", "v"),
      () => client.set("k", "v", { ttl: 1 }),
      () => client.add("k", "v"),
      () => client.replace("k", "v"),
      () => client.append("k", "v"),
      () => client.prepend("k", "v"),
      () => client.delete("k"),
      () => client.increment("k"),
      () => client.decrement("k"),
      () => client.update("k", () => "v"),
      () => client.stats(),
      () => client.eachStat().next(),
      () => client.attempts("k").next(),
      () => client.version(),
      () => client.flush(),
      () => client.verbosity(1),
      () => client.noop(),
      () => client.quit(),
    ];
    for (const call of calls) {
      const error = await assertRejects(call, ClosedError);
      assertEquals([error.code, error.sent], ["CLOSED", false]);
      assertStringIncludes(error.message, "closed");
    }
  });

  limitedTest(`${subject.name} client closes at the end of its block`, async () => {
    let left;
    {
      await using client = await subject.connect({ timeout: 30_000 });
      left = client;
      await client.noop();
    }
    assertEquals(connectionOf(left).state, "closed");
  });
}
