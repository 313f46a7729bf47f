/** Commands with words missing, too many or wrong. Recorded from memcached 1.6.18; see `exchange.ts`. */

import type { TextExchange } from "./exchange.ts";

/** Commands with words missing, too many or wrong. */
export const ERRORS: readonly TextExchange[] = [
  {
    name: "classic reads and deletes with wrong words",
    steps: [
      { expect: "ANY", send: "gets\r\n", receive: "ERROR\r\n", peculiar: true },
      { expect: "ANY", send: "gat\r\n", receive: "ERROR\r\n", peculiar: true },
      { expect: "ANY", send: "gat 10\r\n", receive: "END\r\n", peculiar: true },
      { expect: "ANY", send: "gats x k\r\n", receive: "CLIENT_ERROR invalid exptime argument\r\n", peculiar: true },
      {
        expect: "ANY",
        send:
          "gat 10 kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\r\n",
        receive: "CLIENT_ERROR bad command line format\r\n",
        peculiar: true,
      },
      {
        expect: "ANY",
        send:
          "gets kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\r\n",
        receive: "CLIENT_ERROR bad command line format\r\n",
        peculiar: true,
      },
      { expect: "ANY", send: "touch\r\n", receive: "ERROR\r\n", peculiar: true },
      { expect: "ANY", send: "touch k\r\n", receive: "ERROR\r\n", peculiar: true },
      { expect: "ANY", send: "touch k x\r\n", receive: "CLIENT_ERROR invalid exptime argument\r\n", peculiar: true },
      { expect: "ANY", send: "touch k 1 2 3\r\n", receive: "ERROR\r\n", peculiar: true },
      {
        expect: "ANY",
        send:
          "touch kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk 1\r\n",
        receive: "CLIENT_ERROR bad command line format\r\n",
        peculiar: true,
      },
      { expect: "ANY", send: "touch none 1\r\n", receive: "NOT_FOUND\r\n", peculiar: true },
      { expect: "ANY", send: "delete\r\n", receive: "ERROR\r\n", peculiar: true },
      {
        expect: "ANY",
        send: "delete k 0 0\r\n",
        receive: "CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]\r\n",
        peculiar: true,
      },
      { expect: "NOTHING", send: "delete k 1 noreply\r\n", receive: "", peculiar: true },
      { expect: "NOTHING", send: "delete k 0 noreply\r\n", receive: "", peculiar: true },
      {
        expect: "ANY",
        send:
          "delete kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\r\n",
        receive: "CLIENT_ERROR bad command line format\r\n",
        peculiar: true,
      },
      { expect: "NOTHING", send: "delete none noreply\r\n", receive: "", peculiar: true },
    ],
  },
  {
    name: "classic counters with wrong words",
    steps: [
      { expect: "ANY", send: "incr\r\n", receive: "ERROR\r\n", peculiar: true },
      { expect: "ANY", send: "incr k\r\n", receive: "ERROR\r\n", peculiar: true },
      { expect: "ANY", send: "incr k 1 2 3\r\n", receive: "ERROR\r\n", peculiar: true },
      {
        expect: "ANY",
        send: "incr k x\r\n",
        receive: "CLIENT_ERROR invalid numeric delta argument\r\n",
        peculiar: true,
      },
      {
        expect: "ANY",
        send: "incr k -1\r\n",
        receive: "CLIENT_ERROR invalid numeric delta argument\r\n",
        peculiar: true,
      },
      {
        expect: "ANY",
        send: "incr k 18446744073709551616\r\n",
        receive: "CLIENT_ERROR invalid numeric delta argument\r\n",
        peculiar: true,
      },
      {
        expect: "ANY",
        send:
          "decr kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk 1\r\n",
        receive: "CLIENT_ERROR bad command line format\r\n",
        peculiar: true,
      },
      { expect: "ANY", send: "decr none 1\r\n", receive: "NOT_FOUND\r\n", peculiar: true },
      { expect: "STORE", send: "set e 0 0 0\r\n\r\n", receive: "STORED\r\n" },
      {
        expect: "ANY",
        send: "incr e 1\r\n",
        receive: "CLIENT_ERROR cannot increment or decrement non-numeric value\r\n",
        peculiar: true,
      },
      { expect: "STORE", send: "set f 0 0 3\r\n1x2\r\n", receive: "STORED\r\n" },
      {
        expect: "ANY",
        send: "decr f 1\r\n",
        receive: "CLIENT_ERROR cannot increment or decrement non-numeric value\r\n",
        peculiar: true,
      },
      { expect: "STORE", send: "set g 0 0 20\r\n18446744073709551616\r\n", receive: "STORED\r\n" },
      {
        expect: "ANY",
        send: "incr g 1\r\n",
        receive: "CLIENT_ERROR cannot increment or decrement non-numeric value\r\n",
        peculiar: true,
      },
      { expect: "STORE", send: "set h 0 0 2\r\n 7\r\n", receive: "STORED\r\n" },
      { expect: "ANY", send: "incr h 1\r\n", receive: "8\r\n", peculiar: true },
    ],
  },
  {
    name: "classic writes with wrong words",
    steps: [
      { expect: "ANY", send: "set\r\n", receive: "ERROR\r\n", peculiar: true },
      { expect: "ANY", send: "set k\r\n", receive: "ERROR\r\n", peculiar: true },
      { expect: "ANY", send: "set k 0\r\n", receive: "ERROR\r\n", peculiar: true },
      { expect: "ANY", send: "set k 0 0\r\n", receive: "ERROR\r\n", peculiar: true },
      { expect: "ANY", send: "set k 0 0 x\r\n", receive: "CLIENT_ERROR bad command line format\r\n", peculiar: true },
      { expect: "ANY", send: "set k 0 0 -1\r\n", receive: "CLIENT_ERROR bad command line format\r\n", peculiar: true },
      { expect: "ANY", send: "set k x 0 0\r\n", receive: "CLIENT_ERROR bad command line format\r\n", peculiar: true },
      { expect: "ANY", send: "set k 0 x 0\r\n", receive: "CLIENT_ERROR bad command line format\r\n", peculiar: true },
      { expect: "ANY", send: "set k -1 0 0\r\n", receive: "CLIENT_ERROR bad command line format\r\n", peculiar: true },
      {
        expect: "ANY",
        send:
          "set kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk 0 0 0\r\n",
        receive: "CLIENT_ERROR bad command line format\r\n",
        peculiar: true,
      },
      { expect: "ANY", send: "set k 0 0 1 2 3\r\n", receive: "ERROR\r\n", peculiar: true },
      { expect: "ANY", send: "add k\r\n", receive: "ERROR\r\n", peculiar: true },
      { expect: "ANY", send: "replace k 0 0\r\n", receive: "ERROR\r\n", peculiar: true },
      {
        expect: "ANY",
        send: "append k 0 0 x\r\n",
        receive: "CLIENT_ERROR bad command line format\r\n",
        peculiar: true,
      },
      {
        expect: "ANY",
        send: "prepend k 0 0 -5\r\n",
        receive: "CLIENT_ERROR bad command line format\r\n",
        peculiar: true,
      },
      { expect: "ANY", send: "cas k 0 0 1\r\n", receive: "ERROR\r\n", peculiar: true },
      { expect: "ANY", send: "cas k 0 0 0 x\r\n", receive: "CLIENT_ERROR bad command line format\r\n", peculiar: true },
      {
        expect: "ANY",
        send: "cas k 0 0 0 -1\r\n",
        receive: "CLIENT_ERROR bad command line format\r\n",
        peculiar: true,
      },
      { expect: "ANY", send: "set k 0 0 0 noreply x\r\n", receive: "ERROR\r\n", peculiar: true },
      { expect: "ANY", send: "set k 4294967296 0 1\r\nx\r\n", receive: "STORED\r\n", peculiar: true },
      { expect: "VALUES", send: "get k\r\n", receive: "VALUE k 0 1\r\nx\r\nEND\r\n" },
      {
        expect: "ANY",
        send: "set k 0 0 1\r\nxy\r\n",
        receive: "CLIENT_ERROR bad data chunk\r\nERROR\r\n",
        peculiar: true,
      },
      {
        expect: "ANY",
        send: "add k 0 0 2\r\nabc\r\n",
        receive: "CLIENT_ERROR bad data chunk\r\nERROR\r\n",
        peculiar: true,
      },
    ],
  },
  {
    name: "meta with wrong words",
    steps: [
      { expect: "ANY", send: "mg\r\n", receive: "ERROR\r\n", peculiar: true },
      { expect: "ANY", send: "ms\r\n", receive: "ERROR\r\n", peculiar: true },
      { expect: "ANY", send: "md\r\n", receive: "ERROR\r\n", peculiar: true },
      { expect: "ANY", send: "ma\r\n", receive: "ERROR\r\n", peculiar: true },
      { expect: "ANY", send: "me\r\n", receive: "CLIENT_ERROR bad command line format\r\n", peculiar: true },
      { expect: "ANY", send: "ms k\r\n", receive: "CLIENT_ERROR bad command line format\r\n", peculiar: true },
      { expect: "ANY", send: "ms k x\r\n", receive: "CLIENT_ERROR bad command line format\r\n", peculiar: true },
      { expect: "ANY", send: "ms k -1\r\n", receive: "CLIENT_ERROR bad command line format\r\n", peculiar: true },
      {
        expect: "ANY",
        send:
          "mg kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\r\n",
        receive: "CLIENT_ERROR bad command line format\r\n",
        peculiar: true,
      },
      {
        expect: "ANY",
        send:
          "ms kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk 0\r\n",
        receive: "CLIENT_ERROR bad command line format\r\n",
        peculiar: true,
      },
      {
        expect: "ANY",
        send:
          "md kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\r\n",
        receive: "CLIENT_ERROR bad command line format\r\n",
        peculiar: true,
      },
      {
        expect: "ANY",
        send:
          "ma kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\r\n",
        receive: "CLIENT_ERROR bad command line format\r\n",
        peculiar: true,
      },
      {
        expect: "ANY",
        send:
          "me kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\r\n",
        receive: "CLIENT_ERROR bad command line format\r\n",
        peculiar: true,
      },
      { expect: "ANY", send: "mg k q q\r\n", receive: "CLIENT_ERROR duplicate flag\r\n", peculiar: true },
      { expect: "ANY", send: "md k q q\r\n", receive: "CLIENT_ERROR invalid or duplicate flag\r\n", peculiar: true },
      { expect: "ANY", send: "ma k q q\r\n", receive: "CLIENT_ERROR invalid or duplicate flag\r\n", peculiar: true },
      {
        expect: "ANY",
        send: "mg k Tx\r\n",
        receive: "CLIENT_ERROR bad token in command line format\r\n",
        peculiar: true,
      },
      { expect: "ANY", send: "md k Cx\r\n", receive: "CLIENT_ERROR invalid or duplicate flag\r\n", peculiar: true },
      { expect: "ANY", send: "ma k Dx\r\n", receive: "CLIENT_ERROR invalid or duplicate flag\r\n", peculiar: true },
      { expect: "ANY", send: "ma k J-1\r\n", receive: "CLIENT_ERROR invalid or duplicate flag\r\n", peculiar: true },
      { expect: "ANY", send: "mg k M\r\n", receive: "CLIENT_ERROR incorrect length for M token\r\n", peculiar: true },
      { expect: "ANY", send: "mg k MM\r\n", receive: "EN\r\n", peculiar: true },
      {
        expect: "ANY",
        send: "ms k 1 M\r\nx\r\n",
        receive: "CLIENT_ERROR incorrect length for M token\r\n",
        peculiar: true,
      },
      {
        expect: "ANY",
        send: "ms k 1 MSS\r\nx\r\n",
        receive: "CLIENT_ERROR incorrect length for M token\r\n",
        peculiar: true,
      },
      {
        expect: "ANY",
        send: "ms k 1 Mx\r\nx\r\n",
        receive: "CLIENT_ERROR invalid mode for ms M token\r\n",
        peculiar: true,
      },
      { expect: "ANY", send: "ma k MX\r\n", receive: "CLIENT_ERROR invalid mode for ma M token\r\n", peculiar: true },
      {
        expect: "ANY",
        send: "ms k 1 F-1\r\nx\r\n",
        receive: "CLIENT_ERROR bad command line format\r\n",
        peculiar: true,
      },
      {
        expect: "ANY",
        send: "ms k 1 Tx\r\nx\r\n",
        receive: "CLIENT_ERROR bad token in command line format\r\n",
        peculiar: true,
      },
      { expect: "ANY", send: "ms k 1 y\r\nx\r\n", receive: "CLIENT_ERROR invalid flag\r\n", peculiar: true },
      { expect: "ANY", send: "ms k 1 c c\r\nx\r\n", receive: "CLIENT_ERROR duplicate flag\r\n", peculiar: true },
      { expect: "ANY", send: "mg Zm9 b\r\n", receive: "CLIENT_ERROR error decoding key\r\n", peculiar: true },
      { expect: "ANY", send: "mg ==== b\r\n", receive: "CLIENT_ERROR error decoding key\r\n", peculiar: true },
      { expect: "ANY", send: "md ==== b\r\n", receive: "CLIENT_ERROR invalid or duplicate flag\r\n", peculiar: true },
      { expect: "ANY", send: "ma ==== b\r\n", receive: "CLIENT_ERROR invalid or duplicate flag\r\n", peculiar: true },
      { expect: "ANY", send: "me ==== b\r\n", receive: "CLIENT_ERROR bad command line format\r\n", peculiar: true },
      { expect: "ANY", send: "ms Zm9 1 b\r\nx\r\n", receive: "CLIENT_ERROR error decoding key\r\n", peculiar: true },
      {
        expect: "ANY",
        send: "mg k Ooooooooooooooooooooooooooooooooo\r\n",
        receive: "CLIENT_ERROR opaque token too long\r\n",
        peculiar: true,
      },
      {
        expect: "ANY",
        send: "md k Ooooooooooooooooooooooooooooooooo\r\n",
        receive: "CLIENT_ERROR opaque token too long\r\n",
        peculiar: true,
      },
      {
        expect: "ANY",
        send: "ma k Ooooooooooooooooooooooooooooooooo\r\n",
        receive: "CLIENT_ERROR opaque token too long\r\n",
        peculiar: true,
      },
      {
        expect: "ANY",
        send: "ms k 1 Ooooooooooooooooooooooooooooooooo\r\nx\r\n",
        receive: "CLIENT_ERROR opaque token too long\r\n",
        peculiar: true,
      },
      {
        expect: "ANY",
        send: "mg k v v v v v v v v v v v v v v v v v v v v \r\n",
        receive: "CLIENT_ERROR options flags are too long\r\n",
        peculiar: true,
      },
      {
        expect: "ANY",
        send: "md k q q q q q q q q q q q q q q q q q q q q \r\n",
        receive: "CLIENT_ERROR options flags too long\r\n",
        peculiar: true,
      },
      {
        expect: "ANY",
        send: "ma k q q q q q q q q q q q q q q q q q q q q \r\n",
        receive: "CLIENT_ERROR options flags too long\r\n",
        peculiar: true,
      },
      {
        expect: "ANY",
        send: "ms k 1 q q q q q q q q q q q q q q q q q q q q \r\nx\r\n",
        receive: "CLIENT_ERROR options flags too long\r\nERROR\r\n",
        peculiar: true,
      },
      { expect: "ANY", send: "mz k\r\n", receive: "ERROR\r\n", peculiar: true },
      { expect: "ANY", send: "m\r\n", receive: "ERROR\r\n", peculiar: true },
      { expect: "ANY", send: "mget k\r\n", receive: "ERROR\r\n", peculiar: true },
      { expect: "ANY", send: "me k b x\r\n", receive: "CLIENT_ERROR bad command line format\r\n", peculiar: true },
    ],
  },
  {
    name: "many keys in a line that is long",
    steps: [
      {
        expect: "VALUES",
        send:
          "get none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none none\r\n",
        receive: "END\r\n",
      },
    ],
  },
];
