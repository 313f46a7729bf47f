import { AuthError, StatusError } from "../errors.ts";
import { TextCode } from "../text/text_code.ts";
import { Status, statusInfo } from "../wire/status.ts";

/** Makes the error for a line with which a server refuses a command of text. */
export function refusedByServer(what: string, op: string, { code, text }: { code: number; text: string }): Error {
  if (/unauthenticated/.test(text)) {
    return new AuthError(`Cannot ${what}: the server wants a login; give credentials`);
  }
  const status = statusOf(code, text);
  return new StatusError(`Cannot ${what}: the server answered "${text}"`, {
    op,
    status,
    statusName: statusInfo(status).name,
    retryable: status === Status.EBUSY,
    opaque: 0,
  });
}

function statusOf(code: number, text: string): number {
  if (text.startsWith("BUSY")) return Status.EBUSY;
  switch (code) {
    case TextCode.ERROR:
      return text === "ERROR" ? Status.UNKNOWN_COMMAND : Status.NOT_SUPPORTED;
    case TextCode.CLIENT_ERROR:
    case TextCode.REFUSED:
      return Status.EINVAL;
    default:
      return Status.EINTERNAL;
  }
}
