/**
 * Doubles for tests: recorded sessions that can be connected to, a client in memory, and transports and servers that fail on demand.
 *
 * @module
 */

export * from "./testing/record.ts";
export * from "./testing/recording.ts";
export * from "./testing/replay.ts";
