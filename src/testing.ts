/**
 * Doubles for tests: recorded sessions that can be connected to, a client in memory, and transports and servers that fail on demand.
 *
 * @example What a program does when its cache is slow, loses an answer, and is down
 * ```ts
 * import { connect, ConnectionError, TimeoutError } from "@memwire/memwire";
 * import { GET } from "@memwire/memwire/codec";
 * import { FaultServer } from "@memwire/memwire/testing";
 * import { assertRejects } from "@std/assert";
 *
 * await using server = new FaultServer({
 *   faults: [
 *     { fault: { kind: "drop" }, direction: "write", opcode: GET.opcode, times: 1 },
 *     { fault: { kind: "delay", ms: 5 }, direction: "write", chance: 0.1 },
 *   ],
 *   seed: 7,
 * });
 * await using client = await connect({ hostname: "anywhere", port: 1 }, { dial: server.dial, timeout: 50 });
 * await assertRejects(() => client.get("k"), TimeoutError);
 *
 * await server.down();
 * await assertRejects(() => connect({ hostname: "anywhere", port: 1 }, { dial: server.dial }), ConnectionError);
 * ```
 *
 * @module
 */

export type { After } from "./testing/fault_lane.ts";
export * from "./testing/fault_plan.ts";
export * from "./testing/fault_server.ts";
export * from "./testing/fault_transport.ts";
export * from "./testing/mock_client.ts";
export * from "./testing/record.ts";
export * from "./testing/recording.ts";
export * from "./testing/replay.ts";
export * from "./testing/wrapped_transport.ts";
