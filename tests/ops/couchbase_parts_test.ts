/** Which lengths of extras Couchbase's rows take, and which of them may go without a key or have one: golden frames, changed. */

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { ProtocolError } from "../../src/errors.ts";
import { Frame } from "../../src/frame/frame.ts";
import { findOp, OPS } from "../../src/ops/table.ts";
import { Status } from "../../src/wire/status.ts";
import { hex } from "../support/hex.ts";
import { test } from "../support/test.ts";
import { bytesOf, wire } from "../support/wire_frame.ts";
import { VECTORS } from "../vectors/all.ts";
import type { Vector } from "../vectors/vector.ts";

interface Parts {
  /** The lengths of extras. */
  readonly extras: readonly number[];
  /** Whether there must be a key, or may be; none when missing. */
  readonly key?: "must" | "may";
}

const BARE: Parts = { extras: [0] };
const KEY: Parts = { extras: [0], key: "must" };
const NAME: Parts = { extras: [0], key: "may" };
/** Some servers repeat the key. */
const ITEM: Parts = { extras: [4], key: "may" };
const WRITTEN: Parts = { extras: [0, 16] };
const WITH_META: Parts = { extras: [24, 26, 28, 30], key: "must" };
const LOOKUP: Parts = { extras: [3, 4], key: "must" };
const MUTATION: Parts = { extras: [3, 4, 7, 8, 11, 12], key: "must" };

/** What is answered only when it fails. */
const NEVER: Parts = { extras: [] };
const CHANGE: Parts = { extras: [31], key: "must" };
const OUTCOME: Parts = { extras: [16], key: "must" };

const SHAPES: Readonly<Record<string, readonly [request: Parts, response: Parts]>> = {
  hello: [NAME, BARE],
  "select-bucket": [NAME, BARE],
  "list-buckets": [BARE, BARE],
  "get-error-map": [BARE, BARE],
  "get-cluster-config": [{ extras: [0, 16] }, BARE],
  "set-cluster-config": [{ extras: [0, 16], key: "may" }, BARE],
  "get-vbucket": [NAME, BARE],
  "del-vbucket": [BARE, BARE],
  "get-failover-log": [BARE, BARE],
  "get-all-vb-seqnos": [{ extras: [0, 4, 8] }, BARE],
  "observe-seqno": [BARE, BARE],
  observe: [BARE, BARE],
  "seqno-persistence": [{ extras: [8] }, BARE],
  "get-replica": [KEY, ITEM],
  "get-ex": [KEY, ITEM],
  "get-ex-replica": [KEY, ITEM],
  "get-locked": [{ extras: [0, 4], key: "must" }, ITEM],
  "unlock-key": [KEY, BARE],
  "evict-key": [KEY, BARE],
  "get-keys": [{ extras: [0, 4], key: "must" }, BARE],
  "get-random-key": [{ extras: [0, 4, 5] }, { extras: [4], key: "must" }],
  "get-meta": [{ extras: [0, 1], key: "must" }, { extras: [20, 21] }],
  "set-with-meta": [WITH_META, WRITTEN],
  "add-with-meta": [WITH_META, WRITTEN],
  "del-with-meta": [WITH_META, WRITTEN],
  "mutate-with-meta": [{ extras: [4], key: "must" }, WRITTEN],
  "return-meta": [{ extras: [12], key: "must" }, { extras: [16] }],
  "collections-set-manifest": [BARE, BARE],
  "collections-get-manifest": [BARE, BARE],
  "subdoc-get": [LOOKUP, BARE],
  "subdoc-exists": [LOOKUP, BARE],
  "subdoc-get-count": [LOOKUP, BARE],
  "subdoc-dict-add": [MUTATION, WRITTEN],
  "subdoc-dict-upsert": [MUTATION, WRITTEN],
  "subdoc-delete": [MUTATION, WRITTEN],
  "subdoc-replace": [MUTATION, WRITTEN],
  "subdoc-array-push-last": [MUTATION, WRITTEN],
  "subdoc-array-push-first": [MUTATION, WRITTEN],
  "subdoc-array-insert": [MUTATION, WRITTEN],
  "subdoc-array-add-unique": [MUTATION, WRITTEN],
  "subdoc-counter": [MUTATION, WRITTEN],
  "subdoc-replace-body-with-xattr": [MUTATION, WRITTEN],
  "subdoc-multi-lookup": [{ extras: [0, 1], key: "must" }, BARE],
  "subdoc-multi-mutation": [{ extras: [0, 1, 4, 5, 8, 9], key: "must" }, WRITTEN],
  "range-scan-create": [BARE, BARE],
  "range-scan-cancel": [{ extras: [16] }, BARE],
  "dcp-open": [{ extras: [8], key: "may" }, BARE],
  "dcp-add-stream": [{ extras: [4] }, { extras: [4] }],
  "dcp-close-stream": [BARE, BARE],
  "dcp-stream-req": [{ extras: [48] }, BARE],
  "dcp-get-failover-log": [BARE, BARE],
  "dcp-stream-end": [{ extras: [4] }, NEVER],
  "dcp-snapshot-marker": [{ extras: [1, 20] }, BARE],
  "dcp-mutation": [{ extras: [31, 32], key: "must" }, NEVER],
  "dcp-deletion": [{ extras: [18, 21], key: "must" }, NEVER],
  "dcp-expiration": [{ extras: [18, 20], key: "must" }, NEVER],
  "dcp-flush": [BARE, NEVER],
  "dcp-set-vbucket-state": [{ extras: [1] }, BARE],
  "dcp-noop": [BARE, NEVER],
  "dcp-buffer-ack": [{ extras: [4] }, NEVER],
  "dcp-control": [NAME, BARE],
  "dcp-system-event": [{ extras: [13], key: "may" }, NEVER],
  "dcp-prepare": [CHANGE, NEVER],
  "dcp-seqno-acknowledged": [{ extras: [8] }, NEVER],
  "dcp-commit": [OUTCOME, NEVER],
  "dcp-abort": [OUTCOME, NEVER],
  "dcp-seqno-advanced": [{ extras: [8] }, NEVER],
  "dcp-oso-snapshot": [{ extras: [4] }, NEVER],
  "dcp-cache-transfer": [BARE, NEVER],
  "dcp-cache-transfer-end": [BARE, NEVER],
};

/** Rows whose parts depend on one another; their vectors say how. */
const OTHERS = [
  "set-vbucket",
  "collections-get-id",
  "collections-get-scope-id",
  "range-scan-continue",
];

/** The last opcode of memcached.org. */
const MEMCACHED_END = 0x24;

/** TAP, and what goes with it: rows that take what each server has made of them. */
const TAP = ["deregister-tap-client", "change-vb-filter", "last-closed-checkpoint"];

test("every row of Couchbase has its shapes", () => {
  const rows = OPS.filter(({ opcode }) => opcode === 0x1f || opcode > MEMCACHED_END).map(({ name }) => name)
    .filter((name) => !name.startsWith("tap-") && !TAP.includes(name));
  assertEquals(rows.toSorted(), [...Object.keys(SHAPES), ...OTHERS].toSorted());
});

function shapeOf({ side, fields }: Vector): Parts | undefined {
  const meaning = fields.magic === 0x82 ? undefined : findOp(fields.opcode);
  return meaning === undefined ? undefined : SHAPES[meaning.op.name]?.[side === "request" ? 0 : 1];
}

const GOOD_STATUSES: readonly number[] = [Status.SUCCESS, Status.SUBDOC_SUCCESS_DELETED];

/** The good news of each row. */
const GOOD = VECTORS.filter((vector) => {
  const { side, fields, message } = vector;
  if (message === undefined || shapeOf(vector) === undefined) return false;
  return side === "request" || GOOD_STATUSES.includes(fields.vbucketOrStatus);
});

function changed({ fields }: Vector, change: { readonly extras?: Uint8Array; readonly key?: string }): Frame {
  const { magic, opcode, vbucketOrStatus: status, opaque, cas, datatype } = fields;
  const parts = {
    extras: change.extras ?? hex(fields.extras ?? ""),
    key: change.key === undefined ? hex(fields.key ?? "") : bytesOf(change.key),
    value: hex(fields.value ?? ""),
  };
  const framing = hex(fields.framingExtras ?? "");
  return Frame.from(wire({ magic, opcode, status, opaque, cas, datatype, framing, ...parts }));
}

/** Whether a row takes a frame; what it does not take it must refuse by the right error. */
function takes({ side, fields }: Vector, frame: Frame): boolean {
  try {
    findOp(fields.opcode)!.op[side].read(frame);
    return true;
  } catch (error) {
    assertInstanceOf(error, ProtocolError);
    return false;
  }
}

test("rows of Couchbase take the lengths of extras that they may have, and no others", () => {
  const accepted = new Map<string, Set<number>>();
  for (const vector of GOOD) {
    const { extras } = shapeOf(vector)!;
    const own = hex(vector.fields.extras ?? "");
    for (let length = 0; length <= 64; length++) {
      // The numbers at the beginning stay: the length of a path is among them.
      const bytes = new Uint8Array(length);
      bytes.set(own.subarray(0, length));
      const good = takes(vector, changed(vector, { extras: bytes }));
      assert(!good || extras.includes(length), `${vector.name} with ${length} bytes of extras`);
      if (!good) continue;
      const key = `${vector.side} ${findOp(vector.fields.opcode)!.op.name}`;
      accepted.set(key, (accepted.get(key) ?? new Set()).add(length));
    }
  }
  for (const [name, [request, response]] of Object.entries(SHAPES)) {
    for (const [side, parts] of [["request", request], ["response", response]] as const) {
      assertEquals(
        [...(accepted.get(`${side} ${name}`) ?? [])].toSorted((a, b) => a - b),
        parts.extras,
        `${side} ${name}`,
      );
    }
  }
});

test("rows of Couchbase take a key where there must or may be one, and nowhere else", () => {
  for (const vector of GOOD) {
    const { key } = shapeOf(vector)!;
    assertEquals(takes(vector, changed(vector, { key: "" })), key !== "must", `${vector.name} without a key`);
    assertEquals(takes(vector, changed(vector, { key: "other" })), key !== undefined, `${vector.name} with a key`);
  }
});
