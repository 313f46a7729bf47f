/** A TAP feed that is killed again and again goes on where it was: nothing is lost, and a copy of the bucket ends up the same. */

import { assertEquals, assertGreater } from "@std/assert";
import { CouchbaseNode, Server } from "../../src/server.ts";
import { openTap, type TapCheckpoint, TapError, type TapEvent, type TapFeed } from "../../src/tap.ts";
import { memoryPair } from "../../src/transport/memory.ts";
import type { Transport } from "../../src/transport/transport.ts";
import { type Random, withRandom } from "../support/random.ts";
import { test } from "../support/test.ts";

const VBUCKETS = [0, 1, 2, 3];
const KEYS = 40;
const KILLS = 200;

/** A bucket as somebody has copied it: the values by key, for each vbucket. */
class Copy {
  readonly documents: Map<string, string>[] = VBUCKETS.map(() => new Map());
  backfills = 0;

  apply(event: TapEvent): void {
    const documents = this.documents[event.vbucket]!;
    if (event.type === "mutation") documents.set(event.keyText, event.text());
    else if (event.type === "deletion") documents.delete(event.keyText);
    else if (event.type === "initial-stream") {
      documents.clear();
      this.backfills++;
    }
  }
}

test(`a TAP feed that is killed ${KILLS} times loses nothing`, () => withRandom(killAgainAndAgain));

async function killAgainAndAgain(random: Random): Promise<void> {
  const errors: unknown[] = [];
  await using server = new Server({ onError: (error) => errors.push(error) });
  const tap = { checkpointItems: 7, ackInterval: 5, ackWindow: 20 };
  const node = new CouchbaseNode({ buckets: [{ name: "default", vbucketCount: VBUCKETS.length }], tap }).register(
    server,
  );
  const bucket = node.bucket("default");
  let transport: Transport;
  const dial = (): Promise<Transport> => {
    const [here, there] = memoryPair({ chunkSize: 1 + random.int(200) });
    server.serve(there);
    transport = here;
    return Promise.resolve(here);
  };
  let written = 0;
  const write = (): void => {
    const key = `key ${random.int(KEYS)}`;
    if (random.int(4) > 0) bucket.set(key, `value ${written++}`);
    else if (bucket.get(key) !== undefined) bucket.delete(key);
  };
  const copy = new Copy();
  let position: readonly TapCheckpoint[] = [];
  const open = (): Promise<TapFeed> => {
    return openTap("node", { name: "copy", backfill: "all", vbuckets: VBUCKETS, checkpoints: position, dial });
  };
  for (let i = 0; i < KEYS; i++) write();
  for (let kill = 0; kill < KILLS; kill++) {
    const feed = await open();
    let left = 1 + random.int(60);
    const broken = random.int(2) === 0;
    try {
      for await (const event of feed) {
        copy.apply(event);
        for (let i = random.int(4); i > 0; i--) write();
        // There is always something more to come.
        write();
        if (--left > 0) continue;
        if (!broken) break;
        transport!.close();
      }
      position = feed.position();
    } catch (error) {
      if (!(error instanceof TapError)) throw error;
      position = error.position;
    }
    await feed.close();
  }
  for (const id of VBUCKETS) bucket.findVbucket(id)!.put(mark(bucket.findVbucket(id)!.versions.next()));
  const missing = new Set(VBUCKETS);
  for await (const event of await open()) {
    copy.apply(event);
    if (event.type === "mutation" && event.keyText === MARK) missing.delete(event.vbucket);
    if (missing.size === 0) break;
  }
  const expected = VBUCKETS.map((id) => {
    const documents = [...bucket.findVbucket(id)!.since()].filter(({ deleted }) => deleted === undefined);
    return new Map(documents.map(({ key, value }) => [decode(key), decode(value)]));
  });
  for (const id of VBUCKETS) assertEquals(sorted(copy.documents[id]!), sorted(expected[id]!));
  assertGreater(written, KILLS);
  // Most kills cost no more than what came after the last checkpoint.
  assertGreater(KILLS, copy.backfills / VBUCKETS.length);
  assertGreater(position.length, 0);
  assertEquals(errors.filter((error) => !String(error).includes("reset")), []);
}

const MARK = "the end";

function mark(cas: bigint) {
  const key = new TextEncoder().encode(MARK);
  return { collection: 0, key, value: key, flags: 0, expiry: 0, cas, revision: 1n, datatype: 0 };
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function sorted(map: ReadonlyMap<string, string>): [string, string][] {
  return [...map].sort(([a], [b]) => a < b ? -1 : 1);
}
