import {
  DocumentFlag,
  SUBDOC_ARRAY_ADD_UNIQUE,
  SUBDOC_ARRAY_INSERT,
  SUBDOC_ARRAY_PUSH_FIRST,
  SUBDOC_ARRAY_PUSH_LAST,
  SUBDOC_COUNTER,
  SUBDOC_DELETE,
  SUBDOC_DICT_ADD,
  SUBDOC_DICT_UPSERT,
  SUBDOC_EXISTS,
  SUBDOC_GET,
  SUBDOC_GET_COUNT,
  SUBDOC_REPLACE,
  SUBDOC_REPLACE_BODY_WITH_XATTR,
  type SubdocLookupRequest,
  type SubdocRequest,
  type SubdocResponse,
} from "../../ops/subdoc.ts";
import {
  SUBDOC_MULTI_LOOKUP,
  SUBDOC_MULTI_MUTATION,
  type SubdocMultiLookupRequest,
  type SubdocMultiRequest,
  type SubdocMultiResponse,
} from "../../ops/subdoc_multi.ts";
import { VbucketState } from "../../ops/vbucket.ts";
import { Feature } from "../../wire/features.ts";
import { Status } from "../../wire/status.ts";
import type { Exchange } from "../exchange.ts";
import type { Server } from "../server.ts";
import { StatusReply } from "../status_reply.ts";
import { lookup, lookupOne } from "../subdoc/lookup.ts";
import { mutate, mutateOne, type SubdocWrite } from "../subdoc/mutate.ts";
import type { SubdocMutateOptions, SubdocOptions } from "../subdoc/options.ts";
import type { CouchbaseDocument } from "./document.ts";
import { type DocumentAccess, onDocument, onWrite, shownCas, tokenOf } from "./document_access.ts";
import type { NodeContext } from "./node_context.ts";
import { preservesExpiry } from "./request_extras.ts";
import { storedValue, subdocView } from "./subdoc_view.ts";

const LOOKUPS = [SUBDOC_GET, SUBDOC_EXISTS, SUBDOC_GET_COUNT];

const MUTATIONS = [
  SUBDOC_DICT_ADD,
  SUBDOC_DICT_UPSERT,
  SUBDOC_DELETE,
  SUBDOC_REPLACE,
  SUBDOC_ARRAY_PUSH_LAST,
  SUBDOC_ARRAY_PUSH_FIRST,
  SUBDOC_ARRAY_INSERT,
  SUBDOC_ARRAY_ADD_UNIQUE,
  SUBDOC_COUNTER,
  SUBDOC_REPLACE_BODY_WITH_XATTR,
];

/** Statuses with which an answer is more than a refusal. */
const GOOD: ReadonlySet<number> = new Set<number>([
  Status.SUCCESS,
  Status.SUBDOC_SUCCESS_DELETED,
  Status.SUBDOC_MULTI_PATH_FAILURE,
  Status.SUBDOC_MULTI_PATH_FAILURE_DELETED,
]);

/** Answers reads and changes of parts of documents. */
export function registerSubdoc(server: Server, context: NodeContext): void {
  registerLookups(server, context);
  registerMutations(server, context);
}

function registerLookups(server: Server, context: NodeContext): void {
  const rules = { withoutCas: true, state: readState };
  for (const op of LOOKUPS) {
    server.on(
      op,
      onDocument<SubdocLookupRequest, SubdocResponse>(context, (request, exchange, access) => {
        const { found, view } = viewOf(access);
        const { path, pathFlags = 0 } = request;
        const { status, value } = lookupOne(
          view,
          { opcode: op.opcode, path, pathFlags },
          optionsOf(request, exchange, access),
        );
        finish(exchange, status);
        return { value, cas: shownCas(found!, access.vbucket), deleted: false };
      }, rules),
    );
  }
  server.on(
    SUBDOC_MULTI_LOOKUP,
    onDocument<SubdocMultiLookupRequest, SubdocMultiResponse>(context, (request, exchange, access) => {
      const { found, view } = viewOf(access);
      const { status, results } = lookup(view, request.specs, optionsOf(request, exchange, access));
      finish(exchange, status);
      return { results, failed: false, deleted: false, cas: shownCas(found!, access.vbucket) };
    }, rules),
  );
}

function registerMutations(server: Server, context: NodeContext): void {
  for (const op of MUTATIONS) {
    server.on(
      op,
      onWrite<SubdocRequest, SubdocResponse>(context, (request, exchange, access) => {
        const { path, value: given = NO_BYTES, pathFlags = 0, cas = 0n } = request;
        access.bucket.documents.checkLock(access, cas);
        const spec = { opcode: op.opcode, path, pathFlags, value: given };
        const { status, value, write } = mutateOne(viewOf(access).view, spec, changeOptions(request, exchange, access));
        finish(exchange, status);
        return { value, deleted: false, ...store(write!, request, exchange, access) };
      }),
    );
  }
  server.on(
    SUBDOC_MULTI_MUTATION,
    onWrite<SubdocMultiRequest, SubdocMultiResponse>(context, (request, exchange, access) => {
      const { specs, cas = 0n } = request;
      access.bucket.documents.checkLock(access, cas);
      const { status, results, write } = mutate(viewOf(access).view, specs, changeOptions(request, exchange, access));
      finish(exchange, status);
      if (write === undefined) return { results, failed: true, deleted: false, cas: 0n };
      return { results, failed: false, deleted: false, ...store(write, request, exchange, access) };
    }),
  );
}

const NO_BYTES = new Uint8Array(0);

/** A read goes to a replica if it says so. */
function readState({ documentFlags = 0 }: { readonly documentFlags?: number }): number {
  return (documentFlags & DocumentFlag.REPLICA_READ) === 0 ? VbucketState.ACTIVE : VbucketState.REPLICA;
}

function viewOf(
  access: DocumentAccess,
): { found: CouchbaseDocument | undefined; view: ReturnType<typeof subdocView> | undefined } {
  const found = access.bucket.documents.find(access);
  return { found, view: found && subdocView(found) };
}

function optionsOf(
  { documentFlags = 0 }: { readonly documentFlags?: number },
  { features }: Pick<Exchange, "features">,
  { vbucket, bucket }: DocumentAccess,
): SubdocOptions {
  const now = BigInt(Math.floor(bucket.clock() / 1000));
  return { documentFlags, xattrs: features.has(Feature.XATTR), vbucket: { vbuuid: vbucket.vbuuid, now } };
}

function changeOptions(
  request: { readonly documentFlags?: number; readonly userFlags?: number; readonly cas?: bigint },
  exchange: Pick<Exchange, "features">,
  access: DocumentAccess,
): SubdocMutateOptions {
  const { userFlags, cas = 0n } = request;
  const options = { ...optionsOf(request, exchange, access), cas };
  return userFlags === undefined ? options : { ...options, userFlags };
}

/** Refuses what has no answer, and leaves to the answer which good status it has. */
function finish(exchange: { status: number }, status: number): void {
  if (!GOOD.has(status)) throw new StatusReply(status);
  exchange.status = status;
}

/** Stores what a change made. */
function store(
  write: SubdocWrite,
  request: { readonly cas?: bigint; readonly expiry?: number },
  exchange: Pick<Exchange, "features" | "infos">,
  access: DocumentAccess,
): { cas: bigint; token?: NonNullable<ReturnType<typeof tokenOf>> } {
  const { vbucket, bucket } = access;
  const before = bucket.documents.get(access);
  const version = { cas: vbucket.versions.next(), seqno: vbucket.highSeqno + 1n };
  const changed = write.finish(version);
  const document = bucket.documents.change(access, {
    ...storedValue(changed, { deletes: changed.deleted && before !== undefined }),
    cas: request.cas ?? 0n,
    newCas: version.cas,
    flags: changed.flags,
    ...(request.expiry === undefined ? {} : { expiry: request.expiry }),
    preserveExpiry: preservesExpiry(exchange),
    deleted: changed.deleted,
  });
  const token = tokenOf(vbucket, document.seqno, exchange.features);
  return token === undefined ? { cas: document.cas } : { cas: document.cas, token };
}
