/**
 * Helpers for caching over any client.
 *
 * @module
 */

export {};
