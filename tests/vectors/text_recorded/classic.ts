/** Classic commands that read and write items, and what is not understood. Recorded from memcached 1.6.18; see `exchange.ts`. */

import type { TextExchange } from "./exchange.ts";

/** Classic commands that read and write items, and what is not understood. */
export const CLASSIC: readonly TextExchange[] = [
  {
    name: "set, get, gets and delete",
    steps: [
      { expect: "VALUES", send: "get basic\r\n", receive: "END\r\n" },
      { expect: "STORE", send: "set basic 0 0 3\r\nabc\r\n", receive: "STORED\r\n" },
      { expect: "VALUES", send: "get basic\r\n", receive: "VALUE basic 0 3\r\nabc\r\nEND\r\n" },
      { expect: "VALUES", send: "gets basic\r\n", receive: "VALUE basic 0 3 1\r\nabc\r\nEND\r\n" },
      { expect: "DELETE", send: "delete basic\r\n", receive: "DELETED\r\n" },
      { expect: "DELETE", send: "delete basic\r\n", receive: "NOT_FOUND\r\n" },
    ],
  },
  {
    name: "values with line ends, no bytes, and the largest flags",
    steps: [
      { expect: "STORE", send: "set v-crlf 42 60 12\r\nAB\r\nCD\r\nEND\r\r\n", receive: "STORED\r\n" },
      { expect: "STORE", send: "set v-empty 4294967295 0 0\r\n\r\n", receive: "STORED\r\n" },
      { expect: "STORE", send: "set v-lines 1 2592000 22\r\nEND\r\nVALUE x 0 1\r\nHD\r\n\r\n", receive: "STORED\r\n" },
      {
        expect: "VALUES",
        send: "gets v-crlf v-empty v-lines\r\n",
        receive:
          "VALUE v-crlf 42 12 2\r\nAB\r\nCD\r\nEND\r\r\nVALUE v-empty 4294967295 0 3\r\n\r\nVALUE v-lines 1 22 4\r\nEND\r\nVALUE x 0 1\r\nHD\r\n\r\nEND\r\n",
      },
    ],
  },
  {
    name: "a key in UTF-8, and one of 250 bytes",
    steps: [
      { expect: "STORE", send: "set \xc3\xa9t\xc3\xa9 0 0 4\r\n\xc3\xa9\xc3\xa9\r\n", receive: "STORED\r\n" },
      {
        expect: "VALUES",
        send: "get \xc3\xa9t\xc3\xa9\r\n",
        receive: "VALUE \xc3\xa9t\xc3\xa9 0 4\r\n\xc3\xa9\xc3\xa9\r\nEND\r\n",
      },
      { expect: "STORE", send: `set ${"k".repeat(250)} 0 0 1\r\nx\r\n`, receive: "STORED\r\n" },
      { expect: "VALUES", send: `get ${"k".repeat(250)}\r\n`, receive: `VALUE ${"k".repeat(250)} 0 1\r\nx\r\nEND\r\n` },
      { expect: "VALUES", send: `get ${"k".repeat(251)}\r\n`, receive: "CLIENT_ERROR bad command line format\r\n" },
    ],
  },
  {
    name: "several keys, of which some are not there or stand twice",
    steps: [
      { expect: "STORE", send: "set many-1 1 0 1\r\n1\r\nset many-2 2 0 2\r\n22\r\n", receive: "STORED\r\nSTORED\r\n" },
      {
        expect: "VALUES",
        send: "get many-1 nope many-2 many-1\r\n",
        receive: "VALUE many-1 1 1\r\n1\r\nVALUE many-2 2 2\r\n22\r\nVALUE many-1 1 1\r\n1\r\nEND\r\n",
      },
      { expect: "VALUES", send: "gets nope many-2\r\n", receive: "VALUE many-2 2 2 8\r\n22\r\nEND\r\n" },
      {
        expect: "VALUES",
        send: "get many-1\r\nget nope\r\nget many-2\r\n",
        receive: "VALUE many-1 1 1\r\n1\r\nEND\r\nEND\r\nVALUE many-2 2 2\r\n22\r\nEND\r\n",
      },
    ],
  },
  {
    name: "gat, gats and touch",
    steps: [
      { expect: "STORE", send: "set gat-1 7 10 3\r\nabc\r\n", receive: "STORED\r\n" },
      { expect: "VALUES", send: "gat 100 gat-1 nope\r\n", receive: "VALUE gat-1 7 3\r\nabc\r\nEND\r\n" },
      { expect: "VALUES", send: "gats 0 gat-1\r\n", receive: "VALUE gat-1 7 3 9\r\nabc\r\nEND\r\n" },
      { expect: "VALUES", send: "gat -1 gat-1\r\n", receive: "VALUE gat-1 7 3\r\nabc\r\nEND\r\n" },
      { expect: "VALUES", send: "gat 10 gat-1\r\n", receive: "END\r\n" },
      { expect: "VALUES", send: "gat x gat-1\r\n", receive: "CLIENT_ERROR invalid exptime argument\r\n" },
      { expect: "TOUCH", send: "touch gat-1 60\r\n", receive: "NOT_FOUND\r\n" },
      { expect: "STORE", send: "set gat-1 7 10 3\r\nabc\r\n", receive: "STORED\r\n" },
      { expect: "TOUCH", send: "touch gat-1 60\r\n", receive: "TOUCHED\r\n" },
      { expect: "NOTHING", send: "touch gat-1 -1 noreply\r\n", receive: "" },
      { expect: "TOUCH", send: "touch gat-1 x\r\n", receive: "CLIENT_ERROR invalid exptime argument\r\n" },
    ],
  },
  {
    name: "add, replace, append and prepend",
    steps: [
      { expect: "STORE", send: "replace arap 0 0 1\r\nx\r\n", receive: "NOT_STORED\r\n" },
      { expect: "STORE", send: "append arap 0 0 1\r\nx\r\n", receive: "NOT_STORED\r\n" },
      { expect: "STORE", send: "prepend arap 0 0 1\r\nx\r\n", receive: "NOT_STORED\r\n" },
      { expect: "STORE", send: "add arap 3 60 1\r\nb\r\n", receive: "STORED\r\n" },
      { expect: "STORE", send: "add arap 0 0 1\r\nx\r\n", receive: "NOT_STORED\r\n" },
      { expect: "STORE", send: "append arap 0 0 1\r\nc\r\n", receive: "STORED\r\n" },
      { expect: "STORE", send: "prepend arap 0 0 1\r\na\r\n", receive: "STORED\r\n" },
      { expect: "VALUES", send: "get arap\r\n", receive: "VALUE arap 3 3\r\nabc\r\nEND\r\n" },
      { expect: "STORE", send: "replace arap 9 0 3\r\nxyz\r\n", receive: "STORED\r\n" },
      { expect: "VALUES", send: "get arap\r\n", receive: "VALUE arap 9 3\r\nxyz\r\nEND\r\n" },
    ],
  },
  {
    name: "cas",
    steps: [
      { expect: "STORE", send: "cas cas-1 0 0 1 1\r\nx\r\n", receive: "NOT_FOUND\r\n" },
      { expect: "STORE", send: "set cas-1 0 0 1\r\na\r\n", receive: "STORED\r\n" },
      { expect: "STORE", send: "cas cas-1 0 0 1 18446744073709551615\r\nx\r\n", receive: "EXISTS\r\n" },
      { expect: "VALUES", send: "gets cas-1\r\n", receive: "VALUE cas-1 0 1 15\r\na\r\nEND\r\n" },
      { expect: "STORE", send: "cas cas-1 5 60 2 15\r\nbb\r\n", receive: "STORED\r\n", cas: "15" },
      { expect: "VALUES", send: "get cas-1\r\n", receive: "VALUE cas-1 5 2\r\nbb\r\nEND\r\n" },
      { expect: "NOTHING", send: "cas cas-1 5 60 2 1 noreply\r\ncc\r\n", receive: "" },
      { expect: "VALUES", send: "get cas-1\r\n", receive: "VALUE cas-1 5 2\r\nbb\r\nEND\r\n" },
    ],
  },
  {
    name: "counters",
    steps: [
      { expect: "NUMBER", send: "incr num 1\r\n", receive: "NOT_FOUND\r\n" },
      { expect: "STORE", send: "set num 0 0 2\r\n14\r\n", receive: "STORED\r\n" },
      { expect: "NUMBER", send: "incr num 2\r\n", receive: "16\r\n" },
      { expect: "NUMBER", send: "decr num 7\r\n", receive: "9\r\n" },
      { expect: "VALUES", send: "get num\r\n", receive: "VALUE num 0 2\r\n9 \r\nEND\r\n" },
      { expect: "NUMBER", send: "decr num 18446744073709551615\r\n", receive: "0\r\n" },
      { expect: "NUMBER", send: "incr num 18446744073709551615\r\n", receive: "18446744073709551615\r\n" },
      { expect: "NUMBER", send: "incr num 1\r\n", receive: "0\r\n" },
      { expect: "NOTHING", send: "incr num 5 noreply\r\n", receive: "" },
      { expect: "NOTHING", send: "decr num 1 noreply\r\n", receive: "" },
      { expect: "NUMBER", send: "incr num x\r\n", receive: "CLIENT_ERROR invalid numeric delta argument\r\n" },
      { expect: "STORE", send: "set num 0 0 1\r\nx\r\n", receive: "STORED\r\n" },
      {
        expect: "NUMBER",
        send: "incr num 1\r\n",
        receive: "CLIENT_ERROR cannot increment or decrement non-numeric value\r\n",
      },
    ],
  },
  {
    name: "commands that are not answered",
    steps: [
      { expect: "NOTHING", send: "set quiet 1 0 1 noreply\r\na\r\n", receive: "" },
      { expect: "NOTHING", send: "add quiet 1 0 1 noreply\r\nb\r\n", receive: "" },
      { expect: "NOTHING", send: "replace quiet 2 0 1 noreply\r\nc\r\n", receive: "" },
      { expect: "NOTHING", send: "append quiet 0 0 1 noreply\r\nd\r\n", receive: "" },
      { expect: "NOTHING", send: "prepend quiet 0 0 1 noreply\r\ne\r\n", receive: "" },
      { expect: "VALUES", send: "get quiet\r\n", receive: "VALUE quiet 2 3\r\necd\r\nEND\r\n" },
      { expect: "NOTHING", send: "delete quiet noreply\r\n", receive: "" },
      { expect: "NOTHING", send: "verbosity 0 noreply\r\n", receive: "" },
      { expect: "VALUES", send: "get quiet\r\n", receive: "END\r\n" },
    ],
  },
  {
    name: "what is not understood",
    steps: [
      { expect: "ANY", send: "nonsense\r\n", receive: "ERROR\r\n" },
      { expect: "VALUES", send: "get\r\n", receive: "ERROR\r\n", peculiar: true },
      { expect: "ANY", send: "GET upper\r\n", receive: "ERROR\r\n" },
      { expect: "ANY", send: "\r\n", receive: "ERROR\r\n", peculiar: true },
      {
        expect: "STORE",
        send: "set short 0 0 3\r\nabcdef\r\n",
        receive: "CLIENT_ERROR bad data chunk\r\nERROR\r\n",
        peculiar: true,
      },
      { expect: "STORE", send: "set neg 0 0 -1\r\n", receive: "CLIENT_ERROR bad command line format\r\n" },
      { expect: "STORE", send: "set bad x 0 1\r\n", receive: "CLIENT_ERROR bad command line format\r\n" },
      {
        expect: "DELETE",
        send: "delete k 5\r\n",
        receive: "CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]\r\n",
        peculiar: true,
      },
      { expect: "CONFIG", send: "config get cluster\r\n", receive: "ERROR\r\n" },
      { expect: "OK", send: "watch nothing\r\n", receive: "ERROR\r\n" },
    ],
  },
  {
    name: "a value that is too large",
    steps: [
      {
        expect: "STORE",
        send: `set large 0 0 1048577\r\n${"x".repeat(1048577)}\r\n`,
        receive: "SERVER_ERROR object too large for cache\r\n",
      },
      {
        expect: "META",
        send: `ms large 1048577 O1\r\n${"x".repeat(1048577)}\r\n`,
        receive: "SERVER_ERROR object too large for cache\r\n",
      },
    ],
  },
];
