/** `mn`, `mg`, stale items and keys in base64. Recorded from memcached 1.6.18; see `exchange.ts`. */

import type { TextExchange } from "./exchange.ts";

/** `mn`, `mg`, stale items and keys in base64. */
export const META_GET: readonly TextExchange[] = [
  {
    name: "mn",
    steps: [
      { expect: "META", send: "mn\r\n", receive: "MN\r\n" },
      { expect: "META", send: "mn\r\nmn\r\n", receive: "MN\r\nMN\r\n" },
    ],
  },
  {
    name: "mg on a miss",
    steps: [
      { expect: "META", send: "mg mg-miss\r\n", receive: "EN\r\n" },
      { expect: "META", send: "mg mg-miss v\r\n", receive: "EN\r\n" },
      { expect: "META", send: "mg mg-miss O123 k v\r\n", receive: "EN O123 kmg-miss\r\n" },
      { expect: "META", send: "mg mg-miss q v\r\nmn\r\n", receive: "MN\r\n" },
      { expect: "META", send: "mg bWctIG1pc3M= O9 b k\r\n", receive: "EN O9 kbWctIG1pc3M= b\r\n" },
    ],
  },
  {
    name: "mg and every flag",
    steps: [
      { expect: "STORE", send: "set mg-1 7 0 3\r\nabc\r\n", receive: "STORED\r\n" },
      { expect: "META", send: "mg mg-1\r\n", receive: "HD\r\n" },
      { expect: "META", send: "mg mg-1 v\r\n", receive: "VA 3\r\nabc\r\n" },
      { expect: "META", send: "mg mg-1 h\r\n", receive: "HD h1\r\n" },
      { expect: "META", send: "mg mg-1 f\r\n", receive: "HD f7\r\n" },
      { expect: "META", send: "mg mg-1 c\r\n", receive: "HD c39\r\n" },
      { expect: "META", send: "mg mg-1 l\r\n", receive: "HD l0\r\n" },
      { expect: "META", send: "mg mg-1 s\r\n", receive: "HD s3\r\n" },
      { expect: "META", send: "mg mg-1 t\r\n", receive: "HD t-1\r\n" },
      { expect: "META", send: "mg mg-1 k\r\n", receive: "HD kmg-1\r\n" },
      { expect: "META", send: "mg mg-1 O7\r\n", receive: "HD O7\r\n" },
      {
        expect: "META",
        send: "mg mg-1 Oabc.DEF/01234567890123456789012\r\n",
        receive: "HD Oabc.DEF/01234567890123456789012\r\n",
      },
      { expect: "META", send: "mg mg-1 q v\r\n", receive: "VA 3\r\nabc\r\n" },
      { expect: "META", send: "mg mg-1 T60\r\n", receive: "HD\r\n" },
      { expect: "META", send: "mg mg-1 t T30\r\n", receive: "HD t60\r\n" },
      { expect: "META", send: "mg mg-1 v u\r\n", receive: "VA 3\r\nabc\r\n" },
      { expect: "META", send: "mg mg-1 N60\r\n", receive: "HD\r\n" },
      {
        expect: "META",
        send: "mg mg-1 O4294967295 k f c v h l s t\r\n",
        receive: "VA 3 O4294967295 kmg-1 f7 c39 h1 l0 s3 t30\r\nabc\r\n",
      },
      { expect: "META", send: "mg mg-1 L P/a/b v\r\n", receive: "VA 3\r\nabc\r\n" },
      { expect: "META", send: "mg mg-1 v C1\r\n", receive: "VA 3\r\nabc\r\n", peculiar: true },
      { expect: "META", send: "mg mg-1 E1\r\n", receive: "CLIENT_ERROR invalid flag\r\n", peculiar: true },
      { expect: "META", send: "mg mg-1 v v\r\n", receive: "CLIENT_ERROR duplicate flag\r\n" },
      { expect: "META", send: "mg mg-1 v !\r\n", receive: "CLIENT_ERROR invalid flag\r\n" },
      {
        expect: "META",
        send: "mg mg-1 Oxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n",
        receive: "CLIENT_ERROR opaque token too long\r\n",
      },
      { expect: "META", send: "mg mg-1 Tx\r\n", receive: "CLIENT_ERROR bad token in command line format\r\n" },
      { expect: "META", send: `mg ${"m".repeat(251)} v\r\n`, receive: "CLIENT_ERROR bad command line format\r\n" },
      { expect: "META", send: "mg !!!! b v\r\n", receive: "CLIENT_ERROR error decoding key\r\n" },
      {
        expect: "META",
        send: "mg mg-1 c f h k l s t v O1 q u N0 R0 T0 L P L1 L2 L3 L4 L5 L6 L7 L8\r\n",
        receive: "CLIENT_ERROR options flags are too long\r\n",
      },
    ],
  },
  {
    name: "mg: an item made on a miss is won by one",
    steps: [
      { expect: "META", send: "mg mg-viv v c t N30\r\n", receive: "VA 0 c40 t-1 W\r\n\r\n" },
      { expect: "META", send: "mg mg-viv v c t N30\r\n", receive: "VA 0 c40 t30 Z\r\n\r\n" },
      { expect: "META", send: "ms mg-viv 2 T60\r\nok\r\n", receive: "HD\r\n" },
      { expect: "META", send: "mg mg-viv v t N30\r\n", receive: "VA 2 t60\r\nok\r\n" },
    ],
  },
  {
    name: "mg: an item that soon expires is won by one",
    steps: [
      { expect: "META", send: "ms mg-rec 1 T20\r\na\r\n", receive: "HD\r\n" },
      { expect: "META", send: "mg mg-rec v R10\r\n", receive: "VA 1\r\na\r\n" },
      { expect: "META", send: "mg mg-rec v R30\r\n", receive: "VA 1 W\r\na\r\n" },
      { expect: "META", send: "mg mg-rec v R30\r\n", receive: "VA 1 Z\r\na\r\n" },
    ],
  },
  {
    name: "md I: a stale item is won by one",
    steps: [
      { expect: "META", send: "ms md-stale 1 T60\r\na\r\n", receive: "HD\r\n" },
      { expect: "META", send: "md md-stale I T30\r\n", receive: "HD\r\n" },
      { expect: "META", send: "mg md-stale c v t\r\n", receive: "VA 1 c44 t30 X W\r\na\r\n" },
      { expect: "META", send: "mg md-stale c v t\r\n", receive: "VA 1 c44 t30 Z X\r\na\r\n" },
      { expect: "META", send: "ms md-stale 1 O5 C44 I\r\nb\r\n", receive: "HD O5\r\n", cas: "44" },
      { expect: "META", send: "mg md-stale c v\r\n", receive: "VA 1 c45\r\nb\r\n" },
    ],
  },
  {
    name: "keys in base64",
    steps: [
      { expect: "META", send: "ms YSBi 2 b\r\nhi\r\n", receive: "HD\r\n" },
      { expect: "META", send: "mg YSBi b k v\r\n", receive: "VA 2 kYSBi b\r\nhi\r\n" },
      { expect: "META", send: "mg YSBi O1 b k f c v\r\n", receive: "VA 2 O1 kYSBi b f0 c46\r\nhi\r\n" },
      { expect: "META", send: "me YSBi b\r\n", receive: "ME YSBi exp=-1 la=0 cas=46 fetch=yes cls=1 size=64\r\n" },
      {
        expect: "META",
        send: "ma YSBi b k\r\n",
        receive: "CLIENT_ERROR cannot increment or decrement non-numeric value\r\n",
      },
      { expect: "META", send: "md YSBi O2 b k\r\n", receive: "HD O2 kYSBi b\r\n" },
      { expect: "META", send: "ms AAECDQo= 1 O3 b k\r\nx\r\n", receive: "HD O3 kAAECDQo= b\r\n" },
      { expect: "META", send: "mg AAECDQo= O4 b k v\r\n", receive: "VA 1 O4 kAAECDQo= b\r\nx\r\n" },
      { expect: "META", send: "ms Zm9v 2 b\r\nhi\r\n", receive: "HD\r\n" },
      { expect: "META", send: "mg foo k v\r\n", receive: "VA 2 kZm9v b\r\nhi\r\n" },
      { expect: "STORE", send: "set b64-raw 0 0 1\r\nr\r\n", receive: "STORED\r\n" },
      { expect: "META", send: "mg YjY0LXJhdw== b k v\r\n", receive: "VA 1 kb64-raw\r\nr\r\n" },
      { expect: "META", send: `mg ${"QUJD".repeat(62)} b v\r\n`, receive: "EN\r\n" },
      { expect: "META", send: `mg ${"QUJD".repeat(63)} b v\r\n`, receive: "CLIENT_ERROR bad command line format\r\n" },
    ],
  },
];
