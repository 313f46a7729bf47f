import { Answers } from "./answers.ts";
import { MAX_U32, type NoReply, type TextOp, wordOf } from "./text_op.ts";
import type { Bytes, TextWriter } from "./text_writer.ts";

/** What {@linkcode TEXT_SET} takes. */
export interface StoreRequest extends NoReply {
  /** 1 to 250 bytes, no blanks, control bytes or DEL. */
  readonly key: Bytes;
  /** Anything. An array of 64 KiB and more must not be changed until it has been sent. */
  readonly value: Bytes;
  /** 32 bits to store beside the value; 0 by default. */
  readonly flags?: number;
  /** When the item goes away: 0, the default, for never, seconds up to 30 days, Unix seconds beyond, negative for at once. */
  readonly expiry?: number;
}

/** What {@linkcode TEXT_CAS} takes. */
export interface CasRequest extends StoreRequest {
  /** The version that the item must have. */
  readonly cas: bigint;
}

/** What {@linkcode TEXT_APPEND} takes. */
export interface ConcatRequest extends NoReply {
  /** 1 to 250 bytes, no blanks, control bytes or DEL. */
  readonly key: Bytes;
  /** What to add to the value; flags and expiry of the item stay. */
  readonly value: Bytes;
}

/**
 * Stores a value, whatever was there.
 *
 * @example
 * ```ts
 * import { TEXT_SET, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * TEXT_SET.write(out, { key: "user:1", value: "Ada", expiry: 60 });
 * assertEquals(new TextDecoder().decode(out.take()[0]), "set user:1 0 60 3\r\nAda\r\n");
 * ```
 */
export const TEXT_SET: TextOp<StoreRequest> = storage("set");

/**
 * Stores a value only where the key is not there.
 *
 * @example
 * ```ts
 * import { TEXT_ADD, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * TEXT_ADD.write(out, { key: "user:1", value: "Ada", noreply: true });
 * assertEquals(new TextDecoder().decode(out.take()[0]), "add user:1 0 0 3 noreply\r\nAda\r\n");
 * ```
 */
export const TEXT_ADD: TextOp<StoreRequest> = storage("add");

/**
 * Stores a value only where the key is there.
 *
 * @example
 * ```ts
 * import { TEXT_REPLACE, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * TEXT_REPLACE.write(out, { key: "user:1", value: "Ada", flags: 7 });
 * assertEquals(new TextDecoder().decode(out.take()[0]), "replace user:1 7 0 3\r\nAda\r\n");
 * ```
 */
export const TEXT_REPLACE: TextOp<StoreRequest> = storage("replace");

/**
 * Adds to the end of a value.
 *
 * @example
 * ```ts
 * import { TEXT_APPEND, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * TEXT_APPEND.write(out, { key: "log", value: "more" });
 * assertEquals(new TextDecoder().decode(out.take()[0]), "append log 0 0 4\r\nmore\r\n");
 * ```
 */
export const TEXT_APPEND: TextOp<ConcatRequest> = storage("append");

/**
 * Adds to the beginning of a value.
 *
 * @example
 * ```ts
 * import { TEXT_PREPEND, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * TEXT_PREPEND.write(out, { key: "log", value: "more" });
 * assertEquals(new TextDecoder().decode(out.take()[0]), "prepend log 0 0 4\r\nmore\r\n");
 * ```
 */
export const TEXT_PREPEND: TextOp<ConcatRequest> = storage("prepend");

const CAS = wordOf("cas");

/**
 * Stores a value only where the item has a certain version.
 *
 * @example
 * ```ts
 * import { TEXT_CAS, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * TEXT_CAS.write(out, { key: "user:1", value: "Ada", cas: 42n });
 * assertEquals(new TextDecoder().decode(out.take()[0]), "cas user:1 0 0 3 42\r\nAda\r\n");
 * ```
 */
export const TEXT_CAS: TextOp<CasRequest> = {
  name: "cas",
  answers: Answers.STORE,
  write(out, request) {
    writeHead(out, CAS, request);
    out.bigNumber(request.cas, "cas");
    finish(out, request);
  },
};

/** What {@linkcode TEXT_AUTH} takes. */
export interface TextAuthRequest {
  /** The name; no blanks, control bytes or DEL. */
  readonly username: string;
  /** The password. */
  readonly password: string;
}

const SET = wordOf("set");

/**
 * Logs in where the server was started with a file of users (`-Y`, memcached 1.5.15 and later). It looks like a `set`, and a
 * server that wants no login stores it as one, so use it only where one is wanted. Send nothing behind it before its reply.
 *
 * @example
 * ```ts
 * import { TEXT_AUTH, TextWriter } from "@memwire/memwire/text";
 * import { assertEquals } from "@std/assert";
 *
 * const out = new TextWriter();
 * TEXT_AUTH.write(out, { username: "ada", password: "lovelace" });
 * assertEquals(new TextDecoder().decode(out.take()[0]), "set auth 0 0 12\r\nada lovelace\r\n");
 * ```
 */
export const TEXT_AUTH: TextOp<TextAuthRequest> = {
  name: "set (to log in)",
  answers: Answers.STORE,
  write(out, { username, password }) {
    if (!/^[^\s\p{Cc}]+$/u.test(username)) {
      throw new TypeError("Cannot log in with this name: it is empty, or has blanks or control characters");
    }
    writeHead(out, SET, { key: "auth", value: `${username} ${password}` });
    out.endWithValue();
  },
};

function storage(name: string): TextOp<StoreRequest> {
  const word = wordOf(name);
  return {
    name,
    answers: Answers.STORE,
    write(out, request) {
      writeHead(out, word, request);
      finish(out, request);
    },
  };
}

function writeHead(out: TextWriter, word: Uint8Array, { key, value, flags = 0, expiry = 0 }: StoreRequest): void {
  out.begin(word);
  out.key(key);
  out.number(flags, MAX_U32, "flags");
  out.expiry(expiry);
  out.valueLength(value);
}

const NOREPLY = wordOf("noreply");

function finish(out: TextWriter, { noreply }: NoReply): void {
  if (noreply === true) out.word(NOREPLY);
  out.endWithValue();
}
