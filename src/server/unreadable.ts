import { ProtocolError } from "../errors.ts";
import { Frame } from "../frame/frame.ts";
import { HEADER_SIZE, HeaderOffset, Magic } from "../wire/header.ts";
import { readRequest, type Route } from "./route.ts";
import { TOO_LARGE, UNKNOWN_COMMAND } from "./status_reply.ts";

/** Bytes that are no request, after which the connection is closed. */
export interface Unreadable {
  /** What is wrong with them. */
  readonly error: unknown;
  /** Their header, if it begins like a request; to other bytes there is no answer. */
  readonly header?: Frame;
}

/** Looks at what the splitter refused. */
export function readUnreadable(error: unknown): Unreadable {
  if (!(error instanceof ProtocolError) || error.bytes.length < HEADER_SIZE) return { error };
  const header = new Frame();
  header.read(new DataView(error.bytes.buffer), error.bytes.byteOffset);
  return header.magic === Magic.CLIENT_REQUEST ? { error, header } : { error };
}

/** Throws the answer to a header that was refused. */
export function refuseHeader(header: Frame, route: Route | undefined): never {
  if (header.valueLength < 0) throw UNKNOWN_COMMAND;
  // The body is over the limit. An opcode that takes no value would not have taken one byte of it either.
  const bytes = new Uint8Array(header.size - header.valueLength + 1);
  bytes.set(new Uint8Array(header.buffer, header.start, HEADER_SIZE));
  new DataView(bytes.buffer).setUint32(HeaderOffset.BODY_LENGTH, bytes.length - HEADER_SIZE);
  readRequest(route, Frame.from(bytes));
  throw TOO_LARGE;
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
