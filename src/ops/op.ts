/**
 * What an opcode is: one row that says its number, its quiet twin, and how its messages lie in a frame, both ways.
 */

import { hexByte } from "../bytes.ts";
import { ProtocolError } from "../errors.ts";
import type { Frame } from "../frame/frame.ts";
import type { FrameWriter } from "../frame/frame_writer.ts";
import type { Struct } from "../wire/fields.ts";

/** One opcode, with the shape of what goes and of what comes. */
export interface Op<Req, Res> {
  /** The name, as the protocol spells it. */
  readonly name: string;
  /** The number on the wire. */
  readonly opcode: number;
  /** The twin that is silent about the usual outcome. */
  readonly quiet?: Quiet;
  /** What the requester says. */
  readonly request: Body<Req>;
  /** What the answer says when its status is success. */
  readonly response: Body<Res>;
  /** Whether doing it twice is the same as doing it once, so that it may be sent again when its fate is unknown. */
  readonly idempotent: boolean;
  /** Whether the answer repeats the key, which is then compared with what was asked. */
  readonly echoesKey?: boolean;
  /** For an opcode that is answered by many frames: whether this is the last. */
  last?(frame: Frame): boolean;
  /** Whether that last frame says nothing but that it is the last. */
  readonly terminated?: true;
  /** Which statuses beside success have an answer that `response` reads. */
  succeeds?(status: number): boolean;
  /** Whether its key is that of a document, which is prefixed by its collection once collections are agreed on. */
  readonly inCollection?: true;
  /** Whether it may ask for durability. */
  readonly durable?: true;
  /** Whether it may leave the expiry of the document as it is. */
  readonly preservesExpiry?: true;
}

/** The silent form of an opcode: no row of its own, since all but the number is the same. */
export interface Quiet {
  /** The number on the wire. */
  readonly opcode: number;
  /** The outcome that is not answered. */
  readonly silentOn: "miss" | "success";
  /** The name, as the protocol spells it, where it is not that of the row with a `q` behind it. */
  readonly name?: string;
}

/** How a message lies in a frame. `read` gives views into the frame, not copies. */
export interface Body<T> {
  /** Appends the parts of a message to a frame that was begun. */
  write(out: FrameWriter, message: Outgoing<T>): void;
  /** Reads the parts of a message; throws a {@linkcode ProtocolError} if they do not fit. */
  read(frame: Frame): T;
}

/** A message as it may be given to be written: bytes may be text, which is written as UTF-8. */
export type Outgoing<T> = { [K in keyof T]: Uint8Array extends T[K] ? T[K] | string : T[K] };

/** A message that says nothing. */
export type Nothing = Record<never, never>;

/** The parts of a flat body. */
export interface Layout {
  /** Numbers of fixed size, in the order of the wire. */
  // deno-lint-ignore no-explicit-any -- any struct will do; `Message` keeps its type.
  readonly extras?: Struct<any>;
  /** Whether it carries the key of a document. */
  readonly key?: true;
  /** Whether it carries a value. */
  readonly value?: true;
  /** Whether the version in the header means something. */
  readonly cas?: true;
}

/** The message that a flat body makes. */
export type Message<L extends Layout> =
  & (L extends { extras: Struct<infer E> } ? E : Nothing)
  & (L extends { key: true } ? { key: Uint8Array } : Nothing)
  & (L extends { value: true } ? { value: Uint8Array } : Nothing)
  & (L extends { cas: true } ? { cas: bigint } : Nothing);

/**
 * Makes the body of most opcodes: fixed extras, then perhaps a key, a value and a CAS. The compiler compares the layout
 * with the row's message, so that a missing or misspelt field does not compile.
 */
export function body<const L extends Layout>(layout: L): Body<Message<L>> {
  const { extras, key = false, value = false, cas = false } = layout as Layout;
  return {
    write(out, message) {
      const parts = message as { key: Uint8Array; value: Uint8Array; cas?: bigint };
      if (extras !== undefined) {
        const at = out.extras(extras.size);
        extras.write(out.view, at, message);
      }
      if (key) out.key(parts.key);
      if (value) out.value(parts.value);
      if (cas && parts.cas !== undefined) out.cas = parts.cas;
    },
    read(frame) {
      expectParts(frame, extras?.size ?? 0, key, value);
      const message = (extras === undefined ? {} : extras.read(frame.view, frame.extrasAt)) as Record<string, unknown>;
      if (key) message.key = frame.key;
      if (value) message.value = frame.value;
      if (cas) message.cas = frame.cas;
      return message as Message<L>;
    },
  };
}

/** The body of a message that has no parts at all. */
export const NOTHING: Body<Nothing> = body({});

/**
 * Checks that a frame has the parts it must have, and no others. A value may be empty, a key not.
 *
 * @throws {ProtocolError} If it has not.
 */
export function expectParts(frame: Frame, extrasLength: number, key: boolean, value: boolean): void {
  if (frame.extrasLength !== extrasLength) {
    failParts(frame, `${frame.extrasLength} bytes of extras, expected ${extrasLength}`);
  }
  if (key) expectKey(frame);
  else if (frame.keyLength > 0) failParts(frame, `an unexpected key of ${frame.keyLength} bytes`);
  if (!value && frame.valueLength > 0) failParts(frame, `an unexpected value of ${frame.valueLength} bytes`);
}

/**
 * Checks that a frame has a key, beside the number of its collection.
 *
 * @throws {ProtocolError} If it has not.
 */
export function expectKey(frame: Frame): void {
  if (frame.keyLength <= frame.prefixLength) failParts(frame, "no key");
}

/** Whether a frame has neither extras nor key nor value; framing extras are nothing to the row. */
export function isBare(frame: Frame): boolean {
  return frame.bodyLength === frame.framingLength;
}

/** Says that a frame does not have the parts that its opcode asks for. */
export function failParts(frame: Frame, found: string): never {
  throw new ProtocolError(`Cannot read body of opcode ${hexByte(frame.opcode)}: it has ${found}`, {
    bytes: frame.bytes.slice(0, 24),
  });
}
