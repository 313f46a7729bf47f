/** What needs no clock: how many operations share a write and a read, and where the bytes go. */

import { caseOf } from "./cases.ts";
import type { Child } from "./child.ts";
import { order } from "./harness.ts";
import type { Sample } from "./load.ts";
import type { Verdict } from "./promises.ts";

/** What `subjects/memwire_counted.ts` counts at the transport. */
export interface Counts {
  writes: number;
  reads: number;
  bytesRead: number;
  /** Bytes that were read straight into the buffer of a large frame. */
  bytesInPlace: number;
  /** Different buffers among the writes and among the reads: few when slabs are used again. */
  writeBuffers: number;
  readBuffers: number;
  /** Writes of the caller's own value, not of a copy. */
  valuesUncopied: number;
}

const SHARED = 30;
/** Slabs may grow and take turns; new ones all the time they may not be. */
const SLABS = 16;
const IN_PLACE = 0.75;

/** Runs a few cells with the counting subject. */
export async function count(child: Child, seconds: number): Promise<Verdict[]> {
  const run = async (id: string): Promise<{ ops: number; counts: Counts }> => {
    const sample = await child.ask<Sample>(order(caseOf(id), seconds), seconds);
    return { ops: sample.ops, counts: sample.counters as unknown as Counts };
  };
  const verdicts: Verdict[] = [];
  const add = (promise: string, reached: string, kept: boolean): void => {
    verdicts.push({ promise, reached, verdict: kept ? "ok" : "MISSED" });
  };

  await run("get@64"); // Slabs find their size.
  for (const id of ["get@64", "set@64"]) {
    const { ops, counts } = await run(id);
    const perWrite = ops / counts.writes;
    const perRead = ops / counts.reads;
    add(`${id}: ≥ ${SHARED} operations per write`, perWrite.toFixed(1), perWrite >= SHARED);
    add(`${id}: ≥ ${SHARED} operations per read`, perRead.toFixed(1), perRead >= SHARED);
    const buffers =
      `${counts.writeBuffers} for ${counts.writes} writes, ${counts.readBuffers} for ${counts.reads} reads`;
    add(`${id}: slabs are used again`, buffers, counts.writeBuffers <= SLABS && counts.readBuffers <= SLABS);
  }
  const large = await run("set1m@4");
  const uncopied = large.counts.valuesUncopied / large.ops;
  add("set1m@4: values leave without a copy", `${Math.round(uncopied * 100)} %`, uncopied > 0.99);
  const { counts } = await run("get1m@4");
  const inPlace = counts.bytesInPlace / counts.bytesRead;
  add(
    `get1m@4: ≥ ${IN_PLACE * 100} % of the bytes are read in place`,
    `${Math.round(inPlace * 100)} %`,
    inPlace >= IN_PLACE,
  );
  return verdicts;
}
