/** Every way for what a caller passes into a command of the text protocols. */

import { CONFIG_GET, TEXT_FLUSH_ALL, TEXT_VERBOSITY, WATCH } from "../../src/text/admin.ts";
import { METADUMP } from "../../src/text/dump_ops.ts";
import { TEXT_DECR, TEXT_DELETE, TEXT_INCR, TEXT_TOUCH } from "../../src/text/keyed.ts";
import { META_DEBUG } from "../../src/text/meta_admin.ts";
import { META_ARITHMETIC } from "../../src/text/meta_arithmetic.ts";
import { META_DELETE } from "../../src/text/meta_delete.ts";
import { META_GET } from "../../src/text/meta_get.ts";
import { META_SET } from "../../src/text/meta_set.ts";
import { TEXT_GAT, TEXT_GET } from "../../src/text/retrieval.ts";
import { TEXT_ADD, TEXT_APPEND, TEXT_CAS, TEXT_SET } from "../../src/text/storage.ts";
import type { TextWriter } from "../../src/text/text_writer.ts";
import { latin1 } from "./text_wire.ts";

/** Writes a command with what is given. */
export type Write<T> = (out: TextWriter, given: T) => void;

/** Every way for a key into a classic command. */
export const CLASSIC_KEYS: readonly Write<string | Uint8Array>[] = [
  (out, key) => TEXT_GET.write(out, { keys: [key] }),
  (out, key) => TEXT_GET.write(out, { keys: ["a", "b", key] }),
  (out, key) => TEXT_GAT.write(out, { keys: [key], expiry: 1 }),
  (out, key) => TEXT_SET.write(out, { key, value: "v" }),
  (out, key) => TEXT_ADD.write(out, { key, value: "v" }),
  (out, key) => TEXT_APPEND.write(out, { key, value: "v" }),
  (out, key) => TEXT_CAS.write(out, { key, value: "v", cas: 1n }),
  (out, key) => TEXT_DELETE.write(out, { key }),
  (out, key) => TEXT_INCR.write(out, { key, delta: 1 }),
  (out, key) => TEXT_TOUCH.write(out, { key, expiry: 1 }),
];

/** Every way for a key into a meta command. */
export const META_KEYS: readonly Write<string | Uint8Array>[] = [
  (out, key) => META_GET.write(out, { key }),
  (out, key) => META_SET.write(out, { key, value: "v" }),
  (out, key) => META_DELETE.write(out, { key }),
  (out, key) => META_ARITHMETIC.write(out, { key }),
  (out, key) => META_DEBUG.write(out, { key }),
];

/** Every way for a word of the caller's own. */
export const TOKENS: readonly Write<string>[] = [
  (out, opaque) => META_GET.write(out, { key: "k", opaque }),
  (out, opaque) => META_SET.write(out, { key: "k", value: "v", opaque: latin1(opaque) }),
  (out, token) => META_GET.write(out, { key: "k", extra: [`L${token}`] }),
  (out, name) => CONFIG_GET.write(out, { name }),
  (out, event) => WATCH.write(out, { events: ["fetchers", event] }),
  (out, classes) => METADUMP.write(out, { classes: classes as "all" }),
];

/** Every way for a number. */
export const NUMBERS: readonly Write<number>[] = [
  (out, flags) => TEXT_SET.write(out, { key: "k", value: "v", flags }),
  (out, expiry) => TEXT_SET.write(out, { key: "k", value: "v", expiry }),
  (out, cas) => TEXT_CAS.write(out, { key: "k", value: "v", cas: cas as unknown as bigint }),
  (out, delta) => TEXT_DECR.write(out, { key: "k", delta }),
  (out, expiry) => TEXT_TOUCH.write(out, { key: "k", expiry }),
  (out, expiry) => TEXT_GAT.write(out, { keys: ["k"], expiry }),
  (out, delay) => TEXT_FLUSH_ALL.write(out, { delay }),
  (out, level) => TEXT_VERBOSITY.write(out, { level }),
  (out, id) => METADUMP.write(out, { classes: [1, id] }),
  (out, vivify) => META_GET.write(out, { key: "k", vivify }),
  (out, recache) => META_GET.write(out, { key: "k", recache }),
  (out, touch) => META_GET.write(out, { key: "k", touch }),
  (out, cas) => META_GET.write(out, { key: "k", compareCas: cas as unknown as bigint }),
  (out, cas) => META_SET.write(out, { key: "k", value: "v", newCas: cas as unknown as bigint }),
  (out, flags) => META_SET.write(out, { key: "k", value: "v", flags }),
  (out, expiry) => META_SET.write(out, { key: "k", value: "v", expiry }),
  (out, expiry) => META_DELETE.write(out, { key: "k", expiry }),
  (out, initial) => META_ARITHMETIC.write(out, { key: "k", initial }),
  (out, delta) => META_ARITHMETIC.write(out, { key: "k", delta }),
];
