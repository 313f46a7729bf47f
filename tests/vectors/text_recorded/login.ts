/** Logging in with an authfile. Recorded from memcached 1.6.18; see `exchange.ts`. */

import type { TextExchange } from "./exchange.ts";

/** Logging in with an authfile. */
export const LOGIN: readonly TextExchange[] = [
  {
    name: "what is not a log in",
    server: ["-Y", "AUTH_FILE"],
    steps: [
      { expect: "ANY", send: "mn\r\n", receive: "CLIENT_ERROR unauthenticated\r\n", peculiar: true },
      { expect: "ANY", send: "quit\r\n", receive: "CLIENT_ERROR unauthenticated\r\n", peculiar: true },
      { expect: "ANY", send: "\r\n", receive: "CLIENT_ERROR unauthenticated\r\n", peculiar: true },
      { expect: "ANY", send: "set\r\n", receive: "CLIENT_ERROR unauthenticated\r\n", peculiar: true },
      { expect: "ANY", send: "set a\r\n", receive: "CLIENT_ERROR unauthenticated\r\n", peculiar: true },
      { expect: "ANY", send: "set a 0 0\r\n", receive: "CLIENT_ERROR unauthenticated\r\n", peculiar: true },
      { expect: "ANY", send: "set a 0 0 x\r\n", receive: "CLIENT_ERROR unauthenticated\r\n", peculiar: true },
      { expect: "ANY", send: "set a 0 0 -1\r\n", receive: "CLIENT_ERROR unauthenticated\r\n", peculiar: true },
      { expect: "ANY", send: "add a 0 0 12\r\n", receive: "CLIENT_ERROR unauthenticated\r\n", peculiar: true },
      { expect: "ANY", send: "me a\r\n", receive: "CLIENT_ERROR unauthenticated\r\n", peculiar: true },
      { expect: "ANY", send: "watch\r\n", receive: "CLIENT_ERROR unauthenticated\r\n", peculiar: true },
      { expect: "ANY", send: "stats\r\n", receive: "CLIENT_ERROR unauthenticated\r\n", peculiar: true },
      { expect: "ANY", send: "shutdown\r\n", receive: "CLIENT_ERROR unauthenticated\r\n", peculiar: true },
      { expect: "ANY", send: "GET / HTTP/1.1\r\n", receive: "CLIENT_ERROR unauthenticated\r\n", peculiar: true },
      { expect: "ANY", send: "set a x x 12\r\nada lovelace\r\n", receive: "STORED\r\n", peculiar: true },
      { expect: "VALUES", send: "get a\r\n", receive: "END\r\n" },
    ],
  },
  {
    name: "a log in that wants no answer gets it",
    server: ["-Y", "AUTH_FILE"],
    steps: [
      { expect: "ANY", send: "set a 0 0 12 noreply\r\nada lovelace\r\n", receive: "STORED\r\n", peculiar: true },
      { expect: "ANY", send: "mn\r\n", receive: "MN\r\n", peculiar: true },
    ],
  },
  {
    name: "a log in with words behind it",
    server: ["-Y", "AUTH_FILE"],
    steps: [
      { expect: "ANY", send: "set a 0 0 12 1 2 3 4\r\nada lovelace\r\n", receive: "STORED\r\n", peculiar: true },
      { expect: "ANY", send: "mn\r\n", receive: "MN\r\n", peculiar: true },
    ],
  },
  {
    name: "a log in with a long key",
    server: ["-Y", "AUTH_FILE"],
    steps: [
      {
        expect: "ANY",
        send:
          "set kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk 0 0 12\r\nada lovelace\r\n",
        receive: "STORED\r\n",
        peculiar: true,
      },
      { expect: "ANY", send: "mn\r\n", receive: "MN\r\n", peculiar: true },
    ],
  },
  {
    name: "a log in after others that failed",
    server: ["-Y", "AUTH_FILE"],
    steps: [
      {
        expect: "ANY",
        send: "set a 0 0 9\r\nada wrong\r\n",
        receive: "CLIENT_ERROR authentication failure\r\n",
        peculiar: true,
      },
      {
        expect: "ANY",
        send: "set a 0 0 11\r\nada lovelac\r\n",
        receive: "CLIENT_ERROR authentication failure\r\n",
        peculiar: true,
      },
      {
        expect: "ANY",
        send: "set a 0 0 14\r\nada lovelace\r\n\r\n",
        receive: "CLIENT_ERROR authentication failure\r\n",
        peculiar: true,
      },
      {
        expect: "ANY",
        send: "set a 0 0 3\r\nada\r\n",
        receive: "CLIENT_ERROR bad authentication token format\r\n",
        peculiar: true,
      },
      {
        expect: "ANY",
        send: "set a 0 0 0\r\n\r\n",
        receive: "CLIENT_ERROR bad authentication token format\r\n",
        peculiar: true,
      },
      {
        expect: "ANY",
        send: "set a 0 0 1\r\n \r\n",
        receive: "CLIENT_ERROR bad authentication token format\r\n",
        peculiar: true,
      },
      {
        expect: "ANY",
        send: "set a 0 0 12\r\nADA lovelace\r\n",
        receive: "CLIENT_ERROR authentication failure\r\n",
        peculiar: true,
      },
      {
        expect: "ANY",
        send: "set a 0 0 12\r\nada:lovelace\r\n",
        receive: "CLIENT_ERROR bad authentication token format\r\n",
        peculiar: true,
      },
      {
        expect: "ANY",
        send: "set a 0 0 4\r\nada \r\n",
        receive: "CLIENT_ERROR bad authentication token format\r\n",
        peculiar: true,
      },
      { expect: "ANY", send: "set a 0 0 13\r\n ada lovelace\r\n", receive: "STORED\r\n", peculiar: true },
      {
        expect: "ANY",
        send:
          "set a 0 0 300\r\nzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz\r\n",
        receive: "STORED\r\n",
        peculiar: true,
      },
      { expect: "ANY", send: "mn\r\n", receive: "MN\r\n", peculiar: true },
      { expect: "ANY", send: "set auth 0 0 12\r\nada lovelace\r\n", receive: "STORED\r\n", peculiar: true },
      { expect: "ANY", send: "mn\r\n", receive: "MN\r\n", peculiar: true },
      { expect: "STORE", send: "set a 0 0 9\r\nada wrong\r\n", receive: "STORED\r\n" },
      { expect: "VALUES", send: "get a\r\n", receive: "VALUE a 0 9\r\nada wrong\r\nEND\r\n" },
    ],
  },
  {
    name: "a log in with more blanks",
    server: ["-Y", "AUTH_FILE"],
    steps: [
      { expect: "ANY", send: "set a 0 0 14\r\nada   lovelace\r\n", receive: "STORED\r\n", peculiar: true },
      { expect: "ANY", send: "mn\r\n", receive: "MN\r\n", peculiar: true },
    ],
  },
];
