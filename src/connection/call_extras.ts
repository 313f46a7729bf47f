import { UnsupportedError } from "../errors.ts";
import { DurabilityLevel, frameInfosSize, type RequestFrameInfo, writeFrameInfos } from "../frame/frame_info.ts";
import type { FrameWriter } from "../frame/frame_writer.ts";
import { describe } from "../ops/status_error.ts";
import { Feature } from "../wire/features.ts";
import type { CallOptions, DurabilityName, ExtrasCall } from "./caller.ts";

/** What a framing extra needs, beside the right to send any. */
const NEEDED: { readonly [T in RequestFrameInfo["type"]]?: { readonly feature: number; readonly name: string } } = {
  durability: { feature: Feature.SYNC_REPLICATION, name: "SYNC_REPLICATION" },
  "preserve-expiry": { feature: Feature.PRESERVE_TTL, name: "PRESERVE_TTL" },
};

/**
 * Writes what a call asks for beside its request: the collection to the writer, the rest as framing extras. The frame has been
 * begun.
 *
 * @throws {UnsupportedError} If the server has not granted what is needed, or the opcode cannot do it. Nothing is dropped in silence.
 */
export function writeCallExtras(out: FrameWriter, call: ExtrasCall): void {
  const { op, quiet, request, options, features } = call;
  const refuse = (reason: string): never => {
    throw new UnsupportedError(`Cannot ${describe(op, request)}: ${reason}`, { sent: false });
  };
  const { collection } = options;
  if (typeof collection === "string") {
    throw new TypeError(`Cannot use collection "${collection}" by its name here: use its number`);
  }
  if (collection !== undefined) {
    if (op.inCollection === true && features.collections) out.collection = collection;
    else if (collection !== 0) {
      refuse(
        op.inCollection === true
          ? "collections need the feature COLLECTIONS, which the server has not granted"
          : `${op.name} is not about documents in collections`,
      );
    }
  }
  const infos = infosOf(options);
  if (infos.length === 0) return;
  if (!features.has(Feature.ALT_REQUEST_SUPPORT)) {
    refuse(`${infos[0]!.type} needs the feature ALT_REQUEST_SUPPORT, which the server has not granted`);
  }
  for (const { type } of infos) {
    const needed = NEEDED[type];
    if (needed !== undefined && !features.has(needed.feature)) {
      refuse(`${type} needs the feature ${needed.name}, which the server has not granted`);
    }
    if (type === "durability" && op.durable !== true) refuse(`${op.name} knows no durability`);
    if (type === "durability" && quiet) refuse("a batch knows no durability; use a call for each");
    if (type === "preserve-expiry" && op.preservesExpiry !== true) {
      refuse(`${op.name} cannot leave the expiry as it is`);
    }
  }
  const size = frameInfosSize(infos);
  const at = out.framingExtras(size);
  writeFrameInfos(infos, out.bytes, at);
}

/** The levels by the names that callers use. */
const LEVELS: { readonly [L in DurabilityName]: number } = {
  majority: DurabilityLevel.MAJORITY,
  majorityAndPersistActive: DurabilityLevel.MAJORITY_AND_PERSIST_ACTIVE,
  persistToMajority: DurabilityLevel.PERSIST_TO_MAJORITY,
};

function infosOf(options: CallOptions): RequestFrameInfo[] {
  const infos: RequestFrameInfo[] = [];
  const { durability, user, streamId } = options;
  if (options.barrier === true) infos.push({ type: "barrier" });
  if (durability !== undefined) infos.push(durabilityInfo(durability));
  if (streamId !== undefined) infos.push({ type: "stream-id", streamId });
  if (user !== undefined) infos.push({ type: "impersonate", user });
  if (options.preserveExpiry === true) infos.push({ type: "preserve-expiry" });
  if (options.frameInfos !== undefined) infos.push(...options.frameInfos);
  return infos;
}

function durabilityInfo(durability: NonNullable<CallOptions["durability"]>): RequestFrameInfo {
  const { level, timeout } = typeof durability === "string" ? { level: durability, timeout: undefined } : durability;
  return timeout === undefined
    ? { type: "durability", level: LEVELS[level] }
    : { type: "durability", level: LEVELS[level], timeout };
}
