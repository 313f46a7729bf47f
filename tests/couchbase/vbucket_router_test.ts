/** A router of vbuckets over nodes that the test speaks for. */

import { assertEquals, assertInstanceOf } from "@std/assert";
import { StrandedCall } from "../../src/connection/stranded.ts";
import { VbucketMap } from "../../src/couchbase/vbucket_map.ts";
import { type NodeLink, VbucketRouter } from "../../src/couchbase/vbucket_router.ts";
import { ClosedError } from "../../src/errors.ts";
import { EventHub } from "../../src/link/event_hub.ts";
import type { LinkStatus } from "../../src/link/link_status.ts";
import { GET } from "../../src/ops/retrieval.ts";
import { FakeClock } from "../support/fake_clock.ts";
import { test } from "../support/test.ts";

const mapOf = (rev: number, serverList: readonly string[]) =>
  JSON.stringify({ rev, vBucketServerMap: { serverList, vBucketMap: [[0], [0]] } });

test("vbucket router: what a node that has left could not do ends with the router", async () => {
  const clock = new FakeClock();
  const hubs = new Map<string, EventHub<LinkStatus>>();
  let elsewhere = (_: StrandedCall) => {};
  const open = ({ name }: { readonly name: string }): NodeLink => {
    const hub = new EventHub<LinkStatus>();
    hubs.set(name, hub);
    return {
      ready: true,
      call: () => Promise.resolve({ json: mapOf(2, ["b:2"]) }),
      takeWaiting: () => [],
      status: () => hub.read(),
      observe: () => () => {},
      leave: (take: typeof elsewhere) => {
        elsewhere = take;
        return Promise.resolve();
      },
      close: () => Promise.resolve(hub.close()),
    } as unknown as NodeLink;
  };
  const router = new VbucketRouter(VbucketMap.read(mapOf(1, ["a:1", "b:2"]), { hostname: "a" }), {
    open,
    reading: {},
    clock,
  });
  hubs.get("a:1")!.emit({ type: "disconnected" } as LinkStatus);
  await clock.pass(1000);
  assertEquals(router.map.nodes.map(({ name }) => name), ["b:2"]);
  await router.close();
  const call = new StrandedCall(GET, { key: "k" }, { vbucket: 0 }, Infinity);
  const outcome = new Promise((resolve) => call.reject = resolve);
  elsewhere(call);
  assertEquals(clock.timers, 0);
  assertInstanceOf(await Promise.race([outcome, clock.pass(10_000)]), ClosedError);
});
