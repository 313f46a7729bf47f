/**
 * What an answer that is not success means to the caller.
 */

import { utf8Decode } from "../bytes.ts";
import {
  CasMismatchError,
  expectedError,
  KeyNotFoundError,
  NotStoredError,
  type StatusDetails,
  StatusError,
  ValueTooLargeError,
} from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import type { Bytes } from "../frame/frame_writer.ts";
import { Status, statusInfo } from "../wire/status.ts";
import type { AnyOp } from "./table.ts";
import { STAT } from "./admin.ts";
import { ADD } from "./storage.ts";

/** Makes the error for an answer whose status is not success. */
export function statusError(op: AnyOp, frame: Frame, request: unknown): StatusError {
  const info = statusInfo(frame.status);
  const details: StatusDetails = {
    op: op.name,
    status: frame.status,
    statusName: info.name,
    retryable: info.retryable,
    opaque: frame.opaque,
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
    default:
      return new StatusError(
        `${attempt}: the server answered ${info.name} (${reason(frame) || info.sentence})`,
        details,
      );
  }
}

function notStored(message: string, details: StatusDetails): NotStoredError {
  return expectedError(NotStoredError, "NotStoredError", "NOT_STORED", message, details);
}

/** The words that some servers put into the value of a refusal. */
function reason(frame: Frame): string {
  return frame.valueLength > 0 && frame.valueLength <= 200 ? utf8Decode(frame.value) : "";
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
