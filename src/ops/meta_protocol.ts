/**
 * The commands of the meta protocol as rows, so that they go through the same callers as opcodes: connections, links, routers.
 *
 * Their numbers are on no wire: nobody else uses them, and what speaks frames refuses to write them.
 */

import { UnsupportedError } from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import type { Op } from "./op.ts";

/** The reply to a meta command, as a frame carries it: its line, with its end, as the key, and its data as the value. */
export interface MetaFrame {
  /** The frame, kept. */
  readonly frame: Frame;
}

/** What every meta command takes. */
export interface MetaKeyed {
  /** The key. */
  readonly key: Uint8Array;
}

/** `mg`. */
export const META_GET_ROW: Op<MetaKeyed, MetaFrame> = row("mg", 0xe8);
/** `ms` as `set`, `append` or `prepend`. */
export const META_SET_ROW: Op<MetaKeyed, MetaFrame> = row("ms", 0xe9);
/** `ms` as `add`. */
export const META_ADD_ROW: Op<MetaKeyed, MetaFrame> = row("ms", 0xea);
/** `ms` as `replace`. */
export const META_REPLACE_ROW: Op<MetaKeyed, MetaFrame> = row("ms", 0xeb);
/** `md`. */
export const META_DELETE_ROW: Op<MetaKeyed, MetaFrame> = row("md", 0xec);
/** `ma`. */
export const META_ARITHMETIC_ROW: Op<MetaKeyed, MetaFrame> = row("ma", 0xed);
/** `me`. */
export const META_DEBUG_ROW: Op<MetaKeyed, MetaFrame> = row("me", 0xee);

function row(name: string, opcode: number): Op<MetaKeyed, MetaFrame> {
  return {
    name,
    opcode,
    idempotent: name === "me",
    request: {
      write() {
        throw new UnsupportedError(
          `Cannot ${name}: it is of the meta protocol; connect with protocol "meta" or "auto"`,
          { sent: false },
        );
      },
      read: ({ key }) => ({ key }),
    },
    response: {
      write() {
        throw new UnsupportedError(`Cannot answer ${name} in frames`);
      },
      read(frame) {
        frame.keep();
        return { frame };
      },
    },
  };
}
