/** `feed_node.ts <mutations> <bytes of a value>`: the embedded node with that many documents in vbucket 0; prints its port. */

import process from "node:process";
import { CouchbaseNode, Server } from "@memwire/memwire/server";

const [mutations, size] = process.argv.slice(2).map(Number) as [number, number];
const server = new Server();
const node = new CouchbaseNode({ buckets: [{ name: "bench", vbucketCount: 1 }] }).register(server);
const bucket = node.bucket("bench");
const value = new Uint8Array(size).fill(0x76);
for (let i = 0; i < mutations; i++) bucket.set(`document:${String(i).padStart(11, "0")}`, value);
const { address } = await server.listen({ hostname: "127.0.0.1", port: 0 });
process.stdout.write(`${"port" in address ? address.port : 0}\n`);
