/**
 * Sub-document changes: many paths, all or none, or one.
 */

import { DocumentFlag, PathFlag } from "../../ops/subdoc.ts";
import type { SubdocResult, SubdocSpec } from "../../ops/subdoc_multi.ts";
import { Status } from "../../wire/status.ts";
import { type CheckedSpec, checkSpecs } from "./check_spec.ts";
import { BLANK, datatypeOf, type SubdocDocument } from "./document.ts";
import { type Draft, startDraft, stepDraft } from "./draft.ts";
import { type SubdocAnswer, visibleDocument } from "./lookup.ts";
import { Macros, type NewVersion } from "./macros.ts";
import type { SubdocMutateOptions } from "./options.ts";

const NOTHING = new Uint8Array(0);

/** A change that held, and is yet to be stored. */
export interface SubdocWrite {
  /** What the document becomes, of its final size; CAS, seqno and macros that show them are still to come. */
  readonly document: SubdocDocument;
  /** The same with the CAS and seqno that it is stored with, and with macros expanded. */
  finish(version: NewVersion): SubdocDocument;
}

/** What a change of many paths gives. */
export interface SubdocMutation {
  /** Of the call: `SUCCESS`, `SUBDOC_SUCCESS_DELETED` on a tombstone, `SUBDOC_MULTI_PATH_FAILURE` if a path failed, or a refusal. */
  readonly status: number;
  /** Of a change that held, those that give a value; of one that did not, the first that failed; none if the call was refused. */
  readonly results: readonly SubdocResult[];
  /** Which spec failed, counted from 0. */
  readonly failedIndex?: number;
  /** What to store; only of a change that held. A tombstone without attributes is a plain deletion. */
  readonly write?: SubdocWrite;
}

/** What a change of one path gives. */
export interface SubdocChange extends SubdocAnswer {
  /** What to store; only of a change that held. */
  readonly write?: SubdocWrite;
}

/**
 * Changes many paths of one document in their order, all or none. What no path leads to stays as it is, byte for byte.
 *
 * Nothing is stored and nothing is changed in place: what to store is in the answer. Nothing is thrown: whatever is wrong has a status.
 *
 * @param document The document or its tombstone; `undefined` if there is neither.
 */
export function mutate(
  document: SubdocDocument | undefined,
  specs: readonly SubdocSpec[],
  options: SubdocMutateOptions = {},
): SubdocMutation {
  const { documentFlags = 0, cas = 0n, xattrs = true } = options;
  const checked = checkSpecs(specs, { documentFlags, cas, xattrs, mutates: true });
  if (typeof checked === "number") return { status: checked, results: [] };
  const visible = visibleDocument(document, documentFlags);
  const refusal = checkDocument(visible, documentFlags, cas);
  if (refusal !== Status.SUCCESS) return { status: refusal, results: [] };

  const macros = macrosOf(visible, checked, options);
  // What makes a document makes the way to its values too.
  const makePath = (documentFlags & (DocumentFlag.MKDOC | DocumentFlag.ADD)) !== 0;
  let draft = startDraft(visible, checked, documentFlags);
  const results: SubdocResult[] = [];
  for (const [index, spec] of checked.entries()) {
    const step = stepDraft(draft, spec, { macros, makePath });
    if (typeof step === "number") {
      const results = [{ index, status: step, value: NOTHING }];
      return { status: Status.SUBDOC_MULTI_PATH_FAILURE, results, failedIndex: index };
    }
    draft = step.draft;
    if (step.result !== undefined) results.push({ index, status: Status.SUCCESS, value: step.result });
  }
  const revives = (documentFlags & DocumentFlag.REVIVE_DOCUMENT) !== 0;
  const tombstone = draft.wasDeleted && !revives;
  if (tombstone && draft.body.length > 0) {
    return { status: Status.SUBDOC_DELETED_DOC_CANT_HAVE_VALUE, results: [] };
  }
  const changed = changedDocument(draft, { before: document, visible, tombstone, options });
  const status = tombstone ? Status.SUBDOC_SUCCESS_DELETED : Status.SUCCESS;
  return { status, results, write: pendingWrite(changed, macros) };
}

/** Changes one path, as {@linkcode mutate} does for a call with an opcode of its own: the status of the path is that of the call. */
export function mutateOne(
  document: SubdocDocument | undefined,
  spec: SubdocSpec,
  options: SubdocMutateOptions = {},
): SubdocChange {
  const { status, results, write } = mutate(document, [spec], options);
  const [result] = results;
  const failed = status === Status.SUBDOC_MULTI_PATH_FAILURE;
  const answer = { status: failed ? result?.status ?? status : status, value: result?.value ?? NOTHING };
  return write === undefined ? answer : { ...answer, write };
}

function checkDocument(document: SubdocDocument | undefined, flags: number, cas: bigint): number {
  if (document === undefined) {
    const makes = (flags & (DocumentFlag.MKDOC | DocumentFlag.ADD)) !== 0 && cas === 0n;
    return makes ? Status.SUCCESS : Status.KEY_ENOENT;
  }
  if ((flags & DocumentFlag.ADD) !== 0) return Status.KEY_EEXISTS;
  if (cas !== 0n && cas !== document.cas) return Status.KEY_EEXISTS;
  const revives = (flags & DocumentFlag.REVIVE_DOCUMENT) !== 0;
  return revives && !document.deleted ? Status.SUBDOC_CAN_ONLY_REVIVE_DELETED : Status.SUCCESS;
}

function macrosOf(
  document: SubdocDocument | undefined,
  specs: readonly CheckedSpec[],
  options: SubdocMutateOptions,
): Macros | undefined {
  if (!specs.some(({ pathFlags }) => (pathFlags & PathFlag.EXPAND_MACROS) !== 0)) return undefined;
  return new Macros(document, options.vbucket ?? {}, specs.flatMap(({ path, value }) => [path, value]));
}

interface Change {
  /** What is stored, be it a tombstone that the call does not see. */
  readonly before: SubdocDocument | undefined;
  /** What the call sees of it. */
  readonly visible: SubdocDocument | undefined;
  /** Whether it stays a tombstone, or is made as one. */
  readonly tombstone: boolean;
  readonly options: SubdocMutateOptions;
}

function changedDocument(draft: Draft, { before, visible, tombstone, options }: Change): SubdocDocument {
  const base = visible ?? { ...BLANK, flags: options.userFlags ?? 0 };
  const { body, isJson, xattrs } = draft;
  return {
    ...base,
    body,
    isJson,
    xattrs,
    deleted: tombstone || draft.deletes,
    revision: (before?.revision ?? 0n) + 1n,
    expiry: options.expiry ?? base.expiry,
    datatype: datatypeOf(draft),
  };
}

function pendingWrite(document: SubdocDocument, macros: Macros | undefined): SubdocWrite {
  return {
    document,
    finish: (version) => ({ ...(macros?.finish(document, version) ?? document), ...version }),
  };
}
