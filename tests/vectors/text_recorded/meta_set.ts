/** `ms`, quiet batches, and commands with all flags that a row can write. Recorded from memcached 1.6.18; see `exchange.ts`. */

import type { TextExchange } from "./exchange.ts";

/** `ms`, quiet batches, and commands with all flags that a row can write. */
export const META_SET: readonly TextExchange[] = [
  {
    name: "what else the rows write",
    steps: [
      { expect: "NOTHING", send: "set row 1 -1 3 noreply\r\nabc\r\n", receive: "" },
      { expect: "NOTHING", send: "delete row noreply\r\n", receive: "" },
      { expect: "OK", send: "flush_all 2592000 noreply\r\nflush_all 0\r\n", receive: "OK\r\n" },
      { expect: "VALUES", send: "gats 60 row other\r\n", receive: "END\r\n" },
      { expect: "NUMBER", send: "decr row 0\r\n", receive: "NOT_FOUND\r\n" },
      { expect: "OK", send: "verbosity 1\r\n", receive: "OK\r\n" },
      { expect: "OK", send: "verbosity 0\r\n", receive: "OK\r\n" },
      { expect: "META", send: "ms cm93IDE= 4 O7 b q k c F9 T60 ME\r\n1234\r\n", receive: "" },
      {
        expect: "META",
        send: "mg cm93IDE= O7 b q k N30 T60 f c v h l s t R10 u\r\n",
        receive: "VA 4 O7 kcm93IDE= b f9 c37 h0 l0 s4 t60\r\n1234\r\n",
      },
      { expect: "META", send: "md cm93IDE= O7 b q k C1 I T30\r\n", receive: "EX O7 kcm93IDE= b\r\n" },
      { expect: "META", send: "ma cm93IDE= O7 b q k N60 T90 c v t J5 D2 MD C1\r\n", receive: "EX O7 kcm93IDE= b\r\n" },
      { expect: "META", send: "ms row 0 O31 I\r\n\r\n", receive: "HD O31\r\n" },
    ],
  },
  {
    name: "ms and every flag",
    steps: [
      { expect: "META", send: "ms ms-1 3\r\nabc\r\n", receive: "HD\r\n" },
      { expect: "META", send: "ms ms-1 3 T60\r\nabc\r\n", receive: "HD\r\n" },
      { expect: "META", send: "ms ms-1 3 F7\r\nabc\r\n", receive: "HD\r\n" },
      { expect: "META", send: "ms ms-1 3 F4294967295 T-1\r\nabc\r\n", receive: "HD\r\n" },
      { expect: "META", send: "ms ms-1 0\r\n\r\n", receive: "HD\r\n" },
      { expect: "META", send: "ms ms-1 3 c\r\nabc\r\n", receive: "HD c55\r\n" },
      { expect: "META", send: "ms ms-1 3 O9 k\r\nabc\r\n", receive: "HD O9 kms-1\r\n" },
      { expect: "META", send: "ms ms-1 3 q\r\nabc\r\nmn\r\n", receive: "MN\r\n" },
      { expect: "META", send: "ms ms-1 3 s\r\nabc\r\n", receive: "HD\r\n" },
      { expect: "META", send: "ms ms-1 3 ME\r\nxyz\r\n", receive: "NS\r\n" },
      { expect: "META", send: "ms ms-1 1 MA\r\nd\r\n", receive: "HD\r\n" },
      { expect: "META", send: "ms ms-1 1 MP\r\nz\r\n", receive: "HD\r\n" },
      { expect: "META", send: "ms ms-1 4 MR\r\nzabc\r\n", receive: "HD\r\n" },
      { expect: "META", send: "ms ms-none 1 MR\r\nx\r\n", receive: "NS\r\n" },
      { expect: "META", send: "ms ms-none 1 MA\r\nx\r\n", receive: "NS\r\n" },
      { expect: "META", send: "ms ms-none 1 q MP\r\nx\r\nmn\r\n", receive: "NS\r\nMN\r\n" },
      { expect: "META", send: "ms ms-viv 1 MA N60\r\nx\r\n", receive: "NS\r\n", peculiar: true },
      { expect: "META", send: "ms ms-none 1 O1 k c C5\r\nx\r\n", receive: "NF O1 kms-none c0\r\n" },
      { expect: "META", send: "ms ms-1 1 C5\r\nx\r\n", receive: "EX\r\n" },
      { expect: "META", send: "ms ms-1 1 c C18446744073709551615\r\nx\r\n", receive: "EX c0\r\n" },
      { expect: "META", send: "mg ms-1 c\r\n", receive: "HD c61\r\n" },
      { expect: "META", send: "ms ms-1 1 c C61\r\ny\r\n", receive: "HD c62\r\n", cas: "61" },
      { expect: "META", send: "ms ms-1 1 C1 I\r\nx\r\n", receive: "HD\r\n" },
      { expect: "META", send: "ms ms-1 1 E5\r\nx\r\n", receive: "CLIENT_ERROR invalid flag\r\n", peculiar: true },
      { expect: "META", send: "ms ms-1 1 MX\r\nx\r\n", receive: "CLIENT_ERROR invalid mode for ms M token\r\n" },
      { expect: "META", send: "ms ms-1 1 c c\r\nx\r\n", receive: "CLIENT_ERROR duplicate flag\r\n" },
      { expect: "META", send: "ms ms-1 1 !\r\nx\r\n", receive: "CLIENT_ERROR invalid flag\r\n" },
      {
        expect: "META",
        send: "ms ms-1 3\r\nabcdef\r\n",
        receive: "CLIENT_ERROR bad data chunk\r\nERROR\r\n",
        peculiar: true,
      },
      { expect: "META", send: "ms ms-1\r\n", receive: "CLIENT_ERROR bad command line format\r\n" },
    ],
  },
  {
    name: "a quiet batch",
    steps: [
      { expect: "META", send: "ms batch-1 1\r\na\r\nms batch-3 1\r\nc\r\n", receive: "HD\r\nHD\r\n" },
      {
        expect: "META",
        send: "mg batch-1 O1 q v\r\nmg batch-2 O2 q v\r\nmg batch-3 O3 q v\r\nmn\r\n",
        receive: "VA 1 O1\r\na\r\nVA 1 O3\r\nc\r\nMN\r\n",
      },
      {
        expect: "META",
        send: "ms batch-1 1 O1 q\r\na\r\nms batch-1 1 O2 q ME\r\nb\r\nmd batch-9 O3 q\r\nmn\r\n",
        receive: "NS O2\r\nNF O3\r\nMN\r\n",
      },
    ],
  },
];
