/** A CPU profile from inside, under Deno and Node. */

import { Session } from "node:inspector";
import type { Sample } from "./load.ts";

/** Where the time of a cell went. */
export interface Profile {
  readonly sample: Sample;
  /** Wall time of the profile in ms, and how much of it nothing was to be done. */
  readonly total: number;
  readonly idle: number;
  /** Functions by the time spent in themselves, in ms, longest first. */
  readonly functions: readonly { readonly name: string; readonly place: string; readonly self: number }[];
}

interface RawProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Samples every 0.2 ms. */
const INTERVAL = 200;

/** Runs something under the profiler. */
export async function profiled(run: () => Promise<Sample>): Promise<Profile> {
  const session = new Session();
  session.connect();
  const post = <T>(method: string, params: object = {}): Promise<T> =>
    new Promise((resolve, reject) => {
      session.post(method, params, (error: Error | null, result?: object) =>
        error ? reject(error) : resolve(result as T));
    });
  await post("Profiler.enable");
  await post("Profiler.setSamplingInterval", { interval: INTERVAL });
  await post("Profiler.start");
  const sample = await run();
  const { profile } = await post<{ profile: RawProfile }>("Profiler.stop");
  session.disconnect();
  return { sample, ...summarize(profile) };
}

function summarize(profile: RawProfile): Omit<Profile, "sample"> {
  const self = new Map<number, number>();
  let total = 0;
  profile.samples.forEach((id, i) => {
    const time = (profile.timeDeltas[i] ?? 0) / 1000;
    total += time;
    self.set(id, (self.get(id) ?? 0) + time);
  });
  const functions = new Map<string, { name: string; place: string; self: number }>();
  let idle = 0;
  for (const { id, callFrame } of profile.nodes) {
    const time = self.get(id) ?? 0;
    const name = callFrame.functionName || "(anonymous)";
    if (name === "(idle)") idle += time;
    if (callFrame.url.endsWith("/inspector.js")) continue; // Its own cost.
    const file = callFrame.url.split("/").slice(-2).join("/");
    const place = callFrame.url === "" ? "" : `${file}:${callFrame.lineNumber + 1}`;
    const known = functions.get(`${name} ${place}`);
    if (known === undefined) functions.set(`${name} ${place}`, { name, place, self: time });
    else known.self += time;
  }
  return { total, idle, functions: [...functions.values()].sort((a, b) => b.self - a.self) };
}
