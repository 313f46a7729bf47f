/**
 * Doubles for tests: a client in memory, and transports and servers that fail on demand.
 *
 * @module
 */

export {};
