import { type CounterRequest, type CounterResponse, DECREMENT, INCREMENT } from "../../ops/counter.ts";
import { EVICT_KEY, GET_EX, GET_EX_REPLICA, GET_LOCKED, GET_REPLICA, UNLOCK_KEY } from "../../ops/documents.ts";
import { VbucketState } from "../../ops/vbucket.ts";
import { GAT, GET, GETK, type GetResponse, type KeyRequest, TOUCH } from "../../ops/retrieval.ts";
import {
  ADD,
  APPEND,
  DELETE,
  type MutationResponse,
  PREPEND,
  REPLACE,
  SET,
  type StoreRequest,
} from "../../ops/storage.ts";
import { Feature } from "../../wire/features.ts";
import type { Exchange } from "../exchange.ts";
import type { Handler } from "../route.ts";
import type { Server } from "../server.ts";
import {
  type DocumentAccess,
  documentAnswer,
  onDocument,
  onWrite,
  shownCas,
  tokenOf,
  writeAnswer,
} from "./document_access.ts";
import type { NodeContext } from "./node_context.ts";
import { invalid, NOT_SUPPORTED } from "./refusals.ts";
import { preservesExpiry } from "./request_extras.ts";
import { showWhole } from "./stored_value.ts";

const READ = { withoutCas: true };

/** Answers reads and writes of whole documents. */
export function registerDocuments(server: Server, context: NodeContext): void {
  registerReads(server, context);
  registerStores(server, context);
  registerLocks(server, context);
}

function registerReads(server: Server, context: NodeContext): void {
  const read = (_: KeyRequest, { features }: Exchange<GetResponse>, access: DocumentAccess) => {
    const document = access.bucket.documents.get(access);
    return document && documentAnswer(document, access.vbucket, features);
  };
  const readWhole = (_: KeyRequest, { features }: Exchange<GetResponse>, access: DocumentAccess) => {
    if (!WHOLE.every((code) => features.has(code))) throw NOT_SUPPORTED;
    const document = access.bucket.documents.get(access);
    if (document === undefined) return undefined;
    return { ...showWhole(document, features), flags: document.flags, cas: shownCas(document, access.vbucket) };
  };
  const replica = { withoutCas: true, state: VbucketState.REPLICA };
  server
    .on(GET, onDocument(context, read, READ))
    .on(
      GETK,
      onDocument(context, (request, exchange, access) => {
        const found = read(request, exchange, access);
        return found && { ...found, key: request.key };
      }, READ),
    )
    .on(GET_REPLICA, onDocument(context, read, replica))
    .on(GET_EX, onDocument(context, readWhole, READ))
    .on(GET_EX_REPLICA, onDocument(context, readWhole, replica));
}

/** What a client must know to be given attributes. */
const WHOLE: readonly number[] = [Feature.JSON, Feature.XATTR, Feature.SNAPPY_EVERYWHERE];

function registerStores(server: Server, context: NodeContext): void {
  const store = (mode: "set" | "add" | "replace"): Handler<StoreRequest, MutationResponse> =>
    onWrite(context, (request, exchange, access) => {
      const document = access.bucket.documents[mode](access, {
        value: request.value,
        datatype: request.datatype ?? 0,
        flags: request.flags,
        expiry: request.expiry,
        cas: request.cas ?? 0n,
        preserveExpiry: preservesExpiry(exchange),
      });
      return writeAnswer(document, access.vbucket, exchange.features);
    }, mode === "add" ? READ : {});
  const lengthen = (where: "before" | "behind") =>
    onWrite<{ key: Uint8Array; value: Uint8Array; cas?: bigint }, MutationResponse>(
      context,
      ({ value, cas = 0n }, { datatype, features }, access) => {
        const document = access.bucket.documents.lengthen(access, { value, datatype, cas }, where);
        return writeAnswer(document, access.vbucket, features);
      },
    );
  const count = (down: boolean) =>
    onWrite<CounterRequest, CounterResponse>(context, ({ delta, initial, expiry }, { features }, access) => {
      const { document, number } = access.bucket.documents.count(access, { delta, initial, expiry, down });
      const token = tokenOf(access.vbucket, document.seqno, features);
      return token === undefined ? { value: number, cas: document.cas } : { value: number, cas: document.cas, token };
    }, READ);
  server
    .on(SET, store("set"))
    .on(ADD, store("add"))
    .on(REPLACE, store("replace"))
    .on(APPEND, lengthen("behind"))
    .on(PREPEND, lengthen("before"))
    .on(
      DELETE,
      onWrite(context, ({ cas = 0n }, { features }, access) => {
        return writeAnswer(access.bucket.documents.delete(access, cas), access.vbucket, features);
      }),
    )
    .on(INCREMENT, count(false))
    .on(DECREMENT, count(true))
    .on(
      TOUCH,
      onWrite(context, ({ expiry }, _, access) => {
        return { cas: access.bucket.documents.touch(access, expiry).cas };
      }, READ),
    )
    .on(
      GAT,
      onWrite(context, ({ expiry }, { features }, access) => {
        return documentAnswer(access.bucket.documents.touch(access, expiry), access.vbucket, features);
      }, READ),
    );
}

function registerLocks(server: Server, context: NodeContext): void {
  server
    .on(
      GET_LOCKED,
      onDocument(context, ({ lockTime = 0 }, { features }, access) => {
        const document = access.bucket.documents.lock(access, lockTime);
        // To who has just locked it the version is no secret.
        return { ...documentAnswer(document, access.vbucket, features), cas: document.cas };
      }, READ),
    )
    .on(
      UNLOCK_KEY,
      onDocument(context, ({ cas }, _, access) => {
        if (cas === 0n) throw invalid("The request must have a CAS");
        access.bucket.documents.unlock(access, cas);
        return { cas: 0n };
      }),
    )
    .on(
      EVICT_KEY,
      onDocument(context, (_, __, access) => {
        // Nothing leaves the memory here; these are the words of kv_engine.
        return access.bucket.documents.get(access) && { note: "Ejected." };
      }, READ),
    );
}
