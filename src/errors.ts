/**
 * The error tree: what a peer, a connection or a wire can do to a call.
 *
 * Wrong arguments are the built-in `TypeError` and `RangeError`; an aborted call rejects with its `signal.reason`.
 */

/** The literal codes that the errors of this package carry in `code`. */
export type MemcachedErrorCode =
  | "STATUS"
  | "KEY_NOT_FOUND"
  | "NOT_STORED"
  | "CAS_MISMATCH"
  | "VALUE_TOO_LARGE"
  | "UNSUPPORTED"
  | "PROTOCOL"
  | "CONNECTION"
  | "TIMEOUT"
  | "OVERLOAD"
  | "CLOSED"
  | "AUTH";

/** What every error of this package can tell beside its message. */
export interface MemcachedErrorOptions extends ErrorOptions {
  /** Whether any byte of the request may have left; `false` means that a retry is safe. */
  readonly sent?: boolean;
}

/** The common parent of the errors of this package; never thrown itself. */
export abstract class MemcachedError extends Error {
  /** A literal that names the kind of failure, for `switch`. */
  abstract readonly code: MemcachedErrorCode;
  /** Whether any byte of the request may have left; `false` means that a retry is safe. */
  readonly sent: boolean;

  /** Makes an error with its message, `cause` and `sent`. */
  constructor(message: string, options: MemcachedErrorOptions = {}) {
    super(message, options);
    this.sent = options.sent ?? true;
  }
}

/** The bytes from the peer are no frame, or a frame that fits no request; the connection is dead. */
export class ProtocolError extends MemcachedError {
  override readonly name = "ProtocolError";
  override readonly code = "PROTOCOL";
  /** Offset of the offending frame in the bytes received on this connection. */
  readonly at: number;
  /** The first bytes of the offending frame, at most a header. */
  readonly bytes: Uint8Array;

  /** Makes an error for the frame at an offset, with its first bytes. */
  constructor(
    message: string,
    options: MemcachedErrorOptions & { readonly at?: number; readonly bytes?: Uint8Array } = {},
  ) {
    super(message, options);
    this.at = options.at ?? 0;
    this.bytes = options.bytes ?? new Uint8Array(0);
  }
}

/** The peer could not be reached, was reset, or went away while calls waited. */
export class ConnectionError extends MemcachedError {
  override readonly name = "ConnectionError";
  override readonly code = "CONNECTION";
}

/** No answer within the deadline of the call; a late answer is dropped and can reach nobody else. */
export class TimeoutError extends MemcachedError {
  override readonly name = "TimeoutError";
  override readonly code = "TIMEOUT";
}

/** More calls or bytes are waiting than the connection may hold; nothing was sent. */
export class OverloadError extends MemcachedError {
  override readonly name = "OverloadError";
  override readonly code = "OVERLOAD";
}

/** The connection was closed by this side before the call could be answered. */
export class ClosedError extends MemcachedError {
  override readonly name = "ClosedError";
  override readonly code = "CLOSED";
}

/** The peer refused the credentials, or the exchange of them went wrong; the message names the step. */
export class AuthError extends MemcachedError {
  override readonly name = "AuthError";
  override readonly code = "AUTH";
}

/** What was asked cannot be done over this connection; nothing was sent. */
export class UnsupportedError extends MemcachedError {
  override readonly name = "UnsupportedError";
  override readonly code = "UNSUPPORTED";
}
