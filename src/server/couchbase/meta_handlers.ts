import {
  ADD_WITH_META,
  DEL_WITH_META,
  GET_META,
  RETURN_META,
  SET_WITH_META,
  type WithMetaRequest,
} from "../../ops/meta.ts";
import type { MutationResponse } from "../../ops/storage.ts";
import type { Handler } from "../route.ts";
import type { Server } from "../server.ts";
import { onDocument, shownCas, writeAnswer } from "./document_access.ts";
import type { MetaAction } from "./meta_store.ts";
import type { NodeContext } from "./node_context.ts";
import { invalid } from "./refusals.ts";

/** The versions of the answer: without and with the datatype. */
const NEWEST_META = 2;

/** What RETURN_META can be told to do. */
const ReturnMetaType = { SET: 1, ADD: 2, DELETE: 3 } as const;

/** Answers reads and writes of documents with their metadata. */
export function registerMeta(server: Server, context: NodeContext): void {
  const write = (action: MetaAction): Handler<WithMetaRequest, MutationResponse> =>
    onDocument(context, (request, { features }, access) => {
      return writeAnswer(access.bucket.meta.write(access, action, request), access.vbucket, features);
    });
  server
    .on(
      GET_META,
      onDocument(context, ({ version = 0 }, _, access) => {
        if (version > NEWEST_META) throw invalid("No metadata has this version");
        const found = access.bucket.documents.find(access);
        if (found === undefined) return undefined;
        const { flags, expiry, revision, datatype } = found;
        const deleted = found.deleted !== undefined;
        const meta = { deleted, flags, expiry, revision, cas: shownCas(found, access.vbucket) };
        return version === NEWEST_META ? { ...meta, datatype } : meta;
      }, { withoutCas: true }),
    )
    .on(SET_WITH_META, write("set"))
    .on(ADD_WITH_META, write("add"))
    .on(DEL_WITH_META, write("delete"))
    .on(
      RETURN_META,
      onDocument(context, ({ type, value, flags, expiry, cas = 0n }, _, access) => {
        const { documents } = access.bucket;
        const draft = { value, flags, expiry, cas, datatype: 0, preserveExpiry: false };
        const written = () => {
          if (type === ReturnMetaType.SET) return documents.set(access, draft);
          if (type === ReturnMetaType.ADD) return documents.add(access, draft);
          if (type === ReturnMetaType.DELETE) return documents.delete(access, cas);
          throw invalid("There is no such type of write");
        };
        const document = written();
        return { flags: document.flags, expiry: document.expiry, revision: document.revision, cas: document.cas };
      }),
    );
}
