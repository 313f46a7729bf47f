/**
 * SASL: the example exchanges of the documents on SCRAM, user "user", password "pencil".
 * The names of the mechanisms are those of Couchbase.
 */

import { request, response, text, type Vector } from "./vector.ts";

/** Three exchanges, a message at a time. */
export const SASL: readonly Vector[] = [
  request({
    name: "SASL_AUTH SCRAM-SHA1, first message",
    op: "SASL_AUTH",
    hex:
      "80 21 000a 00 00 0000 0000002e 00000001 0000000000000000 | 534352414d2d53484131 | 6e2c2c6e3d757365722c723d66796b6f2b64326c626246674f4e527639716b786461774c",
    header: { opcode: 0x21, keyLength: 10, bodyLength: 46, opaque: 1 },
    parts: { key: text("SCRAM-SHA1"), value: text("n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL") },
    message: { mechanism: "SCRAM-SHA1", data: "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL" },
    source: "RFC 5802",
  }),
  response({
    name: "SASL_AUTH SCRAM-SHA1 answer, challenge",
    op: "SASL_AUTH",
    hex:
      "81 21 0000 00 00 0021 00000046 00000001 0000000000000000 | 723d66796b6f2b64326c626246674f4e527639716b786461774c337266634e48594a59315a5676575673376a2c733d51535843522b513673656b38626639322c693d34303936",
    header: { opcode: 0x21, vbucketOrStatus: 0x21, bodyLength: 70, opaque: 1 },
    parts: { value: text("r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096") },
    message: { data: "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096" },
    source: "RFC 5802",
  }),
  request({
    name: "SASL_STEP SCRAM-SHA1, proof",
    op: "SASL_STEP",
    hex:
      "80 22 000a 00 00 0000 0000005c 00000002 0000000000000000 | 534352414d2d53484131 | 633d626977732c723d66796b6f2b64326c626246674f4e527639716b786461774c337266634e48594a59315a5676575673376a2c703d763058387633427a325430434a47624a51794630582b48493454733d",
    header: { opcode: 0x22, keyLength: 10, bodyLength: 92, opaque: 2 },
    parts: {
      key: text("SCRAM-SHA1"),
      value: text("c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts="),
    },
    message: {
      mechanism: "SCRAM-SHA1",
      data: "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
    },
    source: "RFC 5802",
  }),
  response({
    name: "SASL_STEP SCRAM-SHA1 answer, signature",
    op: "SASL_STEP",
    hex:
      "81 22 0000 00 00 0000 0000001e 00000002 0000000000000000 | 763d726d46397071563853377375416f5a576a6134644a526b46734b513d",
    header: { opcode: 0x22, bodyLength: 30, opaque: 2 },
    parts: { value: text("v=rmF9pqV8S7suAoZWja4dJRkFsKQ=") },
    message: { data: "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=" },
    source: "RFC 5802",
  }),
  request({
    name: "SASL_AUTH SCRAM-SHA256, first message",
    op: "SASL_AUTH",
    hex:
      "80 21 000c 00 00 0000 0000002c 00000001 0000000000000000 | 534352414d2d534841323536 | 6e2c2c6e3d757365722c723d724f70724e476677456265525767624e456b714f",
    header: { opcode: 0x21, keyLength: 12, bodyLength: 44, opaque: 1 },
    parts: { key: text("SCRAM-SHA256"), value: text("n,,n=user,r=rOprNGfwEbeRWgbNEkqO") },
    message: { mechanism: "SCRAM-SHA256", data: "n,,n=user,r=rOprNGfwEbeRWgbNEkqO" },
    source: "RFC 7677",
  }),
  response({
    name: "SASL_AUTH SCRAM-SHA256 answer, challenge",
    op: "SASL_AUTH",
    hex:
      "81 21 0000 00 00 0021 00000056 00000001 0000000000000000 | 723d724f70724e476677456265525767624e456b714f25687659447057556132526154434166757846496c6a29684e6c46246b302c733d5732325a614a30534e5937736f457355456a623667513d3d2c693d34303936",
    header: { opcode: 0x21, vbucketOrStatus: 0x21, bodyLength: 86, opaque: 1 },
    parts: { value: text("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096") },
    message: { data: "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096" },
    source: "RFC 7677",
  }),
  request({
    name: "SASL_STEP SCRAM-SHA256, proof",
    op: "SASL_STEP",
    hex:
      "80 22 000c 00 00 0000 00000076 00000002 0000000000000000 | 534352414d2d534841323536 | 633d626977732c723d724f70724e476677456265525767624e456b714f25687659447057556132526154434166757846496c6a29684e6c46246b302c703d64487a625a617057496b346a55684e2b5574653979746167397a6a664d486773716d6d697a37416e6456513d",
    header: { opcode: 0x22, keyLength: 12, bodyLength: 118, opaque: 2 },
    parts: {
      key: text("SCRAM-SHA256"),
      value: text(
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
      ),
    },
    message: {
      mechanism: "SCRAM-SHA256",
      data:
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
    },
    source: "RFC 7677",
  }),
  response({
    name: "SASL_STEP SCRAM-SHA256 answer, signature",
    op: "SASL_STEP",
    hex:
      "81 22 0000 00 00 0000 0000002e 00000002 0000000000000000 | 763d36727269545242693233577052522f777475702b6d4d68555a556e2f6442356e4c544a52736a6c393547343d",
    header: { opcode: 0x22, bodyLength: 46, opaque: 2 },
    parts: { value: text("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=") },
    message: { data: "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=" },
    source: "RFC 7677",
  }),
  request({
    name: "SASL_AUTH SCRAM-SHA512, first message",
    op: "SASL_AUTH",
    hex:
      "80 21 000c 00 00 0000 0000002c 00000001 0000000000000000 | 534352414d2d534841353132 | 6e2c2c6e3d757365722c723d724f70724e476677456265525767624e456b714f",
    header: { opcode: 0x21, keyLength: 12, bodyLength: 44, opaque: 1 },
    parts: { key: text("SCRAM-SHA512"), value: text("n,,n=user,r=rOprNGfwEbeRWgbNEkqO") },
    message: { mechanism: "SCRAM-SHA512", data: "n,,n=user,r=rOprNGfwEbeRWgbNEkqO" },
    source: "RFC 5802 with SHA-512, computed",
  }),
  response({
    name: "SASL_AUTH SCRAM-SHA512 answer, challenge",
    op: "SASL_AUTH",
    hex:
      "81 21 0000 00 00 0021 00000056 00000001 0000000000000000 | 723d724f70724e476677456265525767624e456b714f25687659447057556132526154434166757846496c6a29684e6c46246b302c733d5732325a614a30534e5937736f457355456a623667513d3d2c693d34303936",
    header: { opcode: 0x21, vbucketOrStatus: 0x21, bodyLength: 86, opaque: 1 },
    parts: { value: text("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096") },
    message: { data: "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096" },
    source: "RFC 5802 with SHA-512, computed",
  }),
  request({
    name: "SASL_STEP SCRAM-SHA512, proof",
    op: "SASL_STEP",
    hex:
      "80 22 000c 00 00 0000 000000a2 00000002 0000000000000000 | 534352414d2d534841353132 | 633d626977732c723d724f70724e476677456265525767624e456b714f25687659447057556132526154434166757846496c6a29684e6c46246b302c703d674d47585263657653634e74785a362f386c51597047746e734e4163336d47636d4e6f6d762b786e6f4f4d772b335232784e4a644d4e6e7a4d6c544e385050433677647036647962456d445958595478776e59504a513d3d",
    header: { opcode: 0x22, keyLength: 12, bodyLength: 162, opaque: 2 },
    parts: {
      key: text("SCRAM-SHA512"),
      value: text(
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw+3R2xNJdMNnzMlTN8PPC6wdp6dybEmDYXYTxwnYPJQ==",
      ),
    },
    message: {
      mechanism: "SCRAM-SHA512",
      data:
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw+3R2xNJdMNnzMlTN8PPC6wdp6dybEmDYXYTxwnYPJQ==",
    },
    source: "RFC 5802 with SHA-512, computed",
  }),
  response({
    name: "SASL_STEP SCRAM-SHA512 answer, signature",
    op: "SASL_STEP",
    hex:
      "81 22 0000 00 00 0000 0000005a 00000002 0000000000000000 | 763d5a516e59456757514d466d6d734d3861514d46306e444443792f4167437a6b776b38436d4d5a59634d67307653566c4b44616e656b4c746966445365564754342b355a78586e4a71313939525647327252374e375a773d3d",
    header: { opcode: 0x22, bodyLength: 90, opaque: 2 },
    parts: {
      value: text("v=ZQnYEgWQMFmmsM8aQMF0nDDCy/AgCzkwk8CmMZYcMg0vSVlKDanekLtifDSeVGT4+5ZxXnJq199RVG2rR7N7Zw=="),
    },
    message: { data: "v=ZQnYEgWQMFmmsM8aQMF0nDDCy/AgCzkwk8CmMZYcMg0vSVlKDanekLtifDSeVGT4+5ZxXnJq199RVG2rR7N7Zw==" },
    source: "RFC 5802 with SHA-512, computed",
  }),
];
