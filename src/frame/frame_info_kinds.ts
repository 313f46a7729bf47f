/**
 * The kinds of framing extras: what each says, and how its payload lies on the wire, both ways.
 *
 * A new kind is an interface, a member of a union and a row; the compiler names the row that is missing.
 */

import { utf8Decode, utf8EncodeInto, utf8Length } from "../bytes.ts";
import { decodeServerDuration, encodeServerDuration } from "../wire/server_duration.ts";

/** How safe a write must be before it is answered: the levels of {@linkcode DurabilityInfo}. */
export const DurabilityLevel = {
  /** In the memory of most replicas. */
  MAJORITY: 1,
  /** In the memory of most replicas, and on the disk of the active server. */
  MAJORITY_AND_PERSIST_ACTIVE: 2,
  /** On the disk of most replicas. */
  PERSIST_TO_MAJORITY: 3,
} as const;

/** Asks the server to finish all earlier requests of the connection first, and to start no later one before this is done. */
export interface BarrierInfo {
  /** Which kind this is. */
  readonly type: "barrier";
}

/** Asks for a durable write. */
export interface DurabilityInfo {
  /** Which kind this is. */
  readonly type: "durability";
  /** One of {@linkcode DurabilityLevel}, 1 to 3; a request that was read may hold any byte. */
  readonly level: number;
  /**
   * Milliseconds that the server may take, 1 to 65,534; without it the server's default of 30 s. A request that was read
   * may hold 0 or 65,535 too.
   */
  readonly timeout?: number;
}

/** Says which of the streams of a vbucket a DCP message belongs to. */
export interface StreamIdInfo {
  /** Which kind this is. */
  readonly type: "stream-id";
  /** 16 bits. */
  readonly streamId: number;
}

/** Has a request executed with the rights of another user. */
export interface ImpersonateInfo {
  /** Which kind this is. */
  readonly type: "impersonate";
  /** The name, not empty; a leading `^` says that the user is external. */
  readonly user: string;
}

/** Keeps the expiry that the document has. */
export interface PreserveExpiryInfo {
  /** Which kind this is. */
  readonly type: "preserve-expiry";
}

/** Adds a privilege to those of the user that is impersonated; may be repeated. */
export interface ImpersonatePrivilegeInfo {
  /** Which kind this is. */
  readonly type: "impersonate-privilege";
  /** The name, not empty. */
  readonly privilege: string;
}

/** Has a request executed with the rights of a token that was registered before. */
export interface AuthTokenInfo {
  /** Which kind this is. */
  readonly type: "auth-token";
  /** 16 bits. */
  readonly tokenId: number;
}

/** How long the server was busy with the request. */
export interface ServerDurationInfo {
  /** Which kind this is. */
  readonly type: "server-duration";
  /** Up to 120,125,042 µs; written as the nearest duration that 16 bits can say. */
  readonly microseconds: number;
}

/** What the request is charged for reading. */
export interface ReadUnitsInfo {
  /** Which kind this is. */
  readonly type: "read-units";
  /** 16 bits. */
  readonly units: number;
}

/** What the request is charged for writing. */
export interface WriteUnitsInfo {
  /** Which kind this is. */
  readonly type: "write-units";
  /** 16 bits. */
  readonly units: number;
}

/** How long the server held the request back. */
export interface ThrottleDurationInfo {
  /** Which kind this is. */
  readonly type: "throttle-duration";
  /** Up to 120,125,042 µs; written as the nearest duration that 16 bits can say. */
  readonly microseconds: number;
}

/** One that this package does not know, as it came. */
export interface UnknownFrameInfo {
  /** Which kind this is. */
  readonly type: "unknown";
  /** 0 to 270. */
  readonly id: number;
  /** What it holds; when it was read, a view of the bytes that it was read from. */
  readonly data: Uint8Array;
}

/** What a request may carry. */
export type RequestFrameInfo =
  | BarrierInfo
  | DurabilityInfo
  | StreamIdInfo
  | ImpersonateInfo
  | PreserveExpiryInfo
  | ImpersonatePrivilegeInfo
  | AuthTokenInfo
  | UnknownFrameInfo;

/** What a response may carry. */
export type ResponseFrameInfo =
  | ServerDurationInfo
  | ReadUnitsInfo
  | WriteUnitsInfo
  | ThrottleDurationInfo
  | UnknownFrameInfo;

/** What a request or a response may carry. */
export type FrameInfo = RequestFrameInfo | ResponseFrameInfo;

/** One kind: its number, and its payload both ways. */
export interface Row<I> {
  readonly id: number;
  /** Bytes of payload; throws a `RangeError` if the info cannot be sent. */
  size(info: I): number;
  /** Writes the payload of an info that has passed `size`. */
  write(info: I, target: Uint8Array, at: number): void;
  /** Reads a payload, or nothing if it is malformed. */
  read(data: Uint8Array): I | undefined;
}

/** A row for every kind but those that are not known. */
export type Rows<I extends FrameInfo> = { readonly [K in Exclude<I, UnknownFrameInfo> as K["type"]]: Row<K> };

/** What requests carry. */
export const REQUEST_ROWS: Rows<RequestFrameInfo> = {
  "barrier": flag(0, () => ({ type: "barrier" })),
  "durability": {
    id: 1,
    size({ level, timeout }) {
      checkInteger("durability level", level, { min: 1, max: 3 });
      if (timeout === undefined) return 1;
      checkInteger("durability timeout in ms", timeout, { min: 1, max: 65534 });
      return 3;
    },
    write({ level, timeout }, target, at) {
      target[at] = level;
      if (timeout !== undefined) writeU16(target, at + 1, timeout);
    },
    read(data) {
      const level = data[0]!;
      if (data.length === 3) return { type: "durability", level, timeout: readU16(data, 1) };
      return data.length === 1 ? { type: "durability", level } : undefined;
    },
  },
  "stream-id": number16("stream id", 2, {
    take: (info) => info.streamId,
    make: (streamId) => ({ type: "stream-id", streamId }),
  }),
  "impersonate": text("user to impersonate", 4, {
    take: (info) => info.user,
    make: (user) => ({ type: "impersonate", user }),
  }),
  "preserve-expiry": flag(5, () => ({ type: "preserve-expiry" })),
  "impersonate-privilege": text("privilege to impersonate", 6, {
    take: (info) => info.privilege,
    make: (privilege) => ({ type: "impersonate-privilege", privilege }),
  }),
  "auth-token": number16("auth token id", 7, {
    take: (info) => info.tokenId,
    make: (tokenId) => ({ type: "auth-token", tokenId }),
  }),
};

/** What responses carry. */
export const RESPONSE_ROWS: Rows<ResponseFrameInfo> = {
  "server-duration": number16("server duration", 0, {
    take: (info) => encodeServerDuration(info.microseconds),
    make: (encoded) => ({ type: "server-duration", microseconds: decodeServerDuration(encoded) }),
  }),
  "read-units": number16("read units", 1, {
    take: (info) => info.units,
    make: (units) => ({ type: "read-units", units }),
  }),
  "write-units": number16("write units", 2, {
    take: (info) => info.units,
    make: (units) => ({ type: "write-units", units }),
  }),
  "throttle-duration": number16("throttle duration", 3, {
    take: (info) => encodeServerDuration(info.microseconds),
    make: (encoded) => ({ type: "throttle-duration", microseconds: decodeServerDuration(encoded) }),
  }),
};

/** The largest number that a nibble with its escape byte can say. */
const MAX_ESCAPED = 15 + 255;

/** The same for what passes through, whose id stands in the info. */
export const UNKNOWN_ROW: Pick<Row<UnknownFrameInfo>, "size" | "write"> = {
  size({ id, data }) {
    checkInteger("id", id, { min: 0, max: MAX_ESCAPED });
    checkInteger("length of data", data.length, { min: 0, max: MAX_ESCAPED });
    return data.length;
  },
  write({ data }, target, at) {
    target.set(data, at);
  },
};

/** What UTF-8 cannot carry: reading it back would give another name. */
const NOT_UTF8 = /[\ufffd\p{Surrogate}]/u;

/** How the one field of an info is taken from it, and how an info is made of it. */
interface Single<I, T> {
  take(info: I): T;
  make(value: T): I;
}

function flag<I>(id: number, make: () => I): Row<I> {
  return { id, size: () => 0, write() {}, read: (data) => data.length === 0 ? make() : undefined };
}

function number16<I>(name: string, id: number, { take, make }: Single<I, number>): Row<I> {
  return {
    id,
    size(info) {
      checkInteger(name, take(info), { min: 0, max: 0xffff });
      return 2;
    },
    write: (info, target, at) => writeU16(target, at, take(info)),
    read: (data) => data.length === 2 ? make(readU16(data, 0)) : undefined,
  };
}

function text<I>(name: string, id: number, { take, make }: Single<I, string>): Row<I> {
  return {
    id,
    size(info) {
      const text = take(info);
      if (text === "") throw new RangeError(`Cannot write framing extras: ${name} is empty`);
      if (NOT_UTF8.test(text)) throw new RangeError(`Cannot write framing extras: ${name} is not valid text`);
      return utf8Length(text);
    },
    write: (info, target, at) => void utf8EncodeInto(take(info), target.subarray(at)),
    read(data) {
      const text = utf8Decode(data);
      return text === "" || NOT_UTF8.test(text) ? undefined : make(text);
    },
  };
}

function checkInteger(name: string, value: number, { min, max }: { min: number; max: number }): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new RangeError(`Cannot write framing extras: ${name} ${value} is not an integer from ${min} to ${max}`);
}

function readU16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

function writeU16(target: Uint8Array, at: number, value: number): void {
  target[at] = value >> 8;
  target[at + 1] = value;
}
