import { ProtocolError } from "../../errors.ts";
import type { Frame } from "../../frame/frame.ts";
import {
  type DurabilityInfo,
  DurabilityLevel,
  readRequestInfos,
  type RequestFrameInfo,
} from "../../frame/frame_info.ts";
import { DCP_CLOSE_STREAM } from "../../ops/dcp_stream.ts";
import { Status } from "../../wire/status.ts";
import type { Exchange } from "../exchange.ts";
import { StatusReply } from "../status_reply.ts";
import { invalid, NO_ACCESS, NOT_SUPPORTED } from "./refusals.ts";

const UNKNOWN_INFO = new StatusReply(Status.UNKNOWN_FRAME_INFO);
const BAD_LEVEL = new StatusReply(Status.DURABILITY_INVALID_LEVEL);

/** Timeouts that a request must not ask for. */
const BAD_TIMEOUTS: readonly (number | undefined)[] = [0, 0xffff];

/**
 * Reads the framing extras of a request and checks that its opcode may have them.
 *
 * @throws {StatusReply} If not.
 */
export function readExtras(frame: Frame, exchange: Exchange, isUser: (name: string) => boolean): void {
  let infos: RequestFrameInfo[];
  frame.keep();
  try {
    infos = readRequestInfos(frame.framingExtras);
  } catch (error) {
    if (error instanceof ProtocolError) throw invalid("The framing extras are malformed");
    throw error;
  }
  for (const info of infos) check(info, exchange, isUser);
  exchange.infos = infos;
}

function check(info: RequestFrameInfo, { op, quiet }: Exchange, isUser: (name: string) => boolean): void {
  switch (info.type) {
    case "unknown":
      throw UNKNOWN_INFO;
    case "durability":
      checkDurability(info, op?.durable === true && !quiet);
      return;
    case "preserve-expiry":
      if (op?.preservesExpiry !== true) throw NOT_SUPPORTED;
      return;
    case "stream-id":
      if (op !== DCP_CLOSE_STREAM) throw invalid("Only DCP has streams");
      return;
    case "impersonate":
      // Users of elsewhere (^) are not known here.
      if (!isUser(info.user)) throw NO_ACCESS;
      return;
    case "auth-token":
      throw NO_ACCESS;
    default:
      // Requests are answered in turn, so that each is a barrier; and no privilege is missing to anybody.
  }
}

function checkDurability({ level, timeout }: DurabilityInfo, allowed: boolean): void {
  if (!allowed) throw invalid("The opcode knows no durability");
  if (level < DurabilityLevel.MAJORITY || level > DurabilityLevel.PERSIST_TO_MAJORITY) throw BAD_LEVEL;
  if (BAD_TIMEOUTS.includes(timeout)) throw invalid("The timeout of the durability is none");
}

/** What a request asks for of durability, if it does. */
export function durabilityOf({ infos }: Pick<Exchange, "infos">): DurabilityInfo | undefined {
  return infos.find((info) => info.type === "durability");
}

/** Whether a request leaves the expiry as it is. */
export function preservesExpiry({ infos }: Pick<Exchange, "infos">): boolean {
  return infos.some((info) => info.type === "preserve-expiry");
}
