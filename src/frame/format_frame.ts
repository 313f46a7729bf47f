import { isPrintable, toHex, utf8Decode, utf8Encode } from "../bytes.ts";
import { datatypeName } from "../wire/datatype.ts";
import { isResponse, magicName } from "../wire/header.ts";
import { statusInfo } from "../wire/status.ts";
import type { Frame } from "./frame.ts";
import { type FrameInfo, readRequestInfos, readResponseInfos } from "./frame_info.ts";

/** How much of a value is shown, in bytes. */
const SHOWN = 32;

/**
 * One line of text for a frame, for traces and for differences in tests; the same frame always gives the same line.
 *
 * ```text
 * client-request set vbucket=115 opaque=0x00000001 extras=deadbeef00000e10 key="foo" value=3:"bar"
 * server-response get KEY_ENOENT opaque=0x00000001 value=9:"Not found"
 * flex-request set opaque=0x00000001 framing=[durability level=1 timeout=2500] key="foo" value=300:"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"...
 * ```
 *
 * - Fields that are 0 or empty are left out, but for the opaque and the status.
 * - Keys, values and names are text in quotes if they are printable ASCII, and bare hex digits if not; of the value the size is
 *   shown and the first 32 bytes.
 * - `name` gives the name of an opcode, which also depends on the magic; without it opcodes are numbers.
 */
export function formatFrame(frame: Frame, name: (opcode: number, magic: number) => string = opcodeNumber): string {
  const { magic, opcode, cas, datatype } = frame;
  const parts = [magicName(magic), name(opcode, magic)];
  if (isResponse(magic)) parts.push(statusInfo(frame.status).name);
  else if (frame.vbucket !== 0) parts.push(`vbucket=${frame.vbucket}`);
  parts.push(`opaque=0x${frame.opaque.toString(16).padStart(8, "0")}`);
  if (cas !== 0n) parts.push(`cas=0x${cas.toString(16)}`);
  if (datatype !== 0) parts.push(`datatype=${datatypeName(datatype)}`);
  if (frame.framingLength > 0) parts.push(`framing=${formatFraming(frame)}`);
  if (frame.extrasLength > 0) parts.push(`extras=${toHex(frame.extras)}`);
  if (frame.keyLength > 0) parts.push(`key=${textOrHex(frame.key)}`);
  if (frame.valueLength > 0) parts.push(`value=${formatValue(frame.value)}`);
  return parts.join(" ");
}

function opcodeNumber(opcode: number): string {
  return `0x${opcode.toString(16).padStart(2, "0")}`;
}

function formatValue(value: Uint8Array): string {
  if (value.length <= SHOWN) return `${value.length}:${textOrHex(value)}`;
  return `${value.length}:${textOrHex(value.subarray(0, SHOWN))}...`;
}

function formatFraming({ magic, framingExtras }: Frame): string {
  let infos: FrameInfo[];
  try {
    infos = isResponse(magic) ? readResponseInfos(framingExtras) : readRequestInfos(framingExtras);
  } catch {
    // A trace shows what came; whether it may come is not its business.
    return `malformed:${toHex(framingExtras)}`;
  }
  return `[${infos.map(formatInfo).join(", ")}]`;
}

function formatInfo({ type, ...fields }: FrameInfo): string {
  const parts = Object.entries(fields).map(([name, value]) => `${name}=${formatField(value)}`);
  return [type, ...parts].join(" ");
}

function formatField(value: number | string | Uint8Array): string {
  if (typeof value === "string") return textOrHex(utf8Encode(value));
  if (typeof value !== "number") return textOrHex(value);
  // Durations are powers that engines round differently in the last digits.
  return Number.isInteger(value) ? String(value) : value.toFixed(1);
}

function textOrHex(bytes: Uint8Array): string {
  return isPrintable(bytes) ? JSON.stringify(utf8Decode(bytes)) : toHex(bytes);
}
