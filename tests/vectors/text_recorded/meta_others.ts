/** `md`, `ma` and `me`. Recorded from memcached 1.6.18; see `exchange.ts`. */

import type { TextExchange } from "./exchange.ts";

/** `md`, `ma` and `me`. */
export const META_OTHERS: readonly TextExchange[] = [
  {
    name: "md and every flag",
    steps: [
      { expect: "META", send: "md md-1\r\n", receive: "NF\r\n" },
      { expect: "META", send: "md md-1 O1 k\r\n", receive: "NF O1 kmd-1\r\n" },
      { expect: "META", send: "md md-1 q\r\nmn\r\n", receive: "NF\r\nMN\r\n" },
      { expect: "META", send: "ms md-1 1\r\nx\r\n", receive: "HD\r\n" },
      { expect: "META", send: "md md-1 C999999\r\n", receive: "EX\r\n" },
      { expect: "META", send: "md md-1 q C999999\r\nmn\r\n", receive: "EX\r\nMN\r\n" },
      { expect: "META", send: "md md-1 O2 k\r\n", receive: "HD O2 kmd-1\r\n" },
      { expect: "META", send: "ms md-1 1 c\r\nx\r\n", receive: "HD c65\r\n" },
      { expect: "META", send: "md md-1 q\r\nmn\r\n", receive: "MN\r\n" },
      { expect: "META", send: "ms md-1 1 c\r\nx\r\n", receive: "HD c66\r\n" },
      { expect: "META", send: "md md-1 C66\r\n", receive: "HD\r\n", cas: "66" },
      { expect: "META", send: "ms md-1 1\r\nx\r\n", receive: "HD\r\n" },
      { expect: "META", send: "md md-1 I\r\n", receive: "HD\r\n" },
      { expect: "META", send: "md md-1 x\r\n", receive: "CLIENT_ERROR invalid or duplicate flag\r\n", peculiar: true },
      {
        expect: "META",
        send: "md md-1 E5 I\r\n",
        receive: "CLIENT_ERROR invalid or duplicate flag\r\n",
        peculiar: true,
      },
      { expect: "META", send: "md md-1 !\r\n", receive: "CLIENT_ERROR invalid or duplicate flag\r\n" },
    ],
  },
  {
    name: "ma and every flag",
    steps: [
      { expect: "META", send: "ma ma-1\r\n", receive: "NF\r\n" },
      { expect: "META", send: "ma ma-1 q\r\nmn\r\n", receive: "NF\r\nMN\r\n" },
      { expect: "META", send: "ma ma-1 N0 v J10\r\n", receive: "VA 2\r\n10\r\n" },
      { expect: "META", send: "ma ma-1 v\r\n", receive: "VA 2\r\n11\r\n" },
      { expect: "META", send: "ma ma-1\r\n", receive: "HD\r\n" },
      { expect: "META", send: "ma ma-1 v D5\r\n", receive: "VA 2\r\n17\r\n" },
      { expect: "META", send: "ma ma-1 v D2 MD\r\n", receive: "VA 2\r\n15\r\n" },
      { expect: "META", send: "ma ma-1 v MI\r\n", receive: "VA 2\r\n16\r\n" },
      { expect: "META", send: "ma ma-1 T60 c v t\r\n", receive: "VA 2 c75 t60\r\n17\r\n" },
      { expect: "META", send: "ma ma-1 O7 k c\r\n", receive: "HD O7 kma-1 c76\r\n" },
      { expect: "META", send: "ma ma-1 q v\r\nmn\r\n", receive: "MN\r\n" },
      { expect: "META", send: "ma ma-1 v D18446744073709551615\r\n", receive: "VA 2\r\n18\r\n" },
      { expect: "META", send: "ma ma-1 v D18446744073709551615 MD\r\n", receive: "VA 1\r\n0\r\n" },
      { expect: "META", send: "ma ma-1 C1\r\n", receive: "EX\r\n" },
      { expect: "META", send: "ma ma-1 c\r\n", receive: "HD c80\r\n" },
      { expect: "META", send: "ma ma-1 c v C80\r\n", receive: "VA 1 c81\r\n2\r\n", cas: "80" },
      { expect: "META", send: "ma ma-2 N60 J18446744073709551615\r\n", receive: "HD\r\n" },
      { expect: "META", send: "ma ma-2 t v\r\n", receive: "VA 1 t59\r\n0\r\n" },
      { expect: "STORE", send: "set ma-3 0 0 2\r\n10\r\n", receive: "STORED\r\n" },
      { expect: "META", send: "ma ma-3 v MD\r\n", receive: "VA 1\r\n9\r\n" },
      { expect: "STORE", send: "set ma-3 0 0 1\r\nx\r\n", receive: "STORED\r\n" },
      {
        expect: "META",
        send: "ma ma-3\r\n",
        receive: "CLIENT_ERROR cannot increment or decrement non-numeric value\r\n",
      },
      { expect: "META", send: "ma ma-1 E5\r\n", receive: "CLIENT_ERROR invalid or duplicate flag\r\n", peculiar: true },
      { expect: "META", send: "ma ma-1 Dx\r\n", receive: "CLIENT_ERROR invalid or duplicate flag\r\n" },
      { expect: "META", send: "ma ma-1 MX\r\n", receive: "CLIENT_ERROR invalid mode for ma M token\r\n" },
    ],
  },
  {
    name: "me",
    steps: [
      { expect: "META", send: "me me-1\r\n", receive: "EN\r\n" },
      { expect: "STORE", send: "set me-1 0 0 3\r\nabc\r\n", receive: "STORED\r\n" },
      { expect: "META", send: "me me-1\r\n", receive: "ME me-1 exp=-1 la=0 cas=87 fetch=no cls=1 size=66\r\n" },
      { expect: "META", send: "ms bWUtMg== 1 b T1000\r\nx\r\n", receive: "HD\r\n" },
      {
        expect: "META",
        send: "me bWUtMg== b\r\n",
        receive: "ME bWUtMg== exp=-1000 la=0 cas=88 fetch=no cls=1 size=64\r\n",
      },
    ],
  },
];
