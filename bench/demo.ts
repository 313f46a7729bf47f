/**
 * The tour: `deno task demo`. An embedded server on a free port, a client that shows what it can do, and a change feed.
 */

import { connect, NotStoredError } from "@memwire/memwire";
import { MemoryStore, Server } from "@memwire/memwire/server";
import { showFeed } from "./demo_feed.ts";
import { bar, print, show, title } from "./demo_print.ts";

const began = performance.now();

// The clock of the server can be turned forward, so that nobody has to wait to see an item expire.
let ahead = 0;
const server = new Server();
new MemoryStore({ clock: () => Date.now() + ahead }).register(server);
const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
const where = "port" in address ? `${address.hostname}:${address.port}` : address.path;

title(`memwire demo: an embedded memcached server on ${where}, in this process`);
const mc = await connect(where);
show("connect", `server version ${await mc.version()}`);

title("Items");
await mc.set("user:1", "Ada", { ttl: 60 });
show(`set("user:1", "Ada", { ttl: 60 })`, "stored");
const ada = await mc.get("user:1");
show(`get("user:1")`, `${ada?.text()}, flags ${ada?.flags}, cas ${ada?.cas}`);
show(`get("user:2")`, `${await mc.get("user:2")}: a miss is no error`);
await mc.set("user:3", JSON.stringify({ name: "Grace", born: 1906 }));
show(`getJson("user:3")`, Deno.inspect(await mc.getJson("user:3")));
const refused = await mc.add("user:1", "Eve").catch((error: unknown) => error);
show(
  `add("user:1", "Eve")`,
  refused instanceof NotStoredError ? refused.message : "a write that should not hold has held",
);

title("Many at once");
const cities = ["Bern", "Oslo", "Riga", "Rome", "Wien"];
await mc.setMulti(cities.map((city, i) => [`city:${i}`, city] as const));
const found = await mc.getMulti([...cities.keys(), 99].map((i) => `city:${i}`));
show("getMulti of 6 keys", `${found.hits.size} hits, ${found.misses.size} miss (${[...found.misses]}), one write`);

title("Twenty writers race for one item");
await mc.set("tally", "0");
let tries = 0;
await Promise.all(Array.from({ length: 20 }, () =>
  mc.update("tally", (item) => {
    tries++;
    return String(Number(item?.text()) + 1);
  }, { attempts: 100 })));
show(`update("tally", n => n + 1) × 20`, `${await mc.getText("tally")} after ${tries} tries: no update was lost`);

title("Counters");
show(`increment("visits", { initial: 10 })`, `${await mc.increment("visits", { initial: 10 })}`);
show(`increment("visits", { by: 5 })`, `${await mc.increment("visits", { by: 5 })}`);
show(`decrement("visits", { by: 100 })`, `${await mc.decrement("visits", { by: 100 })}: it stops at 0`);

title("Expiry");
await mc.set("code", "4711", { ttl: 30 });
show(`set("code", "4711", { ttl: 30 })`, `get gives ${await mc.getText("code")}`);
ahead += 31_000;
show("31 seconds later", `get gives ${await mc.getText("code")}`);

title("Statistics of the server");
const stats = await mc.stats();
show(
  "stats()",
  ["curr_items", "cmd_get", "get_hits", "get_misses"].map((name) => `${name} ${stats.get(name)}`).join(", "),
);

title("100,000 pipelined gets over one connection, 512 at a time");
const seconds = await pipelined(100_000, 512);
show("rate", `${Math.round(100_000 / seconds).toLocaleString("en")} gets/s, client and server sharing one thread`);

await mc.close();
await server.close();

await showFeed();
print(`\nDone in ${((performance.now() - began) / 1000).toFixed(1)} s.`);

/** Reads the same items again and again; returns how many seconds it took. */
async function pipelined(total: number, inFlight: number): Promise<number> {
  let started = 0;
  let done = 0;
  const from = performance.now();
  const worker = async () => {
    while (started < total) {
      const i = started++ % cities.length;
      if (await mc.getText(`city:${i}`) !== cities[i]) throw new Error(`The answer for city:${i} is wrong`);
      if (++done % 2_500 === 0) bar(done / total);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return (performance.now() - from) / 1000;
}
