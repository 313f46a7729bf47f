/**
 * Many servers behind one client: rings, shards, pools, failover, discovery.
 *
 * @module
 */

export {};
