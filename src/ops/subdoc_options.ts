/**
 * What all sub-document calls have in common: flags, expiry, and which statuses are good news.
 */

import type { Frame } from "../frame/frame.ts";
import type { FrameWriter } from "../frame/frame_writer.ts";
import { Status } from "../wire/status.ts";
import { failParts } from "./op.ts";

/** What may be said of the document, beside its paths. */
export interface DocumentOptions {
  /** Bits of {@linkcode DocumentFlag}; none when missing. */
  readonly documentFlags?: number;
  /** Seconds from now up to 30 days, Unix seconds beyond, 0 for never; left as it is when missing. */
  readonly expiry?: number;
  /** 32 bits to keep with a document that is made. */
  readonly userFlags?: number;
}

/** Bytes of `[expiry 4] [user flags 4] [document flags 1]`; user flags never come without expiry. */
export function optionsSize(options: DocumentOptions): number {
  const flags = options.documentFlags === undefined ? 0 : 1;
  if (options.userFlags !== undefined) return 8 + flags;
  return (options.expiry === undefined ? 0 : 4) + flags;
}

/** Writes options to an offset of the slab, as many bytes as they take. */
export function writeOptions(out: FrameWriter, at: number, options: DocumentOptions): void {
  const { documentFlags, expiry, userFlags } = options;
  if (expiry !== undefined || userFlags !== undefined) {
    out.view.setUint32(at, expiry ?? 0);
    at += 4;
  }
  if (userFlags !== undefined) {
    out.view.setUint32(at, userFlags);
    at += 4;
  }
  if (documentFlags !== undefined) out.view.setUint8(at, documentFlags);
}

const LOOKUP_SIZES: readonly number[] = [0, 1];
const MUTATION_SIZES: readonly number[] = [0, 1, 4, 5, 8, 9];

/**
 * Reads options that are the last so many bytes of the extras.
 *
 * @throws {ProtocolError} If there are no options of that size.
 */
export function readOptions(frame: Frame, size: number, mutates: boolean): DocumentOptions {
  const sizes = mutates ? MUTATION_SIZES : LOOKUP_SIZES;
  if (!sizes.includes(size)) {
    const base = frame.extrasLength - size;
    failParts(
      frame,
      `${frame.extrasLength} bytes of extras, expected ${sizes.map((option) => option + base).join(", ")}`,
    );
  }
  const { view } = frame;
  const at = frame.extrasAt + frame.extrasLength - size;
  return {
    ...(size >= 4 ? { expiry: view.getUint32(at) } : {}),
    ...(size >= 8 ? { userFlags: view.getUint32(at + 4) } : {}),
    ...(size % 4 === 1 ? { documentFlags: view.getUint8(at + size - 1) } : {}),
  };
}

/** Writes the length of a path to an offset of the slab. */
export function writePathLength(out: FrameWriter, at: number, length: number): void {
  if (length > 0xffff) throw new RangeError(`Cannot use a path of ${length} bytes: 65535 are the most`);
  out.view.setUint16(at, length);
}

/** Whether a status says that a path failed; which one, the body says. */
export function isFailure(status: number): boolean {
  return status === Status.SUBDOC_MULTI_PATH_FAILURE || status === Status.SUBDOC_MULTI_PATH_FAILURE_DELETED;
}

/** Whether a status says that the document is a tombstone. */
export function isDeleted(status: number): boolean {
  return status === Status.SUBDOC_SUCCESS_DELETED || status === Status.SUBDOC_MULTI_PATH_FAILURE_DELETED;
}
