/** Lengths that fit nothing, magics and opcodes that nobody knows, SASL where there is none. Recorded from memcached 1.6.18; see `exchange.ts`. */

import type { Exchange } from "./exchange.ts";

/** Lengths that fit nothing, magics and opcodes that nobody knows, SASL where there is none. */
export const STRANGE: readonly Exchange[] = [
  // Of all answers it is "unknown command", before the connection closes.
  {
    name: "GET whose key is longer than its body",
    only: "1.6.18",
    steps: [
      {
        send: "80 00 0003 00 00 0000 00000001 00000001 0000000000000000 | 6b6579",
        receive: "81 00 0000 00 00 0081 0000000f 00000001 0000000000000000 | 556e6b6e6f776e20636f6d6d616e64",
        closes: true,
      },
    ],
  },
  {
    name: "SET whose extras and key are longer than its body",
    only: "1.6.18",
    steps: [
      {
        send: "80 01 0003 08 00 0000 00000009 00000001 0000000000000000 | 0000000000000000 | 6b6579",
        receive: "81 01 0000 00 00 0081 0000000f 00000001 0000000000000000 | 556e6b6e6f776e20636f6d6d616e64",
        closes: true,
      },
    ],
  },
  // Refused by its lengths, without waiting for them.
  {
    name: "GET with a body of 2 GiB",
    steps: [
      {
        send: "80 00 0001 00 00 0000 7fffffff 00000001 0000000000000000 | 6b",
        receive: "81 00 0000 00 00 0004 00000011 00000001 0000000000000000 | 496e76616c696420617267756d656e7473",
        closes: true,
      },
    ],
  },
  // It selects the text protocol, for which the opcode ends a line here.
  {
    name: "A first byte other than 0x80",
    speaksText: true,
    steps: [
      {
        send: "81 0a 0000 00 00 0000 00000000 00000001 0000000000000000",
        receive: "4552524f520d0a",
      },
    ],
  },
  // The connection closes without a byte.
  {
    name: "A magic that is none, after a good request",
    steps: [
      {
        send: "80 0a 0000 00 00 0000 00000000 00000001 0000000000000000",
        receive: "81 0a 0000 00 00 0000 00000000 00000001 0000000000000000",
      },
      {
        send: "81 0a 0000 00 00 0000 00000000 00000002 0000000000000000",
        receive: "",
        closes: true,
      },
    ],
  },
  {
    name: "What came before a bad request is answered",
    steps: [
      {
        send: `
          80 01 0006 08 00 0000 0000000f 00000001 0000000000000000 | 00000000 00000000 | 6265666f7265 | 31
          80 00 0006 00 00 0000 00000006 00000002 0000000000000000 | 6265666f7265
          80 00 0001 04 00 0000 00000005 00000003 0000000000000000 | 00000000 | 6b
          80 00 0006 00 00 0000 00000006 00000004 0000000000000000 | 6265666f7265
        `,
        receive: `
          81 01 0000 00 00 0000 00000000 00000001 000000000000009d
          81 00 0000 04 00 0000 00000005 00000002 000000000000009d | 00000000 | 31
          81 00 0000 00 00 0004 00000011 00000003 0000000000000000 | 496e76616c696420617267756d656e7473
        `,
        mask: [[16, 8], [40, 8]],
        closes: true,
      },
    ],
  },
  {
    name: "An unknown opcode alone",
    steps: [
      {
        send: "80 1b 0000 00 00 0000 00000000 00000001 0000000000000000",
        receive: "81 1b 0000 00 00 0081 0000000f 00000001 0000000000000000 | 556e6b6e6f776e20636f6d6d616e64",
      },
      {
        send: "80 25 0000 00 00 0000 00000000 00000002 0000000000000000",
        receive: "81 25 0000 00 00 0081 0000000f 00000002 0000000000000000 | 556e6b6e6f776e20636f6d6d616e64",
      },
      {
        send: "80 40 0000 00 00 0000 00000000 00000003 0000000000000000",
        receive: "81 40 0000 00 00 0081 0000000f 00000003 0000000000000000 | 556e6b6e6f776e20636f6d6d616e64",
      },
      {
        send: "80 ff 0000 00 00 0000 00000000 00000004 0000000000000000",
        receive: "81 ff 0000 00 00 0081 0000000f 00000004 0000000000000000 | 556e6b6e6f776e20636f6d6d616e64",
      },
    ],
  },
  // A value is skipped as it should be, without key and extras all is well: so one may ask for HELO.
  {
    name: "An unknown opcode with a value",
    steps: [
      {
        send: "80 1f 0000 00 00 0000 00000004 00000001 0000000000000000 | 00030004",
        receive: "81 1f 0000 00 00 0081 0000000f 00000001 0000000000000000 | 556e6b6e6f776e20636f6d6d616e64",
      },
      {
        send: "80 0a 0000 00 00 0000 00000000 00000002 0000000000000000",
        receive: "81 0a 0000 00 00 0000 00000000 00000002 0000000000000000",
      },
    ],
  },
  // Key and extras are counted twice: the server discards as many bytes more than there are, and answers only then.
  // Here they are zeros sent for it.
  {
    name: "An unknown opcode with a key eats what follows",
    steps: [
      {
        send: "80 1f 0005 00 00 0000 00000007 00000001 0000000000000000 | 6167656e74 | 0003",
        receive: "",
      },
      {
        send: "0000000000",
        receive: "81 1f 0000 00 00 0081 0000000f 00000001 0000000000000000 | 556e6b6e6f776e20636f6d6d616e64",
      },
      {
        send: "80 0a 0000 00 00 0000 00000000 00000002 0000000000000000",
        receive: "81 0a 0000 00 00 0000 00000000 00000002 0000000000000000",
      },
    ],
  },
  // memcached.org has no opcode 0x1b: it is an unknown opcode with 4 bytes of extras.
  {
    name: "VERBOSITY eats what follows",
    steps: [
      {
        send: "80 1b 0000 04 00 0000 00000004 00000001 0000000000000000 | 00000001",
        receive: "",
      },
      {
        send: "00000000",
        receive: "81 1b 0000 00 00 0081 0000000f 00000001 0000000000000000 | 556e6b6e6f776e20636f6d6d616e64",
      },
      {
        send: "80 0a 0000 00 00 0000 00000000 00000002 0000000000000000",
        receive: "81 0a 0000 00 00 0000 00000000 00000002 0000000000000000",
      },
    ],
  },
  // Whoever goes on with a request loses its first 4 bytes. The rest of it would then be no frame.
  {
    name: "VERBOSITY eats the magic of the next request",
    steps: [
      {
        send: `
          80 1b 0000 04 00 0000 00000004 00000001 0000000000000000 | 00000001
          800a0000
        `,
        receive: "81 1b 0000 00 00 0081 0000000f 00000001 0000000000000000 | 556e6b6e6f776e20636f6d6d616e64",
      },
      {
        send: "80 0a 0000 00 00 0000 00000000 00000003 0000000000000000",
        receive: "81 0a 0000 00 00 0000 00000000 00000003 0000000000000000",
      },
    ],
  },
  // The three opcodes are known all the same: what follows them is read rightly.
  {
    name: "SASL on a server without it",
    steps: [
      {
        send: "80 20 0000 00 00 0000 00000000 00000001 0000000000000000",
        receive: "81 20 0000 00 00 0081 0000000f 00000001 0000000000000000 | 556e6b6e6f776e20636f6d6d616e64",
      },
    ],
  },
  {
    name: "SASL_AUTH on a server without it",
    steps: [
      {
        send: "80 21 0005 00 00 0000 0000000f 00000001 0000000000000000 | 504c41494e | 00757365720070617373",
        receive: "81 21 0000 00 00 0081 0000000f 00000001 0000000000000000 | 556e6b6e6f776e20636f6d6d616e64",
      },
      {
        send: "80 0a 0000 00 00 0000 00000000 00000002 0000000000000000",
        receive: "81 0a 0000 00 00 0000 00000000 00000002 0000000000000000",
      },
    ],
  },
  {
    name: "SASL_STEP on a server without it",
    steps: [
      {
        send: "80 22 0005 00 00 0000 00000006 00000001 0000000000000000 | 504c41494e | 78",
        receive: "81 22 0000 00 00 0081 0000000f 00000001 0000000000000000 | 556e6b6e6f776e20636f6d6d616e64",
      },
      {
        send: "80 0a 0000 00 00 0000 00000000 00000002 0000000000000000",
        receive: "81 0a 0000 00 00 0000 00000000 00000002 0000000000000000",
      },
    ],
  },
];

/** The opcodes that are unknown: a header alone is answered with status 0x81 and "Unknown command", and the connection stays. */
export const UNKNOWN_OPCODES: readonly number[] = [
  0x1b,
  0x1f,
  ...Array.from({ length: 0x100 - 0x25 }, (_, i) => 0x25 + i),
];
