/** The cluster map, as text of the form that servers of several versions give. */

import { assertEquals, assertThrows } from "@std/assert";
import { VbucketMap } from "../../src/couchbase/vbucket_map.ts";
import { ProtocolError } from "../../src/errors.ts";
import { test } from "../support/test.ts";

/** Three nodes, of which the last has no key-value; two networks; one vbucket that nobody has. */
const WHOLE = {
  rev: 12073,
  revEpoch: 2,
  name: "orders",
  nodeLocator: "vbucket",
  uuid: "8a2f0b9c6d3e4f5a8a2f0b9c6d3e4f5a",
  collectionsManifestUid: "1f",
  nodes: [{ hostname: "10.0.0.1:8091", ports: { direct: 11210 } }, {
    hostname: "10.0.0.2:8091",
    ports: { direct: 11210 },
  }],
  nodesExt: [
    {
      services: { kv: 11210, kvSSL: 11207, mgmt: 8091 },
      thisNode: true,
      hostname: "10.0.0.1",
      alternateAddresses: { external: { hostname: "a.example", ports: { kv: 31210, kvSSL: 31207 } } },
    },
    { services: { mgmt: 8091, n1ql: 8093 }, hostname: "10.0.0.3" },
    {
      services: { kv: 11210, kvSSL: 11207, mgmt: 8091 },
      hostname: "10.0.0.2",
      alternateAddresses: { external: { hostname: "b.example" } },
    },
  ],
  vBucketServerMap: {
    hashAlgorithm: "CRC",
    numReplicas: 1,
    serverList: ["10.0.0.1:11210", "10.0.0.2:11210"],
    vBucketMap: [[0, 1], [1, 0], [1, -1], [-1, -1]],
  },
};

const read = (config: unknown, options = {}) =>
  VbucketMap.read(JSON.stringify(config), { hostname: "10.0.0.1", ...options });

test("vbucket map: says which node has a vbucket, and which its replica", () => {
  const map = read(WHOLE);
  assertEquals([map.bucket, map.bucketUuid, map.vbucketCount, map.replicaCount], [WHOLE.name, WHOLE.uuid, 4, 1]);
  assertEquals([0, 1, 2, 3, 4].map((id) => map.nodeOf(id)?.name), [
    "10.0.0.1:11210",
    "10.0.0.2:11210",
    "10.0.0.2:11210",
    undefined,
    undefined,
  ]);
  assertEquals([0, 1, 2, 3].map((id) => map.nodeOf(id, 1)?.name), [
    "10.0.0.2:11210",
    "10.0.0.1:11210",
    undefined,
    undefined,
  ]);
  assertEquals(map.vbucketsOf("10.0.0.2:11210"), [1, 2]);
});

test("vbucket map: a host that is left out is the one that the map came from, in brackets where it needs them", () => {
  const config = { rev: 1, vBucketServerMap: { serverList: ["$HOST:12000"], vBucketMap: [[0]] } };
  assertEquals(read(config, { hostname: "cb.local" }).nodes, [
    { name: "cb.local:12000", address: { hostname: "cb.local", port: 12000 } },
  ]);
  assertEquals(read(config, { hostname: "::1" }).nodes, [{
    name: "[::1]:12000",
    address: { hostname: "::1", port: 12000 },
  }]);
});

test("vbucket map: TLS goes to the ports that are for it, of the nodes that serve key-value", () => {
  assertEquals(read(WHOLE, { tls: true }).nodes.map(({ address }) => address), [
    { hostname: "10.0.0.1", port: 11207, tls: true },
    { hostname: "10.0.0.2", port: 11207, tls: true },
  ]);
  const plainOnly = { ...WHOLE, nodesExt: [{ services: { kv: 11210 } }, { services: { kv: 11210 } }] };
  assertThrows(() => read(plainOnly, { tls: true }), ProtocolError, "no port for TLS");
});

test("vbucket map: another network is found by the host that was asked, or named", () => {
  const outside = [{ hostname: "a.example", port: 31210 }, { hostname: "b.example", port: 11210 }];
  assertEquals(read(WHOLE, { hostname: "a.example" }).nodes.map(({ address }) => address), outside);
  assertEquals(read(WHOLE, { network: "external" }).nodes.map(({ address }) => address), outside);
  assertEquals(read(WHOLE, { network: "external" }).nodes[0]?.name, "10.0.0.1:11210");
  assertEquals(read(WHOLE, { hostname: "a.example", network: "default" }).nodes[1]?.address, {
    hostname: "10.0.0.2",
    port: 11210,
  });
  assertThrows(() => read(WHOLE, { network: "moon" }), ProtocolError, "no address in the network moon");
});

test("vbucket map: the epoch counts before the revision, and a map without an epoch is older than one with", () => {
  const at = (revEpoch: number | undefined, rev: number) => read({ rev, revEpoch });
  assertEquals(at(1, 5).isNewerThan(at(1, 4)), true);
  assertEquals(at(1, 5).isNewerThan(at(1, 5)), false);
  assertEquals(at(2, 1).isNewerThan(at(1, 99)), true);
  assertEquals(at(1, 99).isNewerThan(at(2, 1)), false);
  assertEquals(at(undefined, 99).isNewerThan(at(1, 1)), false);
  assertEquals(at(undefined, 2).isNewerThan(at(undefined, 1)), true);
  assertEquals(at(undefined, 1).isNewerThan(undefined), true);
});

test("vbucket map: a bucket without vbuckets has none", () => {
  const map = read({ rev: 3, name: "cache", nodeLocator: "ketama" });
  assertEquals([map.vbucketCount, map.nodes, map.nodeOf(0)], [0, [], undefined]);
});

test("vbucket map: what is none is a ProtocolError", () => {
  for (
    const json of ["", "{", "null", "7", '"x"', '{"vBucketServerMap":{"serverList":["nowhere"]}}', '{"nodesExt":7}']
  ) {
    assertThrows(() => VbucketMap.read(json, { hostname: "h" }), ProtocolError, "Cannot read cluster map");
  }
});
