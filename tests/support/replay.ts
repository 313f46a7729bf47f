/** Recorded sessions, played again: to the rows, to our client, to our server. */

export * from "./capture.ts";
export * from "./reencode.ts";
export * from "./replay_server.ts";
export * from "./replay_client.ts";
