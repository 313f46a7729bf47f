/**
 * What an answer that is not success means to the caller.
 */

import { utf8Decode } from "../bytes.ts";
import {
  CasMismatchError,
  expectedError,
  KeyNotFoundError,
  NotMyVbucketError,
  NotStoredError,
  type StatusDetails,
  StatusError,
  ValueTooLargeError,
} from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import type { Bytes } from "../frame/frame_writer.ts";
import { Datatype } from "../wire/datatype.ts";
import type { MappedStatus } from "../wire/error_map.ts";
import { isKnownStatus, Status, statusInfo } from "../wire/status.ts";
import type { AnyOp } from "./table.ts";
import { STAT } from "./admin.ts";
import { ADD } from "./storage.ts";

/** Makes the error for an answer whose status is not success. */
export function statusError(op: AnyOp, frame: Frame, request: unknown): StatusError {
  const info = statusInfo(frame.status);
  // The table knows better than a server what its statuses mean to us; the map is for those that it does not have.
  const mapped = frame.errorMap?.get(frame.status);
  const named = isKnownStatus(frame.status) ? undefined : mapped;
  const details: StatusDetails = {
    op: op.name,
    status: frame.status,
    statusName: named?.name ?? info.name,
    retryable: named === undefined ? info.retryable : isRetryable(named),
    opaque: frame.opaque,
    ...(mapped === undefined ? {} : { attributes: mapped.attributes }),
    ...extendedError(frame),
  };
  const attempt = `Cannot ${describe(op, request)}`;
  switch (frame.status) {
    case Status.KEY_ENOENT:
      if (op === STAT) return new StatusError(`${attempt}: the server has no such group`, details);
      return expectedError(
        KeyNotFoundError,
        "KeyNotFoundError",
        "KEY_NOT_FOUND",
        `${attempt}: there is no such key`,
        details,
      );
    case Status.NOT_STORED:
      return notStored(
        `${attempt}: there is no such key, or the value would be larger than the server keeps`,
        details,
      );
    case Status.KEY_EEXISTS:
      if (op === ADD) return notStored(`${attempt}: the key exists already`, details);
      return expectedError(
        CasMismatchError,
        "CasMismatchError",
        "CAS_MISMATCH",
        `${attempt}: the item was changed since it was read; read it again before writing`,
        details,
      );
    case Status.E2BIG:
      return new ValueTooLargeError(`${attempt}: the value is larger than the server keeps`, details);
    case Status.NOT_MY_VBUCKET:
      return new NotMyVbucketError(
        `${attempt}: the node does not have its vbucket; go by the newer cluster map`,
        details,
        textOf(frame),
      );
    default: {
      const said = details.context ?? (reason(frame) || (named?.description || info.sentence));
      return new StatusError(`${attempt}: the server answered ${details.statusName} (${said})`, details);
    }
  }
}

/** What an error map says of retries. */
function isRetryable({ attributes }: MappedStatus): boolean {
  return attributes.some((attribute) => attribute === "temp" || attribute.startsWith("retry-"));
}

/** What Couchbase says beside a status, as JSON: `{"error":{"context":"…","ref":"…"}}`. */
function extendedError(frame: Frame): { readonly reference?: string; readonly context?: string } {
  const text = frame.status === Status.NOT_MY_VBUCKET ? undefined : textOf(frame);
  if (text === undefined || !text.startsWith("{")) return {};
  let error: { readonly ref?: unknown; readonly context?: unknown } | null | undefined;
  try {
    ({ error } = JSON.parse(text));
  } catch {
    // Words that happen to begin with a brace.
    return {};
  }
  return {
    ...(typeof error?.ref === "string" ? { reference: error.ref } : {}),
    ...(typeof error?.context === "string" ? { context: error.context } : {}),
  };
}

/** The value as text; nothing if it is empty or cannot be decompressed. */
function textOf(frame: Frame): string | undefined {
  if (frame.valueLength === 0) return undefined;
  if ((frame.datatype & Datatype.SNAPPY) === 0) return utf8Decode(frame.value);
  try {
    return frame.inflate === undefined ? undefined : utf8Decode(frame.inflate(frame.value));
  } catch {
    // An error that says less is better than one about itself.
    return undefined;
  }
}

function notStored(message: string, details: StatusDetails): NotStoredError {
  return expectedError(NotStoredError, "NotStoredError", "NOT_STORED", message, details);
}

const LONGEST_REASON = 200;

/** The words that some servers put into the value of a refusal. */
function reason(frame: Frame): string {
  const text = frame.valueLength <= LONGEST_REASON ? textOf(frame) ?? "" : "";
  return text.length <= LONGEST_REASON ? text : "";
}

/** Names an opcode and its key or group, for messages: `get "user:1"`. */
export function describe(op: AnyOp, request: unknown): string {
  const { key, group } = (request ?? {}) as { readonly key?: Bytes; readonly group?: Bytes };
  const about = key ?? group;
  return about === undefined ? op.name : `${op.name} ${quote(about)}`;
}

/** A key in quotes, for messages; the first part of a long one. */
export function quote(key: Bytes): string {
  const text = typeof key === "string" ? key : utf8Decode(key);
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
