import type { Frame } from "../frame/frame.ts";
import type { FrameWriter } from "../frame/frame_writer.ts";
import type { Exchange } from "./exchange.ts";
import type { StatusReply } from "./status_reply.ts";

/**
 * What a family of servers does otherwise than memcached 1.6 with requests and answers, whatever their opcode. A server that
 * speaks one also takes requests with framing extras.
 */
export interface Dialect {
  /**
   * Looks at a request before the guards do and before its body is read, and throws a {@linkcode StatusReply} to refuse it. The
   * frame may be overwritten afterwards.
   */
  receive(frame: Frame, exchange: Exchange): void;
  /** An answer was begun: the place to write framing extras. */
  begin(out: FrameWriter, exchange: Exchange): void;
  /** The parts of an answer are written, its header is not. */
  end(out: FrameWriter, exchange: Exchange): void;
  /** What a refusal becomes; nothing closes the connection without an answer. */
  refuse(reply: StatusReply, exchange: Exchange): StatusReply | undefined;
}
