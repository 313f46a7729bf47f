import { Datatype } from "../../wire/datatype.ts";
import type { SubdocDocument } from "../subdoc/document.ts";
import type { CouchbaseDocument } from "./document.ts";
import { joinValue, plainValue, systemXattrs, type TypedValue } from "./stored_value.ts";

/** A stored document as sub-document calls see it: its body and its attributes apart, nothing compressed. */
export function subdocView(document: CouchbaseDocument): SubdocDocument {
  const { body, xattrs } = plainValue(document);
  const { cas, seqno, revision, flags, expiry, datatype } = document;
  return {
    ...{ body, cas, seqno, revision, flags, expiry, datatype },
    xattrs: new Map(xattrs ?? []),
    isJson: (datatype & Datatype.JSON) !== 0,
    deleted: document.deleted !== undefined,
  };
}

/** What is stored of a document that was changed. A deletion takes the attributes of users with it. */
export function storedValue(changed: SubdocDocument, { deletes }: { readonly deletes: boolean }): TypedValue {
  const joined = joinValue(changed.xattrs, changed.body);
  return deletes ? systemXattrs(plainValue(joined).xattrs) : joined;
}
