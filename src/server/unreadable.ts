import { ProtocolError } from "../errors.ts";
import { Frame } from "../frame/frame.ts";
import { HEADER_SIZE, Magic } from "../wire/header.ts";
import { type StatusReply, TOO_LARGE, UNKNOWN_COMMAND } from "./status_reply.ts";

/** Bytes that are no request, and what there is to say to who sent them before the connection is closed. */
export interface Unreadable {
  /** What is wrong with them. */
  readonly error: unknown;
  /** Their header. */
  readonly header?: Frame;
  /** The answer; memcached has none for bytes that do not begin like a request. */
  readonly reply?: StatusReply;
}

/** Finds the answer to bytes that the splitter refused. */
export function answerUnreadable(error: unknown): Unreadable {
  if (!(error instanceof ProtocolError) || error.bytes.length < HEADER_SIZE) return { error };
  const header = new Frame();
  header.read(new DataView(error.bytes.buffer), error.bytes.byteOffset);
  if (header.magic !== Magic.CLIENT_REQUEST) return { error };
  return { error, header, reply: header.valueLength < 0 ? UNKNOWN_COMMAND : TOO_LARGE };
}

/** Says that a frame is not what a client may send. */
export function refuseMagic(frame: Frame): Unreadable {
  const magic = frame.magic.toString(16).padStart(2, "0");
  return {
    error: new ProtocolError(`Cannot read request: its first byte is 0x${magic}, expected 0x80`, {
      bytes: frame.bytes.slice(0, HEADER_SIZE),
    }),
  };
}
