/**
 * `demo_follower.ts <port> <file>`: follows a bucket and writes down what it sees, each event together with its position in one line,
 * so that a kill at any point leaves what was seen and where to go on in agreement. Tells on its output how many it has seen.
 */

import { type FeedPosition, openDcp } from "@memwire/memwire/dcp";
import { closeSync, existsSync, openSync, readFileSync, writeSync } from "node:fs";
import process from "node:process";

const [port, file] = process.argv.slice(2) as [string, string];

/** Where the last line of each vbucket says that it is; a line that was cut off by a kill was never seen. */
function resume(): FeedPosition | undefined {
  if (!existsSync(file)) return undefined;
  let position: FeedPosition | undefined;
  for (const line of readFileSync(file, "utf8").split("\n").slice(0, -1)) {
    const seen = JSON.parse(line) as { readonly at: FeedPosition };
    position = { ...seen.at, vbuckets: { ...position?.vbuckets, ...seen.at.vbuckets } };
  }
  return position;
}

const from = resume() ?? "beginning";
const log = openSync(file, "a");
await using feed = await openDcp({ hostname: "127.0.0.1", port: Number(port) }, { bucket: "shop", from });
let seen = 0;
for await (const event of feed) {
  if (event.type !== "mutation" && event.type !== "deletion") continue;
  const { vbuuid, seqno, snapshotStart, snapshotEnd } = event.position;
  const vbucket = {
    vbuuid: `${vbuuid}`,
    seqno: `${seqno}`,
    snapshotStart: `${snapshotStart}`,
    snapshotEnd: `${snapshotEnd}`,
  };
  const at = { ...feed.position(), vbuckets: { [event.vbucket]: vbucket } };
  const value = event.type === "mutation" ? event.text() : null;
  writeSync(log, `${JSON.stringify({ key: event.keyText, value, vbucket: event.vbucket, seqno: `${seqno}`, at })}\n`);
  process.stdout.write(`${++seen} ${event.type} ${event.keyText} ${value ?? ""}\n`);
}
closeSync(log);
