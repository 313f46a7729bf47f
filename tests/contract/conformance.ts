/** What every server of the binary protocol must do as memcached 1.6 does, in raw bytes and without a client of ours. */

import { deadline } from "@std/async";
import { test } from "../support/test.ts";
import { type Exchange, EXCHANGES } from "../vectors/memcached_1_6.ts";
import { replay } from "../vectors/replay.ts";
import type { Wire } from "../vectors/wire.ts";
import { cutContract } from "./conformance_cuts.ts";
import { statisticsContract } from "./conformance_stats.ts";
import { timeContract } from "./conformance_time.ts";
import { turnsContract } from "./conformance_turns.ts";

/** A server to be tested. */
export interface ConformanceSubject {
  /** What its tests are called after. */
  readonly name: string;
  /** What it is: some of what memcached does wrong is not asked of others. */
  readonly kind: "memcached" | "embedded";
  /** The version that it says it is; what was recorded of one version only is asked of that version only. */
  readonly version: string;
  /** Connects to it. */
  connect(): Promise<Wire>;
}

/** A test that hangs says so after this time, in ms. */
const HANG = 60_000;

/** What memcached does with bytes of a request that it has not expected: it loses its place among the requests. */
const LOSES_ITS_PLACE: ReadonlySet<string> = new Set([
  "TOUCH with a value",
  "STAT with a value",
  "An unknown opcode with a key eats what follows",
  "VERBOSITY eats what follows",
  "VERBOSITY eats the magic of the next request",
  // It looks behind the name, where the rest of an earlier request lies.
  "STAT of detail without a word behind it",
]);

/** Registers the tests of the conformance contract. */
export function conformance(subject: ConformanceSubject): void {
  for (const exchange of EXCHANGES.filter((exchange) => isAsked(exchange, subject))) {
    conformanceTest(subject, exchange.name, async () => {
      await replay(exchange, await subject.connect(), { version: namesVersion(subject) });
    });
  }
  turnsContract(subject);
  cutContract(subject);
  statisticsContract(subject);
  timeContract(subject);
}

/** Registers a test that fails when it hangs. */
export function conformanceTest(subject: ConformanceSubject, name: string, run: () => Promise<void>): void {
  test(`${subject.name} conforms: ${name}`, () => deadline(run(), HANG));
}

function isAsked(exchange: Exchange, { kind, version }: ConformanceSubject): boolean {
  if (kind === "memcached") return exchange.only === undefined || exchange.only === version;
  return exchange.speaksText !== true && !LOSES_ITS_PLACE.has(exchange.name);
}

/** Only memcached itself has the statistics of all its parts. */
function namesVersion({ kind, version }: ConformanceSubject): string {
  return kind === "memcached" ? version : `${version}, embedded`;
}
