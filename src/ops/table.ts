/**
 * Every row by its number.
 */

import type { Frame } from "../frame/frame.ts";
import { formatFrame as formatFrameWith } from "../frame/format_frame.ts";
import { Magic } from "../wire/header.ts";
import { FLUSH, NOOP, QUIT, STAT, VERBOSITY, VERSION } from "./admin.ts";
import { SASL_AUTH, SASL_LIST_MECHS, SASL_STEP } from "./auth.ts";
import { DECREMENT, INCREMENT } from "./counter.ts";
import { OTHER_OPCODES, SERVER_OPCODES } from "./names.ts";
import type { Op } from "./op.ts";
import { GAT, GATK, GET, GETK, TOUCH } from "./retrieval.ts";
import { ADD, APPEND, DELETE, PREPEND, REPLACE, SET } from "./storage.ts";

/** A row of which only the number and the shape matter. */
// deno-lint-ignore no-explicit-any -- rows of different messages stand in one table.
export type AnyOp = Op<any, any>;

/** What a number on the wire means. */
export interface OpcodeMeaning {
  /** The row. */
  readonly op: AnyOp;
  /** Whether the number is that of its quiet twin. */
  readonly quiet: boolean;
}

/** All rows. */
export const OPS: readonly AnyOp[] = [
  GET,
  SET,
  ADD,
  REPLACE,
  DELETE,
  INCREMENT,
  DECREMENT,
  QUIT,
  FLUSH,
  NOOP,
  VERSION,
  GETK,
  APPEND,
  PREPEND,
  STAT,
  VERBOSITY,
  TOUCH,
  GAT,
  SASL_LIST_MECHS,
  SASL_AUTH,
  SASL_STEP,
  GATK,
];

const BY_OPCODE: readonly (OpcodeMeaning | undefined)[] = index(OPS);

function index(ops: readonly AnyOp[]): (OpcodeMeaning | undefined)[] {
  const meanings: (OpcodeMeaning | undefined)[] = new Array(256).fill(undefined);
  for (const op of ops) {
    take(meanings, op.opcode, { op, quiet: false });
    if (op.quiet !== undefined) take(meanings, op.quiet.opcode, { op, quiet: true });
  }
  return meanings;
}

function take(meanings: (OpcodeMeaning | undefined)[], opcode: number, meaning: OpcodeMeaning): void {
  const other = meanings[opcode];
  if (other !== undefined) throw new Error(`Rows ${other.op.name} and ${meaning.op.name} both have opcode ${opcode}`);
  meanings[opcode] = meaning;
}

/** Finds the row of a number, or nothing. */
export function findOp(opcode: number): OpcodeMeaning | undefined {
  return BY_OPCODE[opcode];
}

/** The name of an opcode: `getq`, `dcp-mutation`, or `0xee` for one that nobody knows. */
export function opcodeName(opcode: number, magic: number = Magic.CLIENT_REQUEST): string {
  if (magic === Magic.SERVER_REQUEST || magic === Magic.CLIENT_RESPONSE) {
    return SERVER_OPCODES.get(opcode) ?? hex(opcode);
  }
  const meaning = BY_OPCODE[opcode];
  if (meaning === undefined) return OTHER_OPCODES.get(opcode) ?? hex(opcode);
  return meaning.quiet ? `${meaning.op.name}q` : meaning.op.name;
}

function hex(opcode: number): string {
  return `0x${opcode.toString(16).padStart(2, "0")}`;
}

/**
 * One line of text for a frame, for traces and for differences in tests.
 *
 * @example
 * ```ts
 * import { formatFrame, Frame } from "@memwire/memwire/codec";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const bytes = new Uint8Array(24);
 * bytes.set([0x80, 0x0a]);
 * assertStringIncludes(formatFrame(Frame.from(bytes)), "noop");
 * ```
 */
export function formatFrame(frame: Frame): string {
  return formatFrameWith(frame, opcodeName);
}
