import { DcpOpenFlag } from "../../../ops/dcp_flags.ts";
import { Datatype } from "../../../wire/datatype.ts";
import { compressBlock } from "../../../wire/snappy_compress.ts";
import { joinXattrs, type XattrSection } from "../../../wire/xattr.ts";
import type { CouchbaseDocument } from "../document.ts";
import { plainValue, systemXattrs, type TypedValue } from "../stored_value.ts";
import type { DcpSettings } from "./settings.ts";

const NOTHING: TypedValue = { value: new Uint8Array(0), datatype: 0 };

const NO_VALUE = DcpOpenFlag.NO_VALUE | DcpOpenFlag.NO_VALUE_WITH_UNDERLYING_DATATYPE;

/** What of a document or a tombstone is sent. */
export function eventValue(document: CouchbaseDocument, settings: DcpSettings): TypedValue {
  const { flags } = settings;
  // Most are sent as they are.
  const simple = document.datatype <= Datatype.JSON && document.deleted === undefined && (flags & NO_VALUE) === 0;
  const value = simple ? document : shown(document, settings);
  return settings.compress ? compressed(value) : value;
}

function shown(document: CouchbaseDocument, settings: DcpSettings): TypedValue {
  const { flags } = settings;
  if (document.deleted !== undefined) return tombstoneValue(document, flags);
  if ((flags & NO_VALUE) !== 0) return withoutBody(document, flags);
  const { datatype } = document;
  const hidden = (datatype & Datatype.XATTR) !== 0 && (flags & DcpOpenFlag.INCLUDE_XATTRS) === 0;
  const inflated = (datatype & Datatype.SNAPPY) !== 0 && !settings.snappy;
  if (!hidden && !inflated) return document;
  const { body, xattrs } = plainValue(document);
  if (hidden || xattrs === undefined) return { value: body, datatype: datatype & Datatype.JSON };
  return { value: joinXattrs(xattrs, body), datatype: datatype & ~Datatype.SNAPPY };
}

function tombstoneValue(document: CouchbaseDocument, flags: number): TypedValue {
  if ((flags & DcpOpenFlag.INCLUDE_XATTRS) === 0 || (document.datatype & Datatype.XATTR) === 0) return NOTHING;
  const { xattrs } = plainValue(document);
  return (flags & DcpOpenFlag.INCLUDE_DELETED_USER_XATTRS) === 0 ? systemXattrs(xattrs) : attributes(xattrs);
}

function withoutBody(document: CouchbaseDocument, flags: number): TypedValue {
  const { datatype } = document;
  const kept = (flags & DcpOpenFlag.INCLUDE_XATTRS) !== 0 && (datatype & Datatype.XATTR) !== 0;
  const { value, datatype: own } = kept ? attributes(plainValue(document).xattrs) : NOTHING;
  if ((flags & DcpOpenFlag.NO_VALUE_WITH_UNDERLYING_DATATYPE) === 0) return { value, datatype: own };
  // What is there is not compressed; of what is not there the datatype may say so.
  return { value, datatype: value.length > 0 ? datatype & ~Datatype.SNAPPY : datatype };
}

function attributes(xattrs: XattrSection | undefined): TypedValue {
  if (xattrs === undefined) return NOTHING;
  return { value: joinXattrs(xattrs, NOTHING.value), datatype: Datatype.XATTR };
}

function compressed({ value, datatype }: TypedValue): TypedValue {
  if (value.length === 0 || (datatype & Datatype.SNAPPY) !== 0) return { value, datatype };
  return { value: compressBlock(value), datatype: datatype | Datatype.SNAPPY };
}
