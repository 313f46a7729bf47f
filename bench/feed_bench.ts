/**
 * `deno task bench:feed`: what a consumer of DCP takes in a second, and what it holds while it sleeps.
 *
 * - `--rounds 5`, `--events 1000000` (of a round), `--value 256` (bytes), `--json`, `--strict` (exit code 1 when a promise is missed)
 *
 * The producer is a C program in a process of its own, so that the consumer is what is measured; the last row is against the embedded node.
 */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { type DcpFeed, openDcp } from "@memwire/memwire/dcp";
import { connect } from "@memwire/memwire/transport/deno";
import { median } from "./harness.ts";
import { commandOf, describeMachine } from "./machine.ts";
import type { Verdict } from "./promises.ts";
import { rate, table } from "./report.ts";

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    events: { type: "string", default: "1000000" },
    value: { type: "string", default: "256" },
    json: { type: "boolean", default: false },
    strict: { type: "boolean", default: false },
  },
});
const [ROUNDS, EVENTS, VALUE] = [options.rounds, options.events, options.value].map(Number) as [number, number, number];
const WINDOW = 10 * 1024 * 1024;
const SLACK = 16 * 1024 * 1024;
const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** What a way of consuming gave, a number per round. */
interface Row {
  readonly rates: number[];
  readonly cpus: number[];
}

/** A way to take all events of a producer; returns how many mutations there were. */
type Way = (port: number) => Promise<number>;

const open = (port: number): Promise<DcpFeed> =>
  openDcp({ hostname: "127.0.0.1", port }, { bucket: "bench", from: "beginning", to: "now", vbuckets: [0] });

/** Looks at what a consumer looks at, so that nothing is skipped for being unused. */
let looked = 0;

const WAYS: Readonly<Record<string, Way>> = {
  "the bytes alone": drain,
  "for await": async (port) => {
    let mutations = 0;
    for await (const event of await open(port)) {
      if (event.type !== "mutation") continue;
      mutations++;
      looked += event.vbucket + event.value.length;
    }
    return mutations;
  },
  "batches()": async (port) => {
    let mutations = 0;
    for await (const events of (await open(port)).batches()) {
      for (const event of events) {
        if (event.type !== "mutation") continue;
        mutations++;
        looked += event.vbucket + event.value.length;
      }
    }
    return mutations;
  },
  "getReader().read()": async (port) => {
    let mutations = 0;
    const reader = (await open(port)).getReader();
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      if (next.value.type !== "mutation") continue;
      mutations++;
      looked += next.value.vbucket + next.value.value.length;
    }
    return mutations;
  },
  "for await, key as text, seqno": async (port) => {
    let mutations = 0;
    for await (const event of await open(port)) {
      if (event.type !== "mutation") continue;
      mutations++;
      looked += event.keyText.length + Number(event.seqno & 1n);
    }
    return mutations;
  },
};

/** Asks for the stream by hand, without a window, and counts bytes: what the socket alone costs. */
async function drain(port: number): Promise<number> {
  const frame = EVENTS * (24 + 31 + 20 + VALUE);
  const transport = await connect({ hostname: "127.0.0.1", port });
  const request = new Uint8Array(24 + 48);
  request.set([0x80, 0x53, 0, 0, 48]);
  request[11] = 48;
  request.fill(0xff, 24 + 16, 24 + 24);
  await new Promise<void>((resolve) => {
    let bytes = 0;
    const slab = new Uint8Array(256 * 1024);
    transport.start({
      room: () => slab,
      data: (chunk) => {
        bytes += chunk.length;
        if (bytes >= frame) resolve();
      },
      end: () => resolve(),
    });
    void transport.write(request);
  });
  transport.close();
  return EVENTS;
}

/** Runs a way once. */
async function sample(name: string, way: Way, port: number, row: Row): Promise<void> {
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  const events = await way(port);
  const { user, system } = process.cpuUsage(cpu);
  if (events !== EVENTS) throw new Error(`${name} took ${events} of ${EVENTS} mutations`);
  row.rates.push(events / (performance.now() - began) * 1000);
  row.cpus.push((user + system) / events);
}

/** What a consumer that takes one event and sleeps makes the process hold, in bytes, once the window is full. */
async function sleepAt(port: number): Promise<number> {
  const collect = (globalThis as { gc?: () => void }).gc;
  collect?.();
  const before = process.memoryUsage().rss;
  const feed = await open(port);
  const reader = feed.getReader();
  await reader.read();
  // What was taken is given back in larger portions than one.
  while (feed.stats().window.used < WINDOW - 64 * 1024) await new Promise((resolve) => setTimeout(resolve, 20));
  collect?.();
  const held = process.memoryUsage().rss - before;
  await reader.cancel();
  return held;
}

/** Starts a program that prints its port first. */
async function start(command: string, args: readonly string[]): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(createInterface(child.stdout!), "line");
  return { child, port: Number(line) };
}

const folder = await mkdtemp(join(tmpdir(), "memwire-bench-"));
const children: ChildProcess[] = [];
try {
  const program = join(folder, "feed_producer");
  await promisify(execFile)("cc", ["-O2", "-o", program, pathOf("./feed_producer.c")]);
  const producer = await start(program, [String(EVENTS), String(VALUE)]);
  const node = await start(commandOf("deno"), [
    "run",
    "-A",
    "--config",
    pathOf("./deno.json"),
    pathOf("./feed_node.ts"),
    String(EVENTS),
    String(VALUE),
  ]);
  children.push(producer.child, node.child);
  const ways = [
    ...Object.entries(WAYS).map(([name, way]) => ({ name, way, port: producer.port })),
    { name: "batches(), embedded node", way: WAYS["batches()"]!, port: node.port },
  ].map((one) => ({ ...one, row: { rates: [], cpus: [] } as Row }));

  // First of all, while the process holds little else; the code is warm after one run.
  await WAYS["batches()"]!(producer.port);
  const held = await sleepAt(producer.port);
  for (let round = 0; round <= ROUNDS; round++) {
    say(round === 0 ? "warming up" : `round ${round} of ${ROUNDS}`);
    for (let i = 0; i < ways.length; i++) {
      const { name, way, port, row } = ways[(i + round) % ways.length]!;
      await sample(name, way, port, round === 0 ? { rates: [], cpus: [] } : row);
    }
  }
  report(ways, held);
} finally {
  for (const child of children) child.kill();
  await rm(folder, { recursive: true, force: true });
}

function report(ways: readonly { readonly name: string; readonly row: Row }[], held: number): void {
  const rateOf = (name: string) => median(ways.find((one) => one.name === name)!.row.rates);
  const mib = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
  const verdicts: Verdict[] = [
    {
      promise: "for await ≥ 1M events/s",
      reached: rate(rateOf("for await")),
      verdict: judge(rateOf("for await") >= 1e6),
    },
    {
      promise: "batches() ≥ 1.7M events/s",
      reached: rate(rateOf("batches()")),
      verdict: judge(rateOf("batches()") >= 1.7e6),
    },
    { promise: `asleep: ≤ window + 16 MiB`, reached: mib(held), verdict: judge(held <= WINDOW + SLACK) },
  ];
  if (options.json) {
    const rows = Object.fromEntries(ways.map(({ name, row }) => [name, row]));
    print(JSON.stringify({ rows, held, verdicts }));
  } else {
    for (const line of describeMachine(["deno"], `${EVENTS} mutations of ${VALUE} bytes, window ${mib(WINDOW)}`)) {
      print(line);
    }
    const cells = ways.map(({ name, row }) => [name, rate(median(row.rates)), `${median(row.cpus).toFixed(2)} µs`]);
    print(table([["", "events/s", "CPU per event"], ...cells]));
    print(table([["promise", "reached", ""], ...verdicts.map((one) => [one.promise, one.reached, one.verdict])]));
  }
  if (looked === 0 || (options.strict && verdicts.some(({ verdict }) => verdict === "MISSED"))) process.exitCode = 1;
}

function judge(good: boolean): Verdict["verdict"] {
  return good ? "ok" : "MISSED";
}
