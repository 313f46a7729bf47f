import type { Frame } from "../frame/frame.ts";
import { isRequest } from "../wire/header.ts";
import { FaultTurns, seeded } from "./fault_turns.ts";

/** What is done to one frame, or from it on to all that follow in the same direction. */
export type Fault =
  /** It and what follows come so many milliseconds later. */
  | { readonly kind: "delay"; readonly ms: number }
  /** It never comes. */
  | { readonly kind: "drop" }
  /** It comes twice. */
  | { readonly kind: "duplicate" }
  /** It comes behind the next one. */
  | { readonly kind: "reorder" }
  /** So many of its bytes come, half of them by default, and then the end. */
  | { readonly kind: "truncate"; readonly bytes?: number }
  /** It comes in two pieces, the first of so many bytes; byte by byte by default. */
  | { readonly kind: "split"; readonly at?: number }
  /** It comes with another opaque. */
  | { readonly kind: "wrong-opaque" }
  /** It comes with another opcode. */
  | { readonly kind: "wrong-opcode" }
  /** It comes with another key, if it has one. */
  | { readonly kind: "wrong-key" }
  /** Neither it nor anything behind it comes, and the connection stays open. */
  | { readonly kind: "silence" }
  /** The connection breaks before it. */
  | { readonly kind: "reset" }
  /** What is read ends before it, and what is written still goes out; for what is written the same as the end of the connection. */
  | { readonly kind: "half-close" };

/** Which way a frame goes, seen from the side whose transport is wrapped. */
export type FaultDirection = "read" | "write";

/** When something goes wrong, of all the times when it could. */
export interface FaultTiming {
  /** Leaves so many alone first; 0 by default. */
  readonly after?: number;
  /** Only every n-th of those behind them; 1 by default. */
  readonly every?: number;
  /** Only with this chance, from 0 to 1; 1 by default. */
  readonly chance?: number;
  /** No more than so many times; without limit by default. */
  readonly times?: number;
}

/** A fault, and which frames it is for: all to which everything given applies. */
export interface FaultRule extends FaultTiming {
  /** What is done. */
  readonly fault: Fault;
  /** Only frames that are read, the default, or written, or both. */
  readonly direction?: FaultDirection | "both";
  /** Only frames of this opcode, such as `GET.opcode`; a quiet one is another. */
  readonly opcode?: number;
  /** Only requests or only answers. */
  readonly only?: "requests" | "responses";
}

/** Says what is done to each frame. */
export interface FaultPlan {
  /** The fault of a frame, if it has one; what is no frame, such as text, has none to look at. */
  decide(direction: FaultDirection, frame: Frame | undefined): Fault | undefined;
}

/** How a plan is made of rules. */
export interface FaultPlanOptions {
  /** Where chance begins: equal seeds give equal faults for equal frames. 1 by default. */
  readonly seed?: number;
}

/**
 * Makes a plan of rules: the first whose turn it is counts. A plan may serve many connections one after the other, or at once: it
 * counts their frames together.
 *
 * @example The third answer to a GET comes with another key's opaque, and one frame of a hundred is lost
 * ```ts
 * import { GET } from "@memwire/memwire/codec";
 * import { faultPlan } from "@memwire/memwire/testing";
 *
 * const plan = faultPlan([
 *   { fault: { kind: "wrong-opaque" }, opcode: GET.opcode, after: 2, times: 1 },
 *   { fault: { kind: "drop" }, chance: 0.01 },
 * ], { seed: 7 });
 * ```
 */
export function faultPlan(rules: readonly FaultRule[], options: FaultPlanOptions = {}): FaultPlan {
  const turns = new FaultTurns(rules, seeded(options.seed ?? 1));
  return { decide: (direction, frame) => turns.next((rule) => applies(rule, direction, frame))?.fault };
}

function applies(rule: FaultRule, direction: FaultDirection, frame: Frame | undefined): boolean {
  const { direction: wanted = "read", opcode, only } = rule;
  if (wanted !== "both" && wanted !== direction) return false;
  if (opcode !== undefined && frame?.opcode !== opcode) return false;
  if (only === undefined) return true;
  return frame !== undefined && isRequest(frame.magic) === (only === "requests");
}
