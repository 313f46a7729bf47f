/** What a call asks for beside its request: written as the protocol has it, or refused before anything is sent. */

import { assertEquals, assertThrows } from "@std/assert";
import { writeCallExtras } from "../../src/connection/call_extras.ts";
import type { CallOptions } from "../../src/connection/caller.ts";
import { UnsupportedError } from "../../src/errors.ts";
import { FrameWriter } from "../../src/frame/frame_writer.ts";
import { NOOP, STAT } from "../../src/ops/admin.ts";
import { SET_WITH_META } from "../../src/ops/meta.ts";
import { OBSERVE } from "../../src/ops/observe.ts";
import type { Op } from "../../src/ops/op.ts";
import { OPS } from "../../src/ops/table.ts";
import { SET } from "../../src/ops/storage.ts";
import { Feature, Features } from "../../src/wire/features.ts";
import { hex } from "../support/hex.ts";
import { test } from "../support/test.ts";
import { assertBytes, joined } from "../support/wire_frame.ts";

const ALL = new Features([
  Feature.ALT_REQUEST_SUPPORT,
  Feature.SYNC_REPLICATION,
  Feature.PRESERVE_TTL,
  Feature.COLLECTIONS,
]);

interface Asked {
  readonly op?: Op<unknown, unknown>;
  readonly quiet?: boolean;
  readonly features?: Features;
}

/** The framing extras that come of options, and the collection. */
function ask(options: CallOptions, asked: Asked = {}): { readonly framing: Uint8Array; readonly collection: number } {
  const { op = SET as Op<unknown, unknown>, quiet = false, features = ALL } = asked;
  const out = new FrameWriter();
  if (features.collections) out.collection = 0;
  out.begin();
  writeCallExtras(out, { op, quiet, request: { key: "k" }, options, features });
  out.end({ magic: 0x80, opcode: op.opcode, opaque: 0 });
  return { framing: joined(...out.take()).slice(24), collection: out.collection };
}

function refuses(options: CallOptions, asked: Asked, reason: string): void {
  const error = assertThrows(() => ask(options, asked), UnsupportedError, reason);
  assertEquals(error.sent, false);
}

// The rows that kv_engine lets be durable; their quiet twins are not among them.
const DURABLE = [0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0e, 0x0f, 0x1c, 0x1d, 0xc7, 0xc8, 0xc9, 0xca, 0xcb, 0xcc, 0xcd]
  .concat([0xce, 0xcf, 0xd1, 0xd3]);

// Those that may leave the expiry as it is, with their quiet twins.
const PRESERVING = [0x01, 0x03, 0x05, 0x06, 0x0e, 0x0f, 0xc7, 0xc8, 0xc9, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf, 0xd1]
  .concat([0xd3]);

test("writeCallExtras asks for durability where the protocol has it, and never in a batch", () => {
  for (const op of OPS) {
    if (DURABLE.includes(op.opcode)) assertBytes(ask({ durability: "majority" }, { op }).framing, hex("1101"));
    else refuses({ durability: "majority" }, { op }, `${op.name} knows no durability`);
    if (op.quiet !== undefined) refuses({ durability: "majority" }, { op, quiet: true }, "knows no durability");
  }
  refuses({ durability: "majority" }, { quiet: true }, "a batch knows no durability");
});

test("writeCallExtras leaves the expiry where the protocol can, in batches too", () => {
  for (const op of OPS) {
    for (const quiet of op.quiet === undefined ? [false] : [false, true]) {
      const asked = { op, quiet };
      if (PRESERVING.includes(op.opcode)) assertBytes(ask({ preserveExpiry: true }, asked).framing, hex("50"));
      else refuses({ preserveExpiry: true }, asked, `${op.name} cannot leave the expiry as it is`);
    }
  }
});

test("writeCallExtras takes the collection for rows about documents, and refuses it for others", () => {
  for (const op of OPS) {
    if (op.inCollection === true) assertEquals(ask({ collection: 8 }, { op }).collection, 8);
    else refuses({ collection: 8 }, { op }, `${op.name} is not about documents in collections`);
    assertEquals(ask({ collection: 0 }, { op }).collection, 0);
  }
  assertEquals([OBSERVE.inCollection, SET_WITH_META.inCollection, NOOP.inCollection, STAT.inCollection], [
    true,
    true,
    undefined,
    undefined,
  ]);
});

test("writeCallExtras refuses a collection where none were agreed on, but for the default one, and names", () => {
  const features = new Features([Feature.ALT_REQUEST_SUPPORT]);
  refuses({ collection: 8 }, { features }, "the feature COLLECTIONS");
  assertEquals(ask({ collection: 0 }, { features }).collection, -1);
  assertThrows(() => ask({ collection: "a.b" }), TypeError, "use its number");
});

test("writeCallExtras refuses what the server has not granted, and names the feature", () => {
  const none = { features: Features.NONE };
  const some = { features: new Features([Feature.ALT_REQUEST_SUPPORT]) };
  refuses({ durability: "majority" }, none, "the feature ALT_REQUEST_SUPPORT");
  refuses({ user: "alice" }, none, "the feature ALT_REQUEST_SUPPORT");
  refuses({ durability: "majority" }, some, "the feature SYNC_REPLICATION");
  refuses({ preserveExpiry: true }, some, "the feature PRESERVE_TTL");
  refuses({ frameInfos: [{ type: "preserve-expiry" }] }, some, "the feature PRESERVE_TTL");
  assertBytes(ask({ user: "^alice" }, some).framing, hex("465e616c696365"));
});

test("writeCallExtras writes all that is asked for, one behind the other", () => {
  const options: CallOptions = {
    barrier: true,
    durability: { level: "persistToMajority", timeout: 2500 },
    streamId: 7,
    user: "al",
    preserveExpiry: true,
  };
  assertBytes(ask(options).framing, hex("00 130309c4 220007 42616c 50"));
});
